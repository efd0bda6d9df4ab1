"""The .NET runtime that a package of PyPI brings, started in this process."""

import json
import os
import tempfile

import dnv.net
import pythonnet
from clr_loader import get_coreclr

ROOT = os.path.join(os.path.dirname(dnv.net.__file__), "runtime", ".net")
NAME = "Microsoft.NETCore.App"
(VERSION,) = os.listdir(os.path.join(ROOT, "shared", NAME))


def start():
    os.environ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1"
    framework = {"name": NAME, "version": VERSION}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as config:
        json.dump({"runtimeOptions": {"tfm": "net8.0", "framework": framework}}, config)
        config.flush()
        runtime = get_coreclr(runtime_config=config.name, dotnet_root=ROOT)
        pythonnet.set_runtime(runtime)
        import clr
    clr.AddReference("System.Security.Cryptography")

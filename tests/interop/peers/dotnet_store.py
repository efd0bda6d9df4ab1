"""Puts a PKCS#12 file into .NET's store `My`, and the certificates behind it into `ca` and `root`.

Arguments: the file, its password file, the intermediate's DER, the root's DER.
"""

import sys

import dotnet_runtime

dotnet_runtime.start()

from System.Security.Cryptography.X509Certificates import (  # noqa: E402
    OpenFlags,
    StoreLocation,
    StoreName,
    X509Certificate2,
    X509KeyStorageFlags,
    X509Store,
)


def put(name, certificate):
    store = X509Store(name, StoreLocation.CurrentUser)
    store.Open(OpenFlags.ReadWrite)
    store.Add(certificate)
    store.Close()


identity, password_name, intermediate, root = sys.argv[1:]
with open(password_name, encoding="utf-8", newline="") as file:
    password = file.read()
flags = X509KeyStorageFlags.Exportable | X509KeyStorageFlags.PersistKeySet
put(StoreName.My, X509Certificate2(identity, password, flags))
put(StoreName.CertificateAuthority, X509Certificate2(intermediate))
put(StoreName.Root, X509Certificate2(root))

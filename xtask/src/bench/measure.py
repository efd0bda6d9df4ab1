"""Runs a program and prints what it took: seconds of wall clock, seconds of all cores, the bytes it
wrote, and its exit code.

    measure.py run COMMAND...            to its end, with nobody to ask
    measure.py until TEXT COMMAND...     at a terminal, until it shows the text; then it is interrupted
    measure.py together WAYS COMMAND...  so many at once, `{}` in their words being the number of each;
                                         instead of an exit code, how many of them had none but 0
"""

import os
import pty
import subprocess
import sys
import time

END_OF_TEXT = b"\x03"
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def ended(pid):
    """The use of resources, the bytes written and the exit code of a child that ends."""
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    # Its account is open until it is waited for.
    with open(f"/proc/{pid}/io") as account:
        written = next(int(line.split()[1]) for line in account if line.startswith("wchar"))
    _, status, used = os.wait4(pid, 0)
    return used.ru_utime + used.ru_stime, written, os.waitstatus_to_exitcode(status)


def run(command):
    return ended(subprocess.Popen(command, **QUIET).pid)


def until(text, command):
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    shown = b""
    try:
        while text not in shown:
            shown += os.read(terminal, 65536)
        os.write(terminal, END_OF_TEXT)
        while os.read(terminal, 65536):
            pass
    except OSError:
        # Nobody has the other end any more.
        pass
    busy, written, _ = ended(pid)
    return busy, written, 0 if text in shown else 1


def together(ways, command):
    started = [
        subprocess.Popen([word.replace("{}", str(way)) for word in command], **QUIET)
        for way in range(1, ways + 1)
    ]
    busy, written, codes = zip(*(ended(one.pid) for one in started))
    return sum(busy), sum(written), codes.count(0)


began = time.monotonic()
match sys.argv[1:]:
    case ["run", *command]:
        result = run(command)
    case ["until", text, *command]:
        result = until(text.encode(), command)
    case ["together", ways, *command]:
        result = together(int(ways), command)
print(time.monotonic() - began, *result)

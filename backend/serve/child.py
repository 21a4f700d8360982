"""Starts a program that dies with its parent: ``python -m backend.serve.child PARENT_PID PROGRAM ARGS…``.

A supervisor that is killed outright cannot stop its children; the kernel does it by PR_SET_PDEATHSIG (prctl(2)).
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel for SIGTERM at the parent's death, then become the program."""
    parent = int(sys.argv[1])
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before the request was heard
        sys.exit(1)
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606


if __name__ == "__main__":
    main()

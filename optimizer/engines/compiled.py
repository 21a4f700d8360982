"""Where the compiled code of the kernels is kept.

In a folder whose name is a digest of all kernels: numba looks only at the file of each function, and would
go on using an inlined piece of another file that has changed. Import this before any kernel.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import numba

HERE = Path(__file__).resolve().parent


def _folder() -> Path:
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(HERE.glob("*_kernels.py")):
        digest.update(path.read_bytes())
    name = digest.hexdigest()[:16]
    own = os.environ.get("NUMBA_CACHE_DIR")
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    for base in [Path(own)] if own else [HERE / "__pycache__", caches / "paidan"]:
        folder = base / f"kernels-{name}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.gettempdir()) / f"paidan-kernels-{os.getuid()}-{name}"


FOLDER = _folder()
numba.config.CACHE_DIR = str(FOLDER)  # type: ignore[attr-defined]


def ready(kernels: str = "search_kernels") -> bool:
    """Whether the compiled code is there; without it the first use waits for the compiler."""
    return any(FOLDER.glob(f"**/{kernels}.*.nbc"))

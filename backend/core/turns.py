"""Writers of one SQLite file wait in line.

SQLite itself lets those who wait for its only writer look again after 1, 2, 5 … 100 ms: whoever comes new may be first,
some wait for half a minute while others pass, and nobody works in the gaps. Here the next one begins when the one
before has ended, across threads by a lock and across processes by a lock of a file beside the database.
"""

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Turns:
    """The line before one database file; ``path`` None for a database that keeps writers apart itself."""

    def __init__(self, path: Path | None, *, patience_s: float) -> None:
        self.path, self.patience_s = path, patience_s
        self._here = threading.Lock()

    @contextmanager
    def mine(self) -> Iterator[None]:
        """Wait for the turn and keep it to the end of the block.

        After ``patience_s`` behind others of this process it goes on without: then SQLite's own answer is what the
        caller gets. Another process that has the turn is waited for until it ends.
        """
        if self.path is None or not self._here.acquire(timeout=self.patience_s):
            yield
            return
        try:
            # Opened anew each time: a process that was forked must not share the lock of its parent.
            with self.path.open("ab") as line:
                fcntl.flock(line, fcntl.LOCK_EX)
                yield
        finally:
            self._here.release()

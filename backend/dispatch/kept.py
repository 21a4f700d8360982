"""What was worked out last, kept in memory of one process."""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

Value = TypeVar("Value")
Key = tuple[object, ...]


class Kept(Generic[Value]):
    """The last few answers by key. Threads may share it."""

    def __init__(self, most: int) -> None:
        self._rows: OrderedDict[Key, Value] = OrderedDict()
        self._lock = threading.Lock()
        self._most = most

    def get(self, key: Key) -> Value | None:
        """The answer that was kept under this very key."""
        with self._lock:
            return self._rows.get(key)

    def put(self, key: Key, found: Value) -> None:
        """Keep an answer; the oldest goes."""
        with self._lock:
            self._rows[key] = found
            self._rows.move_to_end(key)
            while len(self._rows) > self._most:
                self._rows.popitem(last=False)

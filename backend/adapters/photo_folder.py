"""Photos as files: what a phone sends piece by piece, and what is made of it.

The length of a file is how much of it has arrived, so nothing can disagree with it after a kill. Several web servers
need this folder on a disk that they share.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

from backend.core.errors import DomainError

CHUNK = 1024 * 1024


class OtherOffset(DomainError):
    """The piece does not begin where the file ends."""

    code = "other_offset"
    kind = "conflict"
    zh = "照片已经传到第 {offset} 字节，请从那里接着传"
    en = "The photo has arrived up to byte {offset}; go on from there"


class PieceInHand(DomainError):
    """Another piece of the same photo is being written."""

    code = "piece_in_hand"
    kind = "locked"
    zh = "这张照片的另一段正在存，请稍等再传"
    en = "Another piece of this photo is being stored; wait a moment"


class NoRoom(DomainError):
    """The server's disk is full."""

    code = "no_room"
    kind = "unavailable"
    zh = "服务器存不下了，照片还在手机上，请告诉系统管理员"
    en = "The server has no room left; the photo stays on the phone. Tell the administrator"


class PhotoFolder:
    """The folder of all photos. Names are UUIDs in their usual form."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def original(self, uuid: str) -> Path:
        """The file as the phone sends it."""
        return self.root / uuid[:2] / f"{uuid}.original"

    def picture(self, uuid: str, *, small: bool = False) -> Path:
        """What may be seen, whole or small."""
        return self.root / uuid[:2] / f"{uuid}{'.small' if small else ''}.jpg"

    def offset(self, uuid: str) -> int:
        """How many bytes of the original have arrived."""
        try:
            return self.original(uuid).stat().st_size
        except FileNotFoundError:
            return 0

    def touched_at(self, uuid: str) -> datetime | None:
        """When the last byte of the original arrived; None where there is none."""
        try:
            return datetime.fromtimestamp(self.original(uuid).stat().st_mtime, UTC)
        except FileNotFoundError:
            return None

    def append(self, uuid: str, *, offset: int, piece: bytes, length: int) -> int:
        """Add a piece that begins at ``offset`` of ``length`` bytes; it is on the disk when this returns.

        Returns the new offset. Raises OtherOffset, PieceInHand, NoRoom.
        """
        if offset + len(piece) > length:
            raise OtherOffset(offset=self.offset(uuid))
        path = self.original(uuid)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                raise PieceInHand() from exc
            present = stream.seek(0, os.SEEK_END)
            if present != offset:
                raise OtherOffset(offset=present)
            try:
                stream.write(piece)
                stream.flush()
                os.fsync(stream.fileno())
            except OSError as exc:
                with contextlib.suppress(OSError):
                    os.ftruncate(stream.fileno(), offset)
                if exc.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise NoRoom() from exc
                raise
            return offset + len(piece)

    def sha256(self, uuid: str) -> str:
        """The digest of what has arrived, in hexadecimal."""
        digest = hashlib.sha256()
        with self.original(uuid).open("rb") as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    def forget_original(self, uuid: str) -> None:
        """Remove what the phone sent. Safe to repeat."""
        self.original(uuid).unlink(missing_ok=True)

    def keep(self, uuid: str, picture: bytes, small: bytes) -> None:
        """Keep what may be seen: each file is whole or not there, whenever the power fails."""
        for data, is_small in ((small, True), (picture, False)):
            path = self.picture(uuid, small=is_small)
            path.parent.mkdir(parents=True, exist_ok=True)
            half = path.with_suffix(".half")
            with half.open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            half.replace(path)

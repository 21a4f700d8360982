"""Uploads that were begun and never ended are taken away after some days; the phone still has the photo."""

from datetime import UTC, datetime, timedelta

import structlog

from backend.adapters.photo_folder import PhotoFolder
from backend.core.uow import SYSTEM, Transactions
from backend.visits import photos

KEPT = timedelta(days=7)
QUIET = timedelta(days=2)
log = structlog.get_logger()


def forget_unfinished(transactions: Transactions, folder: PhotoFolder) -> int:
    """Take away what was announced KEPT ago and got no byte for QUIET; returns how many.

    The file goes first: a kill in between leaves a photo of which nothing has arrived, which the next round takes. A
    phone that comes back later announces it anew and begins at the first byte.
    """
    with transactions.read(SYSTEM) as uow:
        old = photos.unfinished(uow, announced_before=uow.now - KEPT)
        quiet_since = uow.now - QUIET
    over = [
        one for one in old if (folder.touched_at(one.uuid) or datetime.min.replace(tzinfo=UTC)) < quiet_since
    ]
    for one in over:
        folder.forget_original(one.uuid)
    if over:
        with transactions.begin(SYSTEM) as uow:
            photos.forget(uow, photo_ids=[one.id for one in over])
        log.info("uploads_forgotten", count=len(over))
    return len(over)

"""The job that makes photos ready: position read, picture made anew with a watermark, what the camera wrote is gone."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import structlog

from backend.adapters import pictures
from backend.adapters.photo_folder import PhotoFolder
from backend.core import jobs
from backend.core.clock import SHANGHAI
from backend.core.jobs import Lease
from backend.core.uow import SYSTEM, Transactions, UnitOfWork
from backend.visits import photos
from backend.visits import queries as visits
from backend.visits.photos import PhotoRow

AT_ONCE = 20
"""A few seconds of work; then others in line have their turn."""
NICE = 10
"""Pictures are made when nobody else wants the processor: phones that send and people who wait come first."""
log = structlog.get_logger()


def _step_back() -> None:
    """Linux knows a niceness for each thread, under the thread's own number."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


_maker = ThreadPoolExecutor(1, "pictures", initializer=_step_back)


def run(folder: PhotoFolder, transactions: Transactions, lease: Lease, stopping: threading.Event) -> None:
    """Make ready what has arrived, at most AT_ONCE; for the rest another job is asked for."""
    with transactions.read(SYSTEM) as uow:
        waiting = photos.arrived(uow, limit=AT_ONCE)
    for photo in waiting:
        if stopping.is_set():
            return
        _make(folder, transactions, lease, photo)
    with transactions.begin(SYSTEM) as uow:
        jobs.succeed(uow, lease, {"photos": len(waiting)})
        if photos.arrived(uow, limit=1):
            photos.request_work(uow)


def _make(folder: PhotoFolder, transactions: Transactions, lease: Lease, photo: PhotoRow) -> None:
    """What was learned is kept before the file is replaced, so that a kill at any point only means to do it again."""
    original = folder.original(photo.uuid)
    size = None if original.exists() else pictures.size_px(folder.picture(photo.uuid))
    if size is not None:  # the worker ended after the picture was made and before it was said
        with _renewed(transactions, lease) as uow:
            photos.make_ready(uow, photo_id=photo.id, width_px=size[0], height_px=size[1])
        return
    place = pictures.position(original)
    if place is not None:
        with transactions.begin(SYSTEM) as uow:
            photos.note_position(uow, photo_id=photo.id, lat=place[0], lon=place[1])
    try:
        made = _maker.submit(pictures.seen, original, _watermark(transactions, photo, place)).result()
    except pictures.NotAPhoto as exc:
        log.warning("photo_unusable", photo_id=photo.id, problem=exc.code)
        with _renewed(transactions, lease) as uow:
            photos.give_up(uow, photo_id=photo.id, problem=exc.code)
        folder.forget_original(photo.uuid)
        return
    folder.keep(photo.uuid, made.picture, made.small)
    folder.forget_original(photo.uuid)
    with _renewed(transactions, lease) as uow:
        photos.make_ready(uow, photo_id=photo.id, width_px=made.width_px, height_px=made.height_px)


@contextmanager
def _renewed(transactions: Transactions, lease: Lease) -> Iterator[UnitOfWork]:
    """What is known of a photo now, and the lease is good for the next one."""
    with transactions.begin(SYSTEM) as uow:
        jobs.renew(uow, lease)
        yield uow


def _watermark(transactions: Transactions, photo: PhotoRow, place: tuple[float, float] | None) -> list[str]:
    """When, where, and whose: Beijing's time, the site, the order and the engineer."""
    with transactions.read(SYSTEM) as uow:
        visit = visits.get(uow, photo.visit_id)
    at = photo.taken_at.astimezone(SHANGHAI)
    where = f"  {place[0]:.5f}, {place[1]:.5f}" if place is not None else ""
    return [f"{at:%Y-%m-%d %H:%M}  {visit.order.number}  {visit.engineer_name}", visit.order.address + where]

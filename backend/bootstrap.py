"""The one place where settings become objects."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from backend.adapters.geocoders import AmapGeocoder, BaiduGeocoder, CachedGeocoder, FallbackGeocoder
from backend.adapters.photo_folder import PhotoFolder
from backend.adapters.push import Push, make_push
from backend.adapters.queue import Queue
from backend.adapters.sms import Sms, make_sms
from backend.core.clock import Clock, SystemClock
from backend.core.db import make_engine
from backend.core.settings import Settings
from backend.core.uow import Transactions
from backend.travel.gazetteer import OfflineGeocoder
from backend.travel.geocoding import Geocoder
from backend.travel.store import GeocodeStore


@dataclass(frozen=True)
class Application:
    """What edges, jobs and commands work with."""

    settings: Settings
    engine: Engine
    transactions: Transactions
    geocoder: Geocoder
    queue: Queue
    push: Push
    sms: Sms | None
    photos: PhotoFolder
    clock: Clock


def build(settings: Settings, clock: Clock | None = None) -> Application:
    """The parts of a running paidan. Opens no connection yet."""
    clock = clock or SystemClock()
    engine = make_engine(settings.database_url)
    transactions = Transactions(engine, clock)
    return Application(
        settings=settings,
        engine=engine,
        transactions=transactions,
        geocoder=_geocoder(settings, transactions),
        queue=Queue(settings.queue_url),
        push=make_push(settings.fcm_credentials),
        sms=make_sms(settings.sms_url, settings.sms_token),
        photos=PhotoFolder(settings.data_dir.resolve() / "photos"),
        clock=clock,
    )


def _geocoder(settings: Settings, transactions: Transactions) -> Geocoder:
    """The map service of the settings, cached, with the offline gazetteer as its fallback."""
    services: dict[str, Callable[[], Geocoder]] = {
        "baidu": lambda: BaiduGeocoder(settings.baidu_key),
        "amap": lambda: AmapGeocoder(settings.amap_key),
    }
    if settings.geocoder == "offline":
        return OfflineGeocoder()
    cached = CachedGeocoder(services[settings.geocoder](), GeocodeStore(transactions))
    return FallbackGeocoder([cached, OfflineGeocoder()])

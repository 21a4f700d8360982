"""The one place where settings become objects."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from backend.adapters.geocoders import AmapGeocoder, BaiduGeocoder, CachedGeocoder, FallbackGeocoder
from backend.adapters.photo_folder import PhotoFolder
from backend.adapters.queue import Queue
from backend.adapters.robots import make_robots
from backend.adapters.sms import SmsGateway, make_sms
from backend.adapters.ways import Way
from backend.adapters.web_push import VapidKey, WebPush
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
    vapid: VapidKey
    sms: SmsGateway | None
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
        vapid=VapidKey(settings.vapid_key_file),
        sms=make_sms(settings.sms_url, settings.sms_token),
        photos=PhotoFolder(settings.data_dir.resolve() / "photos"),
        clock=clock,
    )


def make_ways(application: Application) -> dict[str, Way]:
    """How messages leave, by channel; only what is set up. Raises BadSetting, BadPushCredentials."""
    settings = application.settings
    ways: dict[str, Way] = {
        "web_push": WebPush(application.vapid, settings.push_hosts, settings.push_contact),
        **make_robots(
            settings.wecom_robot_url,
            settings.dingtalk_robot_url,
            settings.dingtalk_robot_secret,
            application.clock.now,
        ),
    }
    if application.sms is not None:
        ways["sms"] = application.sms
    if settings.fcm_credentials:
        from backend.adapters.fcm import (
            make_fcm,
        )  # a third of a second that a start without push does not spend

        fcm = make_fcm(settings.fcm_credentials)
        if fcm is not None:
            ways["fcm"] = fcm
    return ways


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

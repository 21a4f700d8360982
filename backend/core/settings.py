"""Settings come from the environment, all of them named PAIDAN_*; the table below is the documentation."""

import contextlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from backend.core.errors import DomainError


class BadSetting(DomainError):
    """An environment variable has a value that cannot be used."""

    code = "bad_setting"
    zh = "环境变量 {name} 的值「{value}」不能用：{expected}"
    en = "The environment variable {name} has a value that cannot be used, “{value}”: {expected}"


MOST_WEB_WORKERS = 4


@dataclass(frozen=True)
class Setting:
    """One environment variable: its name, default as text and meaning."""

    name: str
    default: str
    meaning: str


TABLE = (
    Setting("PAIDAN_DATA_DIR", "./var", "folder for everything that the embedded default writes"),
    Setting("PAIDAN_DATABASE_URL", "", "SQLAlchemy URL; empty: SQLite in the data folder"),
    Setting("PAIDAN_REDIS_URL", "", "Redis URL; empty: an embedded server in the data folder"),
    Setting("PAIDAN_HOST", "127.0.0.1", "address that the web server listens on"),
    Setting("PAIDAN_PORT", "8000", "port that the web server listens on"),
    Setting(
        "PAIDAN_WEB_WORKERS", "0", "processes of the web server; 0: one for each processor, four at most"
    ),
    Setting("PAIDAN_WEB_THREADS", "6", "requests that each process of the web server works on at once"),
    Setting("PAIDAN_WEB_STREAMS", "64", "open boards that each process of the web server keeps up to date"),
    Setting(
        "PAIDAN_LIVE_PORT", "0", "port of the streams to open phones; 0: any free one, which phones are told"
    ),
    Setting(
        "PAIDAN_LIVE_URL", "", "address of the streams as phones see it, such as /live behind a web server"
    ),
    Setting("PAIDAN_SECURE_COOKIES", "0", "1 behind HTTPS: cookies are sent over HTTPS only"),
    Setting(
        "PAIDAN_GEOCODER", "offline", "offline, baidu or amap; the offline gazetteer is always the fallback"
    ),
    Setting("PAIDAN_BAIDU_KEY", "", "key of Baidu's geocoding service"),
    Setting("PAIDAN_AMAP_KEY", "", "key of AMap's geocoding service"),
    Setting("PAIDAN_TILES_URL", "", "URL template of a tile server; empty: the own light base map"),
    Setting("PAIDAN_TILES_DATUM", "wgs84", "datum of the tiles: wgs84 or gcj02"),
    Setting("PAIDAN_FCM_CREDENTIALS", "", "file of the Firebase service account; empty: no push by FCM"),
    Setting(
        "PAIDAN_VAPID_KEY_FILE", "", "key pair of Web Push (PEM); empty: made and kept in the data folder"
    ),
    Setting("PAIDAN_PUSH_CONTACT", "", "mailto: or https: address that push services may turn to"),
    Setting(
        "PAIDAN_PUSH_HOSTS",
        "fcm.googleapis.com .push.services.mozilla.com .notify.windows.com .push.apple.com",
        "push services of browsers that are asked; a leading dot takes in the names below",
    ),
    Setting(
        "PAIDAN_SMS_URL",
        "",
        "gateway that sends text messages and codes to sign with; empty: the assistant sends them by hand",
    ),
    Setting("PAIDAN_SMS_TOKEN", "", "bearer token of that gateway"),
    Setting("PAIDAN_WECOM_ROBOT_URL", "", "webhook of a robot in the desk's WeCom group"),
    Setting("PAIDAN_DINGTALK_ROBOT_URL", "", "webhook of a robot in the desk's DingTalk group"),
    Setting(
        "PAIDAN_DINGTALK_ROBOT_SECRET", "", "secret of that robot (SEC…), where it wants signed requests"
    ),
    Setting("PAIDAN_PLAN_SECONDS", "8", "seconds that the optimizer may take for a day"),
    Setting(
        "PAIDAN_SECRET_KEY", "", "signs short messages between pages; empty: made and kept in the data folder"
    ),
    Setting("PAIDAN_LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR"),
)


@dataclass(frozen=True)
class Settings:
    """The settings as values."""

    data_dir: Path
    database_url: str
    redis_url: str
    host: str
    port: int
    web_workers: int
    web_threads: int
    web_streams: int
    live_port: int
    live_url: str
    secure_cookies: bool
    geocoder: str
    baidu_key: str
    amap_key: str
    tiles_url: str
    tiles_datum: str
    fcm_credentials: str
    vapid_key_file: Path
    push_contact: str
    push_hosts: tuple[str, ...]
    sms_url: str
    sms_token: str
    wecom_robot_url: str
    dingtalk_robot_url: str
    dingtalk_robot_secret: str
    plan_seconds: float
    secret_key: str
    log_level: str

    @property
    def embedded_redis(self) -> bool:
        """True where no Redis server is named and the embedded one is used."""
        return not self.redis_url

    @property
    def redis_socket(self) -> Path:
        """Socket of the embedded server."""
        return self.data_dir.resolve() / "redis" / "redis.sock"

    @property
    def queue_url(self) -> str:
        """The URL under which the job queue is reached."""
        return self.redis_url or f"unix://{self.redis_socket}"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment. Raises BadSetting; unknown PAIDAN_* names are refused as well."""
    source = os.environ if environ is None else environ
    known = {setting.name: setting.default for setting in TABLE}
    for name in source:
        if name.startswith("PAIDAN_") and name not in known and not name.startswith("PAIDAN_TEST_"):
            expected = "the name is not known; see docs/operations.md"
            raise BadSetting(name=name, value=source[name], expected=expected)
    values = {name: source.get(name) or default for name, default in known.items()}
    data_dir = Path(values["PAIDAN_DATA_DIR"]).expanduser()
    return Settings(
        data_dir=data_dir,
        database_url=values["PAIDAN_DATABASE_URL"] or f"sqlite:///{data_dir.resolve() / 'paidan.db'}",
        redis_url=values["PAIDAN_REDIS_URL"],
        host=values["PAIDAN_HOST"],
        port=_whole(values, "PAIDAN_PORT", 0, 65535),
        web_workers=_whole(values, "PAIDAN_WEB_WORKERS", 0, 64) or min(os.cpu_count() or 1, MOST_WEB_WORKERS),
        web_threads=_whole(values, "PAIDAN_WEB_THREADS", 1, 256),
        web_streams=_whole(values, "PAIDAN_WEB_STREAMS", 1, 1024),
        live_port=_whole(values, "PAIDAN_LIVE_PORT", 0, 65535),
        live_url=values["PAIDAN_LIVE_URL"],
        secure_cookies=_choice(values, "PAIDAN_SECURE_COOKIES", ("0", "1")) == "1",
        geocoder=_choice(values, "PAIDAN_GEOCODER", ("offline", "baidu", "amap")),
        baidu_key=values["PAIDAN_BAIDU_KEY"],
        amap_key=values["PAIDAN_AMAP_KEY"],
        tiles_url=values["PAIDAN_TILES_URL"],
        tiles_datum=_choice(values, "PAIDAN_TILES_DATUM", ("wgs84", "gcj02")),
        fcm_credentials=values["PAIDAN_FCM_CREDENTIALS"],
        vapid_key_file=Path(values["PAIDAN_VAPID_KEY_FILE"] or data_dir / "vapid.key").expanduser(),
        push_contact=_contact(values, "PAIDAN_PUSH_CONTACT"),
        push_hosts=tuple(values["PAIDAN_PUSH_HOSTS"].split()),
        sms_url=values["PAIDAN_SMS_URL"],
        sms_token=values["PAIDAN_SMS_TOKEN"],
        wecom_robot_url=values["PAIDAN_WECOM_ROBOT_URL"],
        dingtalk_robot_url=values["PAIDAN_DINGTALK_ROBOT_URL"],
        dingtalk_robot_secret=values["PAIDAN_DINGTALK_ROBOT_SECRET"],
        plan_seconds=_seconds(values, "PAIDAN_PLAN_SECONDS"),
        secret_key=values["PAIDAN_SECRET_KEY"],
        log_level=_choice(values, "PAIDAN_LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR")),
    )


def _whole(values: Mapping[str, str], name: str, low: int, high: int) -> int:
    text = values[name]
    if not text.isdecimal() or not low <= int(text) <= high:
        raise BadSetting(name=name, value=text, expected=f"{low} … {high}")
    return int(text)


def _seconds(values: Mapping[str, str], name: str) -> float:
    try:
        number = float(values[name])
    except ValueError:
        number = -1.0
    if not 0.1 <= number <= 600:
        raise BadSetting(name=name, value=values[name], expected="0.1 … 600")
    return number


def _contact(values: Mapping[str, str], name: str) -> str:
    if values[name] and not values[name].startswith(("mailto:", "https:")):
        raise BadSetting(name=name, value=values[name], expected="mailto:…, https:…")
    return values[name]


def _choice(values: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    if values[name] not in choices:
        raise BadSetting(name=name, value=values[name], expected=", ".join(choices))
    return values[name]


def secret(settings: Settings) -> str:
    """The key of the settings, or one that is made once and kept in the data folder, readable by its owner only."""
    if settings.secret_key:
        return settings.secret_key
    path = settings.data_dir / "secret.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_urlsafe(48))
    return path.read_text()

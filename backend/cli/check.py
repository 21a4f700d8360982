"""What `paidan check` looks at."""

import shutil
from pathlib import Path

from backend.adapters.queue import Queue
from backend.core import migrate
from backend.core.db import make_engine
from backend.core.errors import DomainError
from backend.core.settings import Settings

LEAST_FREE = 1 << 30

Finding = tuple[str, bool, str, str]


def findings(settings: Settings) -> list[Finding]:
    """One finding for each part: its name, whether it is well, a sentence in Chinese and English."""
    return [_settings(settings), _database(settings), _queue(settings), _disk(settings)]


def _settings(settings: Settings) -> Finding:
    key = {"baidu": settings.baidu_key, "amap": settings.amap_key}.get(settings.geocoder, "-")
    if not key:
        name = f"PAIDAN_{settings.geocoder.upper()}_KEY"
        return "settings", False, f"地图服务没有密钥，请设 {name}", f"The map service has no key; set {name}"
    return "settings", True, f"数据目录 {settings.data_dir}", f"data folder {settings.data_dir}"


class NotMigrated(DomainError):
    """The database does not exist yet, or has an older schema."""

    code = "not_migrated"
    kind = "unavailable"
    zh = "数据库还没有建好或不是最新，请先运行 paidan migrate"
    en = "The database does not exist yet or is not up to date; run paidan migrate first"


class Unreachable(DomainError):
    """The database does not answer."""

    code = "database_unreachable"
    kind = "unavailable"
    zh = "数据库连不上（{reason}），请检查 PAIDAN_DATABASE_URL"
    en = "The database cannot be reached ({reason}); see PAIDAN_DATABASE_URL"


def require_database(settings: Settings) -> None:
    """Raises NotMigrated or Unreachable unless the database can be worked with. Creates nothing."""
    path = settings.database_url.removeprefix("sqlite:///")
    if path != settings.database_url and not Path(path).exists():
        raise NotMigrated()
    engine = make_engine(settings.database_url)
    try:
        current = migrate.is_current(engine)
    except Exception as exc:
        raise Unreachable(reason=type(exc).__name__) from exc
    finally:
        engine.dispose()
    if not current:
        raise NotMigrated()


def _database(settings: Settings) -> Finding:
    try:
        require_database(settings)
    except DomainError as error:
        return "database", False, error.sentence("zh"), error.sentence("en")
    return "database", True, "可用，是最新的", "reachable and up to date"


def _queue(settings: Settings) -> Finding:
    if Queue(settings.queue_url).reachable():
        return "queue", True, "可用", "reachable"
    if settings.embedded_redis:
        return "queue", True, "内置的，paidan serve 时启动", "embedded; it starts with paidan serve"
    return "queue", False, "连不上，请检查 PAIDAN_REDIS_URL", "cannot be reached; see PAIDAN_REDIS_URL"


def _disk(settings: Settings) -> Finding:
    folder = settings.data_dir if settings.data_dir.exists() else settings.data_dir.absolute().parent
    free = shutil.disk_usage(folder if folder.exists() else "/").free
    text = f"{free / (1 << 30):.1f} GB"
    return "disk", free > LEAST_FREE, f"剩余 {text}", f"{text} free"

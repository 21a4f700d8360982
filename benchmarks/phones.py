"""200 phones at once against the demo server for a minute: no error of the server, no lost or doubled write.

`python -m benchmarks.phones` makes a demo in a folder of its own, serves it with `paidan demo` on a free port,
gives the department 200 engineers with eight visits each tomorrow, and lets every engineer's phone work through
his day without a pause: log in once, read the day, accept, set out, sign in, finish, hand in the card, read
messages. Some writes are sent again, and some are sent on a line that breaks before the answer. Afterwards the
database is asked for every write that was acknowledged. Loopback only; it ends by itself.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from backend.bootstrap import build
from backend.core import outbox, settings
from benchmarks.support import fleet, phone
from benchmarks.support.serving import Demo


def main() -> int:
    """Run it; 0 where the goals are met."""
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="paidan-phones-") as made:
        folder = options.folder or Path(made) / "var"
        demo = Demo(folder)
        demo.start()
        try:
            application = build(settings.load({"PAIDAN_DATA_DIR": str(folder)}))
            engineers = fleet.prepare(application, engineers=options.phones, visits=options.visits)
            report = run(demo, engineers, options)
            began = time.monotonic()
            while outbox.pending_count(application.transactions) and time.monotonic() - began < 120:
                time.sleep(0.2)
            report["outbox_empty_after_s"] = round(time.monotonic() - began, 1)
            report["lost"] = fleet.missing(application, report.pop("acknowledged"))
            application.engine.dispose()
        finally:
            demo.stop()
    print(json.dumps(report, ensure_ascii=False, indent=2))
    good = not report["server_errors"] and not report["lost"] and not report["unexpected"]
    return 0 if good else 1


def arguments() -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--phones", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--visits", type=int, default=8, help="visits of each engineer")
    parser.add_argument(
        "--pause", type=float, default=0.0, help="seconds that a phone rests between requests"
    )
    parser.add_argument("--folder", type=Path, help="keep the demo's data there, and go on with it")
    return parser.parse_args()


def run(demo: Demo, engineers: list[fleet.Engineer], options: argparse.Namespace) -> dict[str, Any]:
    """Let all phones work at the same time; what they saw."""
    phones = [
        phone.Phone(n, demo.port, engineer, pause_s=options.pause) for n, engineer in enumerate(engineers)
    ]
    began = time.monotonic()
    each(phones, lambda one: one.log_in())
    logged_in = time.monotonic()
    each(phones, lambda one: one.work(until=logged_in + options.seconds))
    took_s = time.monotonic() - logged_in
    seen = [call for one in phones for call in one.calls]
    work = [call for call in seen if call.name != "log in"]
    return {
        "phones": len(phones),
        "seconds": round(took_s, 1),
        "requests": len(work),
        "requests_per_s": round(len(work) / took_s, 1),
        "ms": percentiles(work),
        "ms_by_request": {
            name: percentiles([call for call in seen if call.name == name])
            for name in sorted({c.name for c in seen})
        },
        "log_ins": {"count": len(seen) - len(work), "all_within_s": round(logged_in - began, 1)},
        "status": dict(sorted(Counter(str(call.status) for call in work).items())),
        "server_errors": sum(call.status >= 500 for call in seen),
        "broken_by_the_phone": sum(one.broken for one in phones),
        "unexpected": [text for one in phones for text in one.unexpected][:10],
        "acknowledged": {one.engineer.login: one.acknowledged for one in phones},
        "writes_acknowledged": sum(len(one.acknowledged) for one in phones),
        "writes_repeated": sum(one.repeated for one in phones),
    }


def each(phones: list[phone.Phone], do: Any) -> None:
    """The same for every phone at the same time."""
    threads = [threading.Thread(target=do, args=(one,), daemon=True) for one in phones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def percentiles(calls: list[phone.Call]) -> dict[str, float]:
    """Milliseconds that half, 95 and 99 of 100 requests stayed under, and the longest."""
    took = sorted(call.took_s * 1000 for call in calls)
    if not took:
        return {}
    at = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {name: round(took[min(len(took) - 1, int(len(took) * part))], 1) for name, part in at.items()}


if __name__ == "__main__":
    sys.exit(main())

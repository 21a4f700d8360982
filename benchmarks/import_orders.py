"""A workbook of 1,000 install orders from the upload to the stored rows: seconds and memory.

`python -m benchmarks.import_orders` works on a SQLite database of its own; it ends with 1 where 5 seconds or
300 MB are missed.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from backend.bootstrap import build
from backend.core import migrate, settings
from backend.core.clock import local_date
from backend.core.uow import SYSTEM
from backend.orders import intake
from backend.orders.workbook.sample import write_sample
from backend.stock import actions as stock_actions
from backend.stock import queries as stock

MOST_S, MOST_MB = 5.0, 300.0
PLACES = ["朝阳区望京SOHO", "海淀区中关村", "西城区金融街", "东城区王府井"]


def main() -> int:
    """Run it; 0 where the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="paidan-import-") as folder:
        loaded = settings.load({"PAIDAN_DATA_DIR": folder})
        migrate.upgrade(loaded.database_url)
        application = build(loaded)
        with application.transactions.begin(SYSTEM) as uow:
            stock_actions.add_item(
                uow, code="DL4-C", name="四线拨号器", kind="dialer", lines=4, price_fen=268000
            )
            models = stock.models(uow)
        path = Path(folder) / "orders.xlsx"
        today = local_date(application.clock.now())
        mistakes = write_sample(str(path), today=today, rows=rows, seed=1, places=PLACES, models=models)
        data = path.read_bytes()
        began, busy = time.monotonic(), time.process_time()
        with application.transactions.read(SYSTEM) as uow:
            sheet = intake.read_workbook(uow, data=data, filename=path.name, geocoder=application.geocoder)
        read_s = time.monotonic() - began
        with application.transactions.begin(SYSTEM) as uow:
            result = intake.store(uow, sheet)
        all_s, processor_s = time.monotonic() - began, time.process_time() - busy
        application.engine.dispose()
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report = {
        "rows": rows,
        "rows_with_mistakes": len(mistakes),
        "accepted": result.accepted,
        "duplicates": result.duplicates,
        "rejected": result.rejected,
        "read_and_check_s": round(read_s, 2),
        "store_s": round(all_s - read_s, 2),
        "all_s": round(all_s, 2),
        "processor_s": round(processor_s, 2),
        "peak_memory_mb": round(megabytes, 1),
    }
    print(json.dumps(report, indent=2))
    return 0 if all_s < MOST_S and megabytes < MOST_MB else 1


if __name__ == "__main__":
    sys.exit(main())

"""``python -m backend.jobs``: the worker process."""

import sys

from backend.core.errors import DomainError
from backend.jobs.worker import main

if __name__ == "__main__":
    try:
        sys.exit(main())
    except DomainError as exc:
        sys.exit(exc.sentence("en"))

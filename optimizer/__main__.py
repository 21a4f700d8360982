"""The command line of the optimizer.

Exit 0: done, valid. 1: the plan breaks rules, or the solve failed. 2: wrong use or a wrong file; the
field's path and what is wrong with it are on standard error.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

from optimizer import commands
from optimizer.bench import command as bench
from optimizer.commands import WrongUse
from optimizer.errors import OptimizerError
from optimizer.formats import FORMATS
from optimizer.solving import ENGINES
from optimizer.urgent import MOVES

Run = Callable[[argparse.Namespace], int]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m optimizer", description="Plan a day of field service.")
    added = parser.add_subparsers(dest="command", required=True)

    def command(name: str, run: Run, about: str, *plans: str) -> argparse.ArgumentParser:
        """A command that reads a problem and the named plans."""
        made = added.add_parser(name, help=about, description=about)
        made.set_defaults(run=run)
        made.add_argument("problem", metavar="PROBLEM", help="a problem's file; - reads standard input")
        for plan in plans:
            made.add_argument(plan, metavar=plan.upper(), help="a plan that `solve` wrote")
        made.add_argument("--format", choices=FORMATS, help="form of the files (seen from the problem)")
        return made

    def also(made: argparse.ArgumentParser) -> None:
        about = "another day; may be given again"
        made.add_argument("--also", action="append", nargs=2, metavar=("PROBLEM", "PLAN"), help=about)

    made = command("solve", commands.run_solve, "make a plan for a problem")
    made.add_argument("-o", "--output", metavar="PLAN", help="where to write the plan (standard output)")
    made.add_argument("--seconds", type=float, help="limit of time (10, unless iterations are given)")
    made.add_argument("--iterations", type=int, help="limit of iterations")
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--engine", choices=["auto", *ENGINES], default="auto")
    made.add_argument("--json", action="store_true", help="write the summary as JSON to standard output")
    command("check", commands.run_check, "say which rules a plan breaks", "plan")
    made = command(
        "offers", commands.run_offers, "grade the windows that could be offered for a task", "plan"
    )
    made.add_argument("task", metavar="TASK", help="id of a task, planned or not")
    made.add_argument(
        "--window", action="append", metavar="FROM-TO", help="for example 09:00-11:00; may be given again"
    )
    also(made)
    made.add_argument("--json", action="store_true", help="write the offers as JSON")
    about = "find room for a task that was left out, with some moves of others"
    made = command("urgent", commands.run_urgent, about, "plan")
    made.add_argument("task", metavar="TASK", help="id of a task that the plan leaves out")
    made.add_argument("--moves", type=int, default=MOVES, help=f"of other visits, at most ({MOVES})")
    made.add_argument(
        "--keep", action="append", metavar="TASK", help="a visit that stays; may be given again"
    )
    made.add_argument("--today", action="store_true", help="no visit may move to another day")
    made.add_argument("--json", action="store_true", help="write the places with their plans as JSON")
    about = "say why tasks were left out and what would let them in, or why one is where it is"
    made = command("explain", commands.run_explain, about, "plan")
    made.add_argument("task", metavar="TASK", nargs="?", help="id of a task (all that were left out)")
    also(made)
    about = "say what the second plan does otherwise than the first"
    made = command("diff", commands.run_diff, about, "plan1", "plan2")
    made.add_argument("--json", action="store_true", help="write the difference as JSON")
    made = command(
        "draw", commands.run_draw, "write a plan as one HTML file: map, Gantt chart, table", "plan"
    )
    made.add_argument("-o", "--output", metavar="HTML", default="-", help="(standard output)")
    made = added.add_parser("bench", help="measure suites, alone or beside peers")
    bench.arguments(made)
    made.set_defaults(run=bench.run)
    made = added.add_parser("schema", help="write the JSON Schema of a problem or a plan")
    made.add_argument("what", choices=["problem", "plan"])
    made.set_defaults(run=commands.run_schema)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code."""
    args = _parser().parse_args(arguments)
    try:
        code: int = args.run(args)
        sys.stdout.flush()
    except WrongUse as error:
        print(error, file=sys.stderr)
        return 2
    except OptimizerError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())

"""The `paidan` command. Exit 0 done, 1 refused or failed with one sentence, 2 wrong use."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

import click

from backend.bootstrap import Application, build, make_ways
from backend.cli import channels
from backend.cli.check import findings, require_database
from backend.core import logs, migrate, settings
from backend.core.clock import SystemClock, local_date
from backend.core.errors import DomainError, Invalid
from backend.core.i18n import LANGUAGES
from backend.core.uow import SYSTEM
from backend.dispatch import actions as dispatch
from backend.dispatch import publishing
from backend.dispatch import queries as dispatch_queries
from backend.orders import intake
from backend.orders import queries as orders
from backend.orders.states import STATES
from backend.orders.workbook.template import write_template
from backend.serve import inline, supervisor
from backend.staff import actions as staff
from backend.staff import queries as staff_queries
from backend.stock import queries as stock


class State:
    """What the commands share."""

    lang = "zh"


def guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """No traceback reaches a user: a refusal is one sentence on standard error and exit 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except DomainError as error:
            fail(error.sentence(State.lang))
        except click.ClickException:
            raise
        except KeyboardInterrupt:
            sys.exit(130)
        except BrokenPipeError:  # whoever read the output has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        except Exception as error:
            if os.environ.get("PAIDAN_LOG_LEVEL") == "DEBUG":
                raise
            what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            fail(
                f"It failed; paidan check may say why ({what})"
                if State.lang == "en"
                else f"没有做成，paidan check 也许能说出原因（{what}）"
            )

    return run


def fail(sentence: str) -> None:
    """Say why on standard error and end with 1."""
    click.echo(sentence, err=True)
    sys.exit(1)


def say(zh: str, en: str) -> None:
    """A line in the chosen language."""
    click.echo(en if State.lang == "en" else zh)


def application() -> Application:
    """The parts that the environment describes; quiet logs, since people read the output."""
    loaded = settings.load()
    logs.configure("WARNING" if loaded.log_level == "INFO" else loaded.log_level)
    require_database(loaded)
    return build(loaded)


def as_json(value: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


class Day(click.ParamType):
    """today, tomorrow or 2026-11-24."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day that the text names, in Beijing."""
        if isinstance(value, date):
            return value
        today = local_date(SystemClock().now())
        near = {
            "today": today,
            "tomorrow": today + timedelta(days=1),
            "今天": today,
            "明天": today + timedelta(days=1),
        }
        if value in near:
            return near[value]
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"“{value}” is not a day; write 2026-11-24, today or tomorrow", param, ctx)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--lang", type=click.Choice(LANGUAGES), default="zh", help="language of the output")
def main(lang: str) -> None:
    """paidan (派单): field-service dispatch for a customer service department."""
    State.lang = lang


@main.command("migrate")
@guarded
def migrate_command() -> None:
    """Bring the database to the newest schema."""
    loaded = settings.load()
    logs.configure("WARNING")
    migrate.upgrade(loaded.database_url)
    say("数据库已是最新", "The database has the newest schema")


@main.command()
@guarded
def serve() -> None:
    """Web pages, phone page, API and worker on one port, until Ctrl-C."""
    loaded = settings.load()
    logs.configure("WARNING")
    migrate.upgrade(loaded.database_url)
    supervisor.run(loaded, ready=lambda address: say(f"已就绪：{address}", f"Ready: {address}"))


@main.command()
@guarded
def worker() -> None:
    """The background worker alone, for machines that serve no pages."""
    os.execv(sys.executable, [sys.executable, "-m", "backend.jobs"])  # noqa: S606


@main.command()
@click.option("--once", is_flag=True, help="make the demo's day and end, without serving")
@click.option("--json", "json_", is_flag=True, help="print a summary as JSON (with --once)")
@click.option("--reset", is_flag=True, help="throw the demo's data away first")
@guarded
def demo(once: bool, json_: bool, reset: bool) -> None:
    """A demo department in Beijing with 60 days of history and a day in full run."""
    from backend.demo import build as demo_build

    loaded = settings.load()
    logs.configure("WARNING")
    if reset:
        demo_build.reset(loaded)
    quiet = json_
    summary = demo_build.ensure(loaded, tell=(lambda zh, en: None) if quiet else say)
    if json_:
        as_json(summary)
    if once:
        return

    def ready(address: str) -> None:
        say(
            f"\n派单已就绪：{address}    手机页面：{address}/m",
            f"\npaidan is ready: {address}    phone page: {address}/m",
        )
        say("账号（密码都是 paidan-demo）：", "Accounts (each with the password paidan-demo):")
        for login, name, role in summary["accounts"]:
            click.echo(f"  {login:<22}{name}  {role[State.lang]}")
        say("按 Ctrl-C 停止", "Ctrl-C stops it")

    supervisor.run(loaded, ready=ready)


@main.group()
def user() -> None:
    """People who can log in."""


@user.command("add")
@click.argument("login")
@click.option("--name", required=True)
@click.option("--role", "roles", multiple=True, required=True, help="may be given several times")
@click.option("--division", default=None, help="for sales: the division")
@click.password_option(help="asked for where it is not given")
@guarded
def user_add(login: str, name: str, roles: tuple[str, ...], division: str | None, password: str) -> None:
    """Create an account."""
    app = application()
    with app.transactions.begin(SYSTEM) as uow:
        staff.add_person(uow, login=login, name=name, password=password, roles=roles, division=division)
    say(f"已建账号 {login}", f"Created the account {login}")


@user.command("list")
@click.option("--json", "json_", is_flag=True)
@guarded
def user_list(json_: bool) -> None:
    """All accounts."""
    app = application()
    with app.transactions.read(SYSTEM) as uow:
        rows = list(staff_queries.people(uow, size=200).rows)
    if json_:
        as_json([{k: v for k, v in asdict(row).items() if k != "phone"} for row in rows])
        return
    for row in rows:
        off = " (停用)" if row.disabled_at else ""
        click.echo(f"{row.login:<22}{row.name}  {', '.join(row.roles)}{off}")


@user.command("disable")
@click.argument("login")
@guarded
def user_disable(login: str) -> None:
    """Close an account and end its sessions and phones."""
    app = application()
    with app.transactions.begin(SYSTEM) as uow:
        row = staff_queries.by_login(uow, login)
        if row is None:
            raise Invalid(
                field={"zh": "用户名", "en": "User name"},
                value=login,
                expected={"zh": "没有这个账号", "en": "there is no such account"},
            )
        staff.set_disabled(uow, person_id=row.id, disabled=True)
    say(f"已停用 {login}", f"Disabled {login}")


@main.group()
def template() -> None:
    """Workbooks to fill in."""


@template.command("install-orders")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@guarded
def template_install_orders(out: Path) -> None:
    """The workbook in which divisions send install orders."""
    app = application()
    with app.transactions.read(SYSTEM) as uow:
        models = sorted(stock.models(uow))
    write_template(str(out), lang=State.lang, models=models)
    say(f"已写好 {out}", f"Wrote {out}")


@main.group("import")
def import_group() -> None:
    """Files in."""


@import_group.command("install-orders")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "json_", is_flag=True)
@guarded
def import_install_orders(file: Path, json_: bool) -> None:
    """Import a division's workbook; good rows are kept, bad ones are named by row and column."""
    app = application()
    with app.transactions.read(SYSTEM) as uow:
        sheet = intake.read_workbook(uow, data=file.read_bytes(), filename=file.name, geocoder=app.geocoder)
    with app.transactions.begin(SYSTEM) as uow:
        report = intake.store(uow, sheet)
    if json_:
        as_json(report.to_data(State.lang))
        return
    say(
        f"收下 {report.accepted}，重复 {report.duplicates}，没收下 {report.rejected}",
        f"Accepted {report.accepted}, duplicates {report.duplicates}, rejected {report.rejected}",
    )
    for error in report.errors:
        say(
            f"  第 {error['row']} 行 {error['column']}：{error['zh']}",
            f"  row {error['row']}, {error['column']}: {error['en']}",
        )


@main.group("orders")
def orders_group() -> None:
    """Service orders."""


@orders_group.command("list")
@click.option("--status", type=click.Choice(list(STATES)), multiple=True)
@click.option("--text", default="")
@click.option("--json", "json_", is_flag=True)
@guarded
def orders_list(status: tuple[str, ...], text: str, json_: bool) -> None:
    """Orders, newest first (200 at most; narrow with --status and --text)."""
    app = application()
    with app.transactions.read(SYSTEM) as uow:
        rows = orders.listing(uow, statuses=status, text=text, size=200).rows
    if json_:
        as_json([asdict(row) for row in rows])
        return
    for row in rows:
        click.echo(
            f"{row.number:<18}{STATES[row.status].text(State.lang):<10}{row.customer_name}  {row.district or ''}"
        )


@orders_group.command("show")
@click.argument("number")
@click.option("--json", "json_", is_flag=True)
@guarded
def orders_show(number: str, json_: bool) -> None:
    """One order by its number."""
    app = application()
    with app.transactions.read(SYSTEM) as uow:
        row = orders.by_number(uow, number)
    if json_:
        as_json(asdict(row))
        return
    for key, value in asdict(row).items():
        click.echo(f"{key:<16}{value}")


@main.command("plan")
@click.argument("day", metavar="DATE", type=Day())
@click.option("--seconds", type=click.FloatRange(0.1, 600), default=None)
@click.option("--seed", type=int, default=1)
@click.option("--json", "json_", is_flag=True)
@guarded
def plan_command(day: date, seconds: float | None, seed: int, json_: bool) -> None:
    """Plan a day, here and now."""
    app = application()
    with app.transactions.begin(SYSTEM) as uow:
        job_id = dispatch.request_plan(uow, on=day, seconds=seconds or app.settings.plan_seconds, seed=seed)
    job = inline.finish_job(app.transactions, job_id)
    if job.result is None:
        error = job.error or {"zh": "另一个进程正在排这一天", "en": "Another process is planning this day"}
        fail(error[State.lang])
        return
    with app.transactions.read(SYSTEM) as uow:
        summary = dispatch_queries.plan_summary(uow, job.result["plan_id"])
    if json_:
        as_json(summary)
        return
    say(
        f"{day}：排进 {summary['served']}，没排进 {len(summary['unserved'])}，合计 {summary['cost_fen'] / 100:,.2f} 元",
        f"{day}: {summary['served']} served, {len(summary['unserved'])} not, {summary['cost_fen'] / 100:,.2f} yuan",
    )


@main.command("publish")
@click.argument("day", metavar="DATE", type=Day())
@click.option("--json", "json_", is_flag=True)
@guarded
def publish_command(day: date, json_: bool) -> None:
    """Publish the working plan of a day; engineers whose day changed are told."""
    app = application()
    with app.transactions.begin(SYSTEM) as uow:
        result = publishing.publish(uow, on=day)
    if json_:
        as_json(asdict(result))
        return
    say(
        f"已发布 {day}：{result.visits} 单，要通知 {len(result.changed)} 位工程师",
        f"Published {day}: {result.visits} visits, {len(result.changed)} engineers are told",
    )


@main.command("channels")
@click.option("--try", "try_", is_flag=True, help="send a test line to each robot's group")
@click.option("--json", "json_", is_flag=True)
@guarded
def channels_command(try_: bool, json_: bool) -> None:
    """Ways that news leaves by: which are set up, what went out within a day; a test line with --try."""
    app = application()
    ways = make_ways(app)
    rows = channels.listing(app.transactions, ways)
    tried = channels.try_out(app.transactions, ways) if try_ else {}
    if json_:
        results = {name: asdict(result) for name, result in tried.items()}
        as_json([asdict(row) | {"tried": results.get(row.channel)} for row in rows])
    else:
        for row in rows:
            went = "，".join(f"{status} {n}" for status, n in sorted(row.last_day.items())) or "—"
            mark = "✓" if row.set_up else "–"
            say(f"{mark} {row.zh}：24 小时内 {went}", f"{mark} {row.en}: within 24 h {went}")
        for name, result in tried.items():
            click.echo(
                f"{'✓' if result.outcome == 'sent' else '✗'} {name}: {result.outcome} {result.detail}".rstrip()
            )
        if try_ and not tried:
            say("没有接群机器人，没有可试的", "No robot is set up; there is nothing to try")
    if any(result.outcome != "sent" for result in tried.values()):
        sys.exit(1)


@main.command()
@click.option("--json", "json_", is_flag=True)
@guarded
def check(json_: bool) -> None:
    """Settings, database, queue, disk: what is wrong, if anything."""
    found = findings(settings.load())
    if json_:
        as_json([{"part": part, "ok": ok, "zh": zh, "en": en} for part, ok, zh, en in found])
    else:
        for part, ok, zh, en in found:
            say(f"{'✓' if ok else '✗'} {part}：{zh}", f"{'✓' if ok else '✗'} {part}: {en}")
    if not all(ok for _, ok, _, _ in found):
        sys.exit(1)


if __name__ == "__main__":
    main()

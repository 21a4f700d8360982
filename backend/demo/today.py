"""Today in the demo: yesterday's workbook, the calls, the plan of the real optimizer, and the day up to now."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from backend.appointments import actions as appointments
from backend.bootstrap import Application
from backend.core.clock import at_local
from backend.demo import talk
from backend.demo.day import DESK, follow_day, prepare_visits
from backend.demo.history import History, give_vehicles
from backend.demo.stage import HOUR, MINUTE, Stage, workday_before
from backend.dispatch import actions as dispatch
from backend.dispatch import publishing
from backend.dispatch import queries as dispatch_queries
from backend.notifications import customer_messages
from backend.orders import actions as orders
from backend.orders import intake, policy
from backend.orders import queries as order_queries
from backend.orders.workbook.sample import write_sample
from backend.serve import inline
from backend.staff import queries as staff
from backend.stock import queries as stock

SAMPLE = "sample-install-orders.xlsx"
SAMPLE_ROWS = 64
CALLS = 70
IN_REVIEW = 12
PLAN_SECONDS = 6.0
WINDOWS = ((9, 11), (10, 12), (13, 15), (14, 16), (15, 17), (9, 12), (13, 17))
Tell = Callable[[str, str], None]


class Today:
    """The day that is shown. Fewer orders on a weekend, when fewer engineers are there."""

    def __init__(self, app: Application, stage: Stage, history: History, today: date, now: datetime) -> None:
        self.app, self.stage, self.history, self.today, self.now = app, stage, history, today, now
        self.before = workday_before(today)
        self.chance = stage.chance
        self.report: dict[str, Any] = {}

    def make(self, tell: Tell) -> dict[str, Any]:
        """Make it; returns the figures of the import and the plan."""
        stage = self.stage
        with stage.transactions.read(stage.actors[DESK]) as uow:
            share = len(staff.engineers_on(uow, self.today)) / 30
        calls = round(CALLS * share)
        for _ in range(calls):
            stage.at(self.before, self.history.office_s(), self.history.report)
        stage.at(self.before, 16 * HOUR, lambda: talk.question(stage, self.before))
        stage.at(self.before, 16 * HOUR + 30 * MINUTE, self.upload)
        stage.at(self.before, 17 * HOUR, self.review)
        stage.at(self.before, 17 * HOUR + 20 * MINUTE, lambda: self.agree(share))
        tell("正在导入今天的安装单……", "Importing today's install orders …")
        stage.play(at_local(self.before, 18 * HOUR))
        tell(f"正在排今天的日程（{PLAN_SECONDS:.0f} 秒）……", f"Planning today ({PLAN_SECONDS:.0f} seconds) …")
        plan = self.plan()
        stage.at(self.before, 18 * HOUR + 10 * MINUTE, self.publish)
        for hour in (9.2, 10.4, 11.1, 14.3, 15.6):
            stage.at(self.today, int(hour * HOUR), self.new_call)
        stage.at(self.today, 10 * HOUR + 40 * MINUTE, lambda: talk.escalation(stage, self.today))
        tell("今天的事情一件件发生……", "The day takes its course …")
        stage.play(self.now)
        return {"import": self.report, "plan": plan}

    def upload(self) -> None:
        """Sales uploads the workbook, with the mistakes that people make."""
        path = self.app.settings.data_dir / SAMPLE
        sales = self.stage.by("sales")
        write_sample(
            str(path),
            today=self.today,
            rows=SAMPLE_ROWS,
            seed=7,
            places=self.stage.places,
            models=stock.models(sales),
        )
        data = path.read_bytes()
        sheet = intake.read_workbook(sales, data=data, filename=path.name, geocoder=self.stage.geocoder)
        report = intake.store(sales, sheet).to_data()
        self.report = {
            **{key: report[key] for key in ("accepted", "duplicates", "rejected")},
            "errors": len(report["errors"]),
        }

    def review(self) -> None:
        """The desk approves what has no open question, and leaves some for the reader of the demo."""
        desk = self.stage.by(DESK)
        queue = [row for row in order_queries.review_queue(desk, size=200).rows if row.lat is not None]
        ready = [row for row in queue if not policy.open_errors(list(row.findings), row.answers)]
        for row in ready[IN_REVIEW:]:
            orders.approve(desk, order_id=row.order_id)

    def agree(self, share: float) -> None:
        """Windows for most of what waits: today, some tomorrow, and a few that nobody has reached yet."""
        desk, chance = self.stage.by(DESK), self.chance
        waiting = order_queries.with_status(desk, ["approved"])
        most = round(92 * share)
        for index, order in enumerate(waiting):
            if index % 9 == 8:
                continue
            day = self.today if index % 9 < 7 and index < most * 9 / 7 else self.today + timedelta(days=1)
            first, last = chance.choice(WINDOWS)
            appointments.appoint(
                desk,
                order_id=order.id,
                on=day,
                from_s=first * HOUR,
                to_s=last * HOUR,
                agreed_with=order.contact_name,
            )
        give_vehicles(self.stage, self.today, 5)
        # The desk has sent what it agreed; what it agrees today is there for the reader to send.
        inline.deliver_facts_within(desk)
        for message in customer_messages.to_send(desk):
            customer_messages.mark_sent(desk, message_id=message.id)

    def plan(self) -> dict[str, Any]:
        """The real optimizer plans the day."""
        transactions, actor = self.stage.transactions, self.stage.actors[DESK]
        with transactions.begin(actor) as uow:
            job_id = dispatch.request_plan(uow, on=self.today, seconds=PLAN_SECONDS, seed=1)
        job = inline.finish_job(transactions, job_id)
        if job.result is None:
            raise RuntimeError(f"the demo's day could not be planned: {job.error}")
        with transactions.read(actor) as uow:
            summary = dispatch_queries.plan_summary(uow, job.result["plan_id"])
        return {**summary, "unserved": len(summary["unserved"])}

    def publish(self) -> None:
        """Every engineer gets his day."""
        publishing.publish(self.stage.by(DESK), on=self.today)
        prepare_visits(self.stage, self.today)
        follow_day(self.stage, self.today, past=False)

    def new_call(self) -> None:
        """A customer calls during the day; the desk approves it, the window is still to be agreed."""
        order_id = self.history.take_call()
        if order_id is not None and self.chance.random() < 0.7:
            orders.approve(self.stage.by(DESK), order_id=order_id)

"""Past working days of the demo, made through the same actions as any other day, without the optimizer."""

from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Any

from backend.appointments import actions as appointments
from backend.core.uow import SYSTEM
from backend.demo.day import DESK, follow_day, prepare_visits
from backend.demo.stage import HOUR, MINUTE, Stage, workday_before
from backend.notifications import actions as notifications
from backend.orders import actions as orders
from backend.orders import intake
from backend.orders import queries as order_queries
from backend.orders.queries import ServiceOrderRow
from backend.orders.workbook.reader import parse_row
from backend.orders.workbook.sample import sample_rows
from backend.staff import actions as staff
from backend.staff import queries as staff_queries
from backend.staff.queries import EngineerDay
from backend.stock import queries as stock
from backend.travel.speeds import leg
from backend.visits import actions as visits

PROBLEMS = (
    "打不了长途",
    "通话有杂音",
    "断线，全部打不出去",
    "拨号慢",
    "传真发不出去",
    "换了集团电话，要重新设置",
)
CARE = ("季度维护", "半年检查线路", "检查接地和供电", "升级程序")
HOME_BY_S = 17 * HOUR + 30 * MINUTE
FIRST_LINE, LINES = 0, 5000


@dataclass
class Turn:
    """A visit as the assistant arranges it by hand."""

    order: ServiceOrderRow
    engineer: EngineerDay
    sequence: int
    arrive_s: int
    travel_s: int
    travel_m: int
    travel_fen: int

    @property
    def window(self) -> tuple[int, int]:
        """The two hours that the customer is told."""
        first = self.arrive_s // HOUR * HOUR
        return first, first + 2 * HOUR


class History:
    """The department's work, day by day."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.sites: list[tuple[int, int, str, str]] = []
        self.turns: dict[date, list[Turn]] = {}
        self.lines = FIRST_LINE

    def work_on(self, day: date, *, installs: int, others: int) -> None:
        """Put a working day on the agenda: orders of the day before, visits, and what follows from them."""
        stage, before = self.stage, workday_before(day)
        with stage.transactions.read(SYSTEM) as uow:
            models = stock.models(uow)
        rows, _ = sample_rows(
            today=before,
            rows=installs,
            seed=day.toordinal(),
            places=stage.places,
            models=models,
            mistakes=False,
        )
        for row in rows:
            stage.at(before, self.office_s(), lambda row=row: self.submit(row, before))  # type: ignore[misc]
        for _ in range(others):
            stage.at(before, self.office_s(), self.report)
        stage.at(before, 16 * HOUR + 20 * MINUTE, lambda: self.arrange(day))
        stage.at(day, 7 * HOUR, lambda: self.publish(day))

    def office_s(self) -> int:
        """Some time of the morning or the afternoon."""
        return 9 * HOUR + self.stage.chance.randrange(7 * HOUR)

    def submit(self, row: dict[str, Any], today: date) -> None:
        """Sales hands an install order in; the desk looks at it soon after."""
        stage, chance = self.stage, self.stage.chance
        count = int(row["line_count"])
        first = self.lines % LINES
        if first + count > LINES:
            first = 0
        self.lines = first + count
        name = row["customer_name"].replace(
            "北京", "北京" + "".join(chance.choices("东南西北中金天汇华盛永兴", k=2)), 1
        )
        phone = f"138-0000-{chance.randint(1000, 9999)}"
        lines = f"010-5555-{first:04d} 至 {first + count - 1:04d}"
        raw = {**row, "customer_name": name, "contact_phone": phone, "line_numbers": lines}
        sales = stage.by("sales")
        parsed = parse_row(raw, today=today, known_models=stock.models(sales))
        order_id = intake.add_install_order(sales, intake.check_parsed(sales, parsed, stage.geocoder))
        if chance.random() < 0.05:
            stage.when(stage.now, lambda: self.send_back(order_id, parsed))
        else:
            stage.when(stage.now, lambda: self.approve(order_id))

    def send_back(self, order_id: int, parsed: Any) -> None:
        """Something is not right: sales corrects it and hands it in again under its number."""
        stage = self.stage
        orders.return_to_sales(
            stage.by(DESK), order_id=order_id, reasons=["contact"], note="电话打不通，请核对"
        )
        sales = stage.by("sales")
        phone = f"138-0000-{stage.chance.randint(1000, 9999)}"
        parsed.values["contact_phone"] = phone
        again = intake.check_parsed(sales, parsed, stage.geocoder)
        if stage.chance.random() < 0.2:
            orders.cancel(sales, order_id=order_id, note="客户不装了")
            return
        intake.add_install_order(sales, again)
        self.approve(order_id)

    def approve(self, order_id: int) -> None:
        """The checks are settled; the customer is known from now on."""
        row = orders.approve(self.stage.by(DESK), order_id=order_id)
        if row.customer_id is not None and row.site_id is not None:
            self.sites.append((row.customer_id, row.site_id, row.contact_name, row.contact_phone))

    def report(self) -> None:
        """A known customer calls: a repair, or its maintenance is due."""
        order_id = self.take_call()
        if order_id is not None:
            orders.approve(self.stage.by(DESK), order_id=order_id)

    def take_call(self) -> int | None:
        """A representative writes down what a known customer wants; None where nobody is known yet."""
        chance = self.stage.chance
        if not self.sites:
            return None
        customer_id, site_id, name, phone = chance.choice(self.sites)
        kind = chance.choice(["repair", "repair", "maintenance"])
        row = orders.create_service_order(
            self.stage.by(chance.choice(["rep_care", "rep_onboarding"])),
            kind=kind,
            customer_id=customer_id,
            site_id=site_id,
            contact_name=name,
            contact_phone=phone,
            problem=chance.choice(PROBLEMS if kind == "repair" else CARE),
            urgent=kind == "repair" and chance.random() < 0.08,
        )
        return row.id

    def arrange(self, day: date) -> None:
        """The assistant agrees windows and decides who goes, one after another; what does not fit waits.

        Orders whose visit failed are among those that wait.
        """
        desk, chance = self.stage.by(DESK), self.stage.chance
        found = order_queries.with_status(desk, ["approved"])
        team = staff_queries.engineers_on(desk, day)
        chance.shuffle(team)
        # Whoever looks at the demo looks through the first engineer's eyes: he has work on every day of his.
        team.sort(key=lambda engineer: engineer.person_id != min(self.stage.engineers))
        team = team[: max(6, ceil(len(found) / 2.2))]
        tours: dict[int, list[Turn]] = {engineer.person_id: [] for engineer in team}
        for order in sorted(found, key=lambda row: (not row.urgent, row.id)):
            able = [engineer for engineer in team if set(order.skills) <= set(engineer.skills)]
            able.sort(key=lambda engineer: len(tours[engineer.person_id]))
            for engineer in able:
                turn = _next_turn(engineer, tours[engineer.person_id], order)
                if turn.arrive_s + order.duration_s <= HOME_BY_S:
                    tours[engineer.person_id].append(turn)
                    break
        turns = [turn for tour in tours.values() for turn in tour]
        for turn in turns:
            first, last = turn.window
            appointments.appoint(
                desk,
                order_id=turn.order.id,
                on=day,
                from_s=first,
                to_s=last,
                agreed_with=turn.order.contact_name,
            )
            orders.move(desk, turn.order.id, "plan")
        self.turns[day] = turns

    def publish(self, day: date) -> None:
        """The engineers get their day, with dialers and invoices; then it takes its course."""
        stage, desk = self.stage, self.stage.by(DESK)
        turns = self.turns.pop(day, [])
        give_vehicles(stage, day, 3)
        for turn in turns:
            first, last = turn.window
            visits.assign(
                desk,
                order_id=turn.order.id,
                engineer_id=turn.engineer.person_id,
                on=day,
                sequence=turn.sequence,
                window_from_s=first,
                window_to_s=last,
                arrive_s=turn.arrive_s,
                start_s=turn.arrive_s,
                end_s=turn.arrive_s + turn.order.duration_s,
                mode=turn.engineer.mode,
                travel_s=turn.travel_s,
                travel_m=turn.travel_m,
                travel_fen=turn.travel_fen,
            )
            orders.move(desk, turn.order.id, "publish")
        prepare_visits(stage, day)
        follow_day(stage, day, past=True)
        stage.at(day, 17 * HOUR + 50 * MINUTE, self.read_news)

    def read_news(self) -> None:
        """Who goes home has read what he was told; the next day's plan comes after that and is news."""
        for actor in self.stage.actors.values():
            notifications.mark_read(self.stage.by(actor))


def give_vehicles(stage: Stage, day: date, count: int) -> None:
    """The desk gives the first cars to engineers of the day who have none yet."""
    desk = stage.by(DESK)
    team = [engineer for engineer in staff_queries.engineers_on(desk, day) if engineer.plate is None]
    free = [vehicle for vehicle in staff_queries.vehicles(desk, day) if vehicle.person_id is None]
    for vehicle, engineer in zip(
        free[:count], stage.chance.sample(team, min(count, len(team))), strict=False
    ):
        staff.give_vehicle(desk, vehicle_id=vehicle.id, person_id=engineer.person_id, on=day)


def _next_turn(engineer: EngineerDay, tour: list[Turn], order: ServiceOrderRow) -> Turn:
    start = (engineer.home_lat, engineer.home_lon)
    leave_s = engineer.shift_start_s
    if tour:
        last = tour[-1]
        start = (last.order.lat or start[0], last.order.lon or start[1])
        leave_s = last.arrive_s + last.order.duration_s + 10 * MINUTE
        if leave_s < 13 * HOUR and leave_s + HOUR > 12 * HOUR:
            leave_s = max(leave_s + 45 * MINUTE, 12 * HOUR + 45 * MINUTE)
    trip = leg(engineer.mode, start, (order.lat or start[0], order.lon or start[1]), leave_s)
    arrive_s = max(-(-(leave_s + trip.seconds) // 300) * 300, 9 * HOUR)
    return Turn(order, engineer, len(tour) + 1, arrive_s, trip.seconds, trip.metres, trip.cost_fen)

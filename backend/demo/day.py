"""Makes days of the demo: orders come in, are reviewed, appointed, visited, and their cards handed in."""

import random
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from backend.appointments import actions as appointments
from backend.billing import actions as billing
from backend.billing import queries as invoices
from backend.core.clock import FixedClock, at_local
from backend.core.uow import SYSTEM, Transactions, UnitOfWork
from backend.expenses import actions as expenses
from backend.expenses import queries as claims
from backend.orders import actions as orders
from backend.orders import intake
from backend.orders import queries as order_queries
from backend.orders.workbook.reader import parse_row
from backend.orders.workbook.sample import sample_rows
from backend.staff import queries as staff
from backend.stock import actions as stock
from backend.stock import queries as stock_queries
from backend.travel.geocoding import Geocoder
from backend.travel.speeds import leg
from backend.visits import actions as visits
from backend.visits import queries as visit_queries
from backend.visits.queries import VisitRow

HOUR = 3600
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da6364f80f00010501012718e3660000000049454e44ae426082"
)
PROBLEMS = (
    "打不了长途",
    "通话有杂音",
    "断线，全部打不出去",
    "拨号慢",
    "传真发不出去",
    "换了集团电话，要重新设置",
)
CARE = ("季度维护", "半年检查线路", "检查接地和供电", "升级程序")


@dataclass
class Maker:
    """What the days are made with."""

    transactions: Transactions
    clock: FixedClock
    geocoder: Geocoder
    places: list[str]
    chance: random.Random
    sites: list[tuple[int, int, str, str]]

    def at(self, day: date, seconds: int) -> None:
        """Move the clock to a time of a day in Beijing."""
        self.clock.at = at_local(day, seconds)

    def past_day(self, day: date, installs: int, others: int) -> None:
        """One working day of history, in one unit of work a part, from orders to closed orders."""
        self.at(day - timedelta(days=1), 15 * HOUR)
        with self.transactions.begin(SYSTEM) as uow:
            models = stock_queries.models(uow)
            rows, _ = sample_rows(
                today=day - timedelta(days=1),
                rows=installs,
                seed=day.toordinal(),
                places=self.places,
                models=models,
                mistakes=False,
            )
            ids = []
            for row in rows:
                raw = {
                    **row,
                    "customer_name": row["customer_name"].replace("北京", f"北京{self.surname()}", 1),
                }
                checked = intake.check_parsed(
                    uow, parse_row(raw, today=day - timedelta(days=1), known_models=models), self.geocoder
                )
                order_id = intake.add_install_order(uow, checked)
                if checked.place is not None:
                    ids.append(order_id)
            for order_id in ids:
                done = orders.approve(uow, order_id=order_id)
                billing.prepare(uow, order_id=order_id)
                self.sites.append(
                    (done.customer_id or 0, done.site_id or 0, done.contact_name, done.contact_phone)
                )
            ids += [self.other(uow) for _ in range(others) if self.sites]
            for order_id in ids:
                self.appoint(uow, order_id, day)
        self.visit_all(day, ids)

    def surname(self) -> str:
        """Something that makes company names differ from day to day."""
        return "".join(self.chance.choice("东南西北中金天汇华盛永兴") for _ in range(2))

    def other(self, uow: UnitOfWork) -> int:
        """A repair or a maintenance at a known customer, approved."""
        customer_id, site_id, name, phone = self.chance.choice(self.sites)
        kind = self.chance.choice(["repair", "repair", "maintenance"])
        row = orders.create_service_order(
            uow,
            kind=kind,
            customer_id=customer_id,
            site_id=site_id,
            contact_name=name,
            contact_phone=phone,
            problem=self.chance.choice(PROBLEMS if kind == "repair" else CARE),
            urgent=kind == "repair" and self.chance.random() < 0.08,
        )
        orders.approve(uow, order_id=row.id)
        return row.id

    def appoint(self, uow: UnitOfWork, order_id: int, day: date, earliest_s: int = 9 * HOUR) -> None:
        """Agree one of the windows that customers like."""
        windows = [(9, 11), (10, 12), (13, 15), (14, 16), (15, 17), (9, 12), (13, 17)]
        fitting = [window for window in windows if window[1] * HOUR > earliest_s] or [(15, 17)]
        first, last = self.chance.choice(fitting)
        appointments.appoint(
            uow, order_id=order_id, on=day, from_s=first * HOUR, to_s=last * HOUR, agreed_with="客户"
        )

    def visit_all(self, day: date, ids: list[int]) -> None:
        """Give each order of a past day to an engineer, one after another, and let it happen."""
        self.at(day, 7 * HOUR + 1800)
        with self.transactions.begin(SYSTEM) as uow:
            engineers = staff.engineers_on(uow, day)
            self.chance.shuffle(engineers)
            found = order_queries.by_ids(uow, ids)
            made: list[tuple[int, int, int]] = []
            for index, order_id in enumerate(ids):
                engineer, turn = engineers[index % len(engineers)], index // len(engineers)
                order = found[order_id]
                start_s = 9 * HOUR + turn * 9000 + self.chance.randrange(0, 1800, 60)
                trip = leg(
                    engineer.mode,
                    (engineer.home_lat, engineer.home_lon),
                    (order.lat or 39.9, order.lon or 116.4),
                    start_s - HOUR,
                )
                orders.move(uow, order_id, "plan")
                visit_id = visits.assign(
                    uow,
                    order_id=order_id,
                    engineer_id=engineer.person_id,
                    on=day,
                    sequence=turn + 1,
                    window_from_s=start_s - HOUR,
                    window_to_s=start_s + HOUR,
                    arrive_s=start_s,
                    start_s=start_s,
                    end_s=start_s + order.duration_s,
                    mode=engineer.mode,
                    travel_s=trip.seconds,
                    travel_m=trip.metres,
                    travel_fen=trip.cost_fen,
                )
                orders.move(uow, order_id, "publish")
                made.append((visit_id, start_s, start_s + order.duration_s))
        for visit_id, start_s, end_s in made:
            self.happen(day, visit_id, start_s, end_s)

    def happen(self, day: date, visit_id: int, start_s: int, end_s: int) -> None:
        """One past visit from accepting to the closed order, with some failures and late cards."""
        luck = self.chance.random()
        self.at(day, 8 * HOUR + self.chance.randrange(1800))
        with self.transactions.begin(SYSTEM) as uow:
            visits.accept(uow, visit_id=visit_id)
        self.at(day, start_s - 1800)
        with self.transactions.begin(SYSTEM) as uow:
            visits.set_out(uow, visit_id=visit_id)
        self.at(day, start_s + self.chance.randrange(-600, 900))
        with self.transactions.begin(SYSTEM) as uow:
            if luck < 0.04:
                row = visits.fail(uow, visit_id=visit_id, reason_code="nobody", note="打电话没人接")
                expenses.record_trip(uow, visit_id=visit_id)
                orders.cancel(uow, order_id=row.order_id, note="客户改了主意")
                return
            sign_in(uow, visit_id)
        self.at(day, max(end_s, start_s + 1800))
        with self.transactions.begin(SYSTEM) as uow:
            row = visits.finish(uow, visit_id=visit_id)
            expenses.record_trip(uow, visit_id=visit_id)
        late = luck > 0.96
        self.at(day + timedelta(days=1 if late else 0), (14 if late else 19) * HOUR)
        with self.transactions.begin(SYSTEM) as uow:
            self.hand_in(uow, row)
        self.at(day + timedelta(days=1), 16 * HOUR)
        with self.transactions.begin(SYSTEM) as uow:
            card = _card(uow, visit_id)
            visits.pass_card(uow, card_id=card.id)
            self.settle_invoice(uow, row)
            billing.close_order(uow, order_id=row.order_id)

    def settle_invoice(self, uow: UnitOfWork, row: VisitRow) -> None:
        """Number, hand over and deliver the invoice of an install."""
        invoice = invoices.for_order(uow, row.order_id)
        if invoice is None:
            return
        billing.set_number(uow, invoice_id=invoice.id, number=f"{38000000 + invoice.id:08d}")
        billing.hand_over(uow, invoice_id=invoice.id, engineer_id=row.engineer_id)
        billing.deliver(uow, invoice_id=invoice.id, received_by=row.order.contact_name)

    def check_claims(self, day: date) -> None:
        """The claims of a past day are submitted by their engineers and checked."""
        self.at(day + timedelta(days=1), 17 * HOUR)
        with self.transactions.begin(SYSTEM) as uow:
            for row in claims.claims(uow, on=day, size=200).rows:
                expenses.submit_claim(uow, claim_id=row.id)
                expenses.check_claim(uow, claim_id=row.id)

    def hand_in(self, uow: UnitOfWork, row: VisitRow) -> None:
        """A well filled card of a visit that is over."""
        order, chance = row.order, self.chance
        serial = (
            stock.issue(uow, order_id=order.id, model=order.device_model, person_id=row.engineer_id)
            if order.device_model
            else ""
        )
        lines = [
            {
                "number": f"线 {number}",
                "voltage_before": round(chance.uniform(47, 50), 1),
                "voltage_after": round(chance.uniform(47, 50), 1),
                "current_before": round(chance.uniform(23, 28), 1),
                "current_after": round(chance.uniform(23, 28), 1),
                "noise_before": round(chance.uniform(0.8, 1.9), 1),
                "noise_after": round(chance.uniform(0.6, 1.5), 1),
                "reversal": True,
            }
            for number in range(1, min(order.line_count or 2, 4) + 1)
        ]
        data = {
            "result": "done",
            "access_mode": order.access_mode or "pbx_trunk",
            "device_model": order.device_model or "DL4-C",
            "device_serial": serial,
            "conditions": "供电正常，已接地，弱电间干燥",
            "call_local": "ok",
            "call_long": "ok",
            "call_mobile": "ok",
            "call_bypass": "ok",
            "trained": True,
            "trained_whom": order.contact_name or "前台",
            "trained_topics": "拨号、断电直通、报修电话",
            "mark_punctual": chance.choice("455"),
            "mark_skill": chance.choice("455"),
            "mark_manner": "5",
            "mark_whole": chance.choice("455"),
            "customer_words": chance.choice(["师傅准时，讲得清楚", "可以", ""]),
            "signed_by": order.contact_name,
            "lines": lines,
        }
        visits.submit_card(
            uow,
            visit_id=row.id,
            uuid=str(uuid.UUID(int=chance.getrandbits(128))),
            data=data,
            signature_png=PNG,
        )


def sign_in(uow: UnitOfWork, visit_id: int) -> None:
    """Arrive at the site, a few metres beside its pin."""
    order = visit_queries.get(uow, visit_id).order
    lat = order.lat + 0.0002 if order.lat is not None else None
    visits.sign_in(uow, visit_id=visit_id, lat=lat, lon=order.lon if lat else None, accuracy_m=12)


def let_happen(maker: Maker, rows: list[VisitRow], day: date, now: datetime) -> None:
    """Let the published day happen up to now; no stamp lies in the future.

    Nine of ten engineers accept in the morning; the visits whose planned time has passed are done, most with
    cards in; those in progress are on site or on the way.
    """
    rows = sorted(rows, key=lambda row: (row.engineer_id, row.sequence))
    begun = max(at_local(day, 8 * HOUR), now - timedelta(hours=12))
    for index, row in enumerate(rows):
        if index % 11 == 10:
            continue
        maker.clock.at = min(begun + timedelta(minutes=index % 30), now)
        with maker.transactions.begin(SYSTEM) as uow:
            visits.accept(uow, visit_id=row.id)
        if at_local(day, row.arrive_s - row.travel_s) > now or index % 11 == 9:
            continue
        _step(maker, max(at_local(day, row.arrive_s - row.travel_s), maker.clock.at), now)
        with maker.transactions.begin(SYSTEM) as uow:
            visits.set_out(uow, visit_id=row.id)
        if at_local(day, row.start_s) > now:
            continue
        _step(maker, at_local(day, row.start_s), now)
        with maker.transactions.begin(SYSTEM) as uow:
            sign_in(uow, row.id)
        if at_local(day, row.end_s) > now:
            continue
        _step(maker, at_local(day, row.end_s), now)
        with maker.transactions.begin(SYSTEM) as uow:
            done = visits.finish(uow, visit_id=row.id)
            expenses.record_trip(uow, visit_id=row.id)
            if index % 4 != 3:
                maker.hand_in(uow, done)
            if index % 8 == 1:
                card = _card(uow, row.id)
                visits.pass_card(uow, card_id=card.id)
            elif index % 8 == 2:
                card = _card(uow, row.id)
                visits.return_card(uow, card_id=card.id, reason="请写清楚断电直通试了没有，台历给了谁")


def _step(maker: Maker, wanted: datetime, now: datetime) -> None:
    maker.clock.at = max(maker.clock.at, min(wanted, now))


def _card(uow: UnitOfWork, visit_id: int) -> visit_queries.CardRow:
    card = visit_queries.card_of_visit(uow, visit_id)
    if card is None:
        raise RuntimeError(f"visit {visit_id} has no card")
    return card

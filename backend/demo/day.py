"""How a published visit goes on: accepted, driven to, done, its card handed in and checked, its order closed."""

import uuid
from datetime import date, timedelta

from backend.billing import actions as billing
from backend.billing import queries as invoices
from backend.core.clock import at_local, local_date
from backend.core.uow import UnitOfWork
from backend.demo.cards import PNG, card_data
from backend.demo.stage import HOUR, MINUTE, Stage, workday_after
from backend.expenses import actions as expenses
from backend.expenses import queries as claims
from backend.orders import queries as orders
from backend.stock import actions as stock
from backend.visits import actions as visits
from backend.visits import queries as visit_queries
from backend.visits.queries import VisitRow

__all__ = ["PNG", "Visiting", "follow_day", "prepare_visits"]
DESK = "technical_assistant"


def prepare_visits(stage: Stage, on: date) -> None:
    """A scene: the dialers are given out, and the invoices of the day's installs handed over."""
    with_serial: list[VisitRow] = visit_queries.day(stage.by(DESK), on)
    for row in with_serial:
        order = row.order
        if row.outcome is not None or order.kind != "install" or order.device_model is None:
            continue
        stock.issue(
            stage.by("stock_assistant"),
            order_id=order.id,
            model=order.device_model,
            person_id=row.engineer_id,
        )
        invoice = invoices.for_order(stage.by(DESK), order.id)
        if invoice is not None and invoice.status in ("prepared", "brought_back"):
            billing.set_number(
                stage.by(DESK),
                invoice_id=invoice.id,
                number=invoice.invoice_number or f"{38_000_000 + invoice.id}",
            )
            billing.hand_over(stage.by(DESK), invoice_id=invoice.id, engineer_id=row.engineer_id)


def follow_day(stage: Stage, on: date, *, past: bool) -> None:
    """Put the day's visits on the agenda, engineer by engineer, and their claims after work."""
    tours: dict[int, list[VisitRow]] = {}
    for row in visit_queries.day(stage.by(DESK), on):
        if row.outcome is None:
            tours.setdefault(row.engineer_id, []).append(row)
    number = 0
    for engineer_id, rows in tours.items():
        accept_s = 7 * HOUR + 30 * MINUTE + stage.chance.randrange(50) * MINUTE
        free_s = accept_s + 5 * MINUTE
        for row in sorted(rows, key=lambda row: row.sequence):
            number += 1
            visiting = Visiting(stage, on, row, past=past, turn=number)
            free_s = visiting.arrange(accept_s, free_s)
        stage.at(
            on, max(free_s, 18 * HOUR) + stage.chance.randrange(3600), _Claims(stage, on, engineer_id).submit
        )


class Visiting:
    """One visit with what will happen to it. ``turn`` spreads the exceptions evenly."""

    def __init__(self, stage: Stage, on: date, row: VisitRow, *, past: bool, turn: int) -> None:
        self.stage, self.on, self.row, self.past, self.turn = stage, on, row, past, turn
        self.luck = stage.chance.random()
        self.uuid = str(uuid.UUID(int=stage.chance.getrandbits(128), version=4))
        self.fails = self.luck < 0.04 if past else turn % 29 == 28
        self.returned_once = False

    def arrange(self, accept_s: int, free_s: int) -> int:
        """Put the steps on the agenda; returns when the engineer is free again, in seconds of the day."""
        stage, row, chance = self.stage, self.row, self.stage.chance
        if not self.past and self.turn % 11 == 10:
            return max(free_s, row.end_s)  # nobody has pressed the button yet
        stage.at(self.on, accept_s, self.accept)
        leave_s = max(free_s, row.arrive_s - row.travel_s)
        arrive_s = max(leave_s + int(row.travel_s * chance.uniform(0.8, 1.15)), row.window_from_s)
        arrive_s = max(arrive_s, leave_s + MINUTE)
        stage.at(self.on, leave_s, self.set_out)
        if self.fails:
            stage.at(self.on, arrive_s + 15 * MINUTE, self.fail)
            return arrive_s + 20 * MINUTE
        end_s = arrive_s + int(row.order.duration_s * chance.uniform(0.75, 1.1))
        stage.at(self.on, arrive_s, self.sign_in)
        stage.at(self.on, end_s, self.finish)
        self.arrange_card(accept_s, end_s)
        return end_s + 5 * MINUTE

    def arrange_card(self, accept_s: int, end_s: int) -> None:
        """Most cards come within the hour, some in the evening, a few a day late."""
        stage, next_day = self.stage, self.on + timedelta(days=1)
        if self.luck > 0.985:  # stated before the 24 hours are over, and granted
            stage.at(self.on, 19 * HOUR, self.ask_for_time)
            stage.at(next_day, 7 * HOUR, self.grant_time)
            stage.at(next_day, 17 * HOUR, self.hand_in)
        elif self.luck > 0.955 or (self.past and self.turn == 2 and self.luck > 0.5):
            stage.at(next_day, accept_s + 3 * HOUR, self.hand_in)
        elif self.turn % 4 == 3:
            stage.at(self.on, 19 * HOUR + stage.chance.randrange(5400), self.hand_in)
        else:
            stage.at(self.on, end_s + stage.chance.randrange(4, 50) * MINUTE, self.hand_in)

    def _me(self) -> UnitOfWork:
        return self.stage.by(self.row.engineer_id)

    def accept(self) -> None:
        """The engineer takes the order."""
        visits.accept(self._me(), visit_id=self.row.id)

    def set_out(self) -> None:
        """He goes."""
        visits.set_out(self._me(), visit_id=self.row.id)

    def sign_in(self) -> None:
        """He is there, a few metres beside the pin."""
        order, chance = self.row.order, self.stage.chance
        lat = order.lat + chance.uniform(-4e-4, 4e-4) if order.lat is not None else None
        lon = order.lon + chance.uniform(-4e-4, 4e-4) if order.lon is not None else None
        visits.sign_in(
            self._me(), visit_id=self.row.id, lat=lat, lon=lon, accuracy_m=chance.choice([8, 12, 20, 35])
        )

    def fail(self) -> None:
        """Nobody there: the order waits for another appointment, the invoice comes home."""
        reason, note = self.stage.chance.choice(
            [
                ("nobody", "打电话没人接，等了一刻钟"),
                ("site_not_ready", "装修没完，插座还没通电"),
                ("no_access", "没登记，门卫不让进"),
            ]
        )
        visits.fail(self._me(), visit_id=self.row.id, reason_code=reason, note=note)
        invoice = invoices.for_order(self._me(), self.row.order_id)
        if invoice is not None and invoice.status == "handed":
            billing.bring_back(self._me(), invoice_id=invoice.id, note="没做成，带回")

    def finish(self) -> None:
        """The work is done and the customer has signed for the invoice."""
        visits.finish(self._me(), visit_id=self.row.id, lat=self.row.order.lat, lon=self.row.order.lon)
        invoice = invoices.for_order(self._me(), self.row.order_id)
        if invoice is not None and invoice.status == "handed":
            if self.luck < 0.06:
                billing.bring_back(self._me(), invoice_id=invoice.id, note="财务不在，抬头要改")
            else:
                billing.deliver(self._me(), invoice_id=invoice.id, received_by=self.row.order.contact_name)

    def ask_for_time(self) -> None:
        """A special cause for a late card."""
        visits.ask_special_cause(
            self._me(), visit_id=self.row.id, code="customer_signature", text="经办人下班了，明天下午来签字"
        )

    def grant_time(self) -> None:
        """It is granted for a day."""
        visits.decide_special_cause(
            self.stage.by("technical_supervisor"), visit_id=self.row.id, granted=True, hours=24
        )

    def hand_in(self) -> None:
        """The card, and when the desk will look at it."""
        me = self._me()
        data = card_data(me, visit_queries.get(me, self.row.id), self.stage.chance)
        visits.submit_card(me, visit_id=self.row.id, uuid=self.uuid, data=data, signature_png=PNG)
        quick = not self.past and self.turn % 3 == 1
        if quick and local_date(self.stage.now) == self.on:
            self.stage.when(self.stage.now + timedelta(minutes=35), self.check)
            return
        next_day = workday_after(self.on)
        check_at = at_local(next_day, 9 * HOUR + 30 * MINUTE + self.stage.chance.randrange(90) * MINUTE)
        self.stage.when(max(check_at, self.stage.now + timedelta(minutes=40)), self.check)

    def check(self) -> None:
        """The desk passes the card or sends it back once; a passed one closes its order."""
        desk = self.stage.by(DESK)
        card = visit_queries.card_of_visit(desk, self.row.id)
        if card is None or card.status != "submitted":
            return
        bad = self.luck > 0.9 if self.past else self.turn % 7 == 4
        if bad and not self.returned_once:
            self.returned_once = True
            visits.return_card(desk, card_id=card.id, reason="请写清楚断电直通试了没有，线路测的是哪几条")
            self.stage.when(self.stage.now + timedelta(hours=3), self.hand_in)
            return
        visits.pass_card(desk, card_id=card.id)
        if invoices.settled(desk, self.row.order_id):
            billing.close_order(desk, order_id=self.row.order_id)


class _Claims:
    """The transport claim of an engineer's day."""

    def __init__(self, stage: Stage, on: date, engineer_id: int) -> None:
        self.stage, self.on, self.engineer_id = stage, on, engineer_id

    def _claim(self) -> claims.ClaimRow | None:
        rows = claims.claims(self.stage.by(DESK), on=self.on, engineer_id=self.engineer_id).rows
        return rows[0] if rows else None

    def submit(self) -> None:
        """He asks for what the trips cost; now and then for more, with a reason."""
        claim, me = self._claim(), self.stage.by(self.engineer_id)
        if claim is None or claim.status not in ("open", "returned"):
            return
        if any(
            orders.get(me, visit_queries.get(me, trip.visit_id).order_id).status == "on_site"
            for trip in claim.trips
        ):
            return
        more: dict[int, int] = {}
        why: dict[int, str] = {}
        if self.stage.chance.random() < 0.06:
            trip = claim.trips[0]
            more, why = {trip.id: trip.expected_fen + 1500}, {trip.id: "下大雨，打车一段"}
        expenses.submit_claim(me, claim_id=claim.id, amounts=more, notes=why)
        self.stage.at(workday_after(self.on), 16 * HOUR + self.stage.chance.randrange(3600), self.check)

    def check(self) -> None:
        """The desk agrees."""
        claim = self._claim()
        if claim is not None and claim.status == "submitted":
            expenses.check_claim(self.stage.by(DESK), claim_id=claim.id)

"""An office at work for tests of behaviour: people by role, orders brought to any point of their life."""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

from backend.core import outbox
from backend.core.clock import local_date
from backend.core.errors import DomainError
from backend.core.uow import SYSTEM, Actor, Transactions, UnitOfWork
from backend.jobs.consumers import Consumers
from backend.orders import actions as orders
from backend.orders import intake
from backend.orders.workbook.sample import sample_rows
from backend.staff import queries as staff
from backend.stock import queries as stock
from backend.travel.gazetteer import OfflineGeocoder
from backend.visits import actions as visits
from backend.visits import queries as visit_queries
from backend.visits.queries import VisitRow
from tests.dispatch.department import add_order
from tests.support import department

Act = Callable[[UnitOfWork], Any]
PNG = b"\x89PNG\r\n\x1a\nsigned"
DAY = date(2026, 11, 24)
HOUR = 3600
CARD = {
    "result": "done",
    "access_mode": "direct",
    "device_serial": "DL4-C-000",
    "conditions": "供电正常，接地好",
    "trained": True,
    "trained_whom": "王工",
    "repair_symptom": "no_dial",
    "repair_cause": "line",
    "repair_measures": "换水晶头",
    "repair_solved": "site",
}
REPAIRED = {
    "repair_symptom": "noise",
    "repair_cause": "line",
    "repair_measures": "重做水晶头",
    "repair_solved": "site",
}


def call(action: Callable[..., Any], *values: Any, **given: Any) -> Act:
    """An action with its arguments, for a unit of work to come."""
    return lambda uow: action(uow, *values, **given)


class _NoQueue:
    def enqueue(self, job_id: int) -> None:
        """Jobs are not run here."""


class Office:
    """The department of `tests.support.department` and what its people do."""

    def __init__(self, transactions: Transactions, *, made: bool = False) -> None:
        self.transactions = transactions
        self.ids = self._known() if made else department.make(transactions)
        self._made = 0
        with transactions.read(SYSTEM) as uow:
            self.actors = {login: staff.actor(uow, person_id, "web") for login, person_id in self.ids.items()}

    def _known(self) -> dict[str, int]:
        """The people of a department that was made before."""
        with self.transactions.read(SYSTEM) as uow:
            return {row.login: row.id for row in staff.people(uow, size=200).rows}

    def __getitem__(self, login: str) -> Actor:
        """The person of that user name as an actor."""
        return self.actors[login]

    def do(self, login: str, act: Act) -> Any:
        """One unit of work of that person; "system" is the system."""
        with self.transactions.begin(SYSTEM if login == "system" else self[login]) as uow:
            return act(uow)

    def see(self, read: Act) -> Any:
        """What a fresh reading unit of work gives."""
        with self.transactions.read(SYSTEM) as uow:
            return read(uow)

    def relay(self) -> None:
        """Hand every fact on, as the relay does."""
        consumers = Consumers(self.transactions, _NoQueue())
        while outbox.deliver_pending(self.transactions, consumers.deliver):
            pass
        assert outbox.pending_count(self.transactions) == 0

    def row(self, **changed: Any) -> Any:
        """A checked row of a new install order."""
        self._made += 1

        def check(uow: UnitOfWork) -> Any:
            rows, _ = sample_rows(
                today=local_date(uow.now), rows=1, seed=self._made, places=["朝阳区望京SOHO"],
                models=stock.models(uow), mistakes=False,
            )  # fmt: skip
            raw = rows[0] | {"division": "华北事业部", "division_number": f"HB-{self._made}"} | changed
            texts = {key: str(value) for key, value in raw.items() if value is not None}
            return intake.check_values(uow, raw=texts, geocoder=OfflineGeocoder())

        return self.see(check)

    def submitted(self, **changed: Any) -> int:
        """A submitted install order."""
        row = self.row(**changed)
        order_id: int = self.do("sales", lambda uow: intake.add_install_order(uow, row))
        return order_id

    def install(self, **changed: Any) -> int:
        """An approved install order, its invoice prepared."""
        order_id = self.submitted(**changed)
        self.do("technical_assistant", lambda uow: orders.approve(uow, order_id=order_id))
        self.relay()
        return order_id

    def repair(self) -> int:
        """An approved repair or maintenance."""
        self._made += 1
        order_id: int = self.do("system", lambda uow: add_order(uow, self._made))
        return order_id

    def visit(
        self, order_id: int, engineer: str = "engineer", *, on: date = DAY, sequence: int = 1, fen: int = 500
    ) -> int:
        """The order published to an engineer; the visit's id."""

        def publish(uow: UnitOfWork) -> int:
            for move in ("appoint", "plan", "publish"):
                orders.move(uow, order_id, move)
            start = (9 + sequence) * HOUR
            return visits.assign(
                uow, order_id=order_id, engineer_id=self.ids[engineer], on=on, sequence=sequence,
                window_from_s=start, window_to_s=start + HOUR, arrive_s=start, start_s=start,
                end_s=start + HOUR, mode="metro", travel_s=1200, travel_m=6000, travel_fen=fen,
            )  # fmt: skip

        visit_id: int = self.do("technical_assistant", publish)
        return visit_id

    def step(self, visit_id: int, *steps: str, by: str = "engineer") -> VisitRow:
        """Steps of a visit, each in a unit of work of its own; how the visit stands then."""
        for step in steps:
            self.do(by, lambda uow, step=step: getattr(visits, step)(uow, visit_id=visit_id))
        row: VisitRow = self.see(lambda uow: visit_queries.get(uow, visit_id))
        return row

    def card(self, visit_id: int, *, by: str = "engineer", uuid: str = "card-1", **changed: Any) -> Any:
        """Hand in a card that is right for its kind of order."""
        kind = self.see(lambda uow: visit_queries.get(uow, visit_id)).order.kind
        data = {**CARD, **(REPAIRED if kind == "repair" else {}), **changed}
        return self.do(
            by,
            lambda uow: visits.submit_card(uow, visit_id=visit_id, uuid=uuid, data=data, signature_png=PNG),
        )

    def overlap(self, first: tuple[str, Act], second: tuple[str, Act]) -> list[Any]:
        """Two people at once: the second begins before the first has committed.

        Gives for each what it got or the refusal that it was told; any other error fails the test.
        """
        results: list[Any] = [None, None]

        def second_one() -> None:
            try:
                results[1] = self.do(*second)
            except DomainError as refusal:
                results[1] = refusal
            except BaseException as error:
                results[1] = error
                raise

        thread = threading.Thread(target=second_one)
        try:
            with self.transactions.begin(self[first[0]] if first[0] != "system" else SYSTEM) as uow:
                results[0] = first[1](uow)
                uow.flush()
                thread.start()
                thread.join(0.15)
        except DomainError as refusal:
            results[0] = refusal
        thread.join(30)
        assert not thread.is_alive()
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, DomainError):
                raise result
        return results


ROUND = ("accept", "set_out", "sign_in", "finish")

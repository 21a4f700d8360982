"""The life of a service order is the one that the domain page draws, and nothing else."""

from itertools import product

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import Engine, text

from backend.core.errors import NotAllowed
from backend.core.states import WrongState
from backend.core.uow import ANONYMOUS, SYSTEM, Actor, Transactions
from backend.orders import actions, queries
from backend.orders.states import SERVICE_ORDER, STATES
from backend.staff.roles import ROLES
from tests.dispatch.department import add_order

# The drawing, read by hand: the line of the domain page, then its side ways. "ta" the technical assistant.
WAY = """
draft submit submitted sales ta desk_supervisor rep_care rep_onboarding
submitted return returned ta
returned resubmit submitted sales ta
submitted approve approved ta
approved unapprove submitted ta
approved appoint appointed ta
appointed plan planned ta
planned publish published ta
published accept accepted engineer
accepted set_out en_route engineer
en_route sign_in on_site engineer
on_site finish done engineer
done submit_card card_submitted engineer
card_submitted pass_card card_passed ta technical_supervisor
card_passed close closed ta
card_submitted return_card done ta technical_supervisor
appointed appoint appointed ta
planned appoint appointed ta
planned plan planned ta
planned unplan appointed ta
published withdraw appointed ta
accepted withdraw appointed ta
accepted fail approved engineer
en_route fail approved engineer
on_site fail approved engineer
accepted escalate escalated engineer
en_route escalate escalated engineer
on_site escalate escalated engineer
approved hold on_hold ta
appointed hold on_hold ta
planned hold on_hold ta
published hold on_hold ta
accepted hold on_hold ta
on_hold resume approved ta technical_supervisor
escalated resume approved ta technical_supervisor
draft cancel cancelled sales ta
submitted cancel cancelled sales ta
returned cancel cancelled sales ta
"""
BEFORE_DONE = [
    "approved",
    "appointed",
    "planned",
    "published",
    "accepted",
    "en_route",
    "on_site",
    "on_hold",
    "escalated",
]


def drawn() -> dict[tuple[str, str], tuple[str, frozenset[str]]]:
    """(state, move) → (next state, roles)."""
    lines = [line.split() for line in WAY.strip().splitlines()]
    lines += [[state, "cancel", "cancelled", "ta"] for state in BEFORE_DONE]
    full = {"ta": "technical_assistant"}
    return {(s, move): (to, frozenset(full.get(r, r) for r in roles)) for s, move, to, *roles in lines}


MOVES = sorted({move.name for move in SERVICE_ORDER.moves})


def test_the_table_is_the_drawing() -> None:
    """Every state × move × role, one by one: the drawn ones lead where they should, all others are refused."""
    allowed = drawn()
    assert {move for _, move in allowed} == set(MOVES)
    for state, move, role in product(STATES, MOVES, [*ROLES, None]):
        actor = Actor(1, "某人", frozenset({role})) if role else ANONYMOUS
        target, roles = allowed.get((state, move), (None, frozenset()))
        offered = [m.target for m in SERVICE_ORDER.possible(state, actor) if m.name == move]
        if target is None:
            with pytest.raises(WrongState):
                SERVICE_ORDER.target(state, move, actor)
            assert offered == []
        elif role in roles:
            assert SERVICE_ORDER.target(state, move, actor) == target
            assert offered == [target]
        else:
            with pytest.raises(NotAllowed):
                SERVICE_ORDER.target(state, move, actor)
            assert offered == []


def test_an_end_is_an_end_and_every_state_has_a_way_to_one() -> None:
    ways = {state: {to for (at, _), (to, _) in drawn().items() if at == state} for state in STATES}
    assert {state for state, to in ways.items() if not to} == {"closed", "cancelled"}
    for start in STATES:
        seen, todo = set(), [start]
        while todo:
            state = todo.pop()
            if state not in seen:
                seen.add(state)
                todo += ways[state]
        assert seen & {"closed", "cancelled"}, start


def test_random_moves_by_random_people(transactions: Transactions, engine: Engine) -> None:
    """Only the table's moves succeed; each leaves one audit row and one fact, a refused one leaves nothing."""
    allowed = drawn()

    class Life(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            with transactions.begin(SYSTEM) as uow:
                self.order_id = add_order(uow, 0)
            self.status, self.version = "approved", self.row().version

        def row(self) -> queries.ServiceOrderRow:
            with transactions.read(SYSTEM) as uow:
                return queries.get(uow, self.order_id)

        def written(self) -> tuple[int, int]:
            with engine.execution_options(read_only=True).connect() as connection:
                audit = connection.scalar(text("SELECT count(*) FROM audit_entries"))
                facts = connection.scalar(text("SELECT count(*) FROM outbox_messages"))
            return audit or 0, facts or 0

        @rule(move=st.sampled_from(MOVES), role=st.sampled_from(sorted(ROLES)))
        def anyone_tries_anything(self, move: str, role: str) -> None:
            self.attempt(move, role)

        @rule(data=st.data())
        def someone_goes_on(self, data: st.DataObject) -> None:
            open_moves = sorted(move for state, move in allowed if state == self.status)
            if open_moves:
                move = data.draw(st.sampled_from(open_moves))
                self.attempt(move, data.draw(st.sampled_from(sorted(allowed[(self.status, move)][1]))))

        def attempt(self, move: str, role: str) -> None:
            before = self.written()
            target, roles = allowed.get((self.status, move), (None, frozenset()))
            actor = Actor(None, role, frozenset({role}), via="anonymous")
            try:
                with transactions.begin(actor) as uow:
                    actions.move(uow, self.order_id, move)
            except (WrongState, NotAllowed) as refusal:
                assert target is None or role not in roles
                assert isinstance(refusal, WrongState) == (target is None)
                assert refusal.sentence("zh") and refusal.sentence("en")
                assert self.written() == before
            else:
                assert target is not None and role in roles
                assert self.written() == (before[0] + 1, before[1] + 1)
                self.status = target
                self.version = self.row().version
            assert (self.row().status, self.row().version) == (self.status, self.version)

    quick = settings(
        max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Life, settings=quick)


def test_every_move_has_its_word_and_its_fact() -> None:
    assert set(actions._PAST) == set(MOVES)
    assert all(move.label.zh and move.label.en for move in SERVICE_ORDER.moves)
    assert all(label.zh and label.en for label in STATES.values())

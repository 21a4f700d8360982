"""疑难问题总结 (R17): an engineer's weekly and monthly write-up, collected from what was marked as hard.

Marked are repair cards (``repair_hard``) and threads. He adds a lesson to each and a word of his own, or says that
there was none. A week's is due on Monday at 18:00 after it, a month's on the third of the next month at 18:00.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select

from backend.core.clock import at_local, local_date
from backend.core.errors import Invalid, NotAllowed
from backend.core.uow import UnitOfWork
from backend.orders import queries as orders
from backend.staff import queries as staff
from backend.staff.policy import require
from backend.visits import thread_queries
from backend.visits.models import Card, ProblemSummary, Visit
from backend.visits.thread_queries import ThreadRow

PERIODS = ("week", "month")
DUE_S = 18 * 3600
LONGEST = 2000


@dataclass(frozen=True)
class Problem:
    """One marked problem. ``ref`` names its source: card-ID or thread-ID."""

    ref: str
    visit_id: int | None
    title: str
    cause: str
    measures: str
    lesson: str = ""


@dataclass(frozen=True)
class Sheet:
    """A week or month of an engineer: what was collected, and the summary if it was sent."""

    period: str
    starts_on: date
    ends_on: date
    due_at: datetime
    problems: tuple[Problem, ...]
    text: str
    submitted_at: datetime | None
    late: bool


@dataclass(frozen=True)
class SummaryRow:
    """A summary that was sent."""

    id: int
    person_id: int
    name: str
    period: str
    starts_on: date
    problems: tuple[Problem, ...]
    text: str
    submitted_at: datetime
    late: bool


def start_of(period: str, on: date) -> date:
    """The Monday or the first of the month of a day."""
    return on - timedelta(days=on.weekday()) if period == "week" else on.replace(day=1)


def end_of(period: str, starts_on: date) -> date:
    """The last day of the week or month that begins then."""
    if period == "week":
        return starts_on + timedelta(days=6)
    return (starts_on.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def due_at(period: str, starts_on: date) -> datetime:
    """Until when it counts as in time."""
    return at_local(end_of(period, starts_on) + timedelta(days=1 if period == "week" else 3), DUE_S)


def sheets(uow: UnitOfWork, person_id: int) -> list[Sheet]:
    """This and the last week and month of an engineer, each as far as it is written."""
    today = local_date(uow.now)
    spans = []
    for period in PERIODS:
        this = start_of(period, today)
        spans += [(period, start_of(period, this - timedelta(days=1))), (period, this)]
    return _sheets(uow, person_id, spans)


def sheet(uow: UnitOfWork, person_id: int, *, period: str, starts_on: date) -> Sheet:
    """One week or month of an engineer."""
    return _sheets(uow, person_id, [(period, starts_on)])[0]


def _sheets(uow: UnitOfWork, person_id: int, spans: list[tuple[str, date]]) -> list[Sheet]:
    """Some weeks and months, all from the same few queries."""
    query = select(ProblemSummary).where(
        ProblemSummary.person_id == person_id, ProblemSummary.starts_on.in_({on for _, on in spans})
    )
    sent = {(one.period, one.starts_on): one for one in uow.session.scalars(query)}
    last = max(end_of(*span) for span in spans)
    marked = _marked(uow, person_id, min(on for _, on in spans), last)
    return [_sheet(period, on, sent.get((period, on)), marked) for period, on in spans]


def _sheet(
    period: str, starts_on: date, sent: ProblemSummary | None, marked: list[tuple[date, Problem]]
) -> Sheet:
    ends_on = end_of(period, starts_on)
    lessons = {one["ref"]: one.get("lesson", "") for one in sent.problems} if sent else {}
    problems = [one for on, one in marked if starts_on <= on <= ends_on]
    return Sheet(
        period=period,
        starts_on=starts_on,
        ends_on=ends_on,
        due_at=due_at(period, starts_on),
        problems=tuple(replace(one, lesson=lessons.get(one.ref, "")) for one in problems),
        text=sent.text if sent else "",
        submitted_at=sent.submitted_at if sent else None,
        late=sent.late if sent else False,
    )


def submit(
    uow: UnitOfWork, *, period: str, starts_on: date, text: str = "", lessons: dict[str, str] | None = None
) -> Sheet:
    """Send an own summary, or send it again with other words; the first time counts. Raises Invalid, NotAllowed."""
    if "engineer" not in uow.actor.roles or uow.actor.person_id is None:
        raise NotAllowed()
    me, today = uow.actor.person_id, local_date(uow.now)
    if period not in PERIODS or starts_on != start_of(period, starts_on) or starts_on > today:
        expected = {
            "zh": "一周从周一算，一个月从 1 号算，不能是以后",
            "en": "a Monday or a first, not in the future",
        }
        raise Invalid(field={"zh": "哪一周、哪个月", "en": "Period"}, value=str(starts_on), expected=expected)
    uow.lock(f"summary:{me}:{period}:{starts_on}")
    said = {ref: lesson.strip()[:LONGEST] for ref, lesson in (lessons or {}).items()}
    marked = _marked(uow, me, starts_on, end_of(period, starts_on))
    query = select(ProblemSummary).where(
        ProblemSummary.person_id == me, ProblemSummary.period == period, ProblemSummary.starts_on == starts_on
    )
    found = uow.session.scalars(query).one_or_none()
    values = {
        "problems": [vars(replace(one, lesson=said.get(one.ref, ""))) for _, one in marked],
        "text": text.strip()[:LONGEST],
        "changed_at": uow.now,
    }
    if found is None:
        late = uow.now > due_at(period, starts_on)
        found = ProblemSummary(
            person_id=me, period=period, starts_on=starts_on, submitted_at=uow.now, late=late, **values
        )
        uow.session.add(found)
        uow.flush()
        uow.audit("summary", found.id, "submitted", after={"period": period, "starts_on": str(starts_on)})
        uow.emit("summary_submitted", summary_id=found.id, person_id=me)
    else:
        for name, value in values.items():
            setattr(found, name, value)
        uow.flush()
    return sheet(uow, me, period=period, starts_on=starts_on)


def listing(uow: UnitOfWork, *, period: str, starts_on: date) -> list[SummaryRow]:
    """The summaries of a week or month, by name."""
    require(uow.actor, "escalations.read")
    names = staff.engineer_names(uow)
    query = select(ProblemSummary).where(
        ProblemSummary.period == period, ProblemSummary.starts_on == starts_on
    )
    rows = [
        SummaryRow(
            found.id,
            found.person_id,
            names.get(found.person_id, "—"),
            found.period,
            found.starts_on,
            tuple(Problem(**one) for one in found.problems),
            found.text,
            found.submitted_at,
            found.late,
        )
        for found in uow.session.scalars(query)
    ]
    return sorted(rows, key=lambda row: row.name)


def _marked(uow: UnitOfWork, person_id: int, first: date, last: date) -> list[tuple[date, Problem]]:
    """Marked repairs of the visits of those days, then threads opened on them, each with its day."""
    query = (
        select(Card.id, Card.data, Visit.id, Visit.service_order_id, Visit.on)
        .join(Visit, Visit.id == Card.visit_id)
        .where(
            Visit.engineer_id == person_id,
            Visit.on.between(first, last),
            Card.data["repair_hard"].as_boolean().is_(True),
        )
        .order_by(Visit.on, Card.id)
    )
    cards = uow.session.execute(query).all()
    known = orders.by_ids(uow, (row[3] for row in cards))
    found = [
        (
            on,
            Problem(
                ref=f"card-{card_id}",
                visit_id=visit_id,
                title=f"{known[order_id].short_name} {known[order_id].number}",
                cause=str(data.get("repair_words") or data.get("repair_cause") or ""),
                measures=str(data.get("repair_measures") or ""),
            ),
        )
        for card_id, data, visit_id, order_id, on in cards
    ]
    begin, end = at_local(first, 0), at_local(last + timedelta(days=1), 0)
    threads = thread_queries.marked(uow, person_id, first=begin, before=end)
    return found + [(local_date(row.opened_at), _of_thread(row)) for row in threads]


def _of_thread(row: ThreadRow) -> Problem:
    return Problem(
        ref=f"thread-{row.id}",
        visit_id=row.visit_id,
        title=f"{row.customer_name} {row.order_number}".strip() or row.subject[:60],
        cause=row.subject,
        measures=row.solution or row.tried,
    )

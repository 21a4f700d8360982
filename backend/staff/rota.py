"""The engineers' calendar: shifts, leave, standby over some days, and skills."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select

from backend.core.errors import Invalid, NotFound
from backend.core.uow import UnitOfWork
from backend.staff.models import Absence, Engineer, EngineerSkill, Shift, Standby
from backend.staff.policy import require

LEVELS = (1, 2, 3)
DAY_S = 86_400


@dataclass(frozen=True)
class RotaDay:
    """An engineer's day: his shift in seconds since midnight (None: free), why he is away, whether he stands by."""

    shift: tuple[int, int] | None
    absence: str | None
    standby: bool


@dataclass(frozen=True)
class AbsenceRow:
    """Days on which an engineer is away, both included."""

    id: int
    person_id: int
    first_on: date
    last_on: date
    kind: str
    note: str


@dataclass(frozen=True)
class RotaRow:
    """An engineer with his days, skills by level and weekly shifts by weekday."""

    person_id: int
    code: str
    name: str
    skills: dict[str, int]
    shifts: dict[int, tuple[int, int]]
    days: dict[date, RotaDay]


def rota(uow: UnitOfWork, days: Sequence[date]) -> list[RotaRow]:
    """The active engineers over those days, in four queries however many they are."""
    first, last = min(days), max(days)
    away = absences(uow, first, last)
    standby = {
        (one.person_id, one.on)
        for one in uow.session.scalars(select(Standby).where(Standby.on.between(first, last)))
    }
    query = select(Engineer).where(Engineer.active.is_(True)).order_by(Engineer.person_id)
    rows = []
    for engineer in uow.session.scalars(query).unique():
        if engineer.person.disabled_at is not None:
            continue
        shifts = {shift.weekday: (shift.start_s, shift.end_s) for shift in engineer.shifts}
        mine = [one for one in away if one.person_id == engineer.person_id]
        made = {
            on: RotaDay(
                shifts.get(on.weekday()),
                next((one.kind for one in mine if one.first_on <= on <= one.last_on), None),
                (engineer.person_id, on) in standby,
            )
            for on in days
        }
        skills = {skill.skill: skill.level for skill in engineer.skills}
        rows.append(RotaRow(engineer.person_id, engineer.code, engineer.person.name, skills, shifts, made))
    return rows


def absences(uow: UnitOfWork, first: date, last: date) -> list[AbsenceRow]:
    """Absences that touch those days, the earliest first."""
    query = select(Absence).where(Absence.first_on <= last, Absence.last_on >= first)
    return [
        AbsenceRow(one.id, one.person_id, one.first_on, one.last_on, one.kind, one.note)
        for one in uow.session.scalars(query.order_by(Absence.first_on, Absence.id))
    ]


def set_standby(uow: UnitOfWork, *, person_id: int, on: date, standby: bool) -> None:
    """He can be called on that day, or not any more. Safe to repeat. Raises NotFound."""
    require(uow.actor, "engineers.manage")
    _engineer(uow, person_id)
    kept = uow.session.get(Standby, (person_id, on))
    if (kept is not None) == standby:
        return
    if kept is None:
        uow.session.add(Standby(person_id=person_id, on=on))
    else:
        uow.session.delete(kept)
    uow.audit("engineer", person_id, "standby_set" if standby else "standby_ended", after={"on": str(on)})


def set_shifts(uow: UnitOfWork, *, person_id: int, shifts: Mapping[int, tuple[int, int]]) -> None:
    """The weekly hours by weekday (0 Monday), in seconds since midnight; a weekday that is not named is free.

    Safe to repeat. Raises Invalid, NotFound.
    """
    require(uow.actor, "engineers.manage")
    engineer = _engineer(uow, person_id)
    for weekday, (start_s, end_s) in shifts.items():
        if not 0 <= weekday <= 6 or not 0 <= start_s < end_s <= DAY_S:
            raise Invalid(
                field={"zh": "班次", "en": "The shift"},
                value=f"{start_s // 3600}:{start_s // 60 % 60:02d}–{end_s // 3600}:{end_s // 60 % 60:02d}",
                expected={"zh": "结束要晚于开始", "en": "the end lies after the beginning"},
            )
    before = {shift.weekday: (shift.start_s, shift.end_s) for shift in engineer.shifts}
    if before == dict(shifts):
        return
    uow.session.execute(delete(Shift).where(Shift.person_id == person_id))
    uow.session.expire(engineer, ["shifts"])
    for weekday, (start_s, end_s) in sorted(shifts.items()):
        uow.session.add(Shift(person_id=person_id, weekday=weekday, start_s=start_s, end_s=end_s))
    uow.flush()
    uow.audit("engineer", person_id, "shifts_set", before=_words(before), after=_words(shifts))


def set_skills(uow: UnitOfWork, *, person_id: int, skills: Mapping[str, int]) -> None:
    """The skills with their levels, 1 to 3. Safe to repeat. Raises Invalid, NotFound."""
    require(uow.actor, "engineers.manage")
    engineer = _engineer(uow, person_id)
    for skill, level in skills.items():
        if level not in LEVELS or not skill.isidentifier() or len(skill) > 30:
            raise Invalid(
                field={"zh": "技能", "en": "The skill"},
                value=f"{skill} {level}"[:40],
                expected={"zh": "级别是 1 到 3", "en": "levels are 1 to 3"},
            )
    before = {skill.skill: skill.level for skill in engineer.skills}
    if before == dict(skills):
        return
    uow.session.execute(delete(EngineerSkill).where(EngineerSkill.person_id == person_id))
    uow.session.expire(engineer, ["skills"])
    for skill, level in sorted(skills.items()):
        uow.session.add(EngineerSkill(person_id=person_id, skill=skill, level=level))
    uow.flush()
    uow.audit("engineer", person_id, "skills_set", before={"skills": before}, after={"skills": dict(skills)})


def _words(shifts: Mapping[int, tuple[int, int]]) -> dict[str, list[str]]:
    return {
        "shifts": [
            f"{day + 1}: {a // 3600}:{a // 60 % 60:02d}–{b // 3600}:{b // 60 % 60:02d}"
            for day, (a, b) in sorted(shifts.items())
        ]
    }


def _engineer(uow: UnitOfWork, person_id: int) -> Engineer:
    engineer = uow.session.get(Engineer, person_id)
    if engineer is None:
        raise NotFound(what={"zh": "这位工程师", "en": "That engineer"})
    return engineer

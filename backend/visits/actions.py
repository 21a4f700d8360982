"""What an engineer does with a visit, and what the card desk does with its card. Each is safe to repeat."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from backend.core import lists
from backend.core.clock import local_date
from backend.core.errors import DomainError, Invalid, Missing, NotAllowed, NotFound, Stale
from backend.core.uow import UnitOfWork
from backend.customers import actions as customers
from backend.orders import actions as orders
from backend.orders import queries as order_queries
from backend.staff.policy import require
from backend.stock import actions as stock
from backend.visits import policy, sign_codes
from backend.visits.fields import check_card
from backend.visits.models import Card, Visit
from backend.visits.queries import CardRow, VisitRow, card_row, get

MOST_HOURS_MORE = 168
LARGEST_SIGNATURE = 200_000
_PNG = b"\x89PNG\r\n\x1a\n"


class VisitGone(DomainError):
    """The visit was given to someone else or ended meanwhile."""

    code = "visit_gone"
    kind = "conflict"
    zh = "这一单已经不在您这里了（改派或已结束），您填的内容请发给技术助理"
    en = "This visit is no longer yours (reassigned or ended); send what you wrote to the technical assistant"


class OtherCard(DomainError):
    """The visit has a card from another phone or an earlier try."""

    code = "other_card"
    kind = "conflict"
    zh = "这一单的反馈卡已经交过了"
    en = "A card for this visit has been submitted before"


class CardClosed(DomainError):
    """A card that was passed is not changed any more."""

    code = "card_closed"
    kind = "conflict"
    zh = "这张反馈卡已经通过，不能再改"
    en = "This card has been passed and cannot be changed"


def assign(
    uow: UnitOfWork,
    *,
    order_id: int,
    engineer_id: int,
    on: date,
    sequence: int,
    window_from_s: int,
    window_to_s: int,
    arrive_s: int,
    start_s: int,
    end_s: int,
    mode: str,
    travel_s: int,
    travel_m: int,
    travel_fen: int,
) -> int:
    """Publish a visit, or move the living one of the order to other times of the same engineer; returns its id."""
    require(uow.actor, "dispatch.manage")
    values: dict[str, Any] = {
        "on": on,
        "sequence": sequence,
        "window_from_s": window_from_s,
        "window_to_s": window_to_s,
        "arrive_s": arrive_s,
        "start_s": start_s,
        "end_s": end_s,
        "mode": mode,
        "travel_s": travel_s,
        "travel_m": travel_m,
        "travel_fen": travel_fen,
    }
    query = (
        select(Visit).where(Visit.service_order_id == order_id, Visit.outcome.is_(None)).order_by(Visit.id)
    )
    visit = uow.session.scalars(query).first()
    if visit is not None and (visit.engineer_id != engineer_id or visit.on != on):
        withdraw(uow, visit_id=visit.id, reason="moved")
        visit = None
    if visit is None:
        visit = Visit(
            service_order_id=order_id,
            engineer_id=engineer_id,
            published_at=uow.now,
            sign_in_note="",
            cause_text="",
            outcome_reason="",
            **values,
        )
        uow.session.add(visit)
        uow.flush()
        after = {"order_id": order_id, "engineer_id": engineer_id, "on": str(on), "start_s": start_s}
        uow.audit("visit", visit.id, "assigned", after=after)
        return visit.id
    before = {"start_s": visit.start_s, "sequence": visit.sequence}
    for name, value in values.items():
        setattr(visit, name, value)
    if before != {"start_s": start_s, "sequence": sequence}:
        uow.audit("visit", visit.id, "moved", before=before, after={"start_s": start_s, "sequence": sequence})
    return visit.id


def withdraw(uow: UnitOfWork, *, visit_id: int, reason: str) -> None:
    """End a visit that will not happen; the order's status is the caller's."""
    require(uow.actor, "dispatch.manage")
    visit = _visit(uow, visit_id)
    if visit.outcome is None:
        visit.outcome, visit.outcome_reason, visit.ended_at = "withdrawn", reason, uow.now
        uow.audit("visit", visit.id, "withdrawn", after={"reason": reason})


def accept(uow: UnitOfWork, *, visit_id: int, at: datetime | None = None) -> None:
    """The engineer takes the order; the 24 hours of its card begin.

    Here and in the other steps ``at`` is the moment of the press where the phone had no signal then; it is never
    before the step that came before, nor after now.
    """
    visit = _own(uow, visit_id)
    if visit.accepted_at is None:
        orders.advance(uow, visit.service_order_id, "accept")
        visit.accepted_at = _moment(uow, at, visit.published_at)
        visit.card_due_at = policy.card_due_at(visit.accepted_at)
        uow.emit("visit_accepted", visit_id=visit.id)


def set_out(uow: UnitOfWork, *, visit_id: int, at: datetime | None = None) -> None:
    """The engineer is on his way."""
    visit = _own(uow, visit_id, step="set_out_at")
    if visit.set_out_at is None:
        orders.advance(uow, visit.service_order_id, "set_out")
        visit.set_out_at = _moment(uow, at, visit.accepted_at)
        uow.emit("visit_set_out", visit_id=visit.id)


def sign_in(
    uow: UnitOfWork,
    *,
    visit_id: int,
    lat: float | None = None,
    lon: float | None = None,
    accuracy_m: float | None = None,
    note: str = "",
    at: datetime | None = None,
) -> None:
    """The engineer has arrived; his position (WGS-84) is kept if the phone gave one, far away never blocks."""
    visit = _own(uow, visit_id, step="signed_in_at")
    if visit.signed_in_at is None:
        _check_position(lat, lon)
        orders.advance(uow, visit.service_order_id, "sign_in")
        visit.signed_in_at = _moment(uow, at, visit.set_out_at)
        visit.sign_in_lat, visit.sign_in_lon, visit.sign_in_accuracy_m = lat, lon, accuracy_m
        visit.sign_in_note = note.strip()[:200]
        uow.emit("visit_signed_in", visit_id=visit.id)


def finish(
    uow: UnitOfWork,
    *,
    visit_id: int,
    lat: float | None = None,
    lon: float | None = None,
    at: datetime | None = None,
) -> None:
    """The work on site is over; the card is next."""
    visit = _own(uow, visit_id, step="finished_at")
    if visit.finished_at is None:
        _check_position(lat, lon)
        orders.advance(uow, visit.service_order_id, "finish")
        visit.finished_at = _moment(uow, at, visit.signed_in_at)
        visit.ended_at, visit.outcome = visit.finished_at, "done"
        visit.finish_lat, visit.finish_lon = lat, lon
        uow.emit("visit_finished", visit_id=visit.id)


def wait_for_customer(uow: UnitOfWork, *, visit_id: int, at: datetime | None = None) -> VisitRow:
    """The engineer is there and cannot begin yet; the assistant hears of it at once."""
    visit = _own(uow, visit_id)
    if visit.finished_at is None:
        since = _moment(uow, at, visit.accepted_at)
        uow.audit("visit", visit.id, "waiting", after={"since": since.isoformat()})
        uow.emit("visit_waiting", visit_id=visit.id, since=since.isoformat())
    return _answer(uow, visit)


def fail(uow: UnitOfWork, *, visit_id: int, reason_code: str, note: str = "") -> VisitRow:
    """Nobody there, site not ready, …: the order goes back to be appointed anew."""
    visit = _own(uow, visit_id)
    if visit.outcome != "failed":
        reasons = {choice.code: choice for choice in lists.choices(uow, "failed_visit_reasons")}
        if reasons and reason_code not in reasons:
            raise Invalid(
                field={"zh": "没做成的原因", "en": "Reason"},
                value=reason_code,
                expected={
                    "zh": "请从列表里选一个",
                    "en": "choose one of the list",
                },
            )
        orders.move(uow, visit.service_order_id, "fail", note=note.strip(), reasons=[reason_code])
        visit.outcome, visit.outcome_reason, visit.ended_at = "failed", reason_code, uow.now
        uow.audit("visit", visit.id, "failed", after={"reason": reason_code, "note": note.strip()})
        uow.emit("visit_failed", visit_id=visit.id, reason=reason_code)
    return _answer(uow, visit)


def submit_card(
    uow: UnitOfWork, *, visit_id: int, uuid: str, data: dict[str, Any], signature_png: bytes | None = None
) -> CardRow:
    """Hand in the feedback card; the phone's ``uuid`` makes sending twice one card.

    A card that was sent back is replaced by sending it again under the same uuid. Raises CardWrong, OtherCard,
    CardClosed.
    """
    visit = _own(uow, visit_id, ended=True)
    card = uow.session.scalars(select(Card).where(Card.visit_id == visit.id)).one_or_none()
    if card is not None and card.uuid != uuid:
        raise OtherCard()
    if card is not None and card.status == "submitted":
        return card_row(card)
    if card is not None and card.status == "passed":
        raise CardClosed()
    _check_signature(signature_png)
    order = order_queries.get(uow, visit.service_order_id)
    code = sign_codes.confirmed(uow, visit.id)
    signed = signature_png is not None or code is not None
    signed = signed or (card is not None and card.signature_png is not None)
    values = check_card(data, kind=order.kind, signed=signed, today=local_date(uow.now))
    if code is not None:
        values["sign_code"] = code.words
    orders.advance(uow, order.id, "submit_card")
    if card is None:
        due_at = policy.due_with_cause(visit.card_due_at or uow.now, visit.cause_until)
        card = Card(
            uuid=uuid,
            visit_id=visit.id,
            status="submitted",
            data=values,
            signature_png=signature_png,
            submitted_at=uow.now,
            first_submitted_at=uow.now,
            late=uow.now > due_at,
            return_reason="",
        )
        uow.session.add(card)
    else:
        card.status, card.data, card.submitted_at = "submitted", values, uow.now
        card.signature_png = signature_png or card.signature_png
    uow.flush()
    uow.audit("card", card.id, "submitted", after={"visit_id": visit.id, "late": card.late})
    uow.emit("card_submitted", **_facts(card, visit))
    return card_row(card)


def return_card(uow: UnitOfWork, *, card_id: int, reason: str, version: int | None = None) -> CardRow:
    """Send a card back with what is missing; the engineer is told in these words."""
    require(uow.actor, "cards.check")
    if not reason.strip():
        raise Missing(field={"zh": "退回的原因", "en": "the reason"})
    card, visit = _card(uow, card_id)
    if version is not None and version != card.version:
        raise Stale()
    orders.move(uow, visit.service_order_id, "return_card")
    card.status, card.return_reason = "returned", reason.strip()
    card.checked_at, card.checked_by = uow.now, uow.actor.person_id
    uow.audit("card", card.id, "returned", after={"reason": card.return_reason})
    uow.emit("card_returned", reason=card.return_reason, **_facts(card, visit))
    return card_row(card)


def pass_card(uow: UnitOfWork, *, card_id: int) -> CardRow:
    """The card is right: its facts go to the site's profile and the stock. Safe to repeat."""
    require(uow.actor, "cards.check")
    card, visit = _card(uow, card_id)
    if card.status == "passed":
        return card_row(card)
    order = orders.move(uow, visit.service_order_id, "pass_card")
    card.status, card.return_reason = "passed", ""
    card.checked_at, card.checked_by = uow.now, uow.actor.person_id
    if order.site_id is not None:
        keep = ("access_mode", "device_model", "device_serial", "conditions", "lines")
        customers.save_profile(uow, site_id=order.site_id, data={key: card.data.get(key) for key in keep})
    if card.data.get("device_serial"):
        stock.install_serial(uow, serial=card.data["device_serial"], site_id=order.site_id, order_id=order.id)
    uow.audit("card", card.id, "passed")
    uow.emit("card_passed", **_facts(card, visit))
    return card_row(card)


def ask_special_cause(uow: UnitOfWork, *, visit_id: int, code: str, text: str) -> VisitRow:
    """The engineer says why the card cannot come within 24 hours (特殊因素)."""
    visit = _own(uow, visit_id, ended=True)
    if not text.strip():
        raise Missing(field={"zh": "特殊因素的说明", "en": "what the special cause is"})
    if visit.cause_asked_at is None or visit.cause_granted is False:
        visit.cause_code, visit.cause_text = code, text.strip()
        visit.cause_asked_at, visit.cause_decided_at, visit.cause_granted = uow.now, None, None
        uow.audit("visit", visit.id, "cause_asked", after={"code": code, "text": text.strip()})
        uow.emit("special_cause_asked", visit_id=visit.id, order_id=visit.service_order_id)
    return _answer(uow, visit)


def decide_special_cause(uow: UnitOfWork, *, visit_id: int, granted: bool, hours: int = 24) -> VisitRow:
    """Grant a special cause for some hours more, or refuse it; who and when is kept. Safe to repeat.

    A card that came late while the question was open is not late once the cause is granted.
    """
    require(uow.actor, "cards.check")
    if not 1 <= hours <= MOST_HOURS_MORE:
        raise Invalid(
            field={"zh": "延长的小时数", "en": "Hours more"},
            value=str(hours),
            expected={"zh": f"从 1 到 {MOST_HOURS_MORE}", "en": f"from 1 to {MOST_HOURS_MORE}"},
        )
    visit = _visit(uow, visit_id)
    if visit.cause_asked_at is None:
        raise NotFound(what={"zh": "特殊因素的申请", "en": "A special cause"})
    if visit.cause_granted is granted:
        return _answer(uow, visit)
    visit.cause_granted, visit.cause_decided_at = granted, uow.now
    visit.cause_decided_by = uow.actor.person_id
    base: datetime = max(visit.card_due_at or uow.now, uow.now)
    visit.cause_until = base + timedelta(hours=hours) if granted else None
    card = uow.session.scalars(select(Card).where(Card.visit_id == visit.id)).one_or_none()
    if card is not None and visit.card_due_at is not None:
        card.late = card.first_submitted_at > policy.due_with_cause(visit.card_due_at, visit.cause_until)
    uow.audit("visit", visit.id, "cause_granted" if granted else "cause_refused", after={"hours": hours})
    uow.emit("special_cause_decided", visit_id=visit.id, engineer_id=visit.engineer_id, granted=granted)
    return _answer(uow, visit)


def _moment(uow: UnitOfWork, at: datetime | None, previous: datetime | None) -> datetime:
    """The moment of a step: as the phone's press says, between the step before and now."""
    if at is None:
        return uow.now
    return min(uow.now, max(at, previous) if previous is not None else at)


def _facts(card: Card, visit: Visit) -> dict[str, Any]:
    return {
        "card_id": card.id,
        "visit_id": visit.id,
        "order_id": visit.service_order_id,
        "engineer_id": visit.engineer_id,
    }


def _visit(uow: UnitOfWork, visit_id: int) -> Visit:
    # Locked on PostgreSQL, so that a write that a phone sends twice at once finds the first one done, as on SQLite.
    visit = uow.session.get(Visit, visit_id, with_for_update=True)
    if visit is None:
        raise NotFound(what={"zh": "这次上门", "en": "That visit"})
    return visit


def _own(uow: UnitOfWork, visit_id: int, *, ended: bool = False, step: str | None = None) -> Visit:
    """The acting engineer's own visit. Another's is not found; one that ended otherwise is gone.

    A failed visit takes no further ``step``: its order may be on another engineer's way by then.
    """
    visit = _visit(uow, visit_id)
    if not uow.actor.is_system:
        if "engineer" not in uow.actor.roles:
            raise NotAllowed()
        if visit.engineer_id != uow.actor.person_id:
            raise NotFound(what={"zh": "这次上门", "en": "That visit"})
    over = ended or (step is not None and getattr(visit, step) is None)
    if visit.outcome == "withdrawn" or (visit.outcome == "failed" and over):
        raise VisitGone()
    return visit


def _card(uow: UnitOfWork, card_id: int) -> tuple[Card, Visit]:
    card = uow.session.get(Card, card_id)
    if card is None:
        raise NotFound(what={"zh": "这张反馈卡", "en": "That card"})
    return card, _visit(uow, card.visit_id)


def _answer(uow: UnitOfWork, visit: Visit) -> VisitRow:
    uow.flush()
    return get(uow, visit.id)


def _check_position(lat: float | None, lon: float | None) -> None:
    if (lat is None) != (lon is None) or (
        lat is not None and lon is not None and not (-90 <= lat <= 90 and -180 <= lon <= 180)
    ):
        raise Invalid(
            field={"zh": "位置", "en": "Position"},
            value=f"{lat}, {lon}",
            expected={"zh": "要有纬度和经度", "en": "latitude and longitude"},
        )


def _check_signature(png: bytes | None) -> None:
    if png is not None and (len(png) > LARGEST_SIGNATURE or not png.startswith(_PNG)):
        raise Invalid(
            field={"zh": "签名", "en": "Signature"},
            value=f"{len(png)} B",
            expected={"zh": "要是 200 KB 以内的 PNG 图片", "en": "a PNG picture of at most 200 kB"},
        )

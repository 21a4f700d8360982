"""Shapes of what a phone gets."""

from marshmallow import Schema
from marshmallow import fields as f

from mobile_api.schemas import SECONDS, Moment, OrderSchema, Yuan


class WordsSchema(Schema):
    """A text in both languages."""

    zh = f.String()
    en = f.String()


class ChoiceSchema(WordsSchema):
    """One entry of a list."""

    code = f.String()


class FieldSchema(Schema):
    """One field of a form."""

    code = f.String()
    label = f.Nested(WordsSchema)
    kind = f.String(metadata={"description": "text, choice or flag"})
    required = f.Boolean()
    choices = f.List(f.Nested(ChoiceSchema))
    longest = f.Integer()
    unit = f.String()
    low = f.Integer(allow_none=True)
    high = f.Integer(allow_none=True)
    help = f.Nested(WordsSchema)


class LineFieldSchema(FieldSchema):
    """One measurement of a line; outside of the good limits it is called low or high, not refused."""

    good_low = f.Float(allow_none=True)
    good_high = f.Float(allow_none=True)


class FormsSchema(Schema):
    """The card's fields and the lists."""

    card = f.List(f.Nested(FieldSchema))
    repair = f.List(f.Nested(FieldSchema), metadata={"description": "on the card of a repair too"})
    device = f.List(f.Nested(FieldSchema), metadata={"description": "of a device quality report"})
    line = f.List(
        f.Nested(LineFieldSchema),
        metadata={"description": "per line; sent as CODE_before, CODE_after; “none”: could not be measured"},
    )
    sign_codes = f.Boolean(metadata={"description": "a code to sign with can be sent to the customer"})
    failed_visit_reasons = f.List(f.Nested(ChoiceSchema))
    special_causes = f.List(f.Nested(ChoiceSchema))
    gift_kinds = f.List(
        f.Nested(ChoiceSchema), metadata={"description": "the Chinese words go into the card's ``gifts``"}
    )
    steps_install = f.List(f.Nested(ChoiceSchema), metadata={"description": "the standard's checklist"})
    steps_repair = f.List(f.Nested(ChoiceSchema))
    steps_maintenance = f.List(f.Nested(ChoiceSchema))
    step_results = f.List(
        f.Nested(ChoiceSchema),
        metadata={"description": "the card's ``steps``: code of a step to code of these"},
    )


class CardSchema(Schema):
    """A feedback card."""

    id = f.Integer()
    uuid = f.UUID()
    visit_id = f.Integer()
    status = f.String(metadata={"description": "submitted, returned or passed"})
    data = f.Dict()
    signed = f.Boolean()
    submitted_at = Moment()
    late = f.Boolean()
    return_reason = f.String()


class InvoiceSchema(Schema):
    """The invoice that goes with an install."""

    id = f.Integer()
    order_number = f.String()
    status = f.String(metadata={"description": "prepared, handed, delivered or brought_back"})
    title = f.String()
    amount = Yuan(attribute="amount_fen")
    invoice_number = f.String(allow_none=True)
    received_by = f.String()
    return_note = f.String()


class VisitSchema(Schema):
    """A visit with everything that the engineer needs for it."""

    id = f.Integer(attribute="visit.id")
    on = f.Date(attribute="visit.on")
    sequence = f.Integer(attribute="visit.sequence")
    window_from_s = f.Integer(attribute="visit.window_from_s", metadata=SECONDS)
    window_to_s = f.Integer(attribute="visit.window_to_s", metadata=SECONDS)
    arrive_s = f.Integer(attribute="visit.arrive_s", metadata=SECONDS)
    start_s = f.Integer(attribute="visit.start_s", metadata=SECONDS)
    end_s = f.Integer(attribute="visit.end_s", metadata=SECONDS)
    mode = f.String(attribute="visit.mode")
    travel_s = f.Integer(attribute="visit.travel_s", metadata={"description": "seconds on the way"})
    travel_m = f.Integer(attribute="visit.travel_m", metadata={"description": "metres on the way"})
    accepted_at = Moment(attribute="visit.accepted_at", allow_none=True)
    set_out_at = Moment(attribute="visit.set_out_at", allow_none=True)
    signed_in_at = Moment(attribute="visit.signed_in_at", allow_none=True)
    finished_at = Moment(attribute="visit.finished_at", allow_none=True)
    card_due_at = Moment(attribute="visit.card_due_at", allow_none=True)
    countdown = f.String(
        attribute="visit.countdown", metadata={"description": "none, fine, soon, urgent, late"}
    )
    cause_text = f.String(attribute="visit.cause_text")
    cause_asked_at = Moment(attribute="visit.cause_asked_at", allow_none=True)
    cause_granted = f.Boolean(attribute="visit.cause_granted", allow_none=True)
    outcome = f.String(attribute="visit.outcome", allow_none=True)
    outcome_reason = f.String(attribute="visit.outcome_reason")
    order = f.Nested(OrderSchema)
    invoice = f.Nested(InvoiceSchema, allow_none=True)
    serials = f.List(f.String(), metadata={"description": "dialers to bring"})
    profile = f.Dict(metadata={"description": "technical facts of the site"})
    card = f.Nested(CardSchema, allow_none=True)


class DaySchema(Schema):
    """A day of an engineer."""

    on = f.Date()
    now = Moment(metadata={"description": "the server's time, for countdowns"})
    visits = f.List(f.Nested(VisitSchema))
    open_cards = f.List(f.Nested(VisitSchema), metadata={"description": "older visits whose card is not in"})


class HistorySchema(Schema):
    """A visit that was made before."""

    on = f.Date()
    kind = f.String(attribute="order.kind")
    number = f.String(attribute="order.number")
    engineer_name = f.String()
    problem = f.String(attribute="order.problem")


class SolvedSchema(Schema):
    """A problem like this one that was solved before."""

    ref = f.String(metadata={"description": "card-ID or thread-ID"})
    on = f.Date()
    symptom = f.String(metadata={"description": "code of the field repair_symptom, or empty"})
    words = f.String()
    cause = f.String(metadata={"description": "code of the field repair_cause, or empty"})
    measures = f.String()
    pbx_model = f.String()
    device_model = f.String()


class TripSchema(Schema):
    """A leg to a visit."""

    id = f.Integer()
    visit_id = f.Integer()
    mode = f.String()
    from_text = f.String()
    to_text = f.String()
    distance_m = f.Integer()
    expected = Yuan(attribute="expected_fen")
    claimed = Yuan(attribute="claimed_fen")
    note = f.String()


class ClaimSchema(Schema):
    """The transport claim of one day."""

    id = f.Integer()
    on = f.Date()
    status = f.String(metadata={"description": "open, submitted, returned or checked"})
    trips = f.List(f.Nested(TripSchema))
    expected = Yuan(attribute="expected_fen")
    claimed = Yuan(attribute="claimed_fen")
    submitted_at = Moment(allow_none=True)
    return_reason = f.String()


class EntrySchema(Schema):
    """One word in a thread."""

    id = f.Integer()
    person_id = f.Integer()
    name = f.String()
    kind = f.String(metadata={"description": "answer, passed_on or solved"})
    voice = f.String(metadata={"description": "own, or systems: what the systems department said"})
    text = f.String()
    at = Moment()


class ThreadSchema(Schema):
    """An escalation or a question with its answers."""

    id = f.Integer()
    uuid = f.UUID()
    kind = f.String(metadata={"description": "escalation or question"})
    person_id = f.Integer(metadata={"description": "who asked"})
    name = f.String()
    visit_id = f.Integer(allow_none=True)
    order_number = f.String()
    customer_name = f.String()
    subject = f.String()
    tried = f.String()
    needed = f.String()
    need_by = Moment(allow_none=True, metadata={"description": "an answer is needed by then"})
    on_site = f.Boolean()
    hard = f.Boolean()
    level = f.String(metadata={"description": "team or systems"})
    status = f.String(metadata={"description": "open, answered or solved"})
    solution = f.String()
    opened_at = Moment()
    entries = f.List(f.Nested(EntrySchema))


class HardProblemSchema(Schema):
    """A problem that was marked as hard."""

    ref = f.String()
    visit_id = f.Integer(allow_none=True)
    title = f.String()
    cause = f.String()
    measures = f.String()
    lesson = f.String()


class SheetSchema(Schema):
    """The summary of a week or month, as far as it is written."""

    period = f.String(metadata={"description": "week or month"})
    starts_on = f.Date()
    ends_on = f.Date()
    due_at = Moment()
    problems = f.List(f.Nested(HardProblemSchema))
    text = f.String()
    submitted_at = Moment(allow_none=True)
    late = f.Boolean()


class MessageSchema(Schema):
    """A message of the inbox."""

    id = f.Integer()
    kind = f.String()
    zh = f.String()
    en = f.String()
    data = f.Dict()
    created_at = Moment()
    read_at = Moment(allow_none=True)

"""What would have to give way so that an order fits, as people say it, and what she would say on the telephone."""

from dataclasses import dataclass

from backend.dispatch.policy import clock
from backend.dispatch.sentences import SKILLS, Sentence
from backend.dispatch.sheet import Sheet
from optimizer.relaxations import Relaxation, Step, relaxations_in

ASKS_CUSTOMER = ("start_later", "start_earlier")
OFFERED = (
    "overtime",
    "shift_earlier",
    "lunch_moved",
    "more_visits",
    "shorter",
    "allow_engineer",
    *ASKS_CUSTOMER,
)


@dataclass(frozen=True)
class Way:
    """The smallest thing that could give way: in words, with whom and when, its price; a script where it needs a call."""

    sentence: Sentence
    engineer_id: int
    start_s: int
    price_fen: int
    script: Sentence | None


def ways(shown: Sheet, order_id: int, limit: int = 2) -> tuple[Way, ...]:
    """The cheapest ways in which one rule gives way, of different kinds; empty where none is enough."""
    found: dict[str, Way] = {}
    for one in relaxations_in(shown.instance, shown.routes(), str(order_id), others_move=False):
        kind = one.steps[0].kind
        if len(one.steps) == 1 and kind in OFFERED and kind not in found:
            found[kind] = _way(shown, order_id, one)
    return tuple(sorted(found.values(), key=lambda way: way.price_fen)[:limit])


def _way(shown: Sheet, order_id: int, one: Relaxation) -> Way:
    name = shown.facts.team[int(one.engineer)].name
    zh, en = _words(one.steps[0], name, clock(one.start_s))
    script = _script(shown, order_id, one) if one.steps[0].kind in ASKS_CUSTOMER else None
    return Way(Sentence(one.steps[0].kind, zh, en), int(one.engineer), one.start_s, one.price_fen, script)


def _words(step: Step, name: str, at: str) -> tuple[str, str]:
    n = -(-step.amount_s // 60)
    skills = "、".join(SKILLS.get(skill, (skill, skill))[0] for skill in step.skills)
    words = {
        "overtime": (f"{name}多留 {n} 分钟，{at} 能到", f"{name} stays {n} min longer, there at {at}"),
        "shift_earlier": (
            f"{name}早 {n} 分钟上班，{at} 能到",
            f"{name} begins {n} min earlier, there at {at}",
        ),
        "lunch_moved": (
            f"{name}午饭挪 {n} 分钟，{at} 能到",
            f"{name} has lunch {n} min off its time, there at {at}",
        ),
        "more_visits": (f"{name}多接一单，{at} 能到", f"{name} takes one visit more, there at {at}"),
        "shorter": (f"少做 {n} 分钟，{name} {at} 能到", f"{n} min shorter: {name}, there at {at}"),
        "allow_engineer": (f"让{name}去，{at} 能到", f"let {name} go, there at {at}"),
        "start_later": (
            f"客户肯晚 {n} 分钟，{name} {at} 能到",
            f"{n} min later for the customer: {name} at {at}",
        ),
        "start_earlier": (
            f"客户肯早 {n} 分钟，{name} {at} 能到",
            f"{n} min earlier for the customer: {name} at {at}",
        ),
    }
    return words.get(step.kind, (f"{step.kind} {skills}", step.kind))


def _script(shown: Sheet, order_id: int, one: Relaxation) -> Sentence:
    order, window = shown.facts.orders[order_id], shown.facts.windows[order_id]
    span, at = f"{clock(window.from_s)}–{clock(window.to_s)}", clock(one.start_s // 900 * 900)
    return Sentence(
        "script",
        f"您好，是{order.contact_name or order.short_name}吗？原来约的 {span} 工程师排满了，"
        f"{at} 左右过去，您那边方便吗？",
        f"Hello, is this {order.contact_name or order.short_name}? Our engineers are booked out for {span}. "
        f"Would about {at} suit you?",
    )

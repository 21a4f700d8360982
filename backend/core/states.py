"""One transition table per status: from, move, to, who. Pages, API, docs and tests read the same table."""

from collections.abc import Iterable
from dataclasses import dataclass

from backend.core.errors import DomainError, NotAllowed
from backend.core.uow import Actor


class WrongState(DomainError):
    """The move does not exist from the present state."""

    code = "wrong_state"
    kind = "conflict"
    zh = "{subject}现在是「{state}」，不能「{move}」。刷新页面看看最新的状态"
    en = "{subject} is “{state}” now, so “{move}” is not possible. Refresh to see the newest state"


@dataclass(frozen=True)
class Label:
    """A word in both languages."""

    zh: str
    en: str

    def text(self, lang: str) -> str:
        """The word in "zh" or "en"."""
        return self.en if lang == "en" else self.zh

    def both(self) -> dict[str, str]:
        """As DomainError fields carry it."""
        return {"zh": self.zh, "en": self.en}


@dataclass(frozen=True)
class Move:
    """``name`` leads from one of ``sources`` to ``target`` and is made by one of ``roles``."""

    name: str
    sources: tuple[str, ...]
    target: str
    roles: frozenset[str]
    label: Label


class Machine:
    """The transition table of one status."""

    def __init__(self, subject: Label, states: dict[str, Label], moves: Iterable[Move]) -> None:
        self.subject = subject
        self.states = states
        self.moves = tuple(moves)
        self._by_name: dict[str, list[Move]] = {}
        for move in self.moves:
            unknown = {*move.sources, move.target} - states.keys()
            if unknown:
                raise ValueError(f"move {move.name} names unknown states {sorted(unknown)}")
            self._by_name.setdefault(move.name, []).append(move)

    def target(self, state: str, name: str, actor: Actor) -> str:
        """The state that the move leads to. Raises WrongState, or NotAllowed for the wrong role."""
        for move in self._by_name[name]:
            if state in move.sources:
                if not actor.has_any(move.roles):
                    raise NotAllowed()
                return move.target
        raise WrongState(
            subject=self.subject.both(),
            state=self.states[state].both(),
            move=self._by_name[name][0].label.both(),
        )

    def possible(self, state: str, actor: Actor) -> list[Move]:
        """The moves that this actor could make from here, in the table's order."""
        return [move for move in self.moves if state in move.sources and actor.has_any(move.roles)]

"""Which news goes where and when."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.clock import SHANGHAI
from backend.notifications import policy
from backend.notifications.policy import PUSH, SMS, TOPICS, Quiet


def beijing(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (beijing(24, 20, 59), None),
        (beijing(24, 21), beijing(25, 7, 30)),
        (beijing(24, 23, 59), beijing(25, 7, 30)),
        (beijing(25, 0), beijing(25, 7, 30)),
        (beijing(25, 7, 29), beijing(25, 7, 30)),
        (beijing(25, 7, 30), None),
    ],
)
def test_the_night_ends_at_half_past_seven(at: datetime, until: datetime | None) -> None:
    assert policy.quiet_until(Quiet(), at) == until
    assert policy.quiet_until(Quiet(on=False), at) is None


def test_quiet_hours_may_lie_within_a_day() -> None:
    noon = Quiet(True, 12 * 3600, 14 * 3600)
    assert policy.quiet_until(noon, beijing(24, 13)) == beijing(24, 14)
    assert policy.quiet_until(noon, beijing(24, 14)) is None
    assert policy.quiet_until(Quiet(True, 3600, 3600), beijing(24, 1)) is None


def test_urgent_passes_and_the_rest_waits_for_the_morning() -> None:
    night = beijing(24, 22)
    assert policy.first_moment(TOPICS["own_cards"], PUSH, Quiet(), night) == beijing(25, 7, 30)
    assert policy.first_moment(TOPICS["escalation"], PUSH, Quiet(), night) == night
    assert policy.first_moment(TOPICS["escalation"], SMS, Quiet(), night) == night + policy.SMS_AFTER


def test_a_change_of_today_is_urgent_and_of_tomorrow_is_not() -> None:
    now = beijing(24, 10)
    assert policy.topic_of("schedule_changed", {"on": "2026-11-24"}, now) is policy.TODAY
    assert policy.topic_of("visit_gone", {"on": "2026-11-24"}, now).urgent
    assert policy.topic_of("schedule_changed", {"on": "2026-11-25"}, now).code == "schedule"
    assert policy.topic_of("something_new", {}, now) is policy.OTHER


def test_every_topic_can_be_chosen_by_somebody_and_no_kind_belongs_to_two() -> None:
    assert all(topic.roles for topic in TOPICS.values() if topic is not policy.OTHER)
    kinds = [kind for topic in TOPICS.values() for kind in topic.kinds]
    assert len(kinds) == len(set(kinds))
    assert {topic.code for topic in TOPICS.values() if topic.group} == {
        "escalation",
        "unplaced",
        "late_cards",
    }


def test_text_messages_are_for_urgent_topics_only() -> None:
    assert policy.chosen(TOPICS["answers"], {"answers": [PUSH, SMS]}) == {PUSH}
    assert policy.chosen(TOPICS["escalation"], {}) == {PUSH, SMS}
    assert policy.chosen(TOPICS["escalation"], {"escalation": []}) == frozenset()


seconds = st.integers(0, policy.DAY_S - 1)
hours = st.builds(Quiet, st.booleans(), seconds, seconds)
moments = st.integers(0, 30 * policy.DAY_S).map(lambda second: beijing(1, 0) + timedelta(seconds=second))
steps = st.lists(st.integers(1, 6 * 3600), min_size=1, max_size=40)


@given(
    topic=st.sampled_from(list(TOPICS.values())),
    channel=st.sampled_from([PUSH, SMS]),
    quiet=hours,
    at=moments,
    steps=steps,
)
def test_nothing_goes_out_in_quiet_hours_unless_urgent_and_everything_held_ends(
    topic: policy.Topic, channel: str, quiet: Quiet, at: datetime, steps: list[int]
) -> None:
    """A hint lives as the sender treats it, looked at now and then: it is sent outside of quiet hours or gets stale."""
    useful_until, not_before, now = at + topic.useful, policy.first_moment(topic, channel, quiet, at), at
    ended = None
    for step in [*steps, 48 * 3600, 48 * 3600]:  # the last looks are late enough for anything
        now += timedelta(seconds=step)
        if ended is None and now >= not_before:
            answer, until = policy.verdict(
                urgent=topic.urgent, quiet=quiet, now=now, useful_until=useful_until
            )
            if answer == "hold":
                assert until is not None and now < until < useful_until and not topic.urgent
                not_before = until
            else:
                ended = answer
            if answer == "send":
                assert topic.urgent or policy.quiet_until(quiet, now) is None
                assert now < useful_until
    assert ended in ("send", "stale")


@given(quiet=hours, at=moments)
def test_the_end_of_quiet_hours_is_not_quiet(quiet: Quiet, at: datetime) -> None:
    until = policy.quiet_until(quiet, at)
    if until is not None:
        assert at < until <= at + timedelta(days=1) and policy.quiet_until(quiet, until) is None

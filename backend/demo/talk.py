"""What people ask each other in the demo: one question that was solved, one escalation that waits."""

import uuid
from datetime import date

from backend.demo.stage import Stage
from backend.visits import queries as visit_queries
from backend.visits import threads


def question(stage: Stage, on: date) -> None:
    """A representative asks, an engineer knows, she thanks him with the solution."""
    row = threads.ask(
        stage.by("rep_care"),
        uuid=str(uuid.uuid4()),
        subject="客户问：DL4 停电以后长途走不走？前台说早上停过电，一直是市话",
    )
    day = visit_queries.day(stage.by("technical_assistant"), on)
    if day:
        threads.answer(
            stage.by(day[0].engineer_id),
            thread_id=row.id,
            uuid=str(uuid.uuid4()),
            text="停电时断电直通，只走市话。来电后等两分钟，绿灯常亮再拨",
        )
    threads.solve(
        stage.by("rep_care"),
        thread_id=row.id,
        uuid=str(uuid.uuid4()),
        text="来电后等绿灯常亮再拨，已告诉客户",
    )


def escalation(stage: Stage, on: date) -> None:
    """The first repair or install that is under way meets something that its engineer cannot solve."""
    under_way = [
        row
        for row in visit_queries.day(stage.by("technical_assistant"), on)
        if row.outcome is None and row.signed_in_at is not None and row.finished_at is None
    ]
    if not under_way:
        return
    row = under_way[0]
    threads.escalate(
        stage.by(row.engineer_id),
        visit_id=row.id,
        uuid=str(uuid.uuid4()),
        subject="分机侧能拨市话，拨长途一直忙音，换到外线侧正常",
        tried="换过拨号器，重置过参数；出局号试了 0 和 9",
        needed="看看集团电话那边要不要放开权限",
        hard=True,
    )

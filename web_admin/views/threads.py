"""问答: what engineers escalate, what colleagues ask, the answers, and the summaries of hard problems."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, render_template, request

from backend.core.paging import DEFAULT_SIZE, Page
from backend.core.states import Label
from backend.core.uow import UnitOfWork
from backend.http.access import requires
from backend.http.context import current_actor, lang, transactions
from backend.staff import queries as staff
from backend.visits import summaries, thread_queries, threads
from backend.visits.thread_queries import ThreadRow
from web_admin import lists
from web_admin.frame import gettext, say, today

STATES = {
    "open": Label("等回答", "Waiting for an answer"),
    "answered": Label("有回答", "Answered"),
    "solved": Label("解决了", "Solved"),
}
KINDS = {"escalation": Label("上报", "Escalation"), "question": Label("提问", "Question")}
COLUMNS = (
    lists.Column("种类", lambda row: KINDS[row.kind].text(lang())),
    lists.Column("谁问的", lambda row: row.name),
    lists.Column("单号", lambda row: row.order_number),
    lists.Column("问题", lambda row: row.subject),
    lists.Column("状态", lambda row: STATES[row.status].text(lang())),
    lists.Column("解决办法", lambda row: row.solution),
    lists.Column("什么时候问的", lambda row: row.opened_at, "moment"),
    lists.Column("要在什么时候前答复", lambda row: row.need_by, "moment"),
)
blueprint = Blueprint("threads", __name__, url_prefix="/threads")


@blueprint.get("")
@requires("questions.ask")
def listing() -> Any:
    """Escalations and questions that the person may read; what waits for an answer by when it is needed."""
    show, text = lists.given("show") or "open", lists.given("text")
    sort = lists.given("sort") or ("need_by" if show == "open" else "")

    def page_of(uow: UnitOfWork, *, cursor: str | None, size: int) -> Page[ThreadRow]:
        return thread_queries.listing(
            uow, show=show, kind=lists.given("kind"), text=text, sort=sort, cursor=cursor, size=size
        )

    if lists.exporting():
        return lists.export("问答", COLUMNS, page_of)
    with transactions().read(current_actor()) as uow:
        page = page_of(uow, cursor=lists.cursor(), size=DEFAULT_SIZE)
    return render_template(
        "threads/list.html",
        page=page,
        show=show,
        text=text,
        states=STATES,
        kinds=KINDS,
        uuid=uuid4,
        now=transactions().clock.now(),
    )


@blueprint.post("")
@requires("questions.ask")
def ask() -> Any:
    """Ask the engineers and the technical supervisor."""
    with transactions().begin(current_actor()) as uow:
        row = threads.ask(uow, uuid=_uuid(), subject=request.form.get("subject", ""))
    say(gettext("发出去了，有人回答会在「消息」里告诉您"))
    return _to(row.id)


@blueprint.get("/<int:thread_id>")
@requires("questions.ask")
def detail(thread_id: int) -> Any:
    """One thread with its answers."""
    with transactions().read(current_actor()) as uow:
        row = thread_queries.get(uow, thread_id)
    now = transactions().clock.now()
    return render_template("threads/detail.html", thread=row, states=STATES, kinds=KINDS, uuid=uuid4, now=now)


@blueprint.post("/<int:thread_id>/<any(answer, systems, solve, pass_on):step>")
@requires("questions.ask")
def write(thread_id: int, step: str) -> Any:
    """Answer, write down what the systems department said, pass on to it, or end it with the solution."""
    uuid, text = _uuid(), request.form.get("text", "")
    with transactions().begin(current_actor()) as uow:
        if step == "pass_on":
            threads.pass_on(uow, thread_id=thread_id, uuid=uuid, text=text)
        elif step == "solve":
            hard = request.form.get("hard") == "1" or None
            threads.solve(uow, thread_id=thread_id, uuid=uuid, text=text, hard=hard)
        else:
            voice = "systems" if step == "systems" else "own"
            threads.answer(uow, thread_id=thread_id, uuid=uuid, text=text, voice=voice)
    say(
        {
            "answer": gettext("回答发出去了"),
            "systems": gettext("系统部的答复记下了"),
            "solve": gettext("解决了，记下了"),
            "pass_on": gettext("已转系统部"),
        }[step]
    )
    return _to(thread_id)


@blueprint.get("/summaries")
@requires("escalations.read")
def sheets() -> Any:
    """The summaries of a week or month: who sent one, who did not."""
    period = "month" if lists.given("period") == "month" else "week"
    try:
        on = date.fromisoformat(lists.given("on"))
    except ValueError:
        on = summaries.start_of(period, today()) - timedelta(days=1)
    starts_on = summaries.start_of(period, on)
    with transactions().read(current_actor()) as uow:
        rows = summaries.listing(uow, period=period, starts_on=starts_on)
        names = staff.engineer_names(uow)
    sent = {row.person_id for row in rows}
    ends_on = summaries.end_of(period, starts_on)
    return render_template(
        "threads/summaries.html",
        period=period,
        rows=rows,
        missing=[name for person_id, name in names.items() if person_id not in sent],
        starts_on=starts_on,
        ends_on=ends_on,
        due_at=summaries.due_at(period, starts_on),
        before=starts_on - timedelta(days=1),
        after=ends_on + timedelta(days=1),
    )


def _uuid() -> str:
    """The form's own number, so that a button pressed twice writes once."""
    return request.form.get("uuid", "")[:36] or str(uuid4())


def _to(thread_id: int) -> Response:
    return Response(status=204, headers={"HX-Redirect": f"/threads/{thread_id}"})

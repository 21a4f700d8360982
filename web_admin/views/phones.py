"""手机: which phones are logged in; one that was lost is locked, one that was found may come back."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, render_template

from backend.http.access import requires
from backend.http.context import current_actor, transactions
from backend.notifications import failures
from backend.staff import phones
from backend.staff.policy import may
from web_admin.frame import gettext, say
from web_admin.views.account import browser_name

FAILED_BACK = timedelta(days=7)
blueprint = Blueprint("phones", __name__, url_prefix="/phones")


@blueprint.get("")
@requires("phones.manage")
def listing() -> Any:
    """The department's phones, lost ones first."""
    with transactions().read(current_actor()) as uow:
        rows = phones.listing(uow)
        since = uow.now - FAILED_BACK
        failed = failures.count(uow, since=since) if may(uow.actor.roles, "deliveries.manage") else 0
    return render_template("office/phones.html", rows=rows, failed=failed, browser_name=browser_name)


@blueprint.post("/<int:device_id>/<any(lost, found):step>")
@requires("phones.manage")
def report(device_id: int, step: str) -> Any:
    """A phone was lost, or is back."""
    with transactions().begin(current_actor()) as uow:
        if step == "lost":
            phones.report_lost(uow, device_id=device_id)
            say(gettext("记下了：这部手机已停用，下次连上就锁住"), undo=f"/phones/{device_id}/found")
        else:
            phones.report_found(uow, device_id=device_id)
            say(gettext("恢复了：本人重新登录以后，没发出去的会接着发"))
    return Response(status=204, headers={"HX-Redirect": "/phones"})

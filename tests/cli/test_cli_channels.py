"""`paidan channels`: which ways out are set up, and what a robot says to a test line."""

import json
from collections.abc import Callable
from typing import Any

from backend.core.uow import Transactions
from tests.support.doubles import as_json, service

Paidan = Callable[..., Any]


def test_robots_are_tried_and_their_answers_shown(paidan: Paidan, filled: Transactions) -> None:
    with service(lambda _: as_json({"errcode": 0, "errmsg": "ok"})) as robot:
        given = {
            "PAIDAN_WECOM_ROBOT_URL": f"{robot.url}/wecom?key=k",
            "PAIDAN_DINGTALK_ROBOT_URL": f"{robot.url}/ding?access_token=t",
        }
        good = paidan("channels", "--try", **given)
        assert good.returncode == 0 and "✓ wecom: sent" in good.stdout, good.stderr
        assert {request.path.split("?")[0] for request in robot.got} == {"/wecom", "/ding"}
        robot.line = [
            as_json({"errcode": 0}),
            as_json({"errcode": 310000, "errmsg": "keywords not in content"}),
        ]
        bad = paidan("--lang", "en", "channels", "--try", "--json", **given)
        assert bad.returncode == 1
        rows = {row["channel"]: row for row in json.loads(bad.stdout)}
        assert rows["wecom"]["tried"]["outcome"] == "sent" and rows["wecom"]["set_up"]
        assert "keywords not in content" in rows["dingtalk"]["tried"]["detail"]
        assert rows["web_push"]["set_up"] and not rows["sms"]["set_up"] and rows["sms"]["tried"] is None
    plain = paidan("channels", "--try")
    assert plain.returncode == 0 and "没有接群机器人" in plain.stdout
    wrong = paidan("channels", PAIDAN_WECOM_ROBOT_URL="qyapi.weixin.qq.com/x")
    assert wrong.returncode == 1 and "PAIDAN_WECOM_ROBOT_URL" in wrong.stderr

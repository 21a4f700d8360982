"""The pages of vehicles and of the engineers' calendar."""

import re
from datetime import timedelta
from urllib.parse import urlencode

from flask import Flask

from backend.bootstrap import Application
from backend.core.clock import local_date
from backend.core.uow import SYSTEM
from backend.staff import fleet, plates, rota
from tests.support.department import Browser


def test_a_car_is_added_given_limited_and_taken_back(app: Flask, application: Application) -> None:
    desk, today = Browser(app, "technical_assistant"), local_date(application.clock.now())
    assert "还没有车" in desk.get("/vehicles").text
    form = {"plate": "京A12345", "name": "一号车", "kind": "car"}
    assert desk.send("/vehicles", data=form).status_code == 204
    again = desk.send("/vehicles", data=form)
    assert again.status_code == 409 and "已经有了" in again.text
    monday = today - timedelta(days=today.weekday())
    limit = {
        "first_on": str(monday), "last_on": str(monday + timedelta(days=90)), "from": "07:00", "to": "20:00",
        "digits": ["49", "50", "16", "27", "38"],
    }  # fmt: skip
    assert desk.send("/vehicles/limits", data=limit).status_code == 204
    wrong = desk.send("/vehicles/limits", data={**limit, "digits": ["1"]})
    assert wrong.status_code == 422 and "notice" in wrong.text
    with application.transactions.read(SYSTEM) as uow:
        (row,), (period,) = fleet.fleet(uow, []), plates.limits(uow)
    tuesday = monday + timedelta(days=8)
    text = desk.get(f"/vehicles?day={tuesday}&vehicle={row.id}").text
    limited_there = plates.limited([period], row.plate, tuesday) is not None  # unless it is a holiday
    assert (("这天尾号限行" in text) == limited_there and "工程师1" not in text) or "工程师2" in text
    person = re.search(r'name="person" value="(\d+)"', text)
    assert person is not None
    given = {"day": str(tuesday), "person": person[1], "week": "1"}
    assert desk.send(f"/vehicles/{row.id}/give", data=given).status_code == 204
    assert desk.get(f"/vehicles?day={tuesday}&vehicle={row.id}").text.count("这天给了") == 1
    with application.transactions.read(SYSTEM) as uow:
        days = [tuesday + timedelta(days=n) for n in range(6)]
        assert list(fleet.fleet(uow, days)[0].given) == days[:4], "up to Friday"
    assert desk.send(f"/vehicles/{row.id}/take-back", data={"day": str(tuesday)}).status_code == 204
    assert desk.send(f"/vehicles/{row.id}/retire").status_code == 204
    assert "再用" in desk.get("/vehicles").text
    assert Browser(app, "manager").send("/vehicles", data=form).status_code == 403


def test_the_calendar_shows_changes_and_what_an_absence_breaks(app: Flask, application: Application) -> None:
    desk, today = Browser(app, "technical_assistant"), local_date(application.clock.now())
    with application.transactions.read(SYSTEM) as uow:
        who = rota.rota(uow, [today])[0].person_id
    day = today + timedelta(days=1)
    text = desk.get(f"/engineers?person={who}&day={day}").text
    assert "会影响什么" in text and "每周班次" in text
    span = {"first_on": str(day), "last_on": str(day), "kind": "ill"}
    shown = desk.get(f"/engineers/{who}/breaks?{urlencode(span)}")
    assert "不影响已经排好的" in shown.text and "还有 4 人" in shown.text
    backwards = {**span, "last_on": str(today - timedelta(days=3))}
    assert desk.get(f"/engineers/{who}/breaks?{urlencode(backwards)}").status_code == 422
    assert desk.send(f"/engineers/{who}/absences", data=span).status_code == 204
    assert "生病" in desk.get(f"/engineers?person={who}&day={day}").text
    assert desk.send(f"/engineers/{who}/absences/end", data={"back_on": str(day)}).status_code == 204
    on = {"on": str(day), "standby": "1", "day": str(day)}
    assert desk.send(f"/engineers/{who}/standby", data=on).status_code == 204
    assert desk.send(f"/engineers/{who}/skills", data={"repair": "3"}).status_code == 204
    hours = {"from1": "09:00", "to1": "17:30", "from2": "", "to2": ""}
    assert desk.send(f"/engineers/{who}/shifts", data=hours).status_code == 204
    assert desk.send(f"/engineers/{who}/shifts", data={"from1": "18:00", "to1": "09:00"}).status_code == 422
    with application.transactions.read(SYSTEM) as uow:
        row = next(one for one in rota.rota(uow, [day]) if one.person_id == who)
    assert row.skills == {"repair": 3} and row.shifts == {1: (32400, 63000)} and row.days[day].standby
    assert desk.get(f"/engineers?span=month&day={day}").status_code == 200
    boss = Browser(app, "manager")
    assert "每周班次" not in boss.get(f"/engineers?person={who}").text
    assert boss.send(f"/engineers/{who}/skills", data={}).status_code == 403

"""News settings by API and page; the service worker shows a push and a tap opens what it is about."""

import json
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from backend.adapters.ways import Message, Result
from backend.jobs.sending import send_due
from backend.notifications import actions as notifications
from backend.notifications import preferences
from tests.mobile_api.conftest import World
from tests.mobile_api.test_mobile_api_browser import log_in
from tests.mobile_api.test_mobile_api_offline import ready
from tests.support.phone_browser import PhoneBrowser
from tests.support.serving import wait_until

ENDPOINT = "https://fcm.googleapis.com/fcm/send/phone-1"
QUIET = {"on": True, "from_s": 22 * 3600, "to_s": 6 * 3600}


def subscription(endpoint: str = ENDPOINT) -> dict[str, Any]:
    keys = PhoneBrowser(endpoint).address
    return {
        "endpoint": endpoint,
        "expirationTime": None,
        "keys": {"p256dh": keys["p256dh"], "auth": keys["auth"]},
    }


def test_settings_are_ones_own_and_kept(world: World) -> None:
    phone, other = world.engineer(0), world.engineer(1)
    before = phone("GET", "/mobile/news").json
    assert before["quiet"] == {"on": True, "from_s": 75600, "to_s": 27000}
    topics = {topic["code"]: topic["channels"] for topic in before["topics"]}
    assert topics["today"] == {"push": True, "sms": True} and topics["own_cards"] == {"push": True}
    assert "late_cards" not in topics, "not his business"
    wanted = {"choices": {"today": ["push"], "answers": []}, "quiet": QUIET, "mobile": "+86 139 1234 5678"}
    for _ in range(2):
        after = phone("PUT", "/mobile/news", json=wanted)
        assert after.status_code == 200, after.text
    topics = {topic["code"]: topic["channels"] for topic in after.json["topics"]}
    assert topics["today"] == {"push": True, "sms": False} and topics["answers"] == {"push": False}
    assert after.json["quiet"] == QUIET and after.json["mobile"] == "139-1234-5678"
    assert other("GET", "/mobile/news").json["quiet"] == before["quiet"]
    for wrong in (
        {"quiet": QUIET | {"to_s": 22 * 3600}},
        {"quiet": QUIET, "mobile": "010-5555-6666"},
        {"quiet": QUIET, "choices": {"nonsense": ["push"]}},
        {"quiet": QUIET, "choices": {"today": ["pigeon"]}},
        {"quiet": {"on": True}},
    ):
        refused = phone("PUT", "/mobile/news", json=wrong)
        assert refused.status_code == 422 and refused.json["detail"], wrong


def test_a_phone_subscribes_and_an_address_has_one_owner(world: World) -> None:
    first, second = world.engineer(0), world.engineer(1)
    assert first("PUT", "/mobile/news/subscription", json=subscription()).status_code == 204
    assert first("GET", "/mobile/news").json["endpoint"] == ENDPOINT
    assert second("PUT", "/mobile/news/subscription", json=subscription()).status_code == 204
    assert first("GET", "/mobile/news").json["endpoint"] is None, "the phone is another's now"
    assert second("DELETE", "/mobile/news/subscription").status_code == 204
    assert second("DELETE", "/mobile/news/subscription").status_code == 204
    bad = subscription() | {"keys": {"p256dh": "AAAA", "auth": "AAAA"}}
    assert first("PUT", "/mobile/news/subscription", json=bad).status_code == 422


@pytest.mark.browser
def test_the_page_asks_subscribes_and_says_how_it_stands(world: World, phone: BrowserContext) -> None:
    phone.grant_permissions(["notifications"])
    made = json.dumps(subscription())
    phone.add_init_script(
        f"""const made = {made}; let here = null;
        const fake = (key) => ({{ endpoint: made.endpoint, options: {{ applicationServerKey: key }}, toJSON: () => made, unsubscribe: async () => {{ here = null; return true; }} }});
        PushManager.prototype.getSubscription = async () => here;
        PushManager.prototype.subscribe = async (options) => (here = fake(options.applicationServerKey.buffer));"""
    )
    page = phone.new_page()
    log_in(page)
    page.get_by_role("button", name="我的", exact=True).click()
    page.get_by_text("什么事会响、安静时间").click()
    page.locator("#ring").click()
    expect(page.get_by_text("推送打开了")).to_be_visible()
    device_id = world.do(lambda uow: _subscribed(uow, world))
    assert device_id
    page.locator('[data-topic="today.sms"]').click()
    page.locator("#from_s").fill("22:30")
    page.locator("#next").click()
    expect(page.get_by_text("已存到手机，有信号时自动发送")).to_be_visible()
    wait_until(lambda: chosen(world).choices, 15, "the choice did not arrive")
    kept = chosen(world)
    assert kept.choices["today"] == ["push"] and kept.quiet.from_s == 22 * 3600 + 1800
    page.locator("#ring").click()
    expect(page.get_by_text("推送关掉了")).to_be_visible()
    assert world.do(lambda uow: _subscribed(uow, world)) is None


def chosen(world: World) -> preferences.Preference:
    """What holds for the engineer at the server."""
    found: preferences.Preference = world.do(lambda uow: preferences.of(uow, world.department.engineers[0]))
    return found


@pytest.mark.browser
def test_settings_without_a_signal(world: World, phone: BrowserContext) -> None:
    """The last known are read, what is changed is kept, shown again after a reload, and sent when there is a signal."""
    page = phone.new_page()
    ready(page)
    page.goto("/m#mine")
    page.get_by_text("什么事会响、安静时间").click()
    expect(page.locator("#mobile")).to_be_visible()
    page.goto("/m#mine")
    phone.set_offline(True)
    page.get_by_text("什么事会响、安静时间").click()
    expect(page.get_by_text("没有信号，这是")).to_be_visible()
    page.locator('[data-topic="schedule.push"]').click()
    page.locator("#mobile").fill("138")
    page.locator("#next").click()
    expect(page.get_by_text("已存到手机，有信号时自动发送")).to_be_visible()
    page.reload()
    expect(page.locator("#mobile")).to_have_value("138")
    expect(page.locator('[data-topic="schedule.push"]')).to_have_attribute("aria-pressed", "false")
    phone.set_offline(False)
    expect(page.locator("#connection")).to_contain_text("被退回")
    page.reload()
    expect(page.locator(".notice")).to_contain_text("138")
    assert chosen(world).choices == {}
    page.locator("#mobile").fill("13800138000")
    page.locator("#next").click()
    wait_until(lambda: chosen(world).choices, 15, "the settings did not arrive")
    assert chosen(world).choices["schedule"] == []


@pytest.mark.browser
def test_a_push_is_shown_once_and_a_tap_opens_its_visit(world: World, phone: BrowserContext) -> None:
    """What the sender makes is what the service worker understands: no service lies in between here."""
    phone.grant_permissions(["notifications"])
    page = phone.new_page()
    log_in(page)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    caller, visit_id = world.engineer(0), world.visits[0]
    caller("PUT", "/mobile/news/subscription", json=subscription())
    sent: list[Message] = []

    class Way:
        def send(self, message: Message) -> Result:
            sent.append(message)
            return Result("sent")

    def tell(uow: Any) -> None:
        notifications.tell(
            uow, person_id=world.department.engineers[0], fact_key="f", kind="card_returned",
            zh="W-1 的反馈卡被退回", en="sent back", data={"visit_id": visit_id},
        )  # fmt: skip

    world.do(tell)
    assert send_due(world.transactions, "web_push", Way()) == 1
    payload = json.dumps({"key": sent[0].key, "text": sent[0].text} | sent[0].data)
    for _ in range(2):
        _deliver(page, payload)
    shown = "navigator.serviceWorker.ready.then((one) => one.getNotifications()).then((all) => all.map((one) => [one.title, one.body]))"
    wait_until(lambda: page.evaluate(shown), 15, "no notification is shown")
    assert page.evaluate(shown) == [["派单", "W-1 的反馈卡被退回"]]
    worker = phone.service_workers[0]
    worker.evaluate(
        """async () => {
          const [notification] = await self.registration.getNotifications();
          self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
        }"""
    )
    page.wait_for_url(f"**/m#visit/{visit_id}")
    expect(page.locator(".topbar-title")).to_be_visible()


def _deliver(page: Page, payload: str) -> None:
    """Hand a push to the service worker, as the browser does."""
    session = page.context.new_cdp_session(page)
    found: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(one["registrationId"] for one in event["registrations"]),
    )
    session.send("ServiceWorker.enable")
    for _ in range(50):
        if found:
            break
        page.wait_for_timeout(100)
    origin = page.url.split("/m")[0]
    session.send(
        "ServiceWorker.deliverPushMessage", {"origin": origin, "registrationId": found[0], "data": payload}
    )
    session.detach()


def _subscribed(uow: Any, world: World) -> int | None:
    from backend.staff import queries as staff

    devices = staff.active_devices(uow, world.department.engineers[0])
    return next((one.id for one in devices if preferences.subscription(uow, one.id)), None)

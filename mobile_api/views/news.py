"""What a person chose about news, and where the browser of his phone takes Web Push."""

from typing import Any
from urllib.parse import urlsplit

from flask import request
from marshmallow import Schema, validate
from marshmallow import fields as f

from backend.core.errors import NotFound
from backend.core.uow import UnitOfWork
from backend.http.access import requires
from backend.http.context import application, current_actor, current_identity, transactions
from backend.notifications import preferences
from backend.staff import queries as staff
from mobile_api.frame import Blueprint
from mobile_api.phone_kinds import NewsWrite, QuietSchema, change_news
from mobile_api.phone_schemas import WordsSchema
from mobile_api.schemas import Strict

blueprint = Blueprint("news", "News: channels, quiet hours, Web Push", "/mobile/news")


class TopicSchema(Schema):
    """A topic; ``channels`` has those that it can go by, and whether it does."""

    code = f.String()
    label = f.Nested(WordsSchema)
    urgent = f.Boolean(metadata={"description": "passes through quiet hours"})
    channels = f.Dict(keys=f.String(), values=f.Boolean())


class NewsSchema(Schema):
    """How things stand."""

    topics = f.List(f.Nested(TopicSchema))
    quiet = f.Nested(QuietSchema)
    mobile = f.String(allow_none=True, metadata={"description": "where text messages go"})
    public_key = f.String(metadata={"description": "applicationServerKey of Web Push"})
    endpoint = f.String(allow_none=True, metadata={"description": "where this phone takes Web Push"})


class LiveSchema(Schema):
    """Where streams are."""

    url = f.String(allow_none=True, metadata={"description": "null: ask /mobile/sync now and then"})


class KeysSchema(Strict):
    """The browser's half, in base64url."""

    p256dh = f.String(required=True, validate=validate.Length(1, 100))
    auth = f.String(required=True, validate=validate.Length(1, 40))


class SubscriptionWrite(Strict):
    """A PushSubscription as the browser gives it."""

    endpoint = f.String(required=True, validate=validate.Length(1, 1000))
    keys = f.Nested(KeysSchema, required=True)
    expirationTime = f.Float(load_default=None, allow_none=True)


@blueprint.route("", methods=["GET"])
@requires("self")
@blueprint.response(200, NewsSchema)
def read() -> Any:
    """What holds for this person and this phone."""
    with transactions().read(current_actor()) as uow:
        return _news(uow)


@blueprint.route("", methods=["PUT"], endpoint="write")
@requires("self")
@blueprint.arguments(NewsWrite)
@blueprint.response(200, NewsSchema)
def write(given: dict[str, Any]) -> Any:
    """Choose channels, quiet hours, the number for text messages. Safe to repeat."""
    with transactions().begin(current_actor()) as uow:
        change_news(uow, given)
        uow.flush()
        return _news(uow)


@blueprint.route("/subscription", methods=["PUT"])
@requires("self")
@blueprint.arguments(SubscriptionWrite)
@blueprint.response(204)
def subscribe(given: dict[str, Any]) -> None:
    """The browser of this phone takes Web Push there. Safe to repeat; a browser session has no phone."""
    keys = given["keys"]
    with transactions().begin(current_actor()) as uow:
        preferences.subscribe(
            uow,
            device_id=_device_id(),
            endpoint=given["endpoint"],
            p256dh=keys["p256dh"],
            auth=keys["auth"],
        )


@blueprint.route("/subscription", methods=["DELETE"], endpoint="unsubscribe")
@requires("self")
@blueprint.response(204)
def unsubscribe() -> None:
    """The browser of this phone takes no Web Push any more. Safe to repeat."""
    with transactions().begin(current_actor()) as uow:
        preferences.unsubscribe(uow, device_id=_device_id())


@blueprint.route("/live", methods=["GET"])
@requires("self")
@blueprint.response(200, LiveSchema)
def live() -> Any:
    """Where this phone hears at once that something is new, while its page is open (server-sent events)."""
    return {"url": live_url()}


def live_url() -> str | None:
    """The address of the streams as this request's phone sees it; None where there is none.

    A page that came by HTTPS may not ask a plain port: then the operator names the address.
    """
    settings = application().settings
    if settings.live_url:
        return settings.live_url
    if not settings.live_port or request.is_secure or settings.secure_cookies:
        return None
    host = urlsplit(f"//{request.host}").hostname or ""
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.live_port}/live"


def _device_id() -> int:
    identity = current_identity()
    if identity is None or identity.device_id is None:
        raise NotFound(what=preferences.PHONE)
    return identity.device_id


def _news(uow: UnitOfWork) -> dict[str, Any]:
    actor, identity = current_actor(), current_identity()
    person_id = actor.person_id or 0
    device_id = identity.device_id if identity is not None else None
    here = preferences.subscription(uow, device_id) if device_id is not None else None
    quiet = preferences.of(uow, person_id).quiet
    return {
        "topics": [
            {
                "code": line.topic.code,
                "label": line.topic.label.both(),
                "urgent": line.topic.urgent,
                "channels": line.channels,
            }
            for line in preferences.lines(uow, person_id, actor.roles)
        ],
        "quiet": {"on": quiet.on, "from_s": quiet.from_s, "to_s": quiet.to_s},
        "mobile": staff.person(uow, person_id).phone,
        "public_key": application().vapid.public,
        "endpoint": here["endpoint"] if here is not None else None,
    }

"""Tokens of phones and programs, and who is there."""

from typing import Any

from marshmallow import Schema, validate
from marshmallow import fields as f

from backend.core.i18n import LANGUAGES
from backend.core.uow import UnitOfWork
from backend.http import login
from backend.http.access import public, requires
from backend.http.context import current_actor, current_identity, lang, transactions
from backend.staff import actions as staff
from backend.staff import auth, phones
from mobile_api.frame import Blueprint
from mobile_api.schemas import Strict

blueprint = Blueprint("auth", "Log in and out, who is there")


class Credentials(Strict):
    """What a phone sends to log in."""

    login = f.String(required=True, validate=validate.Length(1, 60))
    password = f.String(required=True, validate=validate.Length(1, 200))
    device = f.String(required=True, validate=validate.Length(1, 80))
    phone = f.UUID(
        load_default=None, metadata={"description": "made once by the phone; the same at each log-in"}
    )


class TokenSchema(Schema):
    """The token, shown once."""

    token = f.String()
    storage_key = f.String(
        metadata={
            "description": "256 bits in base64; seals what lies on the phone, the same for the same phone"
        }
    )


class MeSchema(Schema):
    """The person behind the token or session."""

    id = f.Integer(attribute="person_id")
    name = f.String()
    roles = f.List(f.String())
    lang = f.String()


class MeWrite(Strict):
    """What a person may change of himself."""

    lang = f.String(required=True, validate=validate.OneOf(LANGUAGES))


@blueprint.route("/auth/tokens", methods=["POST"])
@public
@blueprint.arguments(Credentials)
@blueprint.response(201, TokenSchema)
def log_in(given: dict[str, Any]) -> Any:
    """Exchange user name and password for a bearer token; failures are counted and limited."""
    phone = str(given["phone"]) if given["phone"] is not None else None
    keys = []

    def open_phone(uow: UnitOfWork, person_id: int) -> str:
        opened = phones.log_in(uow, person_id, name=given["device"], phone_uuid=phone)
        keys.append(opened.storage_key)
        return opened.token

    token = login.log_in(given["login"], given["password"], open_phone)
    return {"token": token, "storage_key": keys[-1]}


@blueprint.route("/auth/tokens/current", methods=["DELETE"])
@requires("self")
@blueprint.response(204)
def log_out() -> None:
    """End the token (or browser session) that this request came with."""
    identity = current_identity()
    with transactions().begin(current_actor()) as uow:
        if identity is not None and identity.device_id is not None:
            auth.revoke_device(uow, identity.device_id)
        elif identity is not None and identity.session_id is not None:
            auth.end_session(uow, identity.session_id)


@blueprint.route("/me", methods=["GET"])
@requires("self")
@blueprint.response(200, MeSchema)
def me() -> Any:
    """Who is there."""
    return _me(lang())


@blueprint.route("/me", methods=["PUT"], endpoint="change_me")
@requires("self")
@blueprint.arguments(MeWrite)
@blueprint.response(200, MeSchema)
def change_me(given: dict[str, str]) -> Any:
    """Remember the language that the person chose."""
    with transactions().begin(current_actor()) as uow:
        staff.set_language(uow, lang=given["lang"])
    return _me(given["lang"])


def _me(language: str) -> dict[str, Any]:
    actor = current_actor()
    return {
        "person_id": actor.person_id,
        "name": actor.name,
        "roles": sorted(actor.roles),
        "lang": language,
    }

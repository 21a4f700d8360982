"""Photos come in pieces that resume (tus 1.0.0: core, creation, creation-with-upload, checksum) and are shown to those who may see the visit."""

import base64
import binascii
import hashlib
import re
from typing import Any
from uuid import UUID

from flask import Response, request, send_file
from marshmallow import EXCLUDE, Schema, validate
from marshmallow import fields as f

from backend.adapters.photo_folder import PhotoFolder
from backend.core.errors import DomainError, Invalid, NotFound
from backend.http.access import requires
from backend.http.context import application, current_actor, transactions
from backend.visits import photos
from backend.visits.moments import happened
from backend.visits.photos import MOST_BYTES, PURPOSES, PhotoRow
from mobile_api.frame import PREFIX, Blueprint, takes_bytes
from mobile_api.schemas import PhoneClock, Strict

blueprint = Blueprint("photos", "Photos of visits; uploads by the tus protocol")
VERSION = "1.0.0"
PIECE_TYPE = "application/offset+octet-stream"
DIGESTS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}
DAY_S = 86_400


class OtherTus(DomainError):
    """The client speaks another version of the protocol, or none."""

    code = "other_tus"
    kind = "stale"
    zh = "上传协议的版本不对，请刷新手机页面再试"
    en = "Send “Tus-Resumable: 1.0.0”; other versions of the protocol are not spoken"


class Damaged(DomainError):
    """A piece, or the whole, is not what was sent."""

    code = "damaged"
    kind = "damaged"
    zh = "照片在路上坏了，会自动重传"
    en = "The photo was damaged on its way; send it again"


class PhotoFacts(Schema):
    """What Upload-Metadata says of a photo; keys that are not known are left alone, as the protocol wants."""

    class Meta:
        """Other clients send a file name."""

        unknown = EXCLUDE

    uuid = f.UUID(required=True)
    visit_id = f.Integer(required=True, validate=validate.Range(0, 2**31 - 1))
    purpose = f.String(load_default="card", validate=validate.OneOf(list(PURPOSES)))
    sha256 = f.String(load_default="", validate=validate.Regexp(r"^([0-9a-f]{64})?$"))
    phone_at = PhoneClock(required=True)
    sent_at = PhoneClock(required=True)
    clock_off_s = f.Integer(load_default=None, validate=validate.Range(-400 * DAY_S, 400 * DAY_S))


class Size(Strict):
    """Which size of the picture."""

    small = f.Boolean(load_default=False)


def _header(name: str, description: str, *, required: bool = True) -> dict[str, Any]:
    schema = {"type": "string"}
    return {"name": name, "in": "header", "required": required, "schema": schema, "description": description}


TUS = _header("Tus-Resumable", "1.0.0")
BYTES = {
    "required": True,
    "content": {PIECE_TYPE: {"schema": {"type": "string", "format": "binary"}}},
}


@blueprint.after_request
def _speak_tus(response: Response) -> Response:
    if request.path.startswith(f"{PREFIX}/mobile/photos"):
        response.headers.update({"Tus-Resumable": VERSION, "Tus-Version": VERSION})
        if request.method == "OPTIONS":
            response.headers["Tus-Extension"] = "creation,creation-with-upload,checksum"
            response.headers["Tus-Max-Size"] = str(MOST_BYTES)
            response.headers["Tus-Checksum-Algorithm"] = ",".join(DIGESTS)
    return response


@blueprint.route("/mobile/photos", methods=["POST"])
@requires("visits.own")
@takes_bytes
@blueprint.doc(
    parameters=[
        TUS,
        _header("Upload-Length", "bytes of the photo, at most 10 MB"),
        _header("Upload-Metadata", "uuid, visit_id, purpose (card, failed, receipt), phone_at, sent_at, "
                "clock_off_s, sha256; each value in base64"),
        _header("Upload-Checksum", "of the first piece, if it comes along", required=False),
    ],
    requestBody=BYTES | {"required": False},
)  # fmt: skip
@blueprint.response(
    201, description="Location is where the pieces go, Upload-Offset where the next one begins"
)
def create() -> Any:
    """Announce a photo of an own visit, if wanted with its first piece. Safe to repeat: the same UUID has the same Location.

    Without a body it tells how much has arrived, as HEAD does.
    """
    _check_tus()
    facts, data = _facts(), request.get_data()
    if data:
        _check_kind()
        _check_piece(data)
    at = happened(
        phone_at=facts["phone_at"],
        sent_at=facts["sent_at"],
        received_at=transactions().clock.now(),
        known_off_s=facts["clock_off_s"],
    )
    uuid, size_bytes = str(facts["uuid"]), _number("Upload-Length")
    said = {
        "uuid": uuid,
        "visit_id": facts["visit_id"],
        "purpose": facts["purpose"],
        "size_bytes": size_bytes,
    }
    with transactions().read(current_actor()) as uow:
        known = photos.expected(uow, **said)
    # A piece that comes with an announcement which was heard before is there already, or HEAD tells where to go on.
    fresh = bool(data) and (known is None or known.status == "coming") and _folder().offset(uuid) == 0
    if fresh:
        _folder().append(uuid, offset=0, piece=data, length=size_bytes)
    # The bytes are on the disk by now: one transaction, one wait for it, for a photo that came whole.
    with transactions().begin(current_actor()) as uow:
        photo = photos.announce(uow, **said, sha256=facts["sha256"], taken_at=at.at)
        if fresh and len(data) == size_bytes and _is(data, photo.sha256):
            photo = photos.arrive(uow, uuid=uuid)
    photo, present = _settle(photo)
    place = {"Location": f"{PREFIX}/mobile/photos/{photo.uuid}", "Upload-Offset": str(present)}
    return "", 201, place


@blueprint.route("/mobile/photos/<uuid:uuid>", methods=["HEAD"], endpoint="offset")
@requires("visits.own")
@blueprint.doc(parameters=[TUS])
@blueprint.response(200, description="Upload-Offset says from which byte to go on")
def offset(uuid: UUID) -> Any:
    """How much of an own photo has arrived."""
    _check_tus()
    photo, present = _settle(_own(uuid))
    return (
        "",
        200,
        {
            "Upload-Offset": str(present),
            "Upload-Length": str(photo.size_bytes),
            "Cache-Control": "no-store",
        },
    )


@blueprint.route("/mobile/photos/<uuid:uuid>", methods=["PATCH"], endpoint="piece")
@requires("visits.own")
@takes_bytes
@blueprint.doc(
    parameters=[
        TUS,
        _header("Upload-Offset", "where the piece begins"),
        _header("Upload-Checksum", "sha1 or sha256 and the digest of the piece in base64", required=False),
    ],
    requestBody=BYTES,
)
@blueprint.response(204, description="Upload-Offset says where the next piece begins")
def piece(uuid: UUID) -> Any:
    """Take a piece of an own photo; it is on the server's disk when the answer comes."""
    _check_tus()
    photo = _own(uuid)
    _check_kind()
    at, data = _number("Upload-Offset"), request.get_data()
    _check_piece(data)
    present = photo.size_bytes
    if photo.status == "coming":
        present = _folder().append(photo.uuid, offset=at, piece=data, length=photo.size_bytes)
    photo, present = _settle(photo)
    return "", 204, {"Upload-Offset": str(present)}


@blueprint.route("/photos/<uuid:uuid>", methods=["GET"], endpoint="picture")
@requires("self")
@blueprint.arguments(Size, location="query")
@blueprint.response(200, description="the photo as JPEG", content_type="image/jpeg")
def picture(given: dict[str, bool], uuid: UUID) -> Any:
    """A photo: the engineer's own, the card desk's, receipts also to those who check claims."""
    with transactions().read(current_actor()) as uow:
        photo = photos.visible(uow, str(uuid))
    path = _folder().picture(photo.uuid, small=given["small"])
    if photo.status != "ready" or not path.exists():
        raise NotFound(
            what={"zh": "这张照片（可能还在处理）", "en": "That photo (it may still be in the making)"}
        )
    response = send_file(path, mimetype="image/jpeg", conditional=True, max_age=600)
    response.headers["Cache-Control"] = "private, max-age=600"
    return response


def _own(uuid: UUID) -> PhotoRow:
    with transactions().read(current_actor()) as uow:
        return photos.own(uow, str(uuid))


def _settle(photo: PhotoRow) -> tuple[PhotoRow, int]:
    """The photo and how much of it is there; the last byte makes it arrived, also where a kill kept that from being said.

    One whose whole is not what the phone announced is thrown away: it begins anew at 0. Raises Damaged.
    """
    if photo.status != "coming":
        return photo, photo.size_bytes
    folder = _folder()
    present = folder.offset(photo.uuid)
    if present < photo.size_bytes:
        return photo, present
    if photo.sha256 and folder.sha256(photo.uuid) != photo.sha256:
        folder.forget_original(photo.uuid)
        raise Damaged()
    with transactions().begin(current_actor()) as uow:
        return photos.arrive(uow, uuid=photo.uuid), present


def _is(data: bytes, sha256: str) -> bool:
    """True where the bytes are those that the phone announced, as far as it said."""
    return not sha256 or hashlib.sha256(data).hexdigest() == sha256


def _folder() -> PhotoFolder:
    return application().photos


def _check_tus() -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise OtherTus()


def _number(name: str) -> int:
    text = request.headers.get(name, "")
    if not re.fullmatch(r"[0-9]{1,12}", text):
        expected = {"zh": "要是一个整数", "en": "a whole number"}
        raise Invalid(field={"zh": name, "en": name}, value=text[:20], expected=expected)
    return int(text)


def _facts() -> dict[str, Any]:
    """Upload-Metadata: pairs of a key and a value in base64, parted by commas."""
    texts: dict[str, str] = {}
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _, value = pair.strip().partition(" ")
        if not key:
            continue
        try:
            texts[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as exc:
            expected = {"zh": "值要用 base64", "en": "a value in base64"}
            raise Invalid(field={"zh": key, "en": key}, value=value[:30], expected=expected) from exc
    errors = PhotoFacts().validate(texts)
    if errors:
        expected = {
            "zh": "缺少或写错了：" + "、".join(errors),
            "en": "missing or wrong: " + ", ".join(errors),
        }
        raise Invalid(field={"zh": "Upload-Metadata", "en": "Upload-Metadata"}, value="", expected=expected)
    return dict(PhotoFacts().load(texts))


def _check_kind() -> None:
    if request.mimetype != PIECE_TYPE:
        expected = {"zh": f"要写 {PIECE_TYPE}", "en": PIECE_TYPE}
        raise Invalid(
            field={"zh": "内容格式", "en": "Content-Type"}, value=request.mimetype, expected=expected
        )


def _check_piece(data: bytes) -> None:
    given = request.headers.get("Upload-Checksum")
    if given is None:
        return
    name, _, text = given.partition(" ")
    if name not in DIGESTS:
        expected = {"zh": "sha1 或 sha256", "en": "sha1 or sha256"}
        raise Invalid(field={"zh": "Upload-Checksum", "en": "Upload-Checksum"}, value=name, expected=expected)
    if base64.b64encode(DIGESTS[name](data).digest()).decode() != text.strip():
        raise Damaged()

"""The JSON API for phones and other programs, and the engineers' page at /m."""

from flask import Flask

from mobile_api import frame, phone_page
from mobile_api.views import (
    auth,
    claims,
    device_reports,
    inbox,
    invoices,
    news,
    orders,
    outbox,
    phone,
    photos,
    planning,
    sign_codes,
    sync,
)


def register(app: Flask) -> None:
    """Add the API and the phone page to the application."""
    api = frame.make_api(app)
    phones = (phone, sync, outbox, photos, sign_codes)
    for module in (auth, orders, planning, *phones, invoices, claims, inbox, news, device_reports):
        api.register_blueprint(module.blueprint)
    app.register_blueprint(phone_page.blueprint)

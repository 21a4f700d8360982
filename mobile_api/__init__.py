"""The JSON API for phones and other programs, and the engineers' page at /m."""

from flask import Flask


def register(app: Flask) -> None:
    """Add the API and the phone page to the application."""

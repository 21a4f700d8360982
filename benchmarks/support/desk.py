"""A browser session of the office without a browser."""

import requests


def log_in(address: str, login: str, password: str) -> requests.Session:
    """Log in at the page of `address`; the session's requests carry the token that every write needs."""
    session = requests.Session()
    page = session.get(address + "/login").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"login": login, "password": password, "csrf_token": token, "next": "/inbox"}
    page = session.post(address + "/login", data=form).text
    session.headers["X-CSRF-Token"] = page.split('X-CSRF-Token": "')[1].split('"')[0]
    return session

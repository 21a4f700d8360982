"""A real PostgreSQL server of the tests' own: made, started, cloned from and stopped by them."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg


def binary(name: str) -> str:
    """The path of a PostgreSQL program. Fails loudly where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    path = str(found[0]) if found else shutil.which(name)
    if path is None:
        raise RuntimeError(f"PostgreSQL's {name} is missing: run make test, or apt-get install postgresql")
    return path


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Start a server on a socket of its own; gives the URL of its database without the name."""
    folder = Path(tempfile.mkdtemp(prefix="paidan-pg-"))
    # PostgreSQL refuses to run as root.
    user = pwd.getpwnam("postgres" if _exists("postgres") else "nobody") if os.getuid() == 0 else None
    who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    data = folder / "data"
    make = [
        binary("initdb"),
        "-D",
        str(data),
        "-U",
        "paidan",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    ]
    subprocess.run([*make, "--no-sync"], check=True, capture_output=True, cwd=folder, **who)
    quick = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"]
    alone = [
        "-c",
        "listen_addresses=",
        "-c",
        f"unix_socket_directories={folder}",
        "-c",
        "max_connections=200",
    ]
    process = subprocess.Popen(
        [binary("postgres"), "-D", str(data), *quick, *alone],
        stdout=subprocess.DEVNULL,
        stderr=(folder / "log").open("wb"),
        cwd=folder,
        preexec_fn=_die_with_parent,
        **who,
    )
    try:
        _wait(folder, process)
        yield f"postgresql+psycopg://paidan@/%s?host={folder}"
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
        shutil.rmtree(folder, ignore_errors=True)


def create(url: str, name: str, template: str = "template1") -> str:
    """A new database, empty or cloned from another one; gives its URL."""
    with psycopg.connect((url % "postgres").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return url % name


def drop(url: str, name: str) -> None:
    """Remove a database, whoever is still connected."""
    with psycopg.connect((url % "postgres").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _die_with_parent() -> None:
    import ctypes
    import signal

    ctypes.CDLL(None).prctl(1, signal.SIGINT)


def _wait(folder: Path, process: subprocess.Popen[bytes]) -> None:
    import time

    for _ in range(150):
        if process.poll() is not None:
            raise RuntimeError("PostgreSQL did not start: " + (folder / "log").read_text()[-2000:])
        try:
            psycopg.connect(f"postgresql://paidan@/postgres?host={folder}").close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise RuntimeError("PostgreSQL did not answer within 15 s: " + (folder / "log").read_text()[-2000:])

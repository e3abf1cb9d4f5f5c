"""Where the demo lives: its folder, its database, its ports, its secrets and settings."""

import hashlib
import os
import secrets
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from marketplace.config import DATABASES
from marketplace.store.migrate import is_empty
from marketplace.store.transaction import Database

SETTING = "CADRAN_DATABASE_URL"
_OURS = {
    "env",
    "secret",
    "seeded",
    "clock",
    "log",
    "index",
    "mailbox",
    "cadran.db",
    "cadran.db-wal",
    "cadran.db-shm",
}


class DemoFailed(Exception):
    """Why the demo cannot run, in a sentence for the person at the keyboard."""


def prepare(port: int, data: Path, fresh: bool) -> Mapping[str, str]:
    """Make the folder ready and return the environment of the demo's parts; `DemoFailed` when the port is taken or the
    database is not ours to fill. `CADRAN_DATABASE_URL` decides on the database, as everywhere; else it is a file here.
    """
    if _taken(port):
        raise DemoFailed(f"port {port} is taken; choose another: make demo PORT={port + 10}")
    told = (data / "seeded").exists() and not fresh
    url = os.environ.get(SETTING, "").strip() or f"sqlite:///{data / 'cadran.db'}"
    _check_database(url, data, told)
    if data.exists() and not told:
        _forget(data)  # a story told halfway cannot be gone on with
    data.mkdir(parents=True, exist_ok=True)
    env = environment(port, data, url)
    (data / "env").write_text("".join(f"{name}={value}\n" for name, value in env.items()), encoding="utf8")
    return {**os.environ, **env}


def environment(port: int, data: Path, database_url: str) -> dict[str, str]:
    """The demo's settings. A folder keeps its secrets."""
    secret = _secret(data)
    return {
        "CADRAN_ENV": "demo",
        "CADRAN_SECRET": secret,
        "CADRAN_BASE_URL": f"http://127.0.0.1:{port}",
        SETTING: database_url,
        "CADRAN_DATA_DIR": str(data),
        "STRIPE_KEY": f"sk_test_{secret[:24]}",
        "STRIPE_API": f"http://127.0.0.1:{_free_port(port + 1)}",
        "STRIPE_WEBHOOK_SECRETS": f"whsec_{secret[24:48]}",
        "STRIPE_WEBHOOK_SECRETS_V2": f"whsec_{secret[48:]}",
        # From the same secret, so that a demo begun before this endpoint was there gets one, too.
        "STRIPE_WEBHOOK_SECRETS_CONNECT": f"whsec_{hashlib.sha256(f'connect:{secret}'.encode()).hexdigest()[:24]}",
    }


def _check_database(url: str, data: Path, told: bool) -> None:
    """A database that is not a file of our folder is never emptied: we fill an empty one, or go on with a told one."""
    if url == f"sqlite:///{data / 'cadran.db'}":
        return
    if not url.startswith(DATABASES):
        raise DemoFailed(f"{SETTING} must start with sqlite:/// or postgresql://")
    try:
        empty = _is_empty(url)
    except DBAPIError as error:
        raise DemoFailed(f"the database of {SETTING} does not answer") from error
    if told and empty:
        raise DemoFailed(
            f"the demo in {data} was told in another database; copy it (cadran db copy), or begin anew: FRESH=1"
        )
    if not told and not empty:
        raise DemoFailed(f"the database of {SETTING} is not empty, and the demo only fills an empty one")


def _is_empty(url: str) -> bool:
    database = Database(url)
    try:
        return is_empty(database)
    finally:
        database.close()


def _forget(data: Path) -> None:
    for path in data.iterdir():
        if path.is_dir() and path.name in _OURS:
            shutil.rmtree(path)
        elif path.name in _OURS or path.name.startswith("sandbox"):
            path.unlink()


def _secret(data: Path) -> str:
    path = data / "secret"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(36), encoding="ascii")
    return path.read_text(encoding="ascii").strip()


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _free_port(first: int) -> int:
    for port in range(first, first + 50):
        if not _taken(port):
            return port
    raise DemoFailed(f"no free port between {first} and {first + 50} for the payment sandbox")

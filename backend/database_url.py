"""The address of the database of the tasks, from the environment."""

import os
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

_DEFAULT_FILE = Path(__file__).parent.parent / ".data" / "tasks.sqlite"
#: Consoles of Postgres hosts show `postgresql://` or `postgres://`. The driver is psycopg 3.
_SCHEMES = {"postgresql+psycopg", "postgresql", "postgres"}


def database_url() -> URL:
    """The Postgres in `TASKS_DATABASE_URL`. Without it, the SQLite file `BACKEND_SQLITE`.

    Raises SystemExit if the address is invalid.
    """
    file = os.environ.get("BACKEND_SQLITE") or str(_DEFAULT_FILE)
    return _postgres_url("TASKS_DATABASE_URL") or URL.create("sqlite", database=file)


def direct_url() -> URL:
    """The address of the same database without a connection pooler in between.

    A pooler such as PgBouncer gives a client another connection for each transaction, so LISTEN
    does not work through it. Neon's pooler has the host name of the database plus `-pooler`.
    """
    url = _postgres_url("TASKS_DIRECT_URL") or database_url()
    name, dot, domain = (url.host or "").partition(".")
    if not domain.endswith(".neon.tech"):
        return url
    return url.set(host=name.removesuffix("-pooler") + dot + domain)


def _postgres_url(variable: str) -> URL | None:
    value = os.environ.get(variable, "").strip()
    if not value:
        return None
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        url = None
    has_host = url is not None and (url.host or "host" in url.query)
    if url is None or url.drivername not in _SCHEMES or not has_host or not url.database:
        # Not the value, which contains a password.
        raise SystemExit(
            f"{variable} is invalid. Set it to the address of a Postgres: "
            "postgresql://user:password@host/database. Percent-encode special characters in the "
            "user and the password. The driver is psycopg, whether the address names it or not"
        )
    return url.set(drivername="postgresql+psycopg")

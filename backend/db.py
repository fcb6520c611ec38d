"""The tasks' database: SQLite, a file.

An endpoint opens its session itself, and closes it before it returns: ``with Session(engine)``, or
``with writing()``.
A dependency that yields a session would keep its connection while FastAPI looks for a thread for
the next step of the request. As soon as there are more requests than connections, threads wait for
connections and connections for threads, and nothing moves.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from sqlalchemy import ExceptionContext, event
from sqlmodel import Session, SQLModel, create_engine

from limits import PATIENCE, THREADS
from turns import Busy

FILE = Path(
    os.environ.get("BACKEND_SQLITE") or Path(__file__).parent.parent / ".data" / "tasks.sqlite"
)

engine = create_engine(
    f"sqlite:///{FILE}", pool_size=THREADS, max_overflow=0, pool_timeout=PATIENCE
)


@event.listens_for(engine, "connect")
def _prepare(connection, _) -> None:
    # Readers do not wait for a writer, nor a second writer for longer than this. Milliseconds.
    connection.execute("PRAGMA journal_mode = WAL")
    # With WAL no crash of this process loses a commit, and a commit does not wait for the disk.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA busy_timeout = {int(PATIENCE * 1000)}")


@event.listens_for(engine, "handle_error")
def _explain_lock(context: ExceptionContext) -> None:
    # The low byte is the primary code: https://sqlite.org/rescode.html
    code = getattr(context.original_exception, "sqlite_errorcode", 0)
    if code & 0xFF == sqlite3.SQLITE_BUSY:
        raise Busy from context.original_exception


_writer = Lock()


@contextmanager
def writing() -> Iterator[Session]:
    """A session that writes, one after the other in this process. Raises Busy.

    SQLite has one writer at a time, and the others look again from time to time, the longer they
    have waited the more seldom: of many, some would find the database locked each time.
    """
    if not _writer.acquire(timeout=PATIENCE):
        raise Busy
    try:
        with Session(engine) as db:
            yield db
    finally:
        _writer.release()


def create_tables() -> None:
    FILE.parent.mkdir(parents=True, exist_ok=True)
    SQLModel.metadata.create_all(engine)

"""The database of the tasks: one SQLite file.

An endpoint opens its database session itself, and closes it before it returns: ``with
Session(engine)``, or ``with writing()``. A dependency that yields a session would hold its
connection while FastAPI waits for a thread for the next step of the request. With more requests
than connections, that is a deadlock: threads wait for connections, and connections for threads.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from sqlalchemy import ExceptionContext, event
from sqlmodel import Session, SQLModel, create_engine

from limits import MAX_WAIT_SECONDS, THREADS
from request_slots import Busy

FILE = Path(
    os.environ.get("BACKEND_SQLITE") or Path(__file__).parent.parent / ".data" / "tasks.sqlite"
)

engine = create_engine(
    f"sqlite:///{FILE}", pool_size=THREADS, max_overflow=0, pool_timeout=MAX_WAIT_SECONDS
)


@event.listens_for(engine, "connect")
def _prepare(connection, _) -> None:
    # With WAL, readers do not wait for a writer.
    connection.execute("PRAGMA journal_mode = WAL")
    # With WAL and NORMAL, a commit does not wait for the disk, and a crash of this process loses no
    # commit.
    connection.execute("PRAGMA synchronous = NORMAL")
    # How long a second writer waits. Milliseconds.
    connection.execute(f"PRAGMA busy_timeout = {int(MAX_WAIT_SECONDS * 1000)}")


@event.listens_for(engine, "handle_error")
def _explain_lock(context: ExceptionContext) -> None:
    # The low byte is the primary result code: https://sqlite.org/rescode.html
    code = getattr(context.original_exception, "sqlite_errorcode", 0)
    if code & 0xFF == sqlite3.SQLITE_BUSY:
        raise Busy from context.original_exception


_writer = Lock()


@contextmanager
def writing() -> Iterator[Session]:
    """Opens a database session for writing. This process has one at a time. Raises Busy.

    SQLite allows one writer at a time. The other writers retry, at longer and longer intervals. If
    there are many, some would find the database locked at every retry. So they wait here instead.
    """
    if not _writer.acquire(timeout=MAX_WAIT_SECONDS):
        raise Busy
    try:
        with Session(engine) as db:
            yield db
    finally:
        _writer.release()


def create_tables() -> None:
    FILE.parent.mkdir(parents=True, exist_ok=True)
    SQLModel.metadata.create_all(engine)

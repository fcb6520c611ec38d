"""The database of the tasks: Postgres, or one SQLite file.

An endpoint opens its database session itself, and closes it before it returns: ``with reading()``,
or ``with writing(user_id)``. A dependency that yields a session would hold its connection while
FastAPI waits for a thread for the next step of the request. With more requests than connections,
that is a deadlock: threads wait for connections, and connections for threads.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import psycopg
from sqlalchemy import URL, Connection, Engine, ExceptionContext, event, func, text
from sqlmodel import Session, create_engine, select

from database_url import database_url
from limits import MAX_WAIT_SECONDS, THREADS
from models import SCHEMA
from request_slots import Busy, LimitReached


class DatabaseUnavailable(LimitReached):
    """The database cannot be reached, or has just ended the connection."""

    def __init__(self) -> None:
        detail = "The database does not respond. Try again in a moment."
        super().__init__(503, "database_unavailable", detail, 1)


class NotWritable(RuntimeError):
    """The SQLite file cannot be created or written."""

    def __init__(self, file: str | Path, reason: str) -> None:
        super().__init__(
            f"The tasks cannot be stored in {file}: {reason}. The disk of a serverless host is "
            "read-only: set TASKS_DATABASE_URL to the address of a Postgres. On any other host, "
            "set BACKEND_SQLITE to a file in a folder that this user can write to"
        )


def connect(url: URL) -> Engine:
    """Opens no connection yet. Each process has its own pool of connections."""
    pool = {"pool_size": THREADS, "max_overflow": 0, "pool_timeout": MAX_WAIT_SECONDS}
    return _postgres(url, pool) if url.drivername.startswith("postgresql") else _sqlite(url, pool)


def _postgres(url: URL, pool: dict) -> Engine:
    engine = create_engine(
        url,
        **pool,
        # A server or a proxy may have closed an idle connection: Neon does when it suspends the
        # database. So each connection is tested before it is used.
        pool_pre_ping=True,
        # Reuses the connection that was used last, so the others become idle and can be closed.
        pool_use_lifo=True,
        connect_args={
            "connect_timeout": MAX_WAIT_SECONDS,
            # A server that has disappeared without a word does not acknowledge what is sent to it.
            # Without this limit, the system waits for about 15 minutes. Milliseconds.
            "tcp_user_timeout": int(MAX_WAIT_SECONDS * 1000),
            # Through PgBouncer in transaction mode, the next statement may run on another
            # connection, which does not have the prepared statement.
            "prepare_threshold": None,
        },
    )
    event.listen(engine, "begin", _note_begin)
    event.listen(engine, "commit", _note_commit)
    event.listen(engine, "handle_error", _explain_postgres_error)
    return engine


def _note_begin(connection: Connection) -> None:
    connection.info["is_commit"] = False


def _note_commit(connection: Connection) -> None:
    connection.info["is_commit"] = True


def _explain_postgres_error(context: ExceptionContext) -> None:
    error = context.original_exception
    if context.is_pre_ping:
        # The pool opens another connection.
        return
    if isinstance(error, psycopg.errors.LockNotAvailable):
        raise Busy from error
    if isinstance(error, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn):
        raise RuntimeError("The tables are missing or out of date. Run: npm run migrate") from error
    # If the connection ends during a COMMIT, nobody knows whether it has succeeded. So that is a
    # 500: a 503 would mean that the request had no effect. COMMIT and ROLLBACK have no statement
    # here.
    is_end = context.connection is not None and context.statement is None
    is_commit = is_end and context.connection.info["is_commit"]
    if isinstance(error, psycopg.OperationalError) and not is_commit:
        raise DatabaseUnavailable from error


def _sqlite(url: URL, pool: dict) -> Engine:
    # SQLite has no schemas.
    engine = create_engine(url, **pool, execution_options={"schema_translate_map": {SCHEMA: None}})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "handle_error", _explain_sqlite_error)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _) -> None:
    # With WAL, readers do not wait for a writer.
    connection.execute("PRAGMA journal_mode = WAL")
    # With WAL and NORMAL, a commit does not wait for the disk, and a crash of this process loses no
    # commit.
    connection.execute("PRAGMA synchronous = NORMAL")
    # How long a second writer waits. Milliseconds.
    connection.execute(f"PRAGMA busy_timeout = {int(MAX_WAIT_SECONDS * 1000)}")


def _explain_sqlite_error(context: ExceptionContext) -> None:
    error = context.original_exception
    # The low byte is the primary result code: https://sqlite.org/rescode.html
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_BUSY:
        raise Busy from error
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
        raise NotWritable(context.engine.url.database, str(error)) from error


engine = connect(database_url())


def is_postgres() -> bool:
    return engine.dialect.name == "postgresql"


@contextmanager
def reading() -> Iterator[Session]:
    """Opens a database session for reading. Raises Busy if a migration has locked a table."""
    with Session(engine) as db:
        if is_postgres():
            _limit_wait_for_locks(db)
        yield db


def _limit_wait_for_locks(db: Session) -> None:
    """Holds until the transaction ends. Milliseconds."""
    db.exec(text(f"SET LOCAL lock_timeout = {int(MAX_WAIT_SECONDS * 1000)}"))


@contextmanager
def writing(user_id: str) -> Iterator[Session]:
    """Opens a database session for writes of this user.

    Until the first commit, no other session writes for the same user, in any process. After it, the
    objects keep their values: another process may have deleted the rows already. Raises Busy.
    """
    with _locking(user_id) if is_postgres() else _writing_alone() as db:
        yield db


@contextmanager
def _locking(user_id: str) -> Iterator[Session]:
    with Session(engine, expire_on_commit=False) as db:
        _limit_wait_for_locks(db)
        # Held until the transaction ends.
        db.exec(select(func.pg_advisory_xact_lock(func.hashtextextended(user_id, 0))))
        yield db


_writer = Lock()


@contextmanager
def _writing_alone() -> Iterator[Session]:
    """SQLite allows one writer at a time. The other writers retry, at longer and longer intervals.

    If there are many, some would find the database locked at every retry. So they wait here
    instead.
    """
    if not _writer.acquire(timeout=MAX_WAIT_SECONDS):
        raise Busy
    try:
        with Session(engine, expire_on_commit=False) as db:
            yield db
    finally:
        _writer.release()

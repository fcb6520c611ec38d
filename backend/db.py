"""The tasks' database: SQLite, a file."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from fastapi import Depends
from sqlalchemy import event
from sqlmodel import Session, SQLModel, create_engine

FILE = Path(
    os.environ.get("BACKEND_SQLITE") or Path(__file__).parent.parent / ".data" / "tasks.sqlite"
)

engine = create_engine(f"sqlite:///{FILE}")


@event.listens_for(engine, "connect")
def _prepare(connection, _) -> None:
    # Readers do not wait for a writer, nor a second writer for longer than this. Milliseconds.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA busy_timeout = 5000")


def create_tables() -> None:
    FILE.parent.mkdir(parents=True, exist_ok=True)
    SQLModel.metadata.create_all(engine)


def _open() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


Db = Annotated[Session, Depends(_open)]

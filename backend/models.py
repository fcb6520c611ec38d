"""The models: rows of the database, and the bodies of requests, responses and live messages."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID, uuid4

from pydantic import BaseModel, StringConstraints
from sqlalchemy import DateTime, Index
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

#: The schema of the tables in Postgres, so that they can be in the same database as the app's own.
#: SQLite has no schemas.
SCHEMA = "tasks"

#: Postgres cannot store the character U+0000.
NO_NUL = r"^[^\x00]*$"
Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NO_NUL),
]


class UtcDateTime(TypeDecorator):
    """A time in UTC. SQLite does not store the time zone, and Postgres returns that of the session.

    Both store microseconds.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value, dialect):
        return value and (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC))


class TaskRow(SQLModel, table=True):
    __tablename__ = "task"
    __table_args__ = (
        # For `page_of` in tasks.py.
        Index("ix_task_page", "user_id", "created_at", "id"),
        {"schema": SCHEMA},
    )

    id: str = Field(primary_key=True)
    user_id: str
    title: str
    done: bool = False
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=UtcDateTime)


class DeletedUser(SQLModel, table=True):
    __tablename__ = "deleted_user"
    __table_args__ = {"schema": SCHEMA}

    user_id: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)


class Task(SQLModel):
    id: str
    title: str
    done: bool
    created_at: datetime


class NewTask(SQLModel):
    """The caller may choose the ``id``. Then a repeated request adds the task only once."""

    id: UUID = Field(default_factory=uuid4)
    title: Title
    done: bool = False


class TaskChange(SQLModel):
    """A field that is left out does not change."""

    title: Title | None = None
    done: bool | None = None


class TaskPage(BaseModel):
    """Some of a user's tasks, newest first."""

    items: list[Task]
    #: The `cursor` of the next page. None: this is the last page.
    next_cursor: str | None
    #: How many of all the user's tasks are to do, and how many are done.
    to_do: int
    done: int


class FirstPage(TaskPage):
    """The first message on a socket, and again when changes may have been missed.

    `app/(signed-in)/tasks/live-message.ts` reads this message, `TaskSaved` and `TaskDeleted`.
    """

    kind: Literal["page"] = "page"


class TaskSaved(BaseModel):
    """A task was created or changed. The message contains its current state."""

    kind: Literal["saved"] = "saved"
    task: Task


class TaskDeleted(BaseModel):
    kind: Literal["deleted"] = "deleted"
    id: str


class Me(SQLModel):
    id: str
    email: str
    name: str


class Health(SQLModel):
    status: str


class Refusal(SQLModel):
    """A 401. ``code`` names the check that failed."""

    detail: str
    code: str


class NotFound(SQLModel):
    detail: str


class Conflict(SQLModel):
    """A 409. ``code`` is `too_many_tasks`, or is left out if the id cannot be used."""

    detail: str
    code: str | None = None

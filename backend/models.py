"""The models: rows of the database, and the bodies of requests, responses and live messages."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID, uuid4

from pydantic import BaseModel, StringConstraints
from sqlalchemy import DateTime
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class UtcDateTime(TypeDecorator):
    """A time in UTC. SQLite does not store the time zone, so it is added when a value is read."""

    impl = DateTime
    cache_ok = True

    def process_result_value(self, value, dialect):
        return value and value.replace(tzinfo=UTC)


class TaskRow(SQLModel, table=True):
    __tablename__ = "task"

    id: str = Field(primary_key=True)
    user_id: str = Field(index=True)
    title: str
    done: bool = False
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=UtcDateTime)


class DeletedUser(SQLModel, table=True):
    __tablename__ = "deleted_user"

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


class AllTasks(BaseModel):
    """The first message on a socket.

    `app/(signed-in)/tasks/live-message.ts` reads this message, `TaskSaved` and `TaskDeleted`.
    """

    kind: Literal["all"] = "all"
    tasks: list[Task]


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
    detail: str

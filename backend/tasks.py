"""The tasks of a user. A user can neither see nor change another user's tasks."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy.exc import IntegrityError, InvalidRequestError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session, col, func, select

from active_user import active_with, refuse_deleted
from auth import User
from db import engine, writing
from limits import TASKS_PER_USER
from live_feed import publish
from models import Conflict, NewTask, NotFound, Refusal, Task, TaskChange, TaskRow

router = APIRouter(prefix="/api/tasks", tags=["tasks"], responses={401: {"model": Refusal}})
#: The user, also for a program with the scope (`keyScopes` of the gate's `lib/programs.ts`).
Reader = Annotated[User, Depends(active_with("tasks:read"), scope="function")]
Writer = Annotated[User, Depends(active_with("tasks:write"), scope="function")]

not_found = {404: {"model": NotFound}}


def _own_task(task_id: str, user: User, db: Session) -> TaskRow:
    task = db.get(TaskRow, task_id)
    if task is None or task.user_id != user.id:
        raise HTTPException(404, "There is no such task")
    return task


def _existing_task(task_id: str, user_id: str, db: Session) -> TaskRow:
    task = db.get(TaskRow, task_id)
    if task is None or task.user_id != user_id:
        # Not a 404, which means that the user's own task was deleted. The 409 reveals that the id
        # exists, but not whose it is. An attacker cannot guess ids: each has 122 random bits.
        raise HTTPException(409, "This id cannot be used")
    return task


def tasks_of(user_id: str, db: Session) -> Sequence[TaskRow]:
    newest_first = col(TaskRow.created_at).desc()
    return db.exec(select(TaskRow).where(TaskRow.user_id == user_id).order_by(newest_first)).all()


def _refuse_too_many(user_id: str, db: Session) -> None:
    """Raises 409. Call this between the insert and the commit: no other write can come between."""
    count = db.exec(select(func.count()).where(TaskRow.user_id == user_id)).one()
    if count > TASKS_PER_USER:
        raise HTTPException(
            409, f"You can have at most {TASKS_PER_USER} tasks. Delete some of them first"
        )


@router.get("", response_model=list[Task])
def list_tasks(user: Reader):
    with Session(engine) as db:
        return tasks_of(user.id, db)


@router.post("", response_model=Task, status_code=201, responses={409: {"model": Conflict}})
def create_task(new: NewTask, user: Writer):
    task = TaskRow(id=str(new.id), user_id=user.id, title=new.title, done=new.done)
    with writing() as db:
        db.add(task)
        try:
            db.flush()
        except IntegrityError:
            db.rollback()
            return _existing_task(str(new.id), user.id, db)
        refuse_deleted(user.id, db)
        _refuse_too_many(user.id, db)
        db.commit()
        db.refresh(task)
    publish(user.id, task.id)
    return task


@router.get("/{task_id}", response_model=Task, responses=not_found)
def read_task(task_id: str, user: Reader):
    with Session(engine) as db:
        return _own_task(task_id, user, db)


@router.patch("/{task_id}", response_model=Task, responses=not_found)
def change_task(task_id: str, change: TaskChange, user: Writer):
    with writing() as db:
        task = _own_task(task_id, user, db)
        task.sqlmodel_update(change.model_dump(exclude_none=True))
        db.add(task)
        try:
            db.commit()
            db.refresh(task)
        except (StaleDataError, InvalidRequestError) as error:
            # The task was deleted in the meantime.
            raise HTTPException(404, "There is no such task") from error
    publish(user.id, task.id)
    return task


@router.delete("/{task_id}", status_code=204, responses=not_found)
def delete_task(task_id: str, user: Writer) -> None:
    with writing() as db:
        db.delete(_own_task(task_id, user, db))
        db.commit()
    publish(user.id, task_id)

"""A user's tasks. Nobody sees, changes or even learns of another's."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from db import Db
from hub import publish
from members import Member, refuse_deleted
from models import Conflict, NewTask, NotFound, Refusal, Task, TaskChange, TaskRow

router = APIRouter(prefix="/api/tasks", tags=["tasks"], responses={401: {"model": Refusal}})
missing = {404: {"model": NotFound}}


def _own_task(task_id: str, user: Member, db: Db) -> TaskRow:
    task = db.get(TaskRow, task_id)
    if task is None or task.user_id != user.id:
        raise HTTPException(404, "There is no such task")
    return task


def _added_before(task_id: str, user_id: str, db: Session) -> TaskRow:
    task = db.get(TaskRow, task_id)
    if task is None or task.user_id != user_id:
        # No 404, which says that a task of one's own is gone. That there is such an id helps nobody
        # who would have to guess 122 random bits; whose it is, is not told.
        raise HTTPException(409, "This id cannot be used")
    return task


OwnTask = Annotated[TaskRow, Depends(_own_task)]


def tasks_of(user_id: str, db: Session) -> Sequence[TaskRow]:
    newest_first = col(TaskRow.created_at).desc()
    return db.exec(select(TaskRow).where(TaskRow.user_id == user_id).order_by(newest_first)).all()


@router.get("", response_model=list[Task])
def list_tasks(user: Member, db: Db):
    return tasks_of(user.id, db)


@router.post("", response_model=Task, status_code=201, responses={409: {"model": Conflict}})
def create_task(new: NewTask, user: Member, db: Db):
    task = TaskRow(id=str(new.id), user_id=user.id, title=new.title, done=new.done)
    db.add(task)
    try:
        db.flush()
    except IntegrityError:
        db.rollback()
        return _added_before(str(new.id), user.id, db)
    refuse_deleted(user.id, db)
    db.commit()
    db.refresh(task)
    publish(user.id, task.id)
    return task


@router.get("/{task_id}", response_model=Task, responses=missing)
def read_task(task: OwnTask):
    return task


@router.patch("/{task_id}", response_model=Task, responses=missing)
def change_task(change: TaskChange, task: OwnTask, db: Db):
    task.sqlmodel_update(change.model_dump(exclude_none=True))
    db.add(task)
    db.commit()
    db.refresh(task)
    publish(task.user_id, task.id)
    return task


@router.delete("/{task_id}", status_code=204, responses=missing)
def delete_task(task: OwnTask, db: Db) -> None:
    db.delete(task)
    db.commit()
    publish(task.user_id, task.id)

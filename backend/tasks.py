"""A user's tasks. Nobody sees, changes or even learns of another's."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from sqlmodel import Session, col, select

from auth import CurrentUser
from db import Db
from hub import publish
from models import NewTask, NotFound, Refusal, Task, TaskChange, TaskRow

router = APIRouter(prefix="/api/tasks", tags=["tasks"], responses={401: {"model": Refusal}})
missing = {404: {"model": NotFound}}


def _own_task(task_id: str, user: CurrentUser, db: Db) -> TaskRow:
    task = db.get(TaskRow, task_id)
    if task is None or task.user_id != user.id:
        raise HTTPException(404, "There is no such task")
    return task


OwnTask = Annotated[TaskRow, Depends(_own_task)]


def tasks_of(user_id: str, db: Session) -> Sequence[TaskRow]:
    newest_first = col(TaskRow.created_at).desc()
    return db.exec(select(TaskRow).where(TaskRow.user_id == user_id).order_by(newest_first)).all()


@router.get("", response_model=list[Task])
def list_tasks(user: CurrentUser, db: Db):
    return tasks_of(user.id, db)


@router.post("", response_model=Task, status_code=201)
def create_task(new: NewTask, user: CurrentUser, db: Db):
    task = TaskRow(user_id=user.id, title=new.title, done=new.done)
    db.add(task)
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

"""The tasks of a user. A user can neither see nor change another user's tasks."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query
from sqlalchemy import case, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session, col, func, select

from active_user import active_with, refuse_deleted
from auth import User
from db import reading, writing
from limits import MAX_PAGE, PAGE, TASKS_PER_USER
from live_feed import Change, commit_and_publish
from models import (
    NO_NUL,
    Conflict,
    NewTask,
    NotFound,
    Refusal,
    Task,
    TaskChange,
    TaskPage,
    TaskRow,
)
from paging import Cursor, Place, cursor_of, read_cursor
from request_slots import LimitReached

router = APIRouter(prefix="/api/tasks", tags=["tasks"], responses={401: {"model": Refusal}})
#: The user, also for a program with the scope (`keyScopes` of the gate's `lib/programs.ts`).
Reader = Annotated[User, Depends(active_with("tasks:read"), scope="function")]
Writer = Annotated[User, Depends(active_with("tasks:write"), scope="function")]

TaskId = Annotated[str, Path(pattern=NO_NUL)]
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


def page_of(user_id: str, db: Session, limit: int, after: Place | None = None) -> TaskPage:
    """The user's tasks after this place, newest first. No task has to be there any more."""
    # Two tasks can be created in the same microsecond, so the id is part of the order.
    order = col(TaskRow.created_at), col(TaskRow.id)
    query = select(TaskRow).where(TaskRow.user_id == user_id)
    if after:
        query = query.where(tuple_(*order) < after)
    newest_first = [column.desc() for column in order]
    # One more than the page has, to find out whether there is a next page.
    found = db.exec(query.order_by(*newest_first).limit(limit + 1)).all()
    items = [Task.model_validate(row) for row in found[:limit]]
    last = Place(items[-1].created_at, items[-1].id) if len(found) > limit else None
    total, done = db.exec(
        select(func.count(), func.count(case((TaskRow.done, 1)))).where(TaskRow.user_id == user_id)
    ).one()
    return TaskPage(
        items=items, next_cursor=last and cursor_of(last), to_do=total - done, done=done
    )


def _refuse_too_many(user_id: str, db: Session) -> None:
    """Raises LimitReached. Call this in ``writing(user_id)``, between the insert and the commit.

    So no other write of the user can come between the count and the commit.
    """
    count = db.exec(select(func.count()).where(TaskRow.user_id == user_id)).one()
    if count > TASKS_PER_USER:
        detail = f"You can have at most {TASKS_PER_USER:,} tasks. Delete some of them first."
        raise LimitReached(409, "too_many_tasks", detail)


@router.get("")
def list_tasks(
    user: Reader,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = PAGE,
    cursor: Cursor = None,
) -> TaskPage:
    with reading() as db:
        return page_of(user.id, db, limit, read_cursor(cursor) if cursor else None)


@router.post("", response_model=Task, status_code=201, responses={409: {"model": Conflict}})
def create_task(new: NewTask, user: Writer):
    task = TaskRow(id=str(new.id), user_id=user.id, title=new.title, done=new.done)
    with writing(user.id) as db:
        db.add(task)
        try:
            db.flush()
        except IntegrityError:
            db.rollback()
            return _existing_task(str(new.id), user.id, db)
        refuse_deleted(user.id, db)
        _refuse_too_many(user.id, db)
        commit_and_publish(db, Change(user.id, str(new.id)))
    return task


@router.get("/{task_id}", response_model=Task, responses=not_found)
def read_task(task_id: TaskId, user: Reader):
    with reading() as db:
        return _own_task(task_id, user, db)


@router.patch("/{task_id}", response_model=Task, responses=not_found)
def change_task(task_id: TaskId, change: TaskChange, user: Writer):
    with writing(user.id) as db:
        task = _own_task(task_id, user, db)
        task.sqlmodel_update(change.model_dump(exclude_none=True))
        db.add(task)
        try:
            commit_and_publish(db, Change(user.id, task_id))
        except StaleDataError as error:
            # The task was deleted in the meantime.
            raise HTTPException(404, "There is no such task") from error
    return task


@router.delete("/{task_id}", status_code=204, responses=not_found)
def delete_task(task_id: TaskId, user: Writer) -> None:
    with writing(user.id) as db:
        db.delete(_own_task(task_id, user, db))
        commit_and_publish(db, Change(user.id, task_id))

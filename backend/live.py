"""Tasks as they change: a WebSocket for each page that shows them.

The first message is the whole list, so that nothing falls between the page and its socket. The page
itself has nothing to say. It opens a socket that was closed anew, through the gate, which judges
anew.
"""

import asyncio
import time
from contextlib import suppress
from typing import NoReturn

from anyio import move_on_after
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import BaseModel
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from auth import User
from db import engine
from hub import Listener, listening
from members import Member
from models import AllTasks, Task, TaskDeleted, TaskRow, TaskSaved
from tasks import tasks_of

# RFC 6455 §7.4.1, and IANA's registry of close codes.
POLICY_VIOLATION, TRY_AGAIN_LATER = 1008, 1013
#: Who does not read does not read a farewell either. Seconds.
CLOSE_WITHIN = 1

router = APIRouter()


@router.websocket("/api/tasks/live")
async def live_tasks(socket: WebSocket, user: Member) -> None:
    await socket.accept()
    # Before the list is read: a change in between is told twice rather than never.
    with listening(user.id) as listener, suppress(WebSocketDisconnect):
        code = await _serve(socket, user, listener)
        with move_on_after(CLOSE_WITHIN):
            await socket.close(code)


async def _serve(socket: WebSocket, user: User, listener: Listener) -> int:
    """Until token or account have ended or the page does its part no more.

    Gives the code to close with. Raises WebSocketDisconnect when the page has left while it was
    told something.
    """
    overrun = asyncio.create_task(listener.overrun())
    closed = asyncio.create_task(listener.closed())
    # The page has left, or it speaks, which is not in the contract.
    heard = asyncio.create_task(socket.receive())
    telling = asyncio.create_task(_tell(socket, user.id, listener))
    parts = (overrun, closed, heard, telling)
    try:
        time_left = max(0, user.expires_at - time.time())
        await asyncio.wait(parts, timeout=time_left, return_when=asyncio.FIRST_COMPLETED)
        if telling.done():
            telling.result()
        return TRY_AGAIN_LATER if overrun.done() else POLICY_VIOLATION
    finally:
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)


async def _tell(socket: WebSocket, user_id: str, listener: Listener) -> NoReturn:
    # Sessions as short as a question: one for a socket's life would keep a connection for as long.
    await socket.send_text(_as_json(await run_in_threadpool(_read_all, user_id)))
    while True:
        for task_id in await listener.changes():
            await socket.send_text(_as_json(await run_in_threadpool(_read, user_id, task_id)))


def _as_json(message: BaseModel) -> str:
    return message.model_dump_json()


def _read_all(user_id: str) -> AllTasks:
    with Session(engine) as db:
        return AllTasks(tasks=[Task.model_validate(task) for task in tasks_of(user_id, db)])


def _read(user_id: str, task_id: str) -> TaskSaved | TaskDeleted:
    with Session(engine) as db:
        task = db.get(TaskRow, task_id)
        if task is None or task.user_id != user_id:
            return TaskDeleted(id=task_id)
        return TaskSaved(task=Task.model_validate(task))

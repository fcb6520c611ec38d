"""Tasks as they change: a WebSocket for each page that shows them.

The first message is the whole list, so that nothing falls between the page and its socket. The page
itself sends nothing. It replaces a socket that was closed through the gate, which decides again.
"""

import asyncio
import time
from contextlib import suppress
from typing import NoReturn

from anyio import move_on_after
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from sqlmodel import Session

from auth import CurrentUser, User
from db import engine
from hub import End, Listener, listening
from members import check_member
from models import AllTasks, Task, TaskDeleted, TaskRow, TaskSaved
from tasks import tasks_of

# RFC 6455 §7.4.1, and IANA's registry of close codes.
POLICY_VIOLATION, TRY_AGAIN_LATER = 1008, 1013
#: A page that does not read does not read the close frame either. Seconds.
CLOSE_WITHIN = 1

router = APIRouter()


@router.websocket("/api/tasks/live")
async def live_tasks(socket: WebSocket, user: CurrentUser) -> None:
    # First a place, which costs nothing to refuse. And before the account is checked, so that a
    # deletion in between ends this socket too.
    with listening(user.id, _read) as listener, suppress(WebSocketDisconnect):
        await check_member(user)
        await socket.accept()
        code = await _serve(socket, user, listener)
        with move_on_after(CLOSE_WITHIN):
            await socket.close(code)


async def _serve(socket: WebSocket, user: User, listener: Listener) -> int:
    """Until token or account have ended or the page does not do its part.

    Gives the code to close with. Raises WebSocketDisconnect when the page has left while something
    was sent to it.
    """
    ended = asyncio.create_task(listener.ended())
    # The page has left, or it sends something, which is not in the contract.
    heard = asyncio.create_task(socket.receive())
    sending = asyncio.create_task(_send(socket, listener))
    parts = (ended, heard, sending)
    try:
        time_left = max(0, user.expires_at - time.time())
        await asyncio.wait(parts, timeout=time_left, return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            sending.result()
        again = ended.done() and ended.result() is not End.ACCOUNT_DELETED
        return TRY_AGAIN_LATER if again else POLICY_VIOLATION
    finally:
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)


async def _send(socket: WebSocket, listener: Listener) -> NoReturn:
    while True:
        for text in await listener.texts():
            await socket.send_text(text)


def _read(user_id: str, wanted: list[str | None]) -> dict[str | None, str]:
    with Session(engine) as db:
        return {task_id: _message(user_id, task_id, db).model_dump_json() for task_id in wanted}


def _message(user_id: str, task_id: str | None, db: Session) -> AllTasks | TaskSaved | TaskDeleted:
    if task_id is None:
        return AllTasks(tasks=[Task.model_validate(task) for task in tasks_of(user_id, db)])
    task = db.get(TaskRow, task_id)
    if task is None or task.user_id != user_id:
        return TaskDeleted(id=task_id)
    return TaskSaved(task=Task.model_validate(task))

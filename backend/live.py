"""Live updates of tasks: one WebSocket for each page that shows them.

The first message is the first page of the list, so no change in it is lost between the page's HTML
and its socket. A page that shows more tasks loads the rest again.
The page itself sends nothing. When a socket is closed, the page opens a new one through the gate,
and the gate checks the session again.
"""

import asyncio
import time
from contextlib import suppress
from typing import NoReturn

from anyio import move_on_after
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from sqlmodel import Session

from active_user import check_active, refuse_deleted
from auth import CurrentUser, User
from db import reading
from limits import PAGE
from live_feed import EndReason, Listener, listening
from models import FirstPage, Task, TaskDeleted, TaskRow, TaskSaved
from tasks import page_of

# RFC 6455 §7.4.1, and IANA's registry of WebSocket close codes.
POLICY_VIOLATION, TRY_AGAIN_LATER = 1008, 1013
#: How long to wait while the close frame is sent. A page that has stopped reading does not read the
#: close frame either. Seconds.
MAX_CLOSE_SECONDS = 1

router = APIRouter()


@router.websocket("/api/tasks/live")
async def live_tasks(socket: WebSocket, user: CurrentUser) -> None:
    # The limit on sockets comes first, because that refusal costs nothing. The socket must also be
    # registered before the account is checked: a deletion in between then closes this socket too.
    with listening(user.id, _read) as listener, suppress(WebSocketDisconnect):
        await check_active(user)
        await socket.accept()
        code = await _serve(socket, user, listener)
        with move_on_after(MAX_CLOSE_SECONDS):
            await socket.close(code)


async def _serve(socket: WebSocket, user: User, listener: Listener) -> int:
    """Sends until the token expires, the account is deleted, or the page breaks the contract.

    Returns the close code. Raises WebSocketDisconnect if the page disconnects during a send.
    """
    ended = asyncio.create_task(listener.ended())
    # Completes when the page disconnects, or sends something, which the contract does not allow.
    received = asyncio.create_task(socket.receive())
    sending = asyncio.create_task(_send(socket, listener))
    waiting_for = (ended, received, sending)
    try:
        time_left = max(0, user.expires_at - time.time())
        await asyncio.wait(waiting_for, timeout=time_left, return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            sending.result()
        may_reconnect = ended.done() and ended.result() is not EndReason.ACCOUNT_DELETED
        return TRY_AGAIN_LATER if may_reconnect else POLICY_VIOLATION
    finally:
        for each in waiting_for:
            each.cancel()
        await asyncio.gather(*waiting_for, return_exceptions=True)


async def _send(socket: WebSocket, listener: Listener) -> NoReturn:
    while True:
        for text in await listener.texts():
            await socket.send_text(text)


def _read(user_id: str, ids: list[str | None]) -> dict[str | None, str]:
    with reading() as db:
        return {task_id: _message(user_id, task_id, db).model_dump_json() for task_id in ids}


def _message(user_id: str, task_id: str | None, db: Session) -> FirstPage | TaskSaved | TaskDeleted:
    if task_id is None:
        # The account may have been deleted while this process received no changes.
        refuse_deleted(user_id, db)
        return FirstPage(**page_of(user_id, db, PAGE).model_dump())
    task = db.get(TaskRow, task_id)
    if task is None or task.user_id != user_id:
        return TaskDeleted(id=task_id)
    return TaskSaved(task=Task.model_validate(task))

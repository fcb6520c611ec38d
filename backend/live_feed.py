"""Sends each change of a task to the open pages of its user.

A user with at least one open page has exactly one ``Feed``. It reads a changed task once, and gives
the same text to each of the user's sockets. Only task ids are published, and the feed reads the
tasks one batch after another. So the order in which two changes are published does not matter: the
last text always contains the last change.

With Postgres, each change reaches every process through a ``Channel``, which is open while this
process has a feed. With SQLite there is one process. The limits apply to each process separately.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import NamedTuple

from anyio import Event, from_thread
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from active_user import AccountDeleted
from channel import Channel, notify
from database_url import direct_url
from db import is_postgres
from limits import MAX_SOCKETS, SOCKETS_PER_USER, UNSENT_PER_SOCKET
from logs import log
from request_slots import LimitReached

#: Reads messages, in a thread. The id None stands for the whole list, any other id for that task.
#: With the whole list it also checks the account: raises AccountDeleted.
Read = Callable[[str, list[str | None]], dict[str | None, str]]


class Change(NamedTuple):
    user_id: str
    #: The task that was created, changed or deleted. None: the account was deleted.
    task_id: str | None


class TooManySockets(LimitReached):
    """429 if the user has too many open sockets, 503 if all users together have too many."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(status, "too_many_sockets", detail, 30)


class EndReason(Enum):
    """Why a socket gets no more messages."""

    TOO_MANY_UNSENT = auto()
    FAILED = auto()
    ACCOUNT_DELETED = auto()


class Listener:
    """The texts that one socket has yet to send.

    Only the event loop may use it. The same is true of ``Feed`` and the variables of this module.
    """

    def __init__(self) -> None:
        self._unsent: dict[str | None, str] = {}
        self._has_work = Event()
        self._ended: asyncio.Future[EndReason] = asyncio.get_running_loop().create_future()

    def put(self, task_id: str | None, text: str) -> None:
        """Adds a text. It replaces an older text of the same task that has not been sent yet."""
        if len(self._unsent) >= UNSENT_PER_SOCKET and task_id not in self._unsent:
            self.end(EndReason.TOO_MANY_UNSENT)
            return
        self._unsent[task_id] = text
        self._has_work.set()

    async def texts(self) -> list[str]:
        """Returns the texts since the last call. Waits until there is at least one."""
        await self._has_work.wait()
        texts = list(self._unsent.values())
        self._unsent, self._has_work = {}, Event()
        return texts

    def end(self, reason: EndReason) -> None:
        if not self._ended.done():
            self._ended.set_result(reason)

    async def ended(self) -> EndReason:
        """Waits until the messages have ended, and returns the reason."""
        return await asyncio.shield(self._ended)


class Feed:
    """Reads changed tasks once for all sockets of one user."""

    def __init__(self, user_id: str, read: Read) -> None:
        self.listeners: set[Listener] = set()
        self._new_listeners: set[Listener] = set()
        self._changed: dict[str | None, None] = {}
        self._has_work = Event()
        self._task = asyncio.create_task(self._run(user_id, read))
        self._task.add_done_callback(lambda task: self._on_done(user_id, task))

    def add(self, listener: Listener) -> None:
        self.listeners.add(listener)
        self._new_listeners.add(listener)
        self._has_work.set()

    def remove(self, listener: Listener) -> None:
        self.listeners.discard(listener)
        self._new_listeners.discard(listener)

    def mark_changed(self, task_id: str) -> None:
        self._changed[task_id] = None
        self._has_work.set()

    def reload(self) -> None:
        """Sends the whole list to every socket. Call it when changes may have been missed."""
        self._new_listeners = set(self.listeners)
        self._has_work.set()

    def end(self, reason: EndReason) -> None:
        for listener in self.listeners:
            listener.end(reason)

    def stop(self) -> None:
        self._task.cancel()

    async def _run(self, user_id: str, read: Read) -> None:
        while True:
            await self._has_work.wait()
            # A list that was read before the channel is open could miss a change.
            if _channel:
                await _channel.connected()
            new_listeners, changed = self._new_listeners, self._changed
            old_listeners = self.listeners - new_listeners
            self._new_listeners, self._changed, self._has_work = set(), {}, Event()
            # A new socket gets the whole list. The list is read now, so it already contains every
            # change that was published before.
            ids = [*([None] if new_listeners else []), *(changed if old_listeners else [])]
            texts = await run_in_threadpool(read, user_id, ids) if ids else {}
            for task_id, text in texts.items():
                for listener in new_listeners if task_id is None else old_listeners:
                    listener.put(task_id, text)

    def _on_done(self, user_id: str, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        _remove(user_id, self)
        if isinstance(task.exception(), AccountDeleted):
            self.end(EndReason.ACCOUNT_DELETED)
            return
        # The pages connect again, and get a new feed.
        self.end(EndReason.FAILED)
        log.error("live_tasks_failed", extra={"error": type(task.exception()).__name__})


_feeds: dict[str, Feed] = {}
_all_listeners: set[Listener] = set()
#: Open while there are feeds, so a process without sockets needs no connection for it.
_channel: Channel | None = None


def _feed_of(user_id: str, read: Read) -> Feed:
    global _channel
    if not _feeds and is_postgres():
        _channel = Channel(direct_url(), on_connect=_reload_all, on_text=_receive_text)
    feed = _feeds[user_id] = Feed(user_id, read)
    return feed


def _remove(user_id: str, feed: Feed) -> None:
    global _channel
    if _feeds.get(user_id) is feed:
        del _feeds[user_id]
    if not _feeds and _channel:
        _channel.close()
        _channel = None


def _reload_all() -> None:
    for feed in _feeds.values():
        feed.reload()


@contextmanager
def listening(user_id: str, read: Read) -> Iterator[Listener]:
    """Registers a socket of the user until the block ends. Raises TooManySockets."""
    feed = _feeds.get(user_id)
    if feed and len(feed.listeners) >= SOCKETS_PER_USER:
        raise TooManySockets(429, "You have too many pages open. Close some of them.")
    if len(_all_listeners) >= MAX_SOCKETS:
        raise TooManySockets(503, "Too many pages are connected. Try again later.")
    listener = Listener()
    if feed is None:
        feed = _feed_of(user_id, read)
    feed.add(listener)
    _all_listeners.add(listener)
    try:
        yield listener
    finally:
        _all_listeners.discard(listener)
        feed.remove(listener)
        if not feed.listeners:
            feed.stop()
            _remove(user_id, feed)


def commit_and_publish(db: Session, change: Change) -> None:
    """Commits, and publishes the change. Call this in a thread of FastAPI (a ``def``)."""
    if is_postgres():
        notify(db, json.dumps(change))
        db.commit()
    else:
        db.commit()
        from_thread.run_sync(_receive, change)


def _receive_text(text: str) -> None:
    _receive(Change(*json.loads(text)))


def _receive(change: Change) -> None:
    if not (feed := _feeds.get(change.user_id)):
        return
    if change.task_id is None:
        feed.end(EndReason.ACCOUNT_DELETED)
    else:
        feed.mark_changed(change.task_id)

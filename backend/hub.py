"""Sends each change of a task to the open pages of its user.

A user with at least one open page has exactly one ``Feed``. It reads a changed task once, and gives
the same text to each of the user's sockets. Only task ids are published, and the feed reads the
tasks one batch after another. So the order in which two changes are published does not matter: the
last text always contains the last change.

This works within one process. Several workers need a channel between them, such as Postgres'
LISTEN and NOTIFY, and each worker must call ``_note`` for what it receives. The limits apply to
each process separately.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto

from anyio import Event, from_thread
from starlette.concurrency import run_in_threadpool

from limits import CHANGES_PER_SOCKET, SOCKETS, SOCKETS_PER_USER
from logs import log
from turns import LimitReached

#: Reads messages, in a thread. The id None stands for the whole list, any other id for that task.
Read = Callable[[str, list[str | None]], dict[str | None, str]]


class TooManySockets(LimitReached):
    """429 if the user has too many open sockets, 503 if all users together have too many."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(status, "too_many_sockets", detail, 30)


class End(Enum):
    """Why a socket gets no more messages."""

    BEHIND = auto()
    FAILED = auto()
    ACCOUNT_DELETED = auto()


class Listener:
    """The texts that one socket has yet to send.

    Only the event loop may use it. The same is true of ``Feed``, ``_feeds`` and ``_open``.
    """

    def __init__(self) -> None:
        self._waiting: dict[str | None, str] = {}
        self._some = Event()
        self._ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()

    def put(self, task_id: str | None, text: str) -> None:
        """Adds a text. It replaces an older text of the same task that has not been sent yet."""
        if len(self._waiting) >= CHANGES_PER_SOCKET and task_id not in self._waiting:
            self.end(End.BEHIND)
            return
        self._waiting[task_id] = text
        self._some.set()

    async def texts(self) -> list[str]:
        """Returns the texts since the last call. Waits until there is at least one."""
        await self._some.wait()
        texts = list(self._waiting.values())
        self._waiting, self._some = {}, Event()
        return texts

    def end(self, why: End) -> None:
        if not self._ended.done():
            self._ended.set_result(why)

    async def ended(self) -> End:
        """Waits until the messages have ended, and returns the reason."""
        return await asyncio.shield(self._ended)


class Feed:
    """Reads changed tasks once for all sockets of one user."""

    def __init__(self, user_id: str, read: Read) -> None:
        self.listeners: set[Listener] = set()
        self._newcomers: set[Listener] = set()
        self._changed: dict[str | None, None] = {}
        self._some = Event()
        self._task = asyncio.create_task(self._run(user_id, read))
        self._task.add_done_callback(lambda task: self._fail(user_id, task))

    def add(self, listener: Listener) -> None:
        self.listeners.add(listener)
        self._newcomers.add(listener)
        self._some.set()

    def remove(self, listener: Listener) -> None:
        self.listeners.discard(listener)
        self._newcomers.discard(listener)

    def note(self, task_id: str) -> None:
        self._changed[task_id] = None
        self._some.set()

    def stop(self) -> None:
        self._task.cancel()

    async def _run(self, user_id: str, read: Read) -> None:
        while True:
            await self._some.wait()
            newcomers, changed = self._newcomers, self._changed
            established = self.listeners - newcomers
            self._newcomers, self._changed, self._some = set(), {}, Event()
            # A new socket gets the whole list. The list is read now, so it already contains every
            # change that was published before.
            wanted = [*([None] if newcomers else []), *(changed if established else [])]
            texts = await run_in_threadpool(read, user_id, wanted) if wanted else {}
            for task_id, text in texts.items():
                for listener in newcomers if task_id is None else established:
                    listener.put(task_id, text)

    def _fail(self, user_id: str, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        # The pages connect again, and get a new feed.
        _forget(user_id, self)
        for listener in self.listeners:
            listener.end(End.FAILED)
        log.error("live_tasks_failed", extra={"error": type(task.exception()).__name__})


_feeds: dict[str, Feed] = {}
_open: set[Listener] = set()


def _forget(user_id: str, feed: Feed) -> None:
    if _feeds.get(user_id) is feed:
        del _feeds[user_id]


@contextmanager
def listening(user_id: str, read: Read) -> Iterator[Listener]:
    """Registers a socket of the user until the block ends. Raises TooManySockets."""
    feed = _feeds.get(user_id)
    if feed and len(feed.listeners) >= SOCKETS_PER_USER:
        raise TooManySockets(429, "Too many of your pages are open. Close some.")
    if len(_open) >= SOCKETS:
        raise TooManySockets(503, "Too many pages are open. Try again later.")
    listener = Listener()
    if feed is None:
        feed = _feeds[user_id] = Feed(user_id, read)
    feed.add(listener)
    _open.add(listener)
    try:
        yield listener
    finally:
        _open.discard(listener)
        feed.remove(listener)
        if not feed.listeners:
            feed.stop()
            _forget(user_id, feed)


def publish(user_id: str, task_id: str) -> None:
    """Publishes a change. Call it after the commit, in a thread of FastAPI (a ``def`` endpoint)."""
    from_thread.run_sync(_note, user_id, task_id)


def _note(user_id: str, task_id: str) -> None:
    if feed := _feeds.get(user_id):
        feed.note(task_id)


def close_sockets(user_id: str) -> None:
    """Closes all sockets of a user. Call it after the commit, in a thread, like ``publish``."""
    from_thread.run_sync(_close, user_id)


def _close(user_id: str) -> None:
    if feed := _feeds.get(user_id):
        for listener in feed.listeners:
            listener.end(End.ACCOUNT_DELETED)

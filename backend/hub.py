"""Which user's pages hear of which change.

A user whose tasks are shown on any page has one ``Feed``, however many pages there are: it reads a
changed task once, and gives the same text to each of their sockets. Only ids are published, and the
feed reads one after the other: whichever of two changes is published first, the last text is that
of the last change.

Within this process. Several workers need a channel between them, such as Postgres' LISTEN and
NOTIFY, from which each calls ``_note``. The limits are each process's own.
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

#: Reads what a page hears, in a thread: the whole list where an id is None, else this one task.
Read = Callable[[str, list[str | None]], dict[str | None, str]]


class TooManySockets(LimitReached):
    """429 where the user has too many sockets open, 503 where all users together have."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(status, "too_many_sockets", detail, 30)


class End(Enum):
    """Why a socket's messages end."""

    BEHIND = auto()
    FAILED = auto()
    ACCOUNT_DELETED = auto()


class Listener:
    """What one socket has not sent yet. Of the event loop alone, as all that follows."""

    def __init__(self) -> None:
        self._waiting: dict[str | None, str] = {}
        self._some = Event()
        self._ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()

    def put(self, task_id: str | None, text: str) -> None:
        """A newer text of a task takes the place of one that has not been sent."""
        if len(self._waiting) >= CHANGES_PER_SOCKET and task_id not in self._waiting:
            self.end(End.BEHIND)
            return
        self._waiting[task_id] = text
        self._some.set()

    async def texts(self) -> list[str]:
        """The texts since the last call; waits for the first."""
        await self._some.wait()
        texts = list(self._waiting.values())
        self._waiting, self._some = {}, Event()
        return texts

    def end(self, why: End) -> None:
        if not self._ended.done():
            self._ended.set_result(why)

    async def ended(self) -> End:
        """Waits until no more texts come."""
        return await asyncio.shield(self._ended)


class Feed:
    """Reads for all sockets of one user."""

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
            # A newcomer's list holds the changes that were published before it is read.
            wanted = [*([None] if newcomers else []), *(changed if established else [])]
            texts = await run_in_threadpool(read, user_id, wanted) if wanted else {}
            for task_id, text in texts.items():
                for listener in newcomers if task_id is None else established:
                    listener.put(task_id, text)

    def _fail(self, user_id: str, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        # The pages come back, to a feed that works.
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
    """A place among the user's sockets. Raises TooManySockets."""
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
    """To be called after the commit, from an endpoint that FastAPI runs in a thread (``def``)."""
    from_thread.run_sync(_note, user_id, task_id)


def _note(user_id: str, task_id: str) -> None:
    if feed := _feeds.get(user_id):
        feed.note(task_id)


def close_sockets(user_id: str) -> None:
    """As ``publish``: after the commit, from a thread of FastAPI's."""
    from_thread.run_sync(_close, user_id)


def _close(user_id: str) -> None:
    if feed := _feeds.get(user_id):
        for listener in feed.listeners:
            listener.end(End.ACCOUNT_DELETED)

"""Who hears of which change: users, and the sockets that show their tasks.

Only ids are told, and each socket reads the task when its turn has come: however two changes of one
task overtake each other on the way here, the last thing read is the last thing that was saved.

Within this process. Several workers need a channel between them, such as Postgres' LISTEN and
NOTIFY, from which each calls ``_tell``.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from anyio import Event, from_thread

#: So many changed tasks may wait for one socket. Who is further behind than this does not read.
MOST_WAITING = 256


class Listener:
    """What one socket has not said yet. Of the event loop alone, as all that follows."""

    def __init__(self) -> None:
        self._waiting: dict[str, None] = {}
        self._some = Event()
        self._too_many = Event()
        self._over = Event()

    def note(self, task_id: str) -> None:
        if len(self._waiting) >= MOST_WAITING and task_id not in self._waiting:
            self._too_many.set()
            return
        self._waiting[task_id] = None
        self._some.set()

    async def changes(self) -> list[str]:
        """The ids of tasks that have changed since it was last asked; waits for the first."""
        await self._some.wait()
        ids = list(self._waiting)
        self._waiting, self._some = {}, Event()
        return ids

    async def overrun(self) -> None:
        """Waits until it has missed something."""
        await self._too_many.wait()

    def close(self) -> None:
        self._over.set()

    async def closed(self) -> None:
        """Waits until its user is one no more."""
        await self._over.wait()


_listeners: dict[str, set[Listener]] = {}


@contextmanager
def listening(user_id: str) -> Iterator[Listener]:
    listener = Listener()
    _listeners.setdefault(user_id, set()).add(listener)
    try:
        yield listener
    finally:
        _listeners[user_id].discard(listener)
        if not _listeners[user_id]:
            del _listeners[user_id]


def publish(user_id: str, task_id: str) -> None:
    """To be called after the commit, from an endpoint that FastAPI runs in a thread (``def``)."""
    from_thread.run_sync(_tell, user_id, task_id)


def _tell(user_id: str, task_id: str) -> None:
    for listener in _listeners.get(user_id, ()):
        listener.note(task_id)


def close_sockets(user_id: str) -> None:
    """As ``publish``: after the commit, from a thread of FastAPI's."""
    from_thread.run_sync(_close, user_id)


def _close(user_id: str) -> None:
    for listener in _listeners.get(user_id, ()):
        listener.close()

"""Limits how many requests of one user, and of all users, run at the same time.

A request runs while it holds a slot. It waits for a slot here, in the event loop, where waiting
costs almost nothing. Without slots all requests would wait in one queue for a thread, and 200
requests of one user would run before the first request of another user.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakValueDictionary

from anyio import Semaphore, fail_after
from fastapi import HTTPException

from limits import MAX_WAIT_SECONDS, REQUESTS_PER_USER, THREADS, WAITING_PER_USER

_all_slots = Semaphore(THREADS)
# The semaphore of a user is removed when no request of the user holds it or waits for it.
_slots_by_user: WeakValueDictionary[str, Semaphore] = WeakValueDictionary()


class LimitReached(HTTPException):
    """Refuses a request that has had no effect, so it can be sent again. ``code`` is stable.

    Without ``retry_after`` (seconds), time alone does not help.
    """

    def __init__(self, status: int, code: str, detail: str, retry_after: int | None = None) -> None:
        super().__init__(status, detail, {"Retry-After": str(retry_after)} if retry_after else None)
        self.code = code


class Busy(LimitReached):
    def __init__(self) -> None:
        super().__init__(503, "backend_busy", "Too many requests at once. Try again.", 1)


@asynccontextmanager
async def request_slot(user_id: str) -> AsyncIterator[None]:
    """Holds a slot of this user. Raises Busy if none is free within ``MAX_WAIT_SECONDS``."""
    user_slots = _slots_by_user.setdefault(user_id, Semaphore(REQUESTS_PER_USER))
    if user_slots.statistics().tasks_waiting >= WAITING_PER_USER:
        raise Busy
    async with AsyncExitStack() as slots:
        try:
            with fail_after(MAX_WAIT_SECONDS):
                await slots.enter_async_context(user_slots)
                await slots.enter_async_context(_all_slots)
        except TimeoutError as error:
            raise Busy from error
        yield

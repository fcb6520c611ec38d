"""Turns: limits how many requests of one user, and of all users, run at the same time.

Requests wait here, in the event loop, where waiting costs almost nothing. Otherwise they would wait
in one queue for a thread, and 200 requests of one user would run before the first request of
another user.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakValueDictionary

from anyio import Semaphore, fail_after
from fastapi import HTTPException

from limits import PATIENCE, REQUESTS_PER_USER, THREADS, WAITING_PER_USER

_all = Semaphore(THREADS)
# The semaphore of a user is removed when no request of the user holds it or waits for it.
_of_user: WeakValueDictionary[str, Semaphore] = WeakValueDictionary()


class LimitReached(HTTPException):
    """Refuses a request that has had no effect, so it can be sent again. ``code`` is stable."""

    def __init__(self, status: int, code: str, detail: str, retry_after: int) -> None:
        super().__init__(status, detail, {"Retry-After": str(retry_after)})
        self.code = code


class Busy(LimitReached):
    def __init__(self) -> None:
        super().__init__(503, "backend_busy", "Too many requests at once. Try again.", 1)


@asynccontextmanager
async def turn(user_id: str) -> AsyncIterator[None]:
    """Waits until a request of this user may run. Raises Busy after ``PATIENCE`` seconds."""
    own = _of_user.setdefault(user_id, Semaphore(REQUESTS_PER_USER))
    if own.statistics().tasks_waiting >= WAITING_PER_USER:
        raise Busy
    async with AsyncExitStack() as held:
        try:
            with fail_after(PATIENCE):
                await held.enter_async_context(own)
                await held.enter_async_context(_all)
        except TimeoutError as error:
            raise Busy from error
        yield

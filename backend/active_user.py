"""Refuses users whose account was deleted.

A token can outlive its account. Data that came in with such a token would belong to no account.
"""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends
from sqlmodel import Session, col, delete, select
from starlette.concurrency import run_in_threadpool

from auth import LEEWAY, MAX_LIFETIME, CurrentUser, NotAuthenticated, RequireScope, User
from db import reading
from models import DeletedUser
from request_slots import request_slot

#: The longest time that the gate may trust a session that has ended: the maximum of
#: `SESSION_MAX_STALE_SECONDS`. Seconds.
MAX_STALE = 3600
#: How long a deleted user is refused. After this time every token of the user has expired. The
#: deletion at the gate can fail after this service has deleted its data. Then the account still
#: exists, and its user is refused here for no longer than this.
REFUSED_FOR = timedelta(seconds=MAX_STALE + MAX_LIFETIME + LEEWAY)


class AccountDeleted(NotAuthenticated):
    def __init__(self) -> None:
        super().__init__("account_deleted")
        self.detail = "This account was deleted"


def refuse_deleted(user_id: str, db: Session) -> None:
    """Raises AccountDeleted if the account was deleted.

    If a transaction of ``writing(user_id)`` calls this before its commit, no deletion can come
    between the check and the commit.
    """
    deleted = db.get(DeletedUser, user_id, populate_existing=True)
    if deleted and deleted.at > datetime.now(UTC) - REFUSED_FOR:
        raise AccountDeleted


def record_deletion(user_id: str, db: Session) -> None:
    """Records that the account was deleted. The caller commits."""
    now = datetime.now(UTC)
    expired = select(DeletedUser.user_id).where(col(DeletedUser.at) <= now - REFUSED_FOR)
    # Another deletion may be removing the same rows. With SKIP LOCKED, the two never wait for each
    # other. SQLite has one writer at a time, and ignores it.
    skipping = expired.with_for_update(skip_locked=True)
    db.exec(delete(DeletedUser).where(col(DeletedUser.user_id).in_(skipping)))
    db.merge(DeletedUser(user_id=user_id, at=now))


def _refuse_deleted(user_id: str) -> None:
    with reading() as db:
        refuse_deleted(user_id, db)


async def _active_user(user: CurrentUser) -> AsyncIterator[User]:
    async with request_slot(user.id):
        await run_in_threadpool(_refuse_deleted, user.id)
        yield user


#: `CurrentUser`, but waits for a request slot, and refuses a user whose account was deleted. The
#: slot is free again when the endpoint returns, not when the response has been sent: a client may
#: read the response slowly.
ActiveUser = Annotated[User, Depends(_active_user, scope="function")]


def active_with(scope: str) -> Callable[[User], AsyncIterator[User]]:
    """Returns a dependency like that of `ActiveUser`, for which a program needs this scope."""

    async def active_user(
        user: Annotated[User, Depends(RequireScope(scope))],
    ) -> AsyncIterator[User]:
        async with request_slot(user.id):
            await run_in_threadpool(_refuse_deleted, user.id)
            yield user

    return active_user


async def check_active(user: User) -> None:
    """The same check for a WebSocket. As a dependency it would hold the slot until the socket ends.

    Raises AccountDeleted or Busy.
    """
    async with request_slot(user.id):
        await run_in_threadpool(_refuse_deleted, user.id)

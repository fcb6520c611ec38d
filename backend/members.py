"""Whose account still stands: a token outlives it, and what came in with one would be nobody's."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends
from sqlmodel import Session, col, delete
from starlette.concurrency import run_in_threadpool

from auth import LEEWAY, MAX_LIFETIME, CurrentUser, NotAuthenticated, User
from db import engine
from models import DeletedUser
from turns import turn

#: The longest that the gate may trust a session that is gone: `SESSION_MAX_STALE_SECONDS`. Seconds.
MAX_STALE = 3600
#: After this no token speaks for a deleted user. It is also the longest that somebody is refused
#: whose deletion failed at the gate once we had forgotten them: there the account stands.
REFUSED_FOR = timedelta(seconds=MAX_STALE + MAX_LIFETIME + LEEWAY)


class AccountDeleted(NotAuthenticated):
    def __init__(self) -> None:
        super().__init__("account_deleted")
        self.detail = "This account was deleted"


def refuse_deleted(user_id: str, db: Session) -> None:
    """Raises AccountDeleted. After a write, and before its commit, no deletion comes in between."""
    deleted = db.get(DeletedUser, user_id, populate_existing=True)
    if deleted and deleted.at > datetime.now(UTC) - REFUSED_FOR:
        raise AccountDeleted


def record_deletion(user_id: str, db: Session) -> None:
    """Left to the caller to commit."""
    now = datetime.now(UTC)
    db.exec(delete(DeletedUser).where(col(DeletedUser.at) <= now - REFUSED_FOR))
    db.merge(DeletedUser(user_id=user_id, at=now))


def _refuse_deleted(user_id: str) -> None:
    with Session(engine) as db:
        refuse_deleted(user_id, db)


async def _member(user: CurrentUser) -> AsyncIterator[User]:
    async with turn(user.id):
        await run_in_threadpool(_refuse_deleted, user.id)
        yield user


#: `CurrentUser`, unless the account was deleted, when it is the user's turn. The turn ends when the
#: endpoint has returned, and not with the response: a caller may read that as slowly as they like.
Member = Annotated[User, Depends(_member, scope="function")]


async def check_member(user: User) -> None:
    """The same for a WebSocket, which would keep its turn for its whole life."""
    async with turn(user.id):
        await run_in_threadpool(_refuse_deleted, user.id)

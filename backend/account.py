"""Account deletion: the app's server calls this before it deletes the user."""

from typing import Annotated

from fastapi import APIRouter, Depends
from sqlmodel import col, delete

from active_user import record_deletion
from auth import ServerOnly, User
from db import writing
from live_feed import Change, commit_and_publish
from models import Refusal, TaskRow

router = APIRouter(prefix="/api/account", tags=["account"], responses={401: {"model": Refusal}})

#: The user whose account will be deleted. The app's server names the user in the token, after it
#: has checked the password. A call through the gate proves only that a session exists, and that is
#: not enough to delete an account.
UserToDelete = Annotated[User, Depends(ServerOnly("delete-account"))]


@router.delete("", status_code=204)
def delete_account(user: UserToDelete) -> None:
    """Deletes all data of the user, and refuses the user from now on. It is safe to repeat."""
    with writing(user.id) as db:
        record_deletion(user.id, db)
        db.exec(delete(TaskRow).where(col(TaskRow.user_id) == user.id))
        commit_and_publish(db, Change(user.id, None))

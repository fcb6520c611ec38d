"""Account deletion: the app's server calls this before it deletes the user."""

from typing import Annotated

from fastapi import APIRouter, Depends
from sqlmodel import col, delete

from auth import ServerOnly, User
from db import writing
from hub import close_sockets
from members import record_deletion
from models import Refusal, TaskRow

router = APIRouter(prefix="/api/account", tags=["account"], responses={401: {"model": Refusal}})

#: The user whose account will be deleted. The app's server names the user in the token, after it
#: has checked the password. A call through the gate proves only that a session exists, and that is
#: not enough to delete an account.
Leaver = Annotated[User, Depends(ServerOnly("delete-account"))]


@router.delete("", status_code=204)
def delete_account(user: Leaver) -> None:
    """Deletes all that is kept of the user, and refuses them from now on. Harmless to repeat."""
    with writing() as db:
        record_deletion(user.id, db)
        db.exec(delete(TaskRow).where(col(TaskRow.user_id) == user.id))
        db.commit()
    close_sockets(user.id)

"""The end of an account: the gate asks for it before it deletes the user."""

from fastapi import APIRouter
from sqlmodel import col, delete

from auth import CurrentUser
from db import Db
from hub import close_sockets
from members import record_deletion
from models import Refusal, TaskRow

router = APIRouter(prefix="/api/account", tags=["account"], responses={401: {"model": Refusal}})


@router.delete("", status_code=204)
def delete_account(user: CurrentUser, db: Db) -> None:
    """Deletes all that is kept of the caller, and refuses them from now on. Harmless to repeat."""
    record_deletion(user.id, db)
    db.exec(delete(TaskRow).where(col(TaskRow.user_id) == user.id))
    db.commit()
    close_sockets(user.id)

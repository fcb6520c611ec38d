"""The end of an account: the gate asks for it before it deletes the user."""

from fastapi import APIRouter
from sqlmodel import col, delete

from auth import CurrentUser
from db import Db
from models import Refusal, TaskRow

router = APIRouter(prefix="/api/account", tags=["account"], responses={401: {"model": Refusal}})


@router.delete("", status_code=204)
def delete_account(user: CurrentUser, db: Db) -> None:
    """Deletes all that is kept of the caller. Harmless to repeat."""
    db.exec(delete(TaskRow).where(col(TaskRow.user_id) == user.id))
    db.commit()

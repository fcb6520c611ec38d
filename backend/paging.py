"""The cursor of a list: the place of the last row of a page.

The next page begins after that place. So a row that is added or deleted meanwhile neither repeats
nor hides another one, which an offset would do.
"""

import base64
from binascii import Error as NotBase64
from datetime import UTC, datetime
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import Query
from pydantic import AfterValidator


class Place(NamedTuple):
    """Where a row is in the list. No two rows have the same place."""

    created_at: datetime
    id: str


def cursor_of(place: Place) -> str:
    """Clients must not interpret it: its format may change."""
    text = f"{place.created_at.astimezone(UTC).isoformat()} {place.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> Place:
    """Raises ValueError."""
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
        created_at, task_id = text.split(" ")
        place = Place(datetime.fromisoformat(created_at), str(UUID(task_id)))
        # Two texts of one place, or a time without a zone, do not come from `cursor_of`.
        if cursor_of(place) == cursor:
            return place
    except (NotBase64, ValueError, OverflowError):
        pass
    raise ValueError("This is not a cursor of this list. Leave it out to get the first page")


def _check_cursor(cursor: str | None) -> str | None:
    if cursor is not None:
        read_cursor(cursor)
    return cursor


#: A query parameter. An invalid one is a 422.
Cursor = Annotated[
    str | None,
    AfterValidator(_check_cursor),
    Query(description="`next_cursor` of the page before. Without it: the first page."),
]

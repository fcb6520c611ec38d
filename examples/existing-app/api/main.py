"""The team's API. `auth.py` lies next to this file: docs/existing-app.md copies it."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, StringConstraints

from auth import CurrentUser, OptionalUser, RequireRole, ServerOnly, User, install
from files import delete_files
from files import router as files
from webhooks import paid_orders
from webhooks import router as webhooks

app = FastAPI(redirect_slashes=False, docs_url=None, redoc_url=None)
install(app)
app.include_router(files)
app.include_router(webhooks)

#: The names of the projects of each tenant.
projects: defaultdict[str, list[str]] = defaultdict(list)


class NewProject(BaseModel):
    name: Annotated[str, StringConstraints(min_length=1, max_length=80)]


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/api/prices")
def list_prices() -> dict[str, int]:
    """Open to everyone: the price of each plan, in cents."""
    return {"basic": 900, "team": 2900}


@app.get("/api/articles")
def list_articles(user: OptionalUser) -> list[str]:
    """Open to everyone. A member sees the drafts too."""
    return ["Opening day"] if user is None else ["Opening day", f"A draft for {user.name}"]


@app.get("/api/projects")
def list_projects(user: CurrentUser) -> list[str]:
    return projects[user.tenant]


@app.post("/api/projects", status_code=201)
def add_project(project: NewProject, user: CurrentUser) -> list[str]:
    projects[user.tenant].append(project.name)
    return projects[user.tenant]


@app.get("/api/export")
async def export(user: CurrentUser, seconds: Annotated[float, Query(le=120)]) -> list[str]:
    """Computes for a long time before it sends anything."""
    await asyncio.sleep(seconds)
    return projects[user.tenant]


async def _count() -> AsyncIterator[str]:
    for number in range(1, 4):
        yield f"data: {number}\n\n"
        await asyncio.sleep(1)


@app.get("/api/progress", response_class=StreamingResponse)
async def progress(user: CurrentUser) -> StreamingResponse:
    """Server-sent events, one each second."""
    return StreamingResponse(_count(), media_type="text/event-stream")


@app.get("/api/admin/orders")
def list_orders(admin: Annotated[User, Depends(RequireRole("admin"))]) -> list[str]:
    return paid_orders


@app.delete("/api/account", status_code=204)
def delete_account(user: Annotated[User, Depends(ServerOnly("delete-account"))]) -> None:
    """The app's server calls this before it deletes a user. Projects belong to the tenant."""
    delete_files(user)

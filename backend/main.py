"""The reference backend: what a FastAPI service behind Gatehouse looks like."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.types import ASGIApp

import auth
from auth import CurrentUser
from db import create_tables
from headers import ResponseHeaders
from models import Health, Me, Refusal
from tasks import router as tasks


class Backend(FastAPI):
    """FastAPI's error handling stands around added middleware; a 500 needs the headers as well."""

    def build_middleware_stack(self) -> ASGIApp:
        return ResponseHeaders(super().build_middleware_stack())


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    create_tables()
    yield


def operation_id(route: APIRoute) -> str:
    return route.name


app = Backend(
    title="Gatehouse reference backend",
    lifespan=lifespan,
    generate_unique_id_function=operation_id,
    # Its redirect would name this service's own address, which browsers must not learn.
    redirect_slashes=False,
)
try:
    auth.install(app)
except ValidationError as unfit:
    for problem in unfit.errors():
        reason = problem["msg"].removeprefix("Value error, ")
        print(f"{str(problem['loc'][0]).upper()} {reason}", file=sys.stderr)
    sys.exit(1)

app.include_router(tasks)


@app.get("/api/me", tags=["account"], response_model=Me, responses={401: {"model": Refusal}})
def read_me(user: CurrentUser):
    return user


@app.get("/health", tags=["health"])
def health() -> Health:
    return Health(status="ok")

"""The reference backend: what a FastAPI service behind Gatehouse looks like."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp

import auth
import db
from account import router as account
from active_user import ActiveUser
from body_limit import BodyLimit, BodyTooLarge
from docs import OPENAPI_URL, add_docs, docs_are_on
from headers import ResponseHeaders
from limits import THREADS
from live import router as live
from logs import log, set_up_log
from migrate import migrate
from models import Health, Me, Refusal
from public_address import PublicAddress, public_url
from request_slots import Busy, LimitReached
from tasks import router as tasks


class Backend(FastAPI):
    """Puts ``ResponseHeaders`` outside of FastAPI's error handling.

    Middleware that is added with ``add_middleware`` runs inside of it, so a 500 would have no such
    headers.
    """

    def build_middleware_stack(self) -> ASGIApp:
        return ResponseHeaders(super().build_middleware_stack())


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    set_up_log()
    current_default_thread_limiter().total_tokens = THREADS
    # For Postgres, `npm run migrate` does it: many processes may start, and their database user
    # needs no right to change tables.
    if not db.is_postgres():
        migrate(db.engine)
    yield
    db.engine.dispose()


async def respond_invalid_input(_: Request, error: Exception) -> JSONResponse:
    """Responds with FastAPI's own 422 without the `input`.

    The parser accepts NaN and lone surrogates, which JSON and UTF-8 cannot encode. And encoding a
    long input would block the event loop for seconds.
    """
    assert isinstance(error, RequestValidationError)
    keys = ("type", "loc", "msg")
    problems = [{key: problem[key] for key in keys} for problem in error.errors()]
    return JSONResponse({"detail": problems}, 422)


async def respond_too_large(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, BodyTooLarge)
    log.info(error.code, extra={"status": error.status_code})
    return JSONResponse({"detail": error.detail, "code": error.code}, error.status_code)


async def respond_limit_reached(_: HTTPConnection, error: Exception) -> JSONResponse:
    # Also runs for a WebSocket handshake, which is refused before it is accepted.
    limit = error if isinstance(error, LimitReached) else Busy()
    log.info(limit.code, extra={"status": limit.status_code})
    return JSONResponse(
        {"detail": limit.detail, "code": limit.code}, limit.status_code, limit.headers
    )


def operation_id(route: APIRoute) -> str:
    return route.name


app = Backend(
    title="Gatehouse reference backend",
    lifespan=lifespan,
    generate_unique_id_function=operation_id,
    # The redirect would contain this service's own address, which browsers must not see.
    redirect_slashes=False,
    docs_url=None,
    redoc_url=None,
    openapi_url=OPENAPI_URL if docs_are_on() else None,
)
if docs_are_on():
    add_docs(app)
auth.install(app)
app.add_middleware(BodyLimit)
if url := public_url():
    app.add_middleware(PublicAddress, url=url)
app.add_exception_handler(RequestValidationError, respond_invalid_input)
app.add_exception_handler(BodyTooLarge, respond_too_large)
app.add_exception_handler(LimitReached, respond_limit_reached)
app.add_exception_handler(PoolTimeout, respond_limit_reached)
app.include_router(tasks)
app.include_router(account)
app.include_router(live)


@app.get("/api/me", tags=["account"], response_model=Me, responses={401: {"model": Refusal}})
def read_me(user: ActiveUser):
    return user


@app.get("/health", tags=["health"])
async def health() -> Health:
    return Health(status="ok")

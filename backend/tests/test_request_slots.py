"""Tests, on a real server, that the requests of one user do not block those of another."""

import asyncio
import sqlite3
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import chain

import httpx2 as httpx
import pytest
from conftest import close_connections_of
from test_app import signed_in
from test_live import address  # noqa: F401

import db
import request_slots
from active_user import ActiveUser
from limits import REQUESTS_PER_USER, THREADS
from main import app

#: More than 30 seconds, the default timeout of SQLAlchemy's pool. Seconds.
TIMEOUT_SECONDS = 60


@pytest.fixture
def release_held():
    """`GET /held` runs until this event is set, like an endpoint that waits for a slow disk."""
    event = threading.Event()

    def wait(user: ActiveUser) -> None:
        event.wait(60)

    app.add_api_route("/held", wait)
    yield event
    event.set()
    app.router.routes.pop()


@pytest.fixture
def client(address):  # noqa: F811
    limits = httpx.Limits(max_connections=None)
    return lambda: httpx.AsyncClient(
        base_url=f"http://{address}", timeout=TIMEOUT_SECONDS, limits=limits
    )


async def until_waiting(count: int) -> None:
    """Waits until `count` requests of one user wait for a slot."""

    async def poll() -> None:
        while True:
            waiting = [
                slots.statistics().tasks_waiting
                for slots in list(request_slots._slots_by_user.values())
            ]
            if waiting and max(waiting) >= count:
                return
            await asyncio.sleep(0.01)

    await asyncio.wait_for(poll(), TIMEOUT_SECONDS)


def open_new_connections() -> None:
    """Closes the pool's connections, so that new ones are opened."""
    close_connections_of(db.engine)


@pytest.fixture
def long_waits(monkeypatch):
    """Raises the limits on waiting, so that no request is refused because the machine is busy."""
    monkeypatch.setattr(request_slots, "MAX_WAIT_SECONDS", 60)
    monkeypatch.setattr(db, "MAX_WAIT_SECONDS", 60)
    open_new_connections()


@pytest.mark.usefixtures("long_waits")
def test_200_simultaneous_requests_of_one_user_all_succeed(client):
    async def scenario():
        async with client() as c:
            me = signed_in()
            responses = await asyncio.gather(*(c.get("/api/tasks", headers=me) for _ in range(200)))
            return Counter(response.status_code for response in responses)

    assert asyncio.run(scenario()) == {200: 200}


@pytest.mark.usefixtures("long_waits")
def test_200_simultaneous_reads_and_writes_all_succeed(client):
    async def scenario():
        async with client() as c:

            async def work(number: int) -> list[int]:
                me = signed_in(f"worker-{number % 50}-{uuid.uuid4()}")
                added = await c.post("/api/tasks", json={"title": "x"}, headers=me)
                path = f"/api/tasks/{added.json()['id']}"
                responses = await asyncio.gather(
                    c.patch(path, json={"done": True}, headers=me), c.get(path, headers=me)
                )
                return [added.status_code, *(response.status_code for response in responses)]

            return Counter(chain.from_iterable(await asyncio.gather(*map(work, range(100)))))

    assert asyncio.run(scenario()) == {201: 100, 200: 200}


@pytest.mark.usefixtures("long_waits")
def test_the_requests_of_one_user_do_not_block_another_user(client, release_held):
    async def scenario():
        async with client() as c:
            mine, theirs = signed_in(), signed_in()
            own = [asyncio.create_task(c.get("/held", headers=mine)) for _ in range(60)]
            await until_waiting(60 - REQUESTS_PER_USER)
            assert (await c.get("/api/tasks", headers=theirs)).status_code == 200
            assert (await c.get("/health")).status_code == 200
            release_held.set()
            return Counter(response.status_code for response in await asyncio.gather(*own))

    assert asyncio.run(scenario()) == {200: 60}


def test_a_request_that_waits_too_long_for_a_slot_is_refused(client, release_held, monkeypatch):
    monkeypatch.setattr(request_slots, "MAX_WAIT_SECONDS", 0.2)

    async def scenario():
        async with client() as c:
            me = signed_in()
            own = [
                asyncio.create_task(c.get("/held", headers=me)) for _ in range(REQUESTS_PER_USER)
            ]
            refusals = await asyncio.gather(*(c.get("/held", headers=me) for _ in range(3)))
            release_held.set()
            await asyncio.gather(*own)
            return refusals, await c.get("/api/tasks", headers=me)

    refusals, after = asyncio.run(scenario())
    codes = Counter(response.status_code for response in refusals)
    # The order in which the five requests arrive varies: two run, and the others are refused.
    assert codes[503] >= 1
    [refusal, *_] = [response for response in refusals if response.status_code == 503]
    assert refusal.json()["code"] == "backend_busy"
    assert refusal.headers["Retry-After"] == "1"
    assert after.status_code == 200


def test_a_request_above_the_limit_of_waiting_requests_is_refused(
    client, release_held, monkeypatch
):
    monkeypatch.setattr(request_slots, "WAITING_PER_USER", 5)

    async def scenario():
        async with client() as c:
            me = signed_in()
            own = [
                asyncio.create_task(c.get("/held", headers=me))
                for _ in range(REQUESTS_PER_USER + 5)
            ]
            await until_waiting(5)
            refusal = await c.get("/api/tasks", headers=me)
            release_held.set()
            await asyncio.gather(*own)
            return refusal

    refusal = asyncio.run(scenario())
    assert (refusal.status_code, refusal.json()["code"]) == (503, "backend_busy")


@contextmanager
def blocked_writes(user: str) -> Iterator[None]:
    """Holds the lock that a write of this user needs, as another process would."""
    if db.is_postgres():
        with db.writing(user):
            yield
        return
    with closing(sqlite3.connect(db.engine.url.database)) as blocker:
        blocker.execute("BEGIN IMMEDIATE")
        yield


def test_a_database_that_stays_locked_is_a_503(client, monkeypatch):
    user = uuid.uuid4().hex
    # 0.2 seconds, for new connections. (The pragma itself is in milliseconds.)
    monkeypatch.setattr(db, "MAX_WAIT_SECONDS", 0.2)
    open_new_connections()

    async def scenario():
        async with client() as c:
            return await c.post("/api/tasks", json={"title": "x"}, headers=signed_in(user))

    with blocked_writes(user):
        response = asyncio.run(scenario())
    open_new_connections()
    assert (response.status_code, response.json()["code"]) == (503, "backend_busy")


def test_a_read_of_a_table_that_a_migration_has_locked_is_a_503(client, monkeypatch):
    if not db.is_postgres():
        pytest.skip("With SQLite, readers do not wait for a writer.")
    monkeypatch.setattr(db, "MAX_WAIT_SECONDS", 0.2)

    async def scenario():
        async with client() as c:
            return await c.get("/api/tasks", headers=signed_in(uuid.uuid4().hex))

    with db.engine.begin() as migration:
        migration.exec_driver_sql("LOCK TABLE tasks.task IN ACCESS EXCLUSIVE MODE")
        response = asyncio.run(scenario())
    assert (response.status_code, response.json()["code"]) == (503, "backend_busy")


def test_there_are_as_many_connections_as_threads():
    assert db.engine.pool.size() == THREADS
    assert db.engine.pool._max_overflow == 0

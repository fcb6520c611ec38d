"""Tests, on a real server, that the requests of one user do not block those of another."""

import asyncio
import sqlite3
import threading
import time
import uuid
from collections import Counter
from itertools import chain

import httpx2 as httpx
import pytest
from test_app import signed_in
from test_live import address  # noqa: F401

import db
import turns
from limits import REQUESTS_PER_USER, THREADS
from main import app
from members import Member

#: More than 30 seconds, the default timeout of SQLAlchemy's pool. Seconds.
PATIENCE = 60


@pytest.fixture
def held():
    """`GET /held` runs until this event is set, like an endpoint that waits for a slow disk."""
    event = threading.Event()

    def wait(user: Member) -> None:
        event.wait(60)

    app.add_api_route("/held", wait)
    yield event
    event.set()
    app.router.routes.pop()


@pytest.fixture
def client(address):  # noqa: F811
    limits = httpx.Limits(max_connections=None)
    return lambda: httpx.AsyncClient(base_url=f"http://{address}", timeout=PATIENCE, limits=limits)


async def until_waiting(count: int) -> None:
    """Waits until `count` requests of one user wait for their turn."""

    async def poll() -> None:
        while True:
            waiting = [own.statistics().tasks_waiting for own in list(turns._of_user.values())]
            if waiting and max(waiting) >= count:
                return
            await asyncio.sleep(0.01)

    await asyncio.wait_for(poll(), PATIENCE)


def open_new_connections() -> None:
    """Closes the pool's connections, so that new ones are opened.

    It waits until all are back: a connection that comes back later would never be closed.
    """
    while db.engine.pool.checkedout():
        time.sleep(0.01)
    db.engine.dispose()


@pytest.fixture
def patient(monkeypatch):
    """Raises the limits on waiting, so that no request is refused because the machine is busy."""
    monkeypatch.setattr(turns, "PATIENCE", 60)
    monkeypatch.setattr(db, "PATIENCE", 60)
    open_new_connections()


@pytest.mark.usefixtures("patient")
def test_200_requests_of_one_user_at_once_are_all_carried_out(client):
    async def scenario():
        async with client() as c:
            me = signed_in()
            answers = await asyncio.gather(*(c.get("/api/tasks", headers=me) for _ in range(200)))
            return Counter(answer.status_code for answer in answers)

    assert asyncio.run(scenario()) == {200: 200}


@pytest.mark.usefixtures("patient")
def test_200_readers_and_writers_at_once_are_all_served(client):
    async def scenario():
        async with client() as c:

            async def work(number: int) -> list[int]:
                me = signed_in(f"worker-{number % 50}-{uuid.uuid4()}")
                added = await c.post("/api/tasks", json={"title": "x"}, headers=me)
                path = f"/api/tasks/{added.json()['id']}"
                answers = await asyncio.gather(
                    c.patch(path, json={"done": True}, headers=me), c.get(path, headers=me)
                )
                return [added.status_code, *(answer.status_code for answer in answers)]

            return Counter(chain.from_iterable(await asyncio.gather(*map(work, range(100)))))

    assert asyncio.run(scenario()) == {201: 100, 200: 200}


@pytest.mark.usefixtures("patient")
def test_one_user_s_requests_leave_threads_to_the_others(client, held):
    async def scenario():
        async with client() as c:
            mine, theirs = signed_in(), signed_in()
            own = [asyncio.create_task(c.get("/held", headers=mine)) for _ in range(60)]
            await until_waiting(60 - REQUESTS_PER_USER)
            assert (await c.get("/api/tasks", headers=theirs)).status_code == 200
            assert (await c.get("/health")).status_code == 200
            held.set()
            return Counter(answer.status_code for answer in await asyncio.gather(*own))

    assert asyncio.run(scenario()) == {200: 60}


def test_a_request_that_waits_too_long_for_its_turn_is_refused(client, held, monkeypatch):
    monkeypatch.setattr(turns, "PATIENCE", 0.2)

    async def scenario():
        async with client() as c:
            me = signed_in()
            own = [
                asyncio.create_task(c.get("/held", headers=me)) for _ in range(REQUESTS_PER_USER)
            ]
            refusals = await asyncio.gather(*(c.get("/held", headers=me) for _ in range(3)))
            held.set()
            await asyncio.gather(*own)
            return refusals, await c.get("/api/tasks", headers=me)

    refusals, after = asyncio.run(scenario())
    codes = Counter(answer.status_code for answer in refusals)
    # The order in which the five requests arrive varies: two run, and the others are refused.
    assert codes[503] >= 1
    [refusal, *_] = [answer for answer in refusals if answer.status_code == 503]
    assert refusal.json()["code"] == "backend_busy"
    assert refusal.headers["Retry-After"] == "1"
    assert after.status_code == 200


def test_no_more_of_a_user_s_requests_wait_than_are_allowed(client, held, monkeypatch):
    monkeypatch.setattr(turns, "WAITING_PER_USER", 5)

    async def scenario():
        async with client() as c:
            me = signed_in()
            own = [
                asyncio.create_task(c.get("/held", headers=me))
                for _ in range(REQUESTS_PER_USER + 5)
            ]
            await until_waiting(5)
            refusal = await c.get("/api/tasks", headers=me)
            held.set()
            await asyncio.gather(*own)
            return refusal

    refusal = asyncio.run(scenario())
    assert (refusal.status_code, refusal.json()["code"]) == (503, "backend_busy")


def test_a_database_that_stays_locked_is_a_503(client, monkeypatch):
    # 0.2 seconds, for new connections. (The pragma itself is in milliseconds.)
    monkeypatch.setattr(db, "PATIENCE", 0.2)
    open_new_connections()

    async def scenario():
        async with client() as c:
            return await c.post("/api/tasks", json={"title": "x"}, headers=signed_in())

    blocker = sqlite3.connect(db.FILE)
    blocker.execute("BEGIN IMMEDIATE")
    try:
        answer = asyncio.run(scenario())
    finally:
        blocker.close()
        open_new_connections()
    assert (answer.status_code, answer.json()["code"]) == (503, "backend_busy")


def test_there_are_as_many_connections_as_threads():
    assert db.engine.pool.size() == THREADS
    assert db.engine.pool._max_overflow == 0

"""Tests live updates of tasks with a real server and real sockets."""

import json
import socket
import struct
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx2 as httpx
import jwt
import pytest
import uvicorn
from sqlalchemy import event, text
from sqlmodel import col, delete
from test_app import deleting, signed_in
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

import db
import live_feed
from limits import SOCKETS_PER_USER
from main import app
from models import TaskRow

#: Size of the kernel's buffers for a connection. If the client does not read, they soon are full.
#: Bytes.
SMALL = 4096
#: Messages that may wait for a socket in this test. A page that does not read soon reaches this.
UNSENT_LIMIT = 32
#: How long the test waits for a message or a response. Seconds.
TIMEOUT_SECONDS = 10


@pytest.fixture(scope="module")
def address(database) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    # A test must not lock the database while the server starts.
    while thread.is_alive() and not server.started:
        time.sleep(0.01)
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(TIMEOUT_SECONDS)


@pytest.fixture
def api(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://{address}/api", timeout=TIMEOUT_SECONDS) as client:
        yield client


@contextmanager
def live(address: str, headers: dict[str, str], **options) -> Iterator[ClientConnection]:
    url = f"ws://{address}/api/tasks/live"
    with connect(url, additional_headers=headers, proxy=None, **options) as page:
        yield page


def receive(page: ClientConnection) -> dict:
    return json.loads(page.recv(timeout=TIMEOUT_SECONDS))


def first_page(*tasks: dict) -> dict:
    """The first message, if no task is done."""
    return {
        "kind": "page",
        "items": list(tasks),
        "next_cursor": None,
        "to_do": len(tasks),
        "done": 0,
    }


def wait_until_closed(page: ClientConnection) -> int:
    """Waits until the server closes the socket, and returns the close code."""
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            page.recv(timeout=TIMEOUT_SECONDS)
    return closed.value.rcvd.code


def test_a_page_receives_the_list_and_then_each_change(address, api):
    me = signed_in()
    first = api.post("/tasks", json={"title": "first"}, headers=me).json()
    with live(address, me) as page:
        assert receive(page) == first_page(first)

        second = api.post("/tasks", json={"title": "second"}, headers=me).json()
        assert receive(page) == {"kind": "saved", "task": second}

        changed = api.patch(f"/tasks/{first['id']}", json={"done": True}, headers=me).json()
        assert changed["done"] is True
        assert receive(page) == {"kind": "saved", "task": changed}

        assert api.delete(f"/tasks/{first['id']}", headers=me).status_code == 204
        assert receive(page) == {"kind": "deleted", "id": first["id"]}


def test_a_change_reaches_every_page_of_its_user_and_no_other(address, api):
    mine, theirs = signed_in(), signed_in()
    with (
        live(address, mine) as page,
        live(address, mine) as other,
        live(address, theirs) as foreign,
    ):
        for each in (page, other, foreign):
            assert receive(each) == first_page()
        task = api.post("/tasks", json={"title": "mine"}, headers=mine).json()
        assert receive(page) == receive(other) == {"kind": "saved", "task": task}
        # The first change that the other user receives is their own, though mine was saved before.
        own = api.post("/tasks", json={"title": "theirs"}, headers=theirs).json()
        assert receive(foreign) == {"kind": "saved", "task": own}


def test_a_failed_change_is_not_published(address, api):
    mine, theirs = signed_in(), signed_in()
    task = api.post("/tasks", json={"title": "mine"}, headers=mine).json()
    with live(address, mine) as page:
        receive(page)
        path = f"/tasks/{task['id']}"
        assert api.patch(path, json={"title": ""}, headers=mine).status_code == 422
        assert api.delete(path, headers=theirs).status_code == 404
        renamed = api.patch(path, json={"title": "renamed"}, headers=mine).json()
        assert receive(page) == {"kind": "saved", "task": renamed}


@pytest.mark.parametrize(
    ("make_headers", "code", "challenge"),
    # Functions: a token must not expire before its test begins.
    [
        (lambda: {}, "token_missing", "Bearer"),
        (
            lambda: {"Authorization": "Bearer x.y.z"},
            "token_malformed",
            'Bearer error="invalid_token"',
        ),
        (lambda: signed_in(aud="another"), "token_wrong_audience", 'Bearer error="invalid_token"'),
        (
            lambda: signed_in(iat=int(time.time()) - 300, exp=int(time.time()) - 60),
            "token_expired",
            'Bearer error="invalid_token"',
        ),
        (lambda: deleting("ada"), "token_wrong_purpose", 'Bearer error="invalid_token"'),
    ],
)
def test_a_handshake_without_a_valid_token_gets_the_same_401_as_a_request(
    address, make_headers, code, challenge
):
    with (
        pytest.raises(InvalidStatus) as refused,
        live(address, make_headers() | {"X-Request-Id": "request-1"}),
    ):
        pass
    response = refused.value.response
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == challenge
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["X-Request-Id"] == "request-1"
    assert json.loads(response.body)["code"] == code


def test_a_socket_is_closed_when_its_token_expires(address):
    exp = int(time.time()) + 2
    with live(address, signed_in(exp=exp)) as page:
        assert receive(page)["kind"] == "page"
        assert wait_until_closed(page) == 1008
        assert time.time() >= exp


def test_a_socket_with_a_token_in_the_leeway_is_closed_at_once(address):
    now = int(time.time())
    with live(address, signed_in(iat=now - 300, exp=now - 1)) as page:
        assert wait_until_closed(page) == 1008


def test_deleting_an_account_closes_its_sockets_and_no_others(address, api):
    user = uuid.uuid4().hex
    mine, theirs = signed_in(user), signed_in()
    with (
        live(address, mine) as page,
        live(address, mine) as other,
        live(address, theirs) as foreign,
    ):
        for each in (page, other, foreign):
            receive(each)
        assert api.delete("/account", headers=deleting(user)).status_code == 204
        assert wait_until_closed(page) == wait_until_closed(other) == 1008
        task = api.post("/tasks", json={"title": "theirs"}, headers=theirs).json()
        assert receive(foreign) == {"kind": "saved", "task": task}
    with pytest.raises(InvalidStatus) as refused, live(address, mine):
        pass
    assert json.loads(refused.value.response.body)["code"] == "account_deleted"


def test_a_page_that_sends_a_message_is_closed(address):
    with live(address, signed_in()) as page:
        receive(page)
        page.send("hello")
        assert wait_until_closed(page) == 1008


def test_a_page_that_does_not_read_is_closed_and_delays_no_other(address, api, monkeypatch):
    monkeypatch.setattr(live_feed, "UNSENT_PER_SOCKET", UNSENT_LIMIT)
    user = uuid.uuid4().hex
    me = signed_in(user)
    slow = open_and_read_nothing(address, me)
    with slow, live(address, me) as page:
        receive(page)
        # First the connection's buffers fill up, then the list of waiting changes. Meanwhile the
        # other page receives every change.
        title = "\N{WATER WAVE}" * 200
        end = time.monotonic() + 60
        while len(live_feed._feeds[user].listeners) > 1:
            assert time.monotonic() < end
            api.post("/tasks", json={"title": title}, headers=me).raise_for_status()
            assert receive(page)["kind"] == "saved"


def open_and_read_nothing(address: str, headers: dict[str, str]) -> socket.socket:
    """Opens a WebSocket by hand, because a library would keep reading in the background."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    host, port = address.split(":")
    client.connect((host, int(port)))
    lines = [
        "GET /api/tasks/live HTTP/1.1",
        f"Host: {address}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    client.sendall("\r\n".join([*lines, "", ""]).encode())
    assert client.recv(12) == b"HTTP/1.1 101"
    # Close at once at the end, without waiting for unread data.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return client


def test_a_disconnected_page_leaves_no_feed(address):
    user = uuid.uuid4().hex
    with live(address, signed_in(user)) as page:
        receive(page)
        assert len(live_feed._feeds[user].listeners) == 1
    until = time.monotonic() + TIMEOUT_SECONDS
    while user in live_feed._feeds and time.monotonic() < until:
        time.sleep(0.01)
    assert user not in live_feed._feeds


def refusal_of(address: str, headers: dict[str, str]):
    with pytest.raises(InvalidStatus) as refused, live(address, headers):
        pass
    return refused.value.response


def open_until_refused(pages: ExitStack, address: str, headers: list[dict[str, str]]) -> None:
    for each in headers:
        page = pages.enter_context(live(address, each))
        assert receive(page)["kind"] == "page"


def test_a_socket_above_the_limit_of_its_user_is_refused_and_no_other(address, api):
    me = signed_in()
    with ExitStack() as pages:
        open_until_refused(pages, address, [me] * SOCKETS_PER_USER)
        refusal = refusal_of(address, me)
        assert refusal.status_code == 429
        assert json.loads(refusal.body)["code"] == "too_many_sockets"
        assert refusal.headers["Retry-After"] == "30"
        with live(address, signed_in()) as other:
            assert receive(other)["kind"] == "page"
        assert api.get("/tasks", headers=me).status_code == 200
    until = time.monotonic() + TIMEOUT_SECONDS
    while live_feed._all_listeners and time.monotonic() < until:
        time.sleep(0.01)
    with live(address, me) as page:
        assert receive(page)["kind"] == "page"


def test_a_socket_above_the_limit_of_all_users_is_refused(address, monkeypatch):
    monkeypatch.setattr(live_feed, "MAX_SOCKETS", 3)
    with ExitStack() as pages:
        open_until_refused(pages, address, [signed_in() for _ in range(3)])
        refusal = refusal_of(address, signed_in())
        assert refusal.status_code == 503
        assert json.loads(refusal.body)["code"] == "too_many_sockets"


def test_a_change_is_read_once_for_all_pages(address, api):
    me = signed_in()
    reads = []

    def count(connection, cursor, statement, parameters, context, many):
        if statement.startswith("SELECT") and "task.id =" in statement:
            reads.append(parameters)

    with ExitStack() as stack:
        pages = [stack.enter_context(live(address, me)) for _ in range(SOCKETS_PER_USER)]
        for page in pages:
            assert receive(page)["kind"] == "page"
        event.listen(db.engine, "before_cursor_execute", count)
        stack.callback(event.remove, db.engine, "before_cursor_execute", count)
        task = api.post("/tasks", json={"title": "once"}, headers=me).json()
        for page in pages:
            assert receive(page) == {"kind": "saved", "task": task}
    assert len(reads) == 1


def make_invalid() -> list[str]:
    """SQL that makes the row `broken` invalid."""
    if not db.is_postgres():
        return ["UPDATE task SET created_at = 'never' WHERE id = 'broken'"]
    return [
        "ALTER TABLE tasks.task ALTER title DROP NOT NULL",
        "UPDATE tasks.task SET title = NULL WHERE id = 'broken'",
    ]


def test_sockets_close_with_try_again_later_when_tasks_cannot_be_read(address, api):
    me = signed_in()
    with live(address, me) as page:
        receive(page)
        # The next read of the list fails: a row of it is invalid.
        with db.reading() as session:
            user_id = jwt.decode(
                me["Authorization"].split()[1], options={"verify_signature": False}
            )["sub"]
            session.add(TaskRow(id="broken", user_id=user_id, title="x"))
            session.commit()
            for statement in make_invalid():
                session.exec(text(statement))
            session.commit()
        api.post("/tasks", json={"title": "not sent"}, headers=me)
        with live(address, me) as second:
            assert wait_until_closed(second) == 1013
        assert wait_until_closed(page) == 1013
        with db.reading() as session:
            session.exec(delete(TaskRow).where(col(TaskRow.id) == "broken"))
            session.commit()
    with live(address, me) as page:
        assert [task["title"] for task in receive(page)["items"]] == ["not sent"]

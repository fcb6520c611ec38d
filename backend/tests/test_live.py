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
from sqlmodel import Session
from test_app import leaving, signed_in
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

import hub
from db import engine
from limits import SOCKETS_PER_USER
from main import app
from models import TaskRow

#: Size of the kernel's buffers for a connection. If the client does not read, they soon are full.
#: Bytes.
SMALL = 4096
#: Changes that may wait for a socket in this test. A page that does not read soon reaches this.
MOST_WAITING = 32
#: How long the test waits for a message or a response. Seconds.
PATIENCE = 10


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(PATIENCE)


@pytest.fixture
def api(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://{address}/api", timeout=PATIENCE) as client:
        yield client


@contextmanager
def live(address: str, headers: dict[str, str], **options) -> Iterator[ClientConnection]:
    url = f"ws://{address}/api/tasks/live"
    with connect(url, additional_headers=headers, proxy=None, **options) as page:
        yield page


def hear(page: ClientConnection) -> dict:
    return json.loads(page.recv(timeout=PATIENCE))


def hear_end(page: ClientConnection) -> int:
    """Waits until the server closes the socket, and returns the close code."""
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            page.recv(timeout=PATIENCE)
    return closed.value.rcvd.code


def test_a_page_hears_the_list_and_then_each_change(address, api):
    me = signed_in()
    first = api.post("/tasks", json={"title": "first"}, headers=me).json()
    with live(address, me) as page:
        assert hear(page) == {"kind": "all", "tasks": [first]}

        second = api.post("/tasks", json={"title": "second"}, headers=me).json()
        assert hear(page) == {"kind": "saved", "task": second}

        changed = api.patch(f"/tasks/{first['id']}", json={"done": True}, headers=me).json()
        assert changed["done"] is True
        assert hear(page) == {"kind": "saved", "task": changed}

        assert api.delete(f"/tasks/{first['id']}", headers=me).status_code == 204
        assert hear(page) == {"kind": "deleted", "id": first["id"]}


def test_every_page_of_a_user_hears_and_nobody_else(address, api):
    mine, theirs = signed_in(), signed_in()
    with live(address, mine) as page, live(address, mine) as other, live(address, theirs) as alien:
        for each in (page, other, alien):
            assert hear(each) == {"kind": "all", "tasks": []}
        task = api.post("/tasks", json={"title": "mine"}, headers=mine).json()
        assert hear(page) == hear(other) == {"kind": "saved", "task": task}
        # The first change that the other user receives is their own, though mine was saved before.
        own = api.post("/tasks", json={"title": "theirs"}, headers=theirs).json()
        assert hear(alien) == {"kind": "saved", "task": own}


def test_a_change_that_failed_is_not_told(address, api):
    mine, theirs = signed_in(), signed_in()
    task = api.post("/tasks", json={"title": "mine"}, headers=mine).json()
    with live(address, mine) as page:
        hear(page)
        path = f"/tasks/{task['id']}"
        assert api.patch(path, json={"title": ""}, headers=mine).status_code == 422
        assert api.delete(path, headers=theirs).status_code == 404
        renamed = api.patch(path, json={"title": "renamed"}, headers=mine).json()
        assert hear(page) == {"kind": "saved", "task": renamed}


@pytest.mark.parametrize(
    ("headers", "code", "challenge"),
    [
        ({}, "token_missing", "Bearer"),
        ({"Authorization": "Bearer x.y.z"}, "token_malformed", 'Bearer error="invalid_token"'),
        (signed_in(aud="another"), "token_wrong_audience", 'Bearer error="invalid_token"'),
        (
            signed_in(iat=int(time.time()) - 300, exp=int(time.time()) - 60),
            "token_expired",
            'Bearer error="invalid_token"',
        ),
        (leaving("ada"), "token_wrong_purpose", 'Bearer error="invalid_token"'),
    ],
)
def test_a_handshake_without_a_good_token_is_refused_as_a_request_is(
    address, headers, code, challenge
):
    with (
        pytest.raises(InvalidStatus) as refused,
        live(address, headers | {"X-Request-Id": "request-1"}),
    ):
        pass
    answer = refused.value.response
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == challenge
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Request-Id"] == "request-1"
    assert json.loads(answer.body)["code"] == code


def test_a_socket_ends_with_its_token(address):
    exp = int(time.time()) + 2
    with live(address, signed_in(exp=exp)) as page:
        assert hear(page)["kind"] == "all"
        assert hear_end(page) == 1008
        assert time.time() >= exp


def test_a_token_that_counts_by_the_leeway_alone_opens_nothing_that_lasts(address):
    now = int(time.time())
    with live(address, signed_in(iat=now - 300, exp=now - 1)) as page:
        assert hear_end(page) == 1008


def test_the_sockets_of_an_account_end_with_it_and_no_other_s(address, api):
    user = uuid.uuid4().hex
    mine, theirs = signed_in(user), signed_in()
    with live(address, mine) as page, live(address, mine) as other, live(address, theirs) as alien:
        for each in (page, other, alien):
            hear(each)
        assert api.delete("/account", headers=leaving(user)).status_code == 204
        assert hear_end(page) == hear_end(other) == 1008
        task = api.post("/tasks", json={"title": "theirs"}, headers=theirs).json()
        assert hear(alien) == {"kind": "saved", "task": task}
    with pytest.raises(InvalidStatus) as refused, live(address, mine):
        pass
    assert json.loads(refused.value.response.body)["code"] == "account_deleted"


def test_a_page_that_speaks_is_closed(address):
    with live(address, signed_in()) as page:
        hear(page)
        page.send("hello")
        assert hear_end(page) == 1008


def test_a_page_that_does_not_read_is_closed_and_holds_nobody_up(address, api, monkeypatch):
    monkeypatch.setattr(hub, "CHANGES_PER_SOCKET", MOST_WAITING)
    user = uuid.uuid4().hex
    me = signed_in(user)
    slow = open_and_read_nothing(address, me)
    with slow, live(address, me) as page:
        hear(page)
        # First the connection's buffers fill up, then the list of waiting changes. Meanwhile the
        # other page receives every change.
        title = "\N{WATER WAVE}" * 200
        end = time.monotonic() + 60
        while len(hub._feeds[user].listeners) > 1:
            assert time.monotonic() < end
            api.post("/tasks", json={"title": title}, headers=me).raise_for_status()
            assert hear(page)["kind"] == "saved"


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


def test_a_page_that_leaves_is_forgotten(address):
    user = uuid.uuid4().hex
    with live(address, signed_in(user)) as page:
        hear(page)
        assert len(hub._feeds[user].listeners) == 1
    until = time.monotonic() + PATIENCE
    while user in hub._feeds and time.monotonic() < until:
        time.sleep(0.01)
    assert user not in hub._feeds


def refusal_of(address: str, headers: dict[str, str]):
    with pytest.raises(InvalidStatus) as refused, live(address, headers):
        pass
    return refused.value.response


def open_until_refused(pages: ExitStack, address: str, headers: list[dict[str, str]]) -> None:
    for each in headers:
        page = pages.enter_context(live(address, each))
        assert hear(page)["kind"] == "all"


def test_one_socket_more_than_a_user_may_have_is_refused_and_nobody_else_s(address, api):
    me = signed_in()
    with ExitStack() as pages:
        open_until_refused(pages, address, [me] * SOCKETS_PER_USER)
        refusal = refusal_of(address, me)
        assert refusal.status_code == 429
        assert json.loads(refusal.body)["code"] == "too_many_sockets"
        assert refusal.headers["Retry-After"] == "30"
        with live(address, signed_in()) as other:
            assert hear(other)["kind"] == "all"
        assert api.get("/tasks", headers=me).status_code == 200
    until = time.monotonic() + PATIENCE
    while hub._open and time.monotonic() < until:
        time.sleep(0.01)
    with live(address, me) as page:
        assert hear(page)["kind"] == "all"


def test_one_socket_more_than_all_users_may_have_is_refused(address, monkeypatch):
    monkeypatch.setattr(hub, "SOCKETS", 3)
    with ExitStack() as pages:
        open_until_refused(pages, address, [signed_in() for _ in range(3)])
        refusal = refusal_of(address, signed_in())
        assert refusal.status_code == 503
        assert json.loads(refusal.body)["code"] == "too_many_sockets"


def test_a_change_is_read_once_however_many_pages_show_it(address, api):
    me = signed_in()
    reads = []

    def count(connection, cursor, statement, parameters, context, many):
        if statement.startswith("SELECT") and "WHERE task.id" in statement:
            reads.append(parameters)

    with ExitStack() as stack:
        pages = [stack.enter_context(live(address, me)) for _ in range(SOCKETS_PER_USER)]
        for page in pages:
            assert hear(page)["kind"] == "all"
        event.listen(engine, "before_cursor_execute", count)
        stack.callback(event.remove, engine, "before_cursor_execute", count)
        task = api.post("/tasks", json={"title": "once"}, headers=me).json()
        for page in pages:
            assert hear(page) == {"kind": "saved", "task": task}
    # One read by the endpoint, which returns the task, and one for all pages.
    assert len(reads) == 2


def test_pages_are_closed_to_come_again_when_their_tasks_cannot_be_read(address, api):
    me = signed_in()
    with live(address, me) as page:
        hear(page)
        # The next read of the feed fails: `created_at` will not be a valid time.
        with Session(engine) as db:
            user_id = jwt.decode(
                me["Authorization"].split()[1], options={"verify_signature": False}
            )["sub"]
            db.add(TaskRow(id="broken", user_id=user_id, title="x"))
            db.commit()
            db.exec(text("UPDATE task SET created_at = 'never' WHERE id = 'broken'"))
            db.commit()
        api.post("/tasks", json={"title": "unheard"}, headers=me)
        with live(address, me) as second:
            assert hear_end(second) == 1013
        assert hear_end(page) == 1013
        with Session(engine) as db:
            db.exec(text("DELETE FROM task WHERE id = 'broken'"))
            db.commit()
    with live(address, me) as page:
        assert [task["title"] for task in hear(page)["tasks"]] == ["unheard"]

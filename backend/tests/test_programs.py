"""Tests what a program's token can do: only what its scope names."""

import uuid

import pytest
from fastapi.testclient import TestClient
from test_app import signed_in, tasks_of

from main import app


def program(scope: str, user: str = "ada") -> dict[str, str]:
    return signed_in(user, scope=scope, client_id="key-1")


@pytest.fixture(scope="module")
def client():
    with TestClient(app) as client:
        yield client


@pytest.fixture
def task() -> dict:
    return {"id": str(uuid.uuid4()), "title": "Buy milk", "done": False}


def test_a_program_that_may_read_reads_and_changes_nothing(client, task):
    user = uuid.uuid4().hex
    client.post("/api/tasks", json=task, headers=signed_in(user))
    reader = program("tasks:read", user)
    assert [each["id"] for each in tasks_of(client, reader)] == [task["id"]]
    path = f"/api/tasks/{task['id']}"
    assert client.get(path, headers=reader).status_code == 200
    other = task | {"id": str(uuid.uuid4())}
    refused = [
        client.post("/api/tasks", json=other, headers=reader),
        client.patch(path, json={"done": True}, headers=reader),
        client.delete(path, headers=reader),
    ]
    assert [response.status_code for response in refused] == [403] * 3
    assert refused[0].headers["WWW-Authenticate"] == (
        'Bearer error="insufficient_scope", scope="tasks:write"'
    )


def test_a_program_that_may_write_writes_and_reads_nothing(client, task):
    user = uuid.uuid4().hex
    writer = program("tasks:write", user)
    assert client.post("/api/tasks", json=task, headers=writer).status_code == 201
    path = f"/api/tasks/{task['id']}"
    assert client.patch(path, json={"done": True}, headers=writer).status_code == 200
    assert client.get("/api/tasks", headers=writer).status_code == 403
    assert client.delete(path, headers=writer).status_code == 204


def test_a_program_reaches_no_endpoint_without_a_scope(client):
    everything = program("tasks:read tasks:write")
    assert client.get("/api/me", headers=everything).status_code == 403

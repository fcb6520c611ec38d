"""Tests pages of tasks."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from test_app import client, signed_in  # noqa: F401

from db import reading
from models import TaskRow
from paging import Place, cursor_of

START = datetime(2026, 1, 1, tzinfo=UTC)


def add_tasks(user: str, count: int, start: datetime = START) -> None:
    """Adds tasks, two of them at each time."""
    with reading() as db:
        for number in range(count):
            created_at = start + timedelta(microseconds=number // 2)
            task_id = str(uuid.uuid4())
            db.add(TaskRow(id=task_id, user_id=user, title=str(number), created_at=created_at))
        db.commit()


def page_through(client, headers, limit: int) -> list[list[str]]:  # noqa: F811
    pages, cursor = [], None
    while True:
        query = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        page = client.get("/api/tasks", params=query, headers=headers).json()
        pages.append([task["id"] for task in page["items"]])
        cursor = page["next_cursor"]
        if cursor is None:
            return pages


@pytest.mark.parametrize("limit", [1, 3, 10, 11])
def test_pages_contain_each_task_once_in_the_order_of_the_list(client, limit):  # noqa: F811
    user = uuid.uuid4().hex
    add_tasks(user, 10)
    [whole] = page_through(client, signed_in(user), 200)
    pages = page_through(client, signed_in(user), limit)
    assert [task for page in pages for task in page] == whole
    assert len(set(whole)) == 10
    assert all(pages)


def test_a_task_that_is_added_or_deleted_meanwhile_moves_no_other(client):  # noqa: F811
    user = uuid.uuid4().hex
    me = signed_in(user)
    add_tasks(user, 4)
    [whole] = page_through(client, me, 200)
    first = client.get("/api/tasks", params={"limit": 2}, headers=me).json()
    client.post("/api/tasks", json={"title": "new"}, headers=me)
    # The task at the cursor itself is gone.
    client.delete(f"/api/tasks/{whole[1]}", headers=me)
    query = {"limit": 2, "cursor": first["next_cursor"]}
    second = client.get("/api/tasks", params=query, headers=me).json()
    assert [task["id"] for task in second["items"]] == whole[2:]


def test_a_page_has_50_tasks_and_counts_all(client):  # noqa: F811
    user = uuid.uuid4().hex
    me = signed_in(user)
    add_tasks(user, 51)
    page = client.get("/api/tasks", headers=me).json()
    assert len(page["items"]) == 50
    client.patch(f"/api/tasks/{page['items'][0]['id']}", json={"done": True}, headers=me)
    page = client.get("/api/tasks", params={"limit": 1}, headers=me).json()
    assert (page["to_do"], page["done"]) == (50, 1)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "é",
        "!!!!",
        "AAAA",
        cursor_of(Place(START, "x")),
        cursor_of(Place(START, str(uuid.uuid4()))) + "=",
        cursor_of(Place(START, str(uuid.uuid4())))[:-4],
    ],
)
def test_an_invalid_cursor_is_a_422_with_the_fix(client, cursor):  # noqa: F811
    response = client.get("/api/tasks", params={"cursor": cursor}, headers=signed_in())
    assert response.status_code == 422
    [problem] = response.json()["detail"]
    assert problem["loc"] == ["query", "cursor"]
    assert "Leave it out to get the first page" in problem["msg"]


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x"])
def test_a_limit_outside_1_to_200_is_a_422(client, limit):  # noqa: F811
    response = client.get("/api/tasks", params={"limit": limit}, headers=signed_in())
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["query", "limit"]

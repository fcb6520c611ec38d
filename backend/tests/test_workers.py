"""Two processes of the service share one Postgres."""

import os
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx2 as httpx
import psycopg
import pytest
from test_app import deleting, signed_in
from test_database import run_migrate
from test_live import first_page, live, receive, wait_until_closed
from test_server import serve

BACKEND = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def workers(postgres, tmp_path_factory) -> Iterator[list[str]]:
    """The addresses of two processes."""
    folder = tmp_path_factory.mktemp("workers")
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        url = postgres.create_database()
        migration = run_migrate(url)
        migration.communicate(timeout=60)
        assert migration.returncode == 0
        patch.setenv("TASKS_DATABASE_URL", url)
        started = [stack.enter_context(serve(BACKEND, folder / name)) for name in ("a", "b")]
        yield [f"127.0.0.1:{each.port}" for each in started]


@pytest.fixture
def apis(workers) -> Iterator[list[httpx.Client]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(httpx.Client(base_url=f"http://{address}/api", timeout=30))
            for address in workers
        ]


def test_a_change_at_one_process_shows_on_a_socket_of_the_other(workers, apis):
    me = signed_in()
    with live(workers[0], me) as page, live(workers[1], me) as other:
        assert receive(page) == receive(other) == first_page()
        for api in apis:
            task = api.post("/tasks", json={"title": "shared"}, headers=me).json()
            assert receive(page) == receive(other) == {"kind": "saved", "task": task}


def test_a_deletion_at_one_process_closes_the_sockets_of_the_other(workers, apis):
    user = uuid.uuid4().hex
    with live(workers[0], signed_in(user)) as page:
        receive(page)
        assert apis[1].delete("/account", headers=deleting(user)).status_code == 204
        assert wait_until_closed(page) == 1008
    refused = apis[0].get("/tasks", headers=signed_in(user))
    assert refused.json()["code"] == "account_deleted"


def test_both_processes_together_accept_1000_tasks_of_a_user(apis):
    me = signed_in()

    def add(number: int) -> int:
        return apis[number % 2].post("/tasks", json={"title": "x"}, headers=me).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = Counter(pool.map(add, range(1010)))
    assert statuses == {201: 1000, 409: 10}


def test_no_task_remains_that_was_added_during_a_deletion_at_the_other_process(apis):
    for _ in range(10):
        user = uuid.uuid4().hex
        me = signed_in(user)
        with ThreadPoolExecutor(5) as pool:
            adds = [
                pool.submit(apis[0].post, "/tasks", json={"title": "x"}, headers=me)
                for _ in range(4)
            ]
            deletion = pool.submit(apis[1].delete, "/account", headers=deleting(user))
        assert deletion.result().status_code == 204
        assert {each.result().status_code for each in adds} <= {201, 401}
        # A repeated deletion finds nothing, and the record of the first one refuses everything.
        assert apis[0].get("/tasks", headers=me).json()["code"] == "account_deleted"


def test_sockets_receive_changes_again_after_a_text_that_cannot_be_read(workers, apis):
    me = signed_in()
    with live(workers[0], me) as page:
        assert receive(page) == first_page()
        # As from a newer version of the service, during a deployment.
        with psycopg.connect(os.environ["TASKS_DATABASE_URL"], autocommit=True) as connection:
            connection.execute("SELECT pg_notify('task_changes', 'text')")
        assert receive(page) == first_page()
        task = apis[1].post("/tasks", json={"title": "afterwards"}, headers=me).json()
        assert receive(page) == {"kind": "saved", "task": task}


def test_sockets_receive_changes_again_after_postgres_has_restarted(workers, apis, postgres):
    me = signed_in()
    with live(workers[0], me) as page:
        receive(page)
        postgres.stop()
        refused = apis[1].post("/tasks", json={"title": "x"}, headers=me)
        assert (refused.status_code, refused.json()["code"]) == (503, "database_unavailable")
        postgres.start()
        task = apis[1].post("/tasks", json={"title": "meanwhile"}, headers=me).json()
        # The current list, once the connection is back. It may arrive before the task was added.
        until = time.monotonic() + 30
        while (message := receive(page))["kind"] == "page" and message["items"] == []:
            assert time.monotonic() < until
        assert message in (first_page(task), {"kind": "saved", "task": task})

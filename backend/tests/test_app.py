"""Tests the service through requests like the gate's."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from fastapi import Request, Response
from fastapi.testclient import TestClient
from make_vectors import CUSTOM_CLAIMS

from active_user import REFUSED_FOR, AccountDeleted, refuse_deleted
from auth import key_id, settings
from db import reading
from main import app
from models import DeletedUser, TaskRow
from tasks import page_of

LONE_SURROGATE = "\ud800"


@pytest.fixture(scope="module")
def client(database):
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def token_for(user: str, **changes) -> str:
    key = settings().jwt_secret_key[0]
    now = int(time.time())
    claims = CUSTOM_CLAIMS | {
        "iss": "phase2-web",
        "aud": "phase2-api",
        "sub": user,
        "email": f"{user}@example.com",
        "name": user.title(),
        "sid": f"session of {user}",
        "jti": str(uuid.uuid4()),
        "iat": now,
        "exp": now + 300,
    }
    return jwt.encode(claims | changes, key, algorithm="HS256", headers={"kid": key_id(key)})


def signed_in(user: str | None = None, **claims) -> dict[str, str]:
    """The request headers of a user. Without a name, it is a new user."""
    return {"Authorization": f"Bearer {token_for(user or uuid.uuid4().hex, **claims)}"}


def deleting(user: str) -> dict[str, str]:
    """The request headers with which the app's server deletes an account."""
    return signed_in(user, purpose="delete-account", exp=int(time.time()) + 30)


def tasks_of(client: TestClient, headers: dict[str, str]) -> list[dict]:
    return client.get("/api/tasks", headers=headers).json()["items"]


class TestAuthentication:
    def test_returns_the_user_of_the_token(self, client):
        response = client.get("/api/me", headers=signed_in("ada"))
        assert response.json() == {"id": "ada", "email": "ada@example.com", "name": "Ada"}

    def test_a_request_without_a_token_gets_a_bare_challenge(self, client):
        response = client.get("/api/me")
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert response.json() == {
            "detail": "Could not validate credentials",
            "code": "token_missing",
        }

    @pytest.mark.parametrize("authorization", ["Basic dXNlcjpwYXNz", "Bearer", "Bearer x.y.z"])
    def test_a_malformed_token_is_refused(self, client, authorization):
        response = client.get("/api/tasks", headers={"Authorization": authorization})
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
        assert response.json()["code"] == "token_malformed"

    @pytest.mark.parametrize(
        ("claims", "code"),
        [
            ({"aud": "another"}, "token_wrong_audience"),
            ({"exp": 1}, "token_claims"),
            # JSON can escape a lone surrogate, but UTF-8 cannot encode it. So neither the database
            # nor a response could contain it.
            ({"sub": LONE_SURROGATE}, "token_claims"),
            ({"name": LONE_SURROGATE}, "token_claims"),
        ],
    )
    def test_an_invalid_token_is_refused_with_its_code(self, client, claims, code):
        response = client.get("/api/tasks", headers=signed_in("ada", **claims))
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
        assert response.json()["code"] == code

    def test_the_scheme_is_case_insensitive(self, client):
        headers = {"Authorization": f"bEARER {token_for('ada')}"}
        assert client.get("/api/me", headers=headers).status_code == 200

    def test_two_authorization_headers_are_refused(self, client):
        token = f"Bearer {token_for('ada')}"
        headers = [("Authorization", token), ("Authorization", token)]
        assert client.get("/api/me", headers=headers).status_code == 401


class TestTasks:
    def test_a_task_is_created_read_changed_and_deleted(self, client):
        me = signed_in()
        created = client.post("/api/tasks", json={"title": "  Water the plants "}, headers=me)
        assert created.status_code == 201
        task = created.json()
        assert task["title"] == "Water the plants"
        assert task["done"] is False
        assert task["created_at"].endswith("Z")

        path = f"/api/tasks/{task['id']}"
        assert client.get(path, headers=me).json() == task
        assert client.patch(path, json={"done": True}, headers=me).json()["done"] is True
        renamed = client.patch(path, json={"title": "Water the roses"}, headers=me).json()
        assert (renamed["title"], renamed["done"]) == ("Water the roses", True)
        assert client.delete(path, headers=me).status_code == 204
        assert client.get(path, headers=me).status_code == 404

    def test_a_new_task_can_be_done_already(self, client):
        ada = signed_in()
        added = client.post("/api/tasks", json={"title": "Had back", "done": True}, headers=ada)
        assert added.json()["done"] is True
        assert tasks_of(client, ada) == [added.json()]

    def test_a_repeated_request_adds_one_task_and_returns_its_current_state(self, client):
        me = signed_in()
        new = {"id": str(uuid.uuid4()), "title": "Twice"}
        added = client.post("/api/tasks", json=new, headers=me)
        assert (added.status_code, added.json()["id"]) == (201, new["id"])
        done = client.patch(f"/api/tasks/{new['id']}", json={"done": True}, headers=me).json()
        again = client.post("/api/tasks", json=new | {"title": "Another"}, headers=me)
        assert (again.status_code, again.json()) == (201, done)
        assert tasks_of(client, me) == [done]

    def test_simultaneous_repeated_requests_add_one_task(self, client):
        me = signed_in()
        new = {"id": str(uuid.uuid4()), "title": "Impatient"}
        with ThreadPoolExecutor(8) as pool:
            sent = [pool.submit(client.post, "/api/tasks", json=new, headers=me) for _ in range(16)]
        assert {response.result().status_code for response in sent} == {201}
        assert len(tasks_of(client, me)) == 1

    def test_the_id_of_another_user_s_task_is_refused_without_any_of_its_data(self, client):
        mine, theirs = signed_in(), signed_in()
        new = {"id": str(uuid.uuid4()), "title": "mine"}
        task = client.post("/api/tasks", json=new, headers=mine).json()
        refused = client.post("/api/tasks", json=new | {"title": "theirs"}, headers=theirs)
        assert refused.status_code == 409
        assert refused.json() == {"detail": "This id cannot be used"}
        assert tasks_of(client, theirs) == []
        assert tasks_of(client, mine) == [task]

    @pytest.mark.parametrize("id", ["", "new-1", "../x", 7, None])
    def test_an_id_that_is_not_a_uuid_is_refused(self, client, id):
        response = client.post("/api/tasks", json={"id": id, "title": "x"}, headers=signed_in())
        assert response.status_code == 422
        assert response.json()["detail"][0]["loc"] == ["body", "id"]

    def test_the_newest_task_comes_first(self, client):
        me = signed_in()
        for title in ("one", "two", "three"):
            client.post("/api/tasks", json={"title": title}, headers=me)
        titles = [task["title"] for task in tasks_of(client, me)]
        assert titles == ["three", "two", "one"]

    def test_another_user_s_task_is_not_found(self, client):
        mine, theirs = signed_in(), signed_in()
        task = client.post("/api/tasks", json={"title": "mine"}, headers=mine).json()
        path = f"/api/tasks/{task['id']}"
        assert tasks_of(client, theirs) == []
        assert client.get(path, headers=theirs).status_code == 404
        assert client.patch(path, json={"done": True}, headers=theirs).status_code == 404
        assert client.delete(path, headers=theirs).status_code == 404
        assert client.get(path, headers=mine).json() == task

    @pytest.mark.parametrize("title", ["", "   ", "x" * 201, None, 7, "a\0b"])
    def test_a_title_without_1_to_200_characters_is_refused(self, client, title):
        response = client.post("/api/tasks", json={"title": title}, headers=signed_in())
        assert response.status_code == 422
        assert response.json()["detail"][0]["loc"] == ["body", "title"]

    @pytest.mark.parametrize("title", [b'"\\ud800"', b"NaN", b"-Infinity"])
    def test_a_title_that_json_cannot_encode_is_a_422(self, client, title):
        headers = signed_in() | {"Content-Type": "application/json"}
        response = client.post("/api/tasks", content=b'{"title": %b}' % title, headers=headers)
        assert response.status_code == 422
        problem = response.json()["detail"][0]
        assert problem["loc"] == ["body", "title"]
        assert problem["type"] and problem["msg"]

    def test_a_422_does_not_repeat_the_input(self, client):
        response = client.post("/api/tasks", json={"title": 7}, headers=signed_in())
        assert response.json()["detail"] == [
            {
                "type": "string_type",
                "loc": ["body", "title"],
                "msg": "Input should be a valid string",
            }
        ]

    def test_a_user_has_at_most_1000_tasks(self, client):
        user = uuid.uuid4().hex
        with reading() as session:
            rows = [{"id": str(uuid.uuid4()), "user_id": user, "title": "x"} for _ in range(999)]
            session.add_all(TaskRow(**row) for row in rows)
            session.commit()
        me, last = signed_in(user), {"id": str(uuid.uuid4()), "title": "the last one"}
        assert client.post("/api/tasks", json=last, headers=me).status_code == 201
        refused = client.post("/api/tasks", json={"title": "one more"}, headers=me)
        assert refused.status_code == 409
        assert "Retry-After" not in refused.headers
        assert refused.json() == {
            "detail": "You can have at most 1,000 tasks. Delete some of them first.",
            "code": "too_many_tasks",
        }
        assert count_tasks(user) == 1000
        # A repeated request for a task that exists adds no task.
        assert client.post("/api/tasks", json=last, headers=me).status_code == 201
        assert (
            client.post("/api/tasks", json={"title": "x"}, headers=signed_in()).status_code == 201
        )
        assert client.delete(f"/api/tasks/{last['id']}", headers=me).status_code == 204
        assert client.post("/api/tasks", json={"title": "x"}, headers=me).status_code == 201


JSON = {"Content-Type": "application/json"}


class TestLongBodies:
    """FastAPI parses JSON in the event loop, and before it checks the token."""

    @pytest.mark.parametrize("is_signed_in", [True, False])
    def test_a_body_of_more_than_64_kb_is_refused_before_it_is_parsed(self, client, is_signed_in):
        headers = signed_in() | JSON if is_signed_in else JSON
        body = b'{"title": ' + b" " * 65536 + b'"x"}'
        response = client.post("/api/tasks", content=body, headers=headers)
        assert response.status_code == 413
        assert response.json()["code"] == "body_too_large"
        assert response.headers["cache-control"] == "private, no-store"

    def test_a_body_of_unknown_length_is_refused_at_the_limit(self, client):
        def chunks():
            for _ in range(20):
                yield b" " * 8192

        headers = signed_in() | JSON
        response = client.post("/api/tasks", content=chunks(), headers=headers)
        assert response.status_code == 413

    def test_a_body_of_64_kb_is_accepted(self, client):
        body = b'{"title": "x"}'.ljust(65536)
        headers = signed_in() | JSON
        assert client.post("/api/tasks", content=body, headers=headers).status_code == 201


def count_tasks(user: str) -> int:
    with reading() as db:
        page = page_of(user, db, limit=1)
        return page.to_do + page.done


class TestAccountDeletion:
    def test_deletes_the_tasks_of_that_user_only(self, client):
        user = uuid.uuid4().hex
        mine, theirs = signed_in(user), signed_in()
        for headers in (mine, theirs):
            client.post("/api/tasks", json={"title": "kept?"}, headers=headers)
        assert client.delete("/api/account", headers=deleting(user)).status_code == 204
        assert count_tasks(user) == 0
        assert len(tasks_of(client, theirs)) == 1
        assert client.delete("/api/account", headers=deleting(user)).status_code == 204
        assert client.delete("/api/account").status_code == 401

    def test_is_refused_with_the_token_of_a_user(self, client):
        user = uuid.uuid4().hex
        me = signed_in(user)
        client.post("/api/tasks", json={"title": "kept"}, headers=me)
        refused = client.delete("/api/account", headers=me)
        assert (refused.status_code, refused.json()["code"]) == (401, "token_wrong_purpose")
        assert len(tasks_of(client, me)) == 1

    @pytest.mark.parametrize(
        ("method", "path"), [("GET", "/api/me"), ("GET", "/api/tasks"), ("POST", "/api/tasks")]
    )
    def test_needs_a_token_that_every_other_route_refuses(self, client, method, path):
        response = client.request(method, path, json={"title": "x"}, headers=deleting("ada"))
        assert (response.status_code, response.json()["code"]) == (401, "token_wrong_purpose")

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/api/me"),
            ("GET", "/api/tasks"),
            ("POST", "/api/tasks"),
            ("GET", "/api/tasks/x"),
            ("PATCH", "/api/tasks/x"),
            ("DELETE", "/api/tasks/x"),
        ],
    )
    def test_makes_tokens_that_are_still_valid_useless(self, client, method, path):
        user = uuid.uuid4().hex
        # The token of another device, minted from a session that the gate still trusts.
        token = signed_in(user)
        client.delete("/api/account", headers=deleting(user))
        body = {"title": "Nobody's"} if method in {"POST", "PATCH"} else None
        response = client.request(method, path, json=body, headers=token)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
        assert response.json() == {"detail": "This account was deleted", "code": "account_deleted"}
        assert count_tasks(user) == 0

    def test_refuses_a_task_that_is_being_added_meanwhile(self, client, monkeypatch):
        user = uuid.uuid4().hex
        me = signed_in(user)
        client.delete("/api/account", headers=deleting(user))
        # Skip the first check, as if the account were deleted just after it.
        monkeypatch.setattr("active_user.refuse_deleted", lambda *_: None)
        assert client.post("/api/tasks", json={"title": "Late"}, headers=me).status_code == 401
        assert count_tasks(user) == 0

    def test_is_no_longer_recorded_when_all_tokens_have_expired(self, client):
        user = uuid.uuid4().hex
        long_ago = datetime.now(UTC) - REFUSED_FOR
        with reading() as db:
            db.add(DeletedUser(user_id=user, at=long_ago + timedelta(minutes=1)))
            db.commit()
            with pytest.raises(AccountDeleted):
                refuse_deleted(user, db)
            db.merge(DeletedUser(user_id=user, at=long_ago))
            db.commit()
        # The deletion at the gate may have failed. Then the account still exists, and must not be
        # refused for ever.
        assert client.get("/api/me", headers=signed_in(user)).status_code == 200
        client.delete("/api/account", headers=deleting(uuid.uuid4().hex))
        with reading() as db:
            assert db.get(DeletedUser, user) is None


class TestEveryResponse:
    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/health", 200),
            ("GET", "/api/tasks", 401),
            ("GET", "/no-such-path", 404),
            ("GET", "/api/tasks/", 404),
            ("PUT", "/health", 405),
        ],
    )
    def test_is_private_and_returns_the_request_id(self, client, method, path, status):
        response = client.request(method, path, headers={"X-Request-Id": "request-1"})
        assert response.status_code == status
        assert response.headers["Cache-Control"] == "private, no-store"
        assert response.headers["X-Request-Id"] == "request-1"

    def test_has_a_policy_that_allows_no_scripts(self, client):
        for path in ("/health", "/api/tasks", "/no-such-path"):
            headers = client.get(path).headers
            assert (
                headers["Content-Security-Policy"]
                == "default-src 'none'; frame-ancestors 'none'; sandbox"
            )
            assert headers["X-Content-Type-Options"] == "nosniff"

    @pytest.mark.parametrize("path", ["/docs", "/docs/files/swagger-ui.css", "/redoc"])
    def test_contains_no_docs_unless_they_are_enabled(self, client, path):
        assert client.get(path).status_code == 404
        assert client.get("/openapi.json").status_code == 404

    def test_keeps_the_cache_control_of_an_endpoint_with_an_etag(self, client):
        def read_report(request: Request):
            headers = {"ETag": '"1"', "Cache-Control": "private, no-cache"}
            if request.headers.get("if-none-match") == '"1"':
                return Response(status_code=304, headers=headers)
            return Response("report", headers=headers)

        app.add_api_route("/report", read_report)
        first = client.get("/report")
        assert first.headers["Cache-Control"] == "private, no-cache"
        again = client.get("/report", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.headers["Cache-Control"]) == (304, "private, no-cache")
        app.router.routes.pop()

    def test_is_private_when_an_endpoint_crashes(self, client):
        def fail():
            raise RuntimeError

        app.add_api_route("/fails", fail)
        response = client.get("/fails")
        assert response.status_code == 500
        assert response.headers["Cache-Control"] == "private, no-store"
        app.router.routes.pop()

    @pytest.mark.parametrize("request_id", ["", "x" * 129, "with blank"])
    def test_does_not_return_an_invalid_request_id(self, client, request_id):
        response = client.get("/health", headers={"X-Request-Id": request_id})
        assert "X-Request-Id" not in response.headers

"""Tests the dependencies that limit an endpoint: with real tokens, over HTTP and a WebSocket."""

import time
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, WebSocket
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketDenialResponse
from test_app import signed_in

import auth
from auth import (
    LEEWAY,
    CurrentUser,
    RecentUser,
    RequireOrgRole,
    RequireRole,
    RequireScope,
    User,
)

app = FastAPI()
auth.install(app)


@app.get("/user")
def read_user(user: CurrentUser) -> User:
    return user


@app.get("/admin")
def read_admin(user: Annotated[User, Depends(RequireRole("admin"))]) -> str:
    return user.id


@app.get("/staff")
def read_staff(user: Annotated[User, Depends(RequireRole("admin", "support"))]) -> str:
    return user.id


@app.get("/org")
def read_org(user: Annotated[User, Depends(RequireOrgRole("owner", "admin"))]) -> str:
    return user.org.slug if user.org else ""


@app.get("/recent")
def read_recent(user: Annotated[User, Depends(RecentUser(300))]) -> str:
    return user.id


@app.get("/recent-admin", dependencies=[Depends(RecentUser(300))])
def read_recent_admin(user: Annotated[User, Depends(RequireRole("admin"))]) -> str:
    return user.id


@app.get("/tasks")
def read_tasks(user: Annotated[User, Depends(RequireScope("tasks:read"))]) -> str:
    return user.id


@app.websocket("/admin/live")
async def admin_live(
    socket: WebSocket, user: Annotated[User, Depends(RequireRole("admin"))]
) -> None:
    await socket.accept()
    await socket.send_text(user.id)
    await socket.close()


@pytest.fixture(scope="module")
def client():
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def ago(seconds: int) -> int:
    return int(time.time()) - seconds


DEPENDENT = ["/admin", "/org", "/recent", "/recent-admin", "/tasks"]
ACME = {"id": "org-1", "slug": "acme", "role": "admin"}


@pytest.mark.parametrize("path", DEPENDENT)
def test_a_request_without_a_token_gets_a_bare_challenge(client, path):
    response = client.get(path)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.json()["code"] == "token_missing"


@pytest.mark.parametrize("path", DEPENDENT)
def test_an_invalid_token_is_refused(client, path):
    claims = {"role": "admin", "org": ACME, "auth_time": ago(0), "scope": "tasks:read"}
    response = client.get(path, headers=signed_in("ada", aud="another", **claims))
    assert response.status_code == 401
    assert response.json()["code"] == "token_wrong_audience"


def test_the_user_has_the_optional_claims(client):
    exp = ago(-300)
    claims = {"role": "admin,editor", "org": ACME, "auth_time": ago(60)}
    assert client.get("/user", headers=signed_in("ada", exp=exp, **claims)).json() == {
        **client.get("/user", headers=signed_in("ada", exp=exp)).json(),
        **claims,
    }


class TestRequireRole:
    @pytest.mark.parametrize("role", ["admin", "admin,editor", "editor,admin"])
    def test_accepts_a_user_with_the_role(self, client, role):
        response = client.get("/admin", headers=signed_in("ada", role=role))
        assert (response.status_code, response.json()) == (200, "ada")

    @pytest.mark.parametrize("claims", [{}, {"role": "editor"}, {"role": "administrator,Admin"}])
    def test_refuses_a_user_without_the_role(self, client, claims):
        response = client.get("/admin", headers=signed_in("ada", **claims))
        assert response.status_code == 403
        assert "WWW-Authenticate" not in response.headers
        assert response.json() == {
            "detail": "This needs the role admin",
            "code": "insufficient_role",
        }

    def test_accepts_and_refuses_a_websocket_before_it_opens(self, client):
        with client.websocket_connect("/admin/live", headers=signed_in("ada", role="admin")) as ws:
            assert ws.receive_text() == "ada"
        with pytest.raises(WebSocketDenialResponse) as refused:
            client.websocket_connect("/admin/live", headers=signed_in("ada")).__enter__()
        assert refused.value.status_code == 403
        assert refused.value.json()["code"] == "insufficient_role"

    @pytest.mark.parametrize("role", ["admin", "support", "editor,support"])
    def test_accepts_a_user_with_one_of_several_roles(self, client, role):
        response = client.get("/staff", headers=signed_in("ada", role=role))
        assert (response.status_code, response.json()) == (200, "ada")

    @pytest.mark.parametrize("claims", [{}, {"role": "editor"}, {"role": "supporter"}])
    def test_names_the_roles_of_which_the_user_has_none(self, client, claims):
        response = client.get("/staff", headers=signed_in("ada", **claims))
        assert response.status_code == 403
        assert response.json() == {
            "detail": "This needs the role admin or support",
            "code": "insufficient_role",
        }

    def test_needs_a_role(self):
        with pytest.raises(ValueError, match="one role or more"):
            RequireRole()


class TestRequireOrgRole:
    @pytest.mark.parametrize("role", ["admin", "owner", "billing,admin", "owner,billing"])
    def test_accepts_a_member_with_one_of_the_roles(self, client, role):
        response = client.get("/org", headers=signed_in("ada", org=ACME | {"role": role}))
        assert (response.status_code, response.json()) == (200, "acme")

    @pytest.mark.parametrize(
        "claims",
        [
            {},
            {"org": ACME | {"role": ""}},
            {"org": ACME | {"role": "member"}},
            {"org": ACME | {"role": "administrator,Admin"}},
            # The role of the user is not that of the member.
            {"role": "admin"},
            {"role": "admin", "org": ACME | {"role": "member"}},
        ],
    )
    def test_refuses_any_other_user(self, client, claims):
        response = client.get("/org", headers=signed_in("ada", **claims))
        assert response.status_code == 403
        assert "WWW-Authenticate" not in response.headers
        assert response.json() == {
            "detail": "This needs the role owner or admin in the active organisation",
            "code": "insufficient_org_role",
        }

    def test_needs_a_role(self):
        with pytest.raises(ValueError, match="one role or more"):
            RequireOrgRole()

    def test_a_role_in_the_organisation_is_no_role_of_the_user(self, client):
        assert client.get("/admin", headers=signed_in("ada", org=ACME)).status_code == 403


class TestRecentUser:
    @pytest.mark.parametrize("age", [0, 290, -LEEWAY + 2])
    def test_accepts_a_user_who_has_just_signed_in(self, client, age):
        response = client.get("/recent", headers=signed_in("ada", auth_time=ago(age)))
        assert (response.status_code, response.json()) == (200, "ada")

    @pytest.mark.parametrize(
        "claims",
        [
            {},
            {"auth_time": ago(302)},
            {"auth_time": 0},
            {"auth_time": ago(-3600)},
            # Milliseconds, by mistake.
            {"auth_time": ago(0) * 1000},
        ],
    )
    def test_refuses_any_other_user_as_in_rfc_9470(self, client, claims):
        response = client.get("/recent", headers=signed_in("ada", **claims))
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == (
            'Bearer error="insufficient_user_authentication", max_age="300"'
        )
        assert response.json() == {
            "detail": "This needs a sign-in of the last 300 s",
            "code": "insufficient_user_authentication",
        }

    def test_can_be_combined_with_a_role(self, client):
        def status(**claims) -> int:
            return client.get("/recent-admin", headers=signed_in("ada", **claims)).status_code

        assert status(role="admin", auth_time=ago(60)) == 200
        assert status(role="admin", auth_time=ago(600)) == 401
        assert status(auth_time=ago(60)) == 403


class TestRequireScope:
    @pytest.mark.parametrize("scope", ["tasks:read", "tasks:write tasks:read"])
    @pytest.mark.parametrize("program", [{}, {"client_id": "key-1"}])
    def test_accepts_a_program_with_the_scope(self, client, scope, program):
        response = client.get("/tasks", headers=signed_in("ada", scope=scope, **program))
        assert (response.status_code, response.json()) == (200, "ada")

    def test_accepts_a_session_of_the_user_which_has_no_scope(self, client):
        assert client.get("/tasks", headers=signed_in("ada")).status_code == 200

    @pytest.mark.parametrize(
        "claims",
        [
            {"scope": "tasks:write", "client_id": "key-1"},
            {"scope": "tasks:read:all"},
            {"scope": "Tasks:Read"},
            {"client_id": "key-1"},
        ],
    )
    def test_refuses_a_program_without_the_scope_as_in_rfc_6750(self, client, claims):
        response = client.get("/tasks", headers=signed_in("ada", **claims))
        assert response.status_code == 403
        assert response.headers["WWW-Authenticate"] == (
            'Bearer error="insufficient_scope", scope="tasks:read"'
        )
        assert response.json() == {
            "detail": "This needs the scope tasks:read",
            "code": "insufficient_scope",
        }

    @pytest.mark.parametrize("scope", ["", "tasks:read tasks:write", 'tasks"', "tasks\n", "tâches"])
    def test_takes_the_name_of_one_scope(self, scope):
        with pytest.raises(ValueError, match="not the name of one scope"):
            RequireScope(scope)


@pytest.mark.parametrize("path", ["/user", "/admin", "/org", "/recent", "/recent-admin"])
@pytest.mark.parametrize("claims", [{"scope": "tasks:read"}, {"client_id": "key-1"}])
def test_a_program_has_no_access_to_an_endpoint_without_a_scope(client, path, claims):
    everything = {"role": "admin", "org": ACME, "auth_time": ago(0)}
    response = client.get(path, headers=signed_in("ada", **everything, **claims))
    assert response.status_code == 403
    assert response.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope"'
    assert response.json()["code"] == "insufficient_scope"

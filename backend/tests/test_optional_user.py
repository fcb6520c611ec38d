"""Tests ``OptionalUser`` in an app of its own, because the reference app has no optional path."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from test_app import signed_in, token_for

from auth import OptionalUser, install


@pytest.fixture(scope="module")
def client():
    app = FastAPI()
    install(app)

    @app.get("/articles")
    def list_articles(user: OptionalUser) -> str | None:
        return user.name if user else None

    with TestClient(app) as client:
        yield client


def test_a_token_identifies_the_user(client):
    assert client.get("/articles", headers=signed_in("ada")).json() == "Ada"


def test_without_a_token_there_is_no_user(client):
    response = client.get("/articles")
    assert (response.status_code, response.json()) == (200, None)


@pytest.mark.parametrize(
    ("make_authorization", "code"),
    [
        (lambda: "", "token_malformed"),
        (lambda: "Basic dXNlcjpwYXNz", "token_malformed"),
        (lambda: "Bearer x.y.z", "token_malformed"),
        (lambda: f"Bearer {token_for('ada', aud='another')}", "token_wrong_audience"),
        (lambda: f"Bearer {token_for('ada', purpose='delete-account')}", "token_claims"),
    ],
)
def test_an_invalid_token_is_refused(client, make_authorization, code):
    response = client.get("/articles", headers={"Authorization": make_authorization()})
    assert (response.status_code, response.json()["code"]) == (401, code)


@pytest.mark.parametrize("claims", [{"scope": "tasks:read"}, {"client_id": "key-1"}])
def test_a_programs_token_is_refused(client, claims):
    response = client.get("/articles", headers=signed_in("ada", **claims))
    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")


def test_two_tokens_are_refused(client):
    token = signed_in("ada")["Authorization"]
    response = client.get("/articles", headers=[("Authorization", token)] * 2)
    assert (response.status_code, response.json()["code"]) == (401, "token_malformed")

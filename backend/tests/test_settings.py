"""A weak secret ends the start-up, in words."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from auth import AuthSettings, key_id

STRONG = "0123456789abcdefghijklmnopqrstuvwxyz"


def problem_of(monkeypatch, value: str) -> str:
    monkeypatch.setenv("JWT_SECRET_KEY", value)
    with pytest.raises(ValidationError) as unfit:
        AuthSettings()
    return str(unfit.value)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("", "is not set"),
        ("short", "is 5 bytes long, and 32 is the least"),
        ("change-me-change-me-change-me-change-me", "is a placeholder"),
        ("x" * 40, "is a placeholder"),
        (f"{STRONG},", "holds an empty key"),
        (f"{STRONG},short", "is 5 bytes long"),
    ],
)
def test_an_unfit_key_is_refused_in_words(monkeypatch, value, says):
    assert says in problem_of(monkeypatch, value)


def test_no_message_holds_the_key(monkeypatch):
    assert "hunter2" not in problem_of(monkeypatch, "hunter2")


def test_the_cookie_s_secret_is_refused(monkeypatch):
    monkeypatch.setenv("BETTER_AUTH_SECRET", STRONG)
    assert "is also BETTER_AUTH_SECRET" in problem_of(monkeypatch, STRONG)


def test_a_ring_is_separated_by_commas(monkeypatch):
    monkeypatch.setenv("JWT_SECRET_KEY", f" {STRONG} , {STRONG[::-1]} ")
    assert AuthSettings().jwt_secret_key == (STRONG, STRONG[::-1])


def test_bytes_count_not_characters(monkeypatch):
    monkeypatch.setenv("JWT_SECRET_KEY", "é" * 15 + "xy")
    assert AuthSettings().jwt_secret_key


def test_kid_is_the_beginning_of_the_key_s_digest():
    # The digest of "abc" in FIPS 180-4's own example.
    assert key_id("abc") == "ba7816bf8f01cfea"


def test_the_server_does_not_start_on_a_weak_key():
    ran = subprocess.run(
        [sys.executable, "-m", "uvicorn", "main:app", "--port", "0"],
        cwd=Path(__file__).parents[1],
        env=os.environ | {"JWT_SECRET_KEY": "hunter2"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ran.returncode == 1
    assert ran.stderr.strip() == (
        "JWT_SECRET_KEY is 7 bytes long, and 32 is the least. "
        "Make one with: openssl rand -base64 32"
    )

"""A weak secret stops the start-up with a readable message."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from auth import AuthSettings, key_id

STRONG = "0123456789abcdefghijklmnopqrstuvwxyz"


def problem_of(monkeypatch, value: str) -> str:
    monkeypatch.setenv("JWT_SECRET_KEY", value)
    with pytest.raises(ValidationError) as error:
        AuthSettings()
    return str(error.value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "is not set"),
        ("short", "is 5 bytes long, and the minimum is 32"),
        ("change-me-change-me-change-me-change-me", "is a placeholder"),
        ("x" * 40, "is a placeholder"),
        (f"{STRONG},", "contains an empty key"),
        (f"{STRONG},short", "is 5 bytes long"),
    ],
)
def test_an_invalid_key_is_refused_with_the_reason(monkeypatch, value, message):
    assert message in problem_of(monkeypatch, value)


def test_the_message_does_not_contain_the_key(monkeypatch):
    assert "hunter2" not in problem_of(monkeypatch, "hunter2")


@pytest.mark.parametrize("secret", [STRONG, f" {STRONG} "])
def test_a_key_equal_to_better_auth_secret_is_refused(monkeypatch, secret):
    monkeypatch.setenv("BETTER_AUTH_SECRET", secret)
    assert "is the same as BETTER_AUTH_SECRET" in problem_of(monkeypatch, STRONG)


def test_the_keys_of_a_ring_are_separated_by_commas(monkeypatch):
    monkeypatch.setenv("JWT_SECRET_KEY", f" {STRONG} , {STRONG[::-1]} ")
    assert AuthSettings().jwt_secret_key == (STRONG, STRONG[::-1])


def test_an_empty_name_means_the_default_as_in_the_gate(monkeypatch):
    monkeypatch.setenv("JWT_ISSUER", "")
    monkeypatch.setenv("JWT_AUDIENCE", " another-api ")
    settings = AuthSettings()
    assert (settings.jwt_issuer, settings.jwt_audience) == ("phase2-web", "another-api")


def test_a_blank_name_is_refused(monkeypatch):
    monkeypatch.setenv("JWT_ISSUER", " ")
    with pytest.raises(ValidationError, match="at least 1 character"):
        AuthSettings()


def test_the_length_of_a_key_is_counted_in_bytes(monkeypatch):
    monkeypatch.setenv("JWT_SECRET_KEY", "é" * 15 + "xy")
    assert AuthSettings().jwt_secret_key


def test_the_kid_is_the_start_of_the_key_s_digest():
    # The SHA-256 digest of "abc", an example of FIPS 180-4.
    assert key_id("abc") == "ba7816bf8f01cfea"


CASES = json.loads(
    (Path(__file__).parents[2] / "tests/contract/settings.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_key_is_read_as_the_gate_reads_it(monkeypatch, case):
    monkeypatch.setenv("JWT_SECRET_KEY", case["value"])
    if case["keys"] is None:
        with pytest.raises(ValidationError):
            AuthSettings()
    else:
        assert AuthSettings().jwt_secret_key == tuple(case["keys"])


def test_a_key_that_is_not_utf_8_is_refused_with_the_character(monkeypatch):
    # Python represents such a byte of the environment as a lone surrogate.
    assert "U+DCFF" in problem_of(monkeypatch, STRONG + "\udcff")


@pytest.mark.parametrize("variable", ["JWT_ISSUER", "JWT_AUDIENCE"])
@pytest.mark.parametrize("value", ["api\u00a0", "\ufeffapi", "a\u0085pi", "'api'", "a\napi"])
def test_a_name_with_an_invisible_character_or_quotes_is_refused(monkeypatch, variable, value):
    monkeypatch.setenv("JWT_SECRET_KEY", STRONG)
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValidationError, match=r"invisible character|in quotes"):
        AuthSettings()

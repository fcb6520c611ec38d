"""Tests that need a real server on a port: the log, and the README's instructions."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from test_app import token_for

BACKEND = Path(__file__).parents[1]
UVICORN = [sys.executable, "-m", "uvicorn", "main:app", "--port", "0"]

# The real service, imported under another name, with an additional route that fails.
CRASHING_APP = f"""
import importlib.util, sys

sys.path.append({str(BACKEND)!r})
spec = importlib.util.spec_from_file_location("backend", {str(BACKEND / "main.py")!r})
backend = importlib.util.module_from_spec(spec)
spec.loader.exec_module(backend)
app = backend.app


@app.get("/fails")
def fail():
    raise RuntimeError
"""


@contextmanager
def serve(folder: Path, log: Path) -> Iterator[HTTPConnection]:
    """Runs uvicorn with `main:app` of `folder`, on a free port. Its output goes into `log`."""
    with log.open("w") as output:
        server = subprocess.Popen(
            [*UVICORN, "--app-dir", str(folder)], stdout=output, stderr=subprocess.STDOUT
        )
    try:
        port = _port_of(server, log)
        with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            yield connection
    finally:
        server.terminate()
        server.wait(timeout=10)


def _port_of(server: subprocess.Popen, log: Path) -> int:
    while server.poll() is None:
        if running := re.search(r"running on http://127\.0\.0\.1:(\d+)", log.read_text()):
            return int(running[1])
    raise AssertionError(log.read_text())


def ask(server: HTTPConnection, path: str, *headers: tuple[str, str]) -> tuple[int, bytes]:
    server.putrequest("GET", path)
    for name, value in headers:
        server.putheader(name, value)
    server.endheaders()
    answer = server.getresponse()
    return answer.status, answer.read()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "server.log"


def test_a_line_of_the_log_can_be_found_by_the_gate_s_request_id(log):
    with serve(BACKEND, log) as server:
        ask(server, "/health", ("X-Request-Id", "request-1"))
        ask(server, "/health", ("X-Request-Id", "not one"))
        ask(server, "/no-such-path")
    lines = [line for line in log.read_text().splitlines() if "GET" in line]
    assert [line.startswith("[request-1] ") for line in lines] == [True, False, False]
    assert "not one" not in log.read_text()


def test_a_crash_can_be_found_by_the_gate_s_request_id(tmp_path, log):
    (tmp_path / "main.py").write_text(CRASHING_APP)
    with serve(tmp_path, log) as server:
        assert ask(server, "/fails", ("X-Request-Id", "request-2"))[0] == 500
    assert "[request-2] ERROR:    Exception in ASGI application" in log.read_text()
    assert [line for line in json_lines(log) if line.pop("time")] == [
        {
            "level": "error",
            "code": "backend_failed",
            "request_id": "request-2",
            "status": 500,
            "error": "RuntimeError",
        }
    ]


def json_lines(log: Path) -> list[dict]:
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


TRACE = "0af7651916cd43dd8448eb211c80319c"


def test_a_refusal_is_one_line_of_json_without_the_token(log):
    forged = token_for("ada")[:-3] + "AAA"
    with serve(BACKEND, log) as server:
        ids = ("X-Request-Id", "request-3"), ("Traceparent", f"00-{TRACE}-b7ad6b7169203331-01")
        assert ask(server, "/api/me", ("Authorization", f"Bearer {forged}"), *ids)[0] == 401
    [line] = json_lines(log)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line == {
        "level": "info",
        "code": "token_wrong_key",
        "request_id": "request-3",
        "trace_id": TRACE,
        "status": 401,
    }
    assert f"[request-3 {TRACE}] INFO: " in log.read_text()
    assert forged not in log.read_text()


@pytest.mark.parametrize("traceparent", ["nonsense", f"00-{'0' * 32}-b7ad6b7169203331-01", ""])
def test_a_trace_that_cannot_be_read_breaks_nothing(log, traceparent):
    with serve(BACKEND, log) as server:
        assert ask(server, "/health", ("Traceparent", traceparent))[0] == 200
    [line] = [line for line in log.read_text().splitlines() if "GET" in line]
    assert line.startswith("INFO: ")


def test_of_two_authorization_headers_neither_counts(log):
    token = ("Authorization", f"Bearer {token_for('ada')}")
    with serve(BACKEND, log) as server:
        assert ask(server, "/api/me", token)[0] == 200
        assert ask(server, "/api/me", token, token)[0] == 401


def test_auth_py_and_the_readme_s_example_are_an_app(tmp_path, log):
    example = re.search(r"```python\n(.*?)```", (BACKEND / "README.md").read_text(), re.DOTALL)
    shutil.copy(BACKEND / "auth.py", tmp_path)
    (tmp_path / "main.py").write_text(example[1])
    with serve(tmp_path, log) as server:
        token = ("Authorization", f"Bearer {token_for('ada')}")
        assert ask(server, "/api/hello", token) == (200, b'{"hello":"Ada"}')
        assert ask(server, "/api/hello")[0] == 401
        assert ask(server, "/api/hello/", token)[0] == 404


def test_the_docs_that_are_switched_on_load_nothing_from_elsewhere(monkeypatch, log):
    monkeypatch.setenv("BACKEND_DOCS", "on")
    with serve(BACKEND, log) as server:
        server.request("GET", "/docs")
        answer = server.getresponse()
        page, policy = answer.read().decode(), answer.headers["Content-Security-Policy"]
        [nonce] = re.findall(r"script-src 'nonce-([\w-]{20,})';", policy)
        assert policy.startswith("default-src 'none'; ")
        assert re.findall(r"<script ([^ >]*)", page) == [f'nonce="{nonce}"'] * 2
        addresses = re.findall(r'(?:src|href|url)(?:=|: )"([^"]*)"', page)
        assert len(addresses) == 3
        for address in addresses:
            assert address.startswith("/") and not address.startswith("//")
            assert ask(server, address)[0] == 200
        assert ask(server, "/redoc")[0] == 404
        assert nonce not in ask(server, "/docs")[1].decode()


def test_a_setting_of_the_docs_that_is_neither_on_nor_off_ends_the_start(monkeypatch):
    monkeypatch.setenv("BACKEND_DOCS", "yes")
    ran = subprocess.run(UVICORN, cwd=BACKEND, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert ran.stderr.strip() == "BACKEND_DOCS is 'yes'. Set it to on or off"


def test_an_app_with_a_weak_key_does_not_start(tmp_path):
    shutil.copy(BACKEND / "auth.py", tmp_path)
    (tmp_path / "main.py").write_text(
        "import auth\nfrom fastapi import FastAPI\n\napp = FastAPI()\nauth.install(app)\n"
    )
    for folder in (BACKEND, tmp_path):
        ran = subprocess.run(
            UVICORN,
            cwd=folder,
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

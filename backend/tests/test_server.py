"""Tests that need a real server on a port: the log, and the README's instructions."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
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
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def get(server: HTTPConnection, path: str, *headers: tuple[str, str]) -> tuple[int, bytes]:
    server.putrequest("GET", path)
    for name, value in headers:
        server.putheader(name, value)
    server.endheaders()
    response = server.getresponse()
    return response.status, response.read()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "server.log"


def test_a_log_line_begins_with_the_gate_s_request_id(log):
    with serve(BACKEND, log) as server:
        get(server, "/health", ("X-Request-Id", "request-1"))
        get(server, "/health", ("X-Request-Id", "not one"))
        get(server, "/no-such-path")
    lines = [line for line in log.read_text().splitlines() if "GET" in line]
    assert [line.startswith("[request-1] ") for line in lines] == [True, False, False]
    assert "not one" not in log.read_text()


def test_a_crash_is_logged_with_the_gate_s_request_id(tmp_path, log):
    (tmp_path / "main.py").write_text(CRASHING_APP)
    with serve(tmp_path, log) as server:
        assert get(server, "/fails", ("X-Request-Id", "request-2"))[0] == 500
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
        assert get(server, "/api/me", ("Authorization", f"Bearer {forged}"), *ids)[0] == 401
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
def test_an_invalid_traceparent_is_ignored(log, traceparent):
    with serve(BACKEND, log) as server:
        assert get(server, "/health", ("Traceparent", traceparent))[0] == 200
    [line] = [line for line in log.read_text().splitlines() if "GET" in line]
    assert line.startswith("INFO: ")


def test_a_request_with_two_authorization_headers_is_refused(log):
    token = ("Authorization", f"Bearer {token_for('ada')}")
    with serve(BACKEND, log) as server:
        assert get(server, "/api/me", token)[0] == 200
        assert get(server, "/api/me", token, token)[0] == 401


def test_the_readme_s_example_runs_with_auth_py_alone(tmp_path, log):
    example = re.search(r"```python\n(.*?)```", (BACKEND / "README.md").read_text(), re.DOTALL)
    shutil.copy(BACKEND / "auth.py", tmp_path)
    (tmp_path / "main.py").write_text(example[1])
    with serve(tmp_path, log) as server:
        token = ("Authorization", f"Bearer {token_for('ada')}")
        assert get(server, "/api/hello", token) == (200, b'{"hello":"Ada"}')
        assert get(server, "/api/hello")[0] == 401
        assert get(server, "/api/hello/", token)[0] == 404


def test_the_docs_load_nothing_from_another_origin(monkeypatch, log):
    monkeypatch.setenv("BACKEND_DOCS", "on")
    with serve(BACKEND, log) as server:
        server.request("GET", "/docs")
        response = server.getresponse()
        page, policy = response.read().decode(), response.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; ")
        assert re.findall(r"<script[^>]*>(.*?)</script>", page) == ["", ""]
        addresses = re.findall(r'(?:src|href)="((?!data:)[^"]*)"', page)
        addresses += re.findall(r'url: "([^"]*)"', get(server, "/docs/start.js")[1].decode())
        assert len(addresses) == 4
        for address in addresses:
            # Relative, so that it leads to this service behind the gate's prefix as well.
            assert re.fullmatch(r"[a-z][a-z./-]*", address)
            assert get(server, f"/{address}")[0] == 200
        assert get(server, "/redoc")[0] == 404


URL_FOR_APP = f"""
import sys

sys.path.append({str(BACKEND)!r})
from fastapi import FastAPI, Request
from public_address import PublicAddress, public_url

app = FastAPI()
if url := public_url():
    app.add_middleware(PublicAddress, url=url)


@app.get("/things/{{name}}")
def read_thing(name: str, request: Request):
    return str(request.url_for("read_thing", name=name))
"""


@pytest.mark.parametrize(
    ("public", "expected"),
    [
        ("https://app.example.com/backend", b'"https://app.example.com/backend/things/a"'),
        ("http://localhost:3000/", b'"http://localhost:3000/things/a"'),
    ],
)
def test_url_for_is_the_public_address_whatever_the_headers_say(
    monkeypatch, tmp_path, log, public, expected
):
    monkeypatch.setenv("PUBLIC_URL", public)
    (tmp_path / "main.py").write_text(URL_FOR_APP)
    forged = [
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "gopher"),
        ("X-Forwarded-Prefix", "/evil"),
        ("Forwarded", "host=evil.example"),
    ]
    with serve(tmp_path, log) as server:
        assert get(server, "/things/a", *forged) == (200, expected)
        assert get(server, "/backend/things/a")[0] == 404
    assert '"GET /things/a HTTP/1.1"' in log.read_text()


def test_without_a_public_address_url_for_is_the_service_s_own(tmp_path, log):
    (tmp_path / "main.py").write_text(URL_FOR_APP)
    with serve(tmp_path, log) as server:
        body = get(server, "/things/a")[1].decode()
    assert re.fullmatch(r'"http://127\.0\.0\.1:\d+/things/a"', body)


@pytest.mark.parametrize(
    "value",
    ["app.example.com", "ftp://x", "https://", "https://x/?a", "https://u@x/", "https://é/"],
)
def test_an_invalid_public_address_stops_the_start(monkeypatch, value):
    monkeypatch.setenv("PUBLIC_URL", value)
    result = subprocess.run(UVICORN, cwd=BACKEND, capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert result.stderr.startswith("PUBLIC_URL is invalid. Set it to the address")


def test_an_invalid_value_of_backend_docs_stops_the_start(monkeypatch):
    monkeypatch.setenv("BACKEND_DOCS", "yes")
    result = subprocess.run(UVICORN, cwd=BACKEND, capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert result.stderr.strip() == "BACKEND_DOCS is 'yes'. Set it to on or off"


def test_an_app_with_a_weak_key_does_not_start(tmp_path):
    shutil.copy(BACKEND / "auth.py", tmp_path)
    (tmp_path / "main.py").write_text(
        "import auth\nfrom fastapi import FastAPI\n\napp = FastAPI()\nauth.install(app)\n"
    )
    for folder in (BACKEND, tmp_path):
        result = subprocess.run(
            UVICORN,
            cwd=folder,
            env=os.environ | {"JWT_SECRET_KEY": "hunter2"},
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert result.returncode == 1
        assert result.stderr.strip() == (
            "JWT_SECRET_KEY is 7 bytes long, and the minimum is 32. "
            "Make one with: openssl rand -base64 32"
        )

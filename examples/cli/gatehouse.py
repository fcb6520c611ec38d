#!/usr/bin/env python3
"""A command-line client of Gatehouse. It needs Python 3.11 or newer, and no package.

    ./gatehouse.py login       sign in by a code that you enter in a browser (RFC 8628)
    ./gatehouse.py tasks       list your tasks
    ./gatehouse.py add TITLE   add a task
    ./gatehouse.py logout      end the session, and delete the stored token

Two variables change what it does:

    GATEHOUSE_URL      the app's address; default: http://localhost:3000
    GATEHOUSE_API_KEY  an API key, which is used in place of the stored token
"""

import json
import os
import platform
import sys
import time
import uuid
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

CLIENT_ID = "gatehouse-cli"
USER_AGENT = f"{CLIENT_ID}/1.0 ({platform.system()}; {platform.node()})"
URL = os.environ.get("GATEHOUSE_URL", "http://localhost:3000").rstrip("/")
CONFIG = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
TOKEN_FILE = CONFIG / "gatehouse" / "token.json"
#: Seconds.
TIMEOUT = 30


class Failure(Exception):
    """A text for the user."""


class NoRedirect(HTTPRedirectHandler):
    """A redirect would send the token to another address."""

    def redirect_request(self, *_):
        return None


opener = build_opener(NoRedirect)


def send(method: str, path: str, body: bytes | None = None, headers: dict | None = None):
    """Returns the status and the JSON body of the response, also of one that is an error."""
    headers = {"User-Agent": USER_AGENT, **(headers or {})}
    request = Request(URL + path, body, headers, method=method)
    try:
        with opener.open(request, timeout=TIMEOUT) as response:
            return response.status, read_json(response)
    except HTTPError as error:
        return error.code, read_json(error)
    except (OSError, HTTPException) as error:
        raise Failure(f"{URL} cannot be reached: {error}") from error


def read_json(response):
    try:
        return json.loads(response.read())
    except ValueError:
        return {}


def send_form(path: str, **parameters: str):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return send("POST", path, urlencode(parameters).encode(), form)


def login() -> None:
    status, device = send_form("/api/auth/device/code", client_id=CLIENT_ID)
    if status != 200:
        raise Failure(f"The sign-in cannot start: {describe(status, device)}")
    code = device["user_code"]
    print(f"Open {device['verification_uri']} and enter the code {code[:4]}-{code[4:]}", flush=True)
    save_token(wait_for_token(device))
    print("You are signed in.")


def wait_for_token(device: dict) -> str:
    """Polls until the user has decided, as RFC 8628 §3.5 describes."""
    interval = device.get("interval", 5)
    ends = time.monotonic() + device["expires_in"]
    while time.monotonic() < ends:
        time.sleep(interval)
        status, result = send_form(
            "/api/auth/device/token",
            grant_type="urn:ietf:params:oauth:grant-type:device_code",
            device_code=device["device_code"],
            client_id=CLIENT_ID,
        )
        if status == 200:
            return result["access_token"]
        match result.get("error"):
            case "authorization_pending":
                continue
            case "slow_down":
                interval += 5
            case "access_denied":
                raise Failure("The sign-in was denied.")
            case "expired_token":
                break
            case _ if status in (429, 503):
                interval += 5
            case _:
                raise Failure(f"The sign-in failed: {describe(status, result)}")
    raise Failure("The code has expired. Run login again.")


def save_token(token: str) -> None:
    TOKEN_FILE.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    TOKEN_FILE.unlink(missing_ok=True)
    # Created with its mode, so that no other user can open it for a moment.
    file = os.open(TOKEN_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w") as stream:
        json.dump({"url": URL, "token": token}, stream)


def stored_token() -> str | None:
    """A token is sent only to the address that it is from."""
    try:
        stored = json.loads(TOKEN_FILE.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return stored["token"] if stored.get("url") == URL else None


def call(method: str, path: str, body: object = None):
    """Calls FastAPI through the gate. Returns the JSON body of the response."""
    key = os.environ.get("GATEHOUSE_API_KEY")
    credential = key or stored_token()
    if not credential:
        raise Failure(f"You are not signed in to {URL}. Run login, or set GATEHOUSE_API_KEY.")
    headers = {"Authorization": f"Bearer {credential}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    status, result = send(method, f"/backend{path}", data, headers)
    if status == 401:
        if key:
            raise Failure("The API key is unknown, expired or revoked. Create a new one.")
        raise Failure("The session has ended: it expired or was signed out. Run login again.")
    if status >= 400:
        raise Failure(describe(status, result))
    return result


def describe(status: int, result: dict) -> str:
    reason = result.get("detail") or result.get("error_description") or result.get("message")
    return f"{reason or 'the server gave no reason'} (status {status})"


def list_tasks() -> None:
    page = call("GET", "/api/tasks")
    if not page["items"]:
        print("You have no tasks.")
    while page["items"]:
        for task in page["items"]:
            print(f"[{'x' if task['done'] else ' '}] {task['title']}")
        if not page["next_cursor"]:
            break
        page = call("GET", f"/api/tasks?cursor={quote(page['next_cursor'])}")


def add_task(title: str) -> None:
    call("POST", "/api/tasks", {"id": str(uuid.uuid4()), "title": title, "done": False})
    print("Added.")


def logout() -> None:
    token = stored_token()
    if token:
        # Better Auth reads sessions from cookies only. The cookie has the same value, encoded.
        prefix = "__Secure-" if URL.startswith("https:") else ""
        cookie = f"{prefix}better-auth.session_token={quote(token, safe='')}"
        status, result = send(
            "POST",
            "/api/auth/sign-out",
            b"{}",
            {"Cookie": cookie, "Origin": URL, "Content-Type": "application/json"},
        )
        if status >= 400:
            raise Failure(f"The session may still be active: {describe(status, result)}")
    TOKEN_FILE.unlink(missing_ok=True)
    print("You are signed out.")


def main() -> None:
    try:
        match sys.argv[1:]:
            case ["login"]:
                login()
            case ["tasks"]:
                list_tasks()
            case ["add", title]:
                add_task(title)
            case ["logout"]:
                logout()
            case _:
                sys.exit(__doc__)
    except Failure as failure:
        sys.exit(f"gatehouse: {failure}")


if __name__ == "__main__":
    main()

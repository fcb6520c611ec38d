"""Gives requests the address that browsers use, so that `request.url_for` returns public addresses.

Behind the gate, a request has this service's own host, and a path without the gate's prefix. The
public address is a setting, `PUBLIC_URL`, such as `https://app.example.com/backend`. It does not
come from a request.

Attack: a client that reaches this service directly sends `X-Forwarded-Host: evil.example`, and a
link in an email or a cached response then leads there. Defence: no header is trusted.
"""

import os
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

#: The schemes of a WebSocket's address.
_SOCKET_SCHEMES = {"http": "ws", "https": "wss"}


def public_url() -> str | None:
    """The value of `PUBLIC_URL`, or None. Raises SystemExit if it is not an address."""
    value = os.environ.get("PUBLIC_URL")
    if not value:
        return None
    parts = urlsplit(value)
    is_address = parts.scheme in _SOCKET_SCHEMES and parts.netloc and not parts.username
    if not is_address or parts.query or parts.fragment or not value.isascii():
        raise SystemExit(
            "PUBLIC_URL is invalid. Set it to the address of this service for browsers, such as "
            "https://app.example.com/backend"
        )
    return value


class PublicAddress:
    """Sets scheme, host and root path of each request to those of `url`.

    ASGI: `path` begins with `root_path`. uvicorn logs the request as it arrived.
    """

    def __init__(self, app: ASGIApp, url: str) -> None:
        self.app = app
        parts = urlsplit(url)
        self.scheme = parts.scheme
        self.host = parts.netloc.encode()
        self.prefix = parts.path.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            is_socket = scope["type"] == "websocket"
            headers = [header for header in scope["headers"] if header[0] != b"host"]
            scope = {
                **scope,
                "scheme": _SOCKET_SCHEMES[self.scheme] if is_socket else self.scheme,
                "headers": [(b"host", self.host), *headers],
                "root_path": self.prefix,
                "path": self.prefix + scope["path"],
                "raw_path": self.prefix.encode() + scope.get("raw_path", scope["path"].encode()),
            }
        await self.app(scope, receive, send)

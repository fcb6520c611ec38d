"""Headers that every answer carries, errors included."""

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_REQUEST_ID = re.compile(r"[!-~]{1,128}")


class ResponseHeaders:
    """Keeps answers out of every cache, and gives the gate's request id back.

    Shared caches may stand in between: Vercel caches a rewrite by the upstream's ``Cache-Control``.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = Headers(scope=scope).get("x-request-id", "")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Cache-Control"] = "private, no-store"
                if _REQUEST_ID.fullmatch(request_id):
                    headers["X-Request-Id"] = request_id
            await send(message)

        await self.app(scope, receive, send_with_headers)

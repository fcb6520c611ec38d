"""Headers of every response, including errors and refused WebSocket handshakes."""

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from logs import current_request_id, current_trace_id, log, trace_id_of

POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"

_REQUEST_ID = re.compile(r"[!-~]{1,128}")


class ResponseHeaders:
    """Keeps responses out of caches, blocks scripts in them, and returns the request id.

    A shared cache may be between this service and the browser: Vercel caches the response of a
    rewrite according to the upstream's ``Cache-Control``. An endpoint with an ``ETag`` sets
    ``private, no-cache`` itself: with ``no-store`` the browser would keep nothing to compare.

    Behind the gate, a response of this service has the app's origin. If an attacker gets HTML into
    a response, its scripts would run with the app's rights. The policy blocks them. A page that
    needs scripts sets its own policy (``docs.py``).
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        request_headers = Headers(scope=scope)
        received_id = request_headers.get("x-request-id", "")
        request_id = received_id if _REQUEST_ID.fullmatch(received_id) else ""
        # Not reset at the end: uvicorn logs a crash after this function has returned, in the same
        # context. Each request has its own context, so no other request sees the value.
        current_request_id.set(request_id)
        current_trace_id.set(trace_id_of(request_headers.get("traceparent", "")))

        async def send_with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "private, no-store")
                headers["X-Content-Type-Options"] = "nosniff"
                headers.setdefault("Content-Security-Policy", POLICY)
                if request_id:
                    headers["X-Request-Id"] = request_id
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception as error:
            # Only the type: the message may contain personal data. uvicorn logs the traceback.
            log.error("backend_failed", extra={"status": 500, "error": type(error).__name__})
            raise

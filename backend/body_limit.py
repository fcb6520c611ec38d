"""Limits the length of request bodies."""

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from limits import MAX_BODY_BYTES


class BodyTooLarge(HTTPException):
    code = "body_too_large"

    def __init__(self) -> None:
        super().__init__(413, f"The body is longer than {MAX_BODY_BYTES} bytes")


class BodyLimit:
    """Refuses a body of more than ``MAX_BODY_BYTES`` bytes with 413, before anything parses it.

    Attack: FastAPI parses JSON in the event loop, and does so before it checks the token. A body of
    9 MB that is made of brackets stops all other requests for seconds.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = 0

        async def receive_counted() -> Message:
            nonlocal length
            message = await receive()
            length += len(message.get("body", b""))
            if length > MAX_BODY_BYTES:
                # FastAPI reads the body. It turns every exception except HTTPException into a 400.
                raise BodyTooLarge
            return message

        await self.app(scope, receive_counted if scope["type"] == "http" else receive, send)

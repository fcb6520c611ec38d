"""Log lines that the gate's request id finds, uvicorn's own among them."""

import logging
from contextvars import ContextVar

#: The id of the request at hand, or empty.
current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")


class _Marked(logging.Formatter):
    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        line, request_id = self._inner.format(record), current_request_id.get()
        return f"[{request_id}] {line}" if request_id else line


def mark_log_lines() -> None:
    """Once uvicorn has set its logging up, which is before the application starts."""
    for name in ("uvicorn", "uvicorn.access"):
        for handler in logging.getLogger(name).handlers:
            handler.setFormatter(_Marked(handler.formatter or logging.Formatter()))

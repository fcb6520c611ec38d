"""The log. Search it for the gate's request id to find every line of a request.

uvicorn's own lines begin with the request id. Each refusal and each error of this service is one
JSON object, with the same fields as the gate's lines (docs/logs.md). The JSON lines contain no
personal data and no secret.
"""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

#: The id of the current request, or empty.
current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")
#: The trace id of the current request, or empty.
current_trace_id: ContextVar[str] = ContextVar("current_trace_id", default="")

#: The messages are codes. ``status`` and ``error`` are passed in ``extra``.
log = logging.getLogger("gatehouse")

_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)


def trace_id_of(traceparent: str) -> str:
    """Returns the trace id of a W3C ``traceparent``, or an empty string if it is invalid."""
    match = _TRACEPARENT.match(traceparent)
    return match[1] if match else ""


class _WithIds(logging.Formatter):
    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        line = self._inner.format(record)
        ids = " ".join(filter(None, (current_request_id.get(), current_trace_id.get())))
        return f"[{ids}] {line}" if ids else line


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "code": record.getMessage(),
            "request_id": current_request_id.get() or None,
            "trace_id": current_trace_id.get() or None,
            "status": getattr(record, "status", None),
            "error": getattr(record, "error", None),
        }
        return json.dumps({name: value for name, value in fields.items() if value is not None})


def set_up_log() -> None:
    """Sets up the log. Call it when the application starts: uvicorn's own log is set up by then."""
    for name in ("uvicorn", "uvicorn.access"):
        for handler in logging.getLogger(name).handlers:
            handler.setFormatter(_WithIds(handler.formatter or logging.Formatter()))
    handler = logging.StreamHandler()
    handler.setFormatter(_Json())
    log.handlers = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False

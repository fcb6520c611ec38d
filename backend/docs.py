"""Swagger UI at `/docs`, and the OpenAPI document. Both exist only if `BACKEND_DOCS=on`.

FastAPI's own `/docs` loads its script from a CDN, so the CDN could run any code on this origin.
Here this service sends the files itself, from the package fastapi-offline, and the page's Content
Security Policy allows no other script. The page works at this service's own address, not behind
the gate's prefix.
"""

import os
import secrets
from importlib.resources import files

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

OPENAPI_URL = "/openapi.json"

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>API</title>
<link rel="stylesheet" href="/docs/files/swagger-ui.css">
<div id="swagger-ui"></div>
<script nonce="{nonce}" src="/docs/files/swagger-ui-bundle.js"></script>
<script nonce="{nonce}">SwaggerUIBundle({{ url: "{url}", dom_id: "#swagger-ui" }});</script>
</html>
"""

# Swagger UI sets styles in attributes, and loads its icons from data: URLs.
_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def docs_are_on() -> bool:
    """Raises SystemExit if `BACKEND_DOCS` is neither on nor off."""
    value = os.environ.get("BACKEND_DOCS") or "off"
    if value not in {"on", "off"}:
        raise SystemExit(f"BACKEND_DOCS is {value!r}. Set it to on or off")
    return value == "on"


def add_docs(app: FastAPI) -> None:
    static = files("fastapi_offline") / "static"
    app.mount("/docs/files", StaticFiles(directory=str(static)))

    @app.get("/docs", include_in_schema=False)
    async def show_docs() -> HTMLResponse:
        nonce = secrets.token_urlsafe(16)
        page = _PAGE.format(nonce=nonce, url=OPENAPI_URL)
        headers = {"Content-Security-Policy": _POLICY.format(nonce=nonce)}
        return HTMLResponse(page, headers=headers)

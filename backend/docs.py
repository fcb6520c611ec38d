"""Swagger UI at `/docs`, and the OpenAPI document. Both exist only if `BACKEND_DOCS=on`.

FastAPI's own `/docs` loads its script from a CDN, so the CDN could run any code on this origin.
Here this service sends the files itself, from the package fastapi-offline, and the page's Content
Security Policy allows no other script.

The page works at this service's own address and behind the gate, because its addresses are
relative. The gate lists the page and its two scripts as `docs` in `lib/routes.ts`, and refuses
scripts at every other path. For calls through the gate, set `PUBLIC_URL` (`public_address.py`).
"""

import os
from importlib.resources import files

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

OPENAPI_URL = "/openapi.json"

#: No inline script: the gate's policy for this page has no nonce.
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{folder}/files/swagger-ui.css">
<div id="swagger-ui"></div>
<script src="{folder}/files/swagger-ui-bundle.js"></script>
<script src="{folder}/start.js"></script>
</html>
"""

_START = """// The address is relative to the page.
SwaggerUIBundle({ url: "openapi.json", dom_id: "#swagger-ui" });
"""

# The gate sets the same policy (`DOCS_POLICY` in lib/content-policy.ts). Swagger UI sets styles in
# attributes, and loads its icons from data: URLs.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
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
        page = _PAGE.format(folder="docs")
        return HTMLResponse(page, headers={"Content-Security-Policy": POLICY})

    @app.get("/docs/start.js", include_in_schema=False)
    async def start_docs() -> Response:
        return Response(_START, media_type="text/javascript")

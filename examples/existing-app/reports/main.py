"""The team's second service. It has an audience of its own, so it refuses tokens for the first one."""

from fastapi import FastAPI

from auth import CurrentUser, install

app = FastAPI(redirect_slashes=False, docs_url=None, redoc_url=None)
install(app)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/api/summary")
def summarise(user: CurrentUser) -> dict[str, str]:
    return {"tenant": user.tenant, "reader": user.email}

"""Uploads and downloads. A download supports Range, so it can be resumed."""

import tempfile
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.responses import FileResponse

from auth import CurrentUser, User

router = APIRouter(prefix="/api/files")
folder = FilePath(tempfile.mkdtemp(prefix="existing-app-"))

Name = Annotated[str, Path(pattern=r"^[a-z0-9-]+\.[a-z]+$")]


def _path_of(user: User, name: str) -> FilePath:
    return folder / f"{user.id}-{name}"


def delete_files(user: User) -> None:
    for path in folder.glob(f"{user.id}-*"):
        path.unlink()


@router.put("/{name}", status_code=201)
async def upload(name: Name, request: Request, user: CurrentUser) -> dict[str, int]:
    size = 0
    with _path_of(user, name).open("wb") as file:
        async for chunk in request.stream():
            size += file.write(chunk)
    return {"size": size}


@router.get("/{name}", response_class=FileResponse)
def download(name: Name, user: CurrentUser) -> FileResponse:
    if not _path_of(user, name).exists():
        raise HTTPException(404, "There is no such file.")
    return FileResponse(_path_of(user, name), filename=name)

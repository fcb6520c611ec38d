import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import psycopg
import pytest

# Set before the app is imported, because it reads its settings on import.
os.environ["JWT_SECRET_KEY"] = secrets.token_urlsafe(32)
os.environ["BACKEND_SQLITE"] = str(Path(tempfile.mkdtemp(prefix="gatehouse-")) / "tasks.sqlite")
for variable in ("TASKS_DATABASE_URL", "TASKS_DIRECT_URL"):
    os.environ.pop(variable, None)

sys.path.append(str(Path(__file__).parents[2] / "tests" / "contract"))

NO_POSTGRES = "PostgreSQL is not installed (Debian: apt-get install postgresql)"


def pytest_terminal_summary(terminalreporter):
    if not _folder_of_postgres():
        terminalreporter.section("not tested on Postgres")
        terminalreporter.line(f"{NO_POSTGRES}. The tests ran on SQLite only.")


def _folder_of_postgres() -> Path | None:
    """The folder with `initdb` and `postgres`."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    in_path = shutil.which("initdb")
    folders = [*([Path(in_path).resolve().parent] if in_path else []), *debian]
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


class Postgres:
    """A server with an empty data folder, on a free port."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self.binaries, self.folder = binaries, folder
        # Postgres refuses to run as root.
        self.user = {"user": "postgres"} if os.getuid() == 0 else {}
        if self.user:
            shutil.chown(folder, "postgres")
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port = free.getsockname()[1]
        self._numbers = count(1)
        init = ["-D", "data", "-U", "postgres", "-A", "trust", "--no-sync", "--no-instructions"]
        self._run("initdb", *init, "--locale=C", "--encoding=UTF8").wait()
        self.start()

    def start(self) -> None:
        # Without a socket file, and without waiting for the disk.
        options = ["-k", "", "-F", "-c", "listen_addresses=127.0.0.1"]
        self._server = self._run("postgres", "-D", "data", "-p", str(self.port), *options)
        until = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
                return
            except psycopg.OperationalError:
                assert self._server.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < until
                time.sleep(0.05)

    def stop(self) -> None:
        # SIGINT: a fast shutdown, which ends all connections.
        self._server.send_signal(2)
        self._server.wait(timeout=30)

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def create_database(self) -> str:
        """Returns the address of a new, empty database."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def _run(self, program: str, *arguments: str) -> subprocess.Popen:
        with (self.folder / "log").open("a") as log:
            command = [self.binaries / program, *arguments]
            return subprocess.Popen(
                command, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT, **self.user
            )


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    binaries = _folder_of_postgres()
    if not binaries:
        pytest.skip(NO_POSTGRES)
    folder = Path(tempfile.mkdtemp(prefix="gatehouse-postgres-"))
    server = Postgres(binaries, folder)
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def database(request) -> Iterator[None]:
    """The service's database: each test that uses this runs with both kinds."""
    if request.param == "sqlite":
        yield
        return
    import db
    from database_url import database_url
    from migrate import migrate

    sqlite = db.engine
    with pytest.MonkeyPatch.context() as patch:
        url = request.getfixturevalue("postgres").create_database()
        patch.setenv("TASKS_DATABASE_URL", url)
        db.engine = db.connect(database_url())
        migrate(db.engine)
        yield
        close_connections_of(db.engine)
        db.engine = sqlite


def close_connections_of(engine) -> None:
    """Closes the pool's connections, and waits until all are back.

    From Python 3.13 on, an open one is a warning, which fails a test.
    """
    while engine.pool.checkedout():
        time.sleep(0.01)
    engine.dispose()


@pytest.fixture(scope="session", autouse=True)
def close_connections():
    yield
    import db

    close_connections_of(db.engine)

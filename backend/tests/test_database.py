"""Tests the address of the database, and the migrations."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from alembic import command as alembic
from alembic.config import Config
from sqlalchemy import URL
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, delete, func, select
from test_server import UVICORN

from database_url import database_url, direct_url
from db import DatabaseUnavailable, NotWritable, connect
from migrate import migrate
from models import DeletedUser

BACKEND = Path(__file__).parents[1]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_usual_scheme_of_postgres_is_accepted(monkeypatch, scheme):
    monkeypatch.setenv("TASKS_DATABASE_URL", f"{scheme}://u:p@host/name?sslmode=require")
    url = database_url().render_as_string(hide_password=False)
    assert url == "postgresql+psycopg://u:p@host/name?sslmode=require"


@pytest.mark.parametrize(
    "value",
    [
        "nonsense",
        "mysql://u:secret@host/x",
        "postgresql+asyncpg://u:secret@host/x",
        "postgresql://u:secret@host",
        "postgresql:///x",
        "postgresql://u:secret@host:port/x",
    ],
)
def test_an_invalid_address_stops_the_start_and_is_not_shown(monkeypatch, value):
    monkeypatch.setenv("TASKS_DATABASE_URL", value)
    with pytest.raises(SystemExit) as stopped:
        database_url()
    assert str(stopped.value).startswith("TASKS_DATABASE_URL is invalid. Set it to the address")
    assert "secret" not in str(stopped.value)


NEON = "ep-cool-1.eu-central-1.aws.neon.tech"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("ep-cool-1-pooler.eu-central-1.aws.neon.tech", NEON),
        (NEON, NEON),
        ("db-pooler.example.com", "db-pooler.example.com"),
    ],
)
def test_the_direct_address_of_neon_is_derived(monkeypatch, host, expected):
    monkeypatch.setenv("TASKS_DATABASE_URL", f"postgresql://u:p@{host}/x")
    assert direct_url().host == expected
    monkeypatch.setenv("TASKS_DIRECT_URL", "postgresql://u:p@direct.example.com/x")
    assert direct_url().host == "direct.example.com"


def test_a_file_without_alembic_keeps_its_tasks(tmp_path):
    file = tmp_path / "tasks.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript("""
            CREATE TABLE task (id VARCHAR NOT NULL, user_id VARCHAR NOT NULL,
                title VARCHAR NOT NULL, done BOOLEAN NOT NULL, created_at DATETIME NOT NULL,
                PRIMARY KEY (id));
            CREATE INDEX ix_task_user_id ON task (user_id);
            CREATE TABLE deleted_user (user_id VARCHAR NOT NULL, at DATETIME NOT NULL,
                PRIMARY KEY (user_id));
            INSERT INTO task VALUES ('a', 'ada', 'Kept', 0, '2026-01-01 00:00:00.000000');
        """)
    engine = connect(URL.create("sqlite", database=str(file)))
    assert len(migrate(engine)) == 2
    assert migrate(engine) == []
    engine.dispose()
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT title FROM task").fetchall() == [("Kept",)]


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("a-file/.data/tasks.sqlite", "Not a directory"),
        ("a-folder", "unable to open database file"),
    ],
)
def test_a_start_with_a_file_that_cannot_be_written_fails_and_names_the_fix(
    tmp_path, monkeypatch, file, reason
):
    (tmp_path / "a-file").touch()
    (tmp_path / "a-folder").mkdir()
    monkeypatch.setenv("BACKEND_SQLITE", str(tmp_path / file))
    for command in (UVICORN, [sys.executable, "migrate.py"]):
        run = subprocess.run(command, cwd=BACKEND, capture_output=True, text=True, timeout=60)
        assert run.returncode != 0
        assert f"The tasks cannot be stored in {tmp_path / file}: {reason}." in run.stderr
        assert "set TASKS_DATABASE_URL to the address of a Postgres" in run.stderr
    # The command prints no traceback.
    assert run.stderr.count("\n") == 1


def test_a_write_to_a_file_that_became_read_only_fails_and_names_the_fix(tmp_path):
    engine = connect(URL.create("sqlite", database=str(tmp_path / "tasks.sqlite")))
    migrate(engine)
    with engine.connect() as connection:
        # Writes now fail as on a read-only disk: https://sqlite.org/pragma.html#pragma_query_only
        connection.exec_driver_sql("PRAGMA query_only = ON")
        with pytest.raises(NotWritable, match=r"readonly database.*set TASKS_DATABASE_URL"):
            connection.execute(delete(DeletedUser))
    engine.dispose()


def run_migrate(url: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, BACKEND / "migrate.py"],
        env=os.environ | {"TASKS_DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_simultaneous_migrations_of_a_postgres_create_the_tables_once(postgres):
    url = postgres.create_database()
    runs = [run_migrate(url) for _ in range(2)]
    outputs = [run.communicate(timeout=60) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], outputs
    assert sorted(output.count("\n") for output, _ in outputs) == [0, 2]
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('tasks', 'public')"
        ).fetchall()
    assert sorted(tables) == [
        ("tasks", "alembic_version"),
        ("tasks", "deleted_user"),
        ("tasks", "task"),
    ]


def test_the_migrations_create_what_the_models_describe(postgres, monkeypatch):
    monkeypatch.setenv("TASKS_DATABASE_URL", postgres.create_database())
    engine = connect(database_url())
    migrate(engine)
    config = Config(BACKEND / "alembic.ini")
    config.attributes["engine"] = engine
    alembic.check(config)
    engine.dispose()


@pytest.fixture
def ending_session(postgres, monkeypatch):
    """A session in a transaction, whose connection the server has just ended."""
    monkeypatch.setenv("TASKS_DATABASE_URL", postgres.create_database())
    engine = connect(database_url())
    with Session(engine) as session:
        [pid] = session.exec(select(func.pg_backend_pid())).all()
        with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        yield session
    engine.dispose()


def test_a_connection_that_ends_before_a_rollback_means_that_nothing_has_changed(ending_session):
    with pytest.raises(DatabaseUnavailable):
        ending_session.rollback()


def test_a_connection_that_ends_during_a_commit_does_not_mean_that_nothing_has_changed(
    ending_session,
):
    with pytest.raises(OperationalError):
        ending_session.commit()


def test_a_database_that_cannot_be_reached_is_named_with_the_fix():
    run = run_migrate("postgresql://u:secret@127.0.0.1:9/x")
    _, error = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "correct TASKS_DATABASE_URL" in error
    assert "secret" not in error

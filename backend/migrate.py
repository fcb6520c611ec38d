"""Creates and changes the tables of the tasks: `npm run migrate` runs this. It can be repeated."""

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from database_url import direct_url
from db import DatabaseUnavailable, NotWritable, connect


def migrate(engine: Engine) -> list[str]:
    """Returns what each migration has added. Empty if the tables are up to date.

    Raises NotWritable or DatabaseUnavailable.
    """
    if engine.dialect.name == "sqlite":
        _create_folder_of(Path(engine.url.database))
    changes: list[str] = []
    config = Config(Path(__file__).with_name("alembic.ini"))
    config.attributes["engine"] = engine
    config.attributes["on_version_apply"] = lambda *, step, **_: changes.append(
        step.up_revision.doc
    )
    command.upgrade(config, "head")
    return changes


def _create_folder_of(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritable(file, error.strerror) from error


def main() -> None:
    engine = connect(direct_url())
    try:
        changes = migrate(engine)
    except DatabaseUnavailable as error:
        sys.exit(f"{error.__cause__}\nStart the database, or correct TASKS_DATABASE_URL.")
    except NotWritable as error:
        sys.exit(str(error))
    except DBAPIError as error:
        sys.exit(f"The tables of the tasks cannot be created: {error.orig}")
    for change in changes:
        print(change)


if __name__ == "__main__":
    main()

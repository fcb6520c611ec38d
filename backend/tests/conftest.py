import os
import secrets
import sys
import tempfile
import time
from pathlib import Path

import pytest

# Set before the app is imported, because it reads its settings on import.
os.environ["JWT_SECRET_KEY"] = secrets.token_urlsafe(32)
os.environ["BACKEND_SQLITE"] = str(Path(tempfile.mkdtemp(prefix="gatehouse-")) / "tasks.sqlite")

sys.path.append(str(Path(__file__).parents[2] / "tests" / "contract"))


@pytest.fixture(scope="session", autouse=True)
def no_connection_is_left_open():
    """From Python 3.13 on a connection that nobody closed is a warning, and so a failure here."""
    yield
    from db import engine

    while engine.pool.checkedout():
        time.sleep(0.01)
    engine.dispose()

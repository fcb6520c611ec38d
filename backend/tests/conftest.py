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
def close_connections():
    """Closes all connections. From Python 3.13 on, an open one is a warning, which fails a test."""
    yield
    from db import engine

    while engine.pool.checkedout():
        time.sleep(0.01)
    engine.dispose()

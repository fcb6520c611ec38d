import os
import secrets
import sys
import tempfile
from pathlib import Path

# Set before the app is imported, because it reads its settings on import.
os.environ["JWT_SECRET_KEY"] = secrets.token_urlsafe(32)
os.environ["BACKEND_SQLITE"] = str(Path(tempfile.mkdtemp(prefix="gatehouse-")) / "tasks.sqlite")

sys.path.append(str(Path(__file__).parents[2] / "tests" / "contract"))

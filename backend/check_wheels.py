"""Checks that each pinned version has a wheel for every supported Python.

With a wheel, the installation needs no compiler. Run this when a pinned version changes:
``backend/.venv/bin/python backend/check_wheels.py``. It queries the package registry, and takes
about a minute.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
# pip accepts a wheel for an older system only if that system is listed too (PEP 600).
LINUX = ["manylinux_2_28", "manylinux_2_17", "manylinux2014"]
MAC = ["macosx_10_9", "macosx_10_12", "macosx_10_13", "macosx_10_15", "macosx_11_0"]
SYSTEMS = {
    "Linux on x86-64": [f"{name}_x86_64" for name in LINUX],
    "Linux on ARM": [f"{name}_aarch64" for name in LINUX],
    "macOS on ARM": [f"{name}_{kind}" for name in MAC for kind in ("arm64", "universal2")],
    "macOS on Intel": [f"{name}_{kind}" for name in MAC for kind in ("x86_64", "universal2")],
}


def problem_of(python: str, platforms: list[str]) -> str:
    """Returns pip's error message about missing wheels, or an empty string."""
    requirements = str(Path(__file__).with_name("requirements-dev.txt"))
    pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--no-deps"]
    options = ["--ignore-installed", "--disable-pip-version-check", "--only-binary=:all:"]
    target = ["--python-version", python, *(f"--platform={name}" for name in platforms)]
    with tempfile.TemporaryDirectory() as folder:
        command = [*pip, *options, *target, "--target", folder, "-r", requirements]
        result = subprocess.run(command, capture_output=True, text=True)
    return result.stderr.strip() if result.returncode else ""


def main() -> int:
    failed = False
    for python in PYTHONS:
        for system, platforms in SYSTEMS.items():
            problem = problem_of(python, platforms)
            failed = failed or bool(problem)
            print(
                f"Python {python}, {system}: {problem or 'every package has a wheel'}", flush=True
            )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

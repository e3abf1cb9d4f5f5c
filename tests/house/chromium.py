"""Find a Chromium for the browser tests, or install one: the system's, else Debian's when root, else Playwright's own.

`python -m tests.house.chromium` prints the path and fails loudly when there is none: browser tests are never skipped.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def found() -> str | None:
    """The path of a Chromium that is here already."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    return _playwrights_own()


def ensure() -> str:
    """The path of a Chromium, installed if need be; exits with a sentence when that fails."""
    if path := found():
        return path
    if os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-q"], check=False, stdout=subprocess.DEVNULL)
        subprocess.run(
            ["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"],
            check=False,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    if path := found():
        return path
    sys.exit("No Chromium: install it (Debian: apt-get install chromium), then run `make test` again.")


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


if __name__ == "__main__":
    print(f"Chromium: {ensure()}")

"""Rank kept answers again under changed constants: `python -m search.replay --set newcomer_bonus=0.2`.

The formula and its constants are the marketplace's, and search knows nothing of it: this hands over to
`cadran replay`, the same command in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run `cadran replay` with the same arguments; returns its status."""
    cadran = Path(sys.executable).with_name("cadran")
    return subprocess.run([str(cadran), "replay", *sys.argv[1:]], check=False).returncode  # noqa: S603 - our own command


if __name__ == "__main__":
    raise SystemExit(main())

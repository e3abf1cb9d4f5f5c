"""The README's lines are run as they stand, against the demo as `make demo` runs it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from marketplace.config import surroundings
from tests.living import Site

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"```bash\n(API=.*?)```", re.DOTALL)


def lines_of_the_readme() -> str:
    found = BLOCK.search((ROOT / "README.md").read_text(encoding="utf8"))
    assert found, "the README shows the main job through the API"
    return found[1]


def test_the_main_job_takes_ten_calls() -> None:
    steps = lines_of_the_readme().split("ADMIN=$(", 1)[1]
    assert len(re.findall(r"\bas \$|\bcurl ", steps)) == 10


@pytest.mark.living
def test_the_readmes_lines_work_against_the_demo(demo: Site) -> None:
    script = lines_of_the_readme().replace("http://127.0.0.1:8000", demo.url)
    script = script.replace(".venv/bin/python", sys.executable)
    script = script.replace(".venv/bin/cadran", f"{sys.executable} -c 'from marketplace.app import main; main()'")
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CADRAN_")}
    environment = dict(surroundings(plain, demo.data / "env"))
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        capture_output=True,
        text=True,
        timeout=240,
        env=environment,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-1000:]
    assert done.stdout.endswith('{"revealed":true}')

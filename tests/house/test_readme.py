"""What the README promises exists: its commands, its files, its figures."""

import re
from pathlib import Path

from marketplace import cli
from marketplace.demo.offerings import OFFERINGS
from marketplace.demo.people import EXPERTS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf8")


def test_every_command_of_the_readme_exists() -> None:
    named = set(re.findall(r"`cadran (\w+)", README))
    assert named
    assert named <= set(cli.cadran.commands)


def test_every_make_target_of_the_readme_exists() -> None:
    named = set(re.findall(r"^make (\w+)$|`make (\w+)", README, re.MULTILINE))
    named = {one or other for one, other in named}
    assert named
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf8"), re.MULTILINE))
    assert named <= targets


def test_every_file_that_the_readme_shows_is_there() -> None:
    for path in re.findall(r"\]\(((?!http)[^)#]+)\)", README):
        assert (ROOT / path).exists(), path


def test_the_readme_counts_the_demos_people_and_offerings() -> None:
    assert f"{len(EXPERTS)} experts, {len(OFFERINGS)} offerings" in README


def test_the_locks_name_no_index_and_no_path() -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "package-lock.json"):
        text = (ROOT / name).read_text(encoding="utf8")
        assert "://" not in re.sub(r'"(url|funding)": "https?://[^"]*"', "", text), name
        assert "file:" not in text, name

"""Every code that a program can meet has a sentence of its own, in both languages, and stands in the documentation."""

import ast
from pathlib import Path
from typing import Final

from flask import Flask

from marketplace.sentences import SENTENCES
from marketplace.wording import Translator
from tests.web.browse import Browser

HOUSE: Final = Path(__file__).resolve().parents[2] / "marketplace"
REFUSALS: Final = {"NotFound", "Conflict", "Invalid", "Forbidden", "TooMany", "Unavailable"}
REFUSALS_OF_THE_API: Final = {"Unreadable", "NobodyThere", "Lost", "NotHere", "TooLarge", "NotJson", "Stale", "Unseen"}
# Doors that no operation leads to: the command line, the worker, the administrators' desk, the demo.
ELSEWHERE: Final = {
    "alert_not_found",
    "calendar_changed",
    "clock",
    "constant_unknown",
    "email_malformed",
    "email_taken",
    "mailbox",
    "no_such_account",
    "notice_not_found",
    "operation_not_found",
    "role_unknown",
    "sign_in_first",
}


def codes_of(folder: Path, kinds: set[str]) -> set[str]:
    """The codes that the modules of a folder refuse with."""
    calls = [
        node
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds and node.args
    ]
    return {call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)}  # type: ignore[misc]


def test_every_code_has_a_sentence() -> None:
    below = ("domain", "store", "cashier", "services", "queries")
    found = set().union(*(codes_of(HOUSE / name, REFUSALS) for name in below))
    found |= codes_of(HOUSE / "api", REFUSALS | REFUSALS_OF_THE_API)
    assert len(found) > 100
    assert sorted(found - set(SENTENCES) - ELSEWHERE) == []


def test_every_sentence_speaks_french() -> None:
    french = Translator("fr").gettext
    assert [code for code, words in SENTENCES.items() if french(words.sentence) == words.sentence] == []


def test_the_page_lists_them_all(app: Flask) -> None:
    page = Browser(app).get("/api/docs")
    assert {f"code-{code}" for code in SENTENCES} <= {each.get("id") for each in page.soup.select("[id^=code-]")}

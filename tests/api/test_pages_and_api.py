"""The API does what the pages do: every action of a page has its operation, or a written reason why it has none."""

from pathlib import Path

from flask import Flask

from marketplace.api.operation import OPERATIONS
from tests.api import pages_only
from tests.api.pages_only import ACTIONS

DECISION = Path(__file__).resolve().parents[2] / "docs" / "decisions" / "0010-what-stays-with-the-pages.md"
REASONS = {value for value in vars(pages_only).values() if isinstance(value, str) and " " in value}


def actions_of(app: Flask) -> set[tuple[str, str]]:
    """Every method and address of the pages that can change something."""
    pages = (rule for rule in app.url_map.iter_rules() if not rule.rule.startswith("/api/v1/"))
    return {(method, rule.rule) for rule in pages for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}}


def test_every_action_of_a_page_has_an_operation_or_a_reason(app: Flask) -> None:
    actions = actions_of(app)
    assert sorted(actions - set(ACTIONS)) == [], "actions of pages without a line in tests/api/pages_only.py"
    assert sorted(set(ACTIONS) - actions) == [], "lines in tests/api/pages_only.py without an action"


def test_every_named_operation_exists() -> None:
    known = {f"{each.method} {each.rule}" for each in OPERATIONS}
    named = {name for answer in ACTIONS.values() if not isinstance(answer, str) for name in answer}
    assert sorted(named - known) == []


def test_every_operation_that_changes_something_is_an_action_of_a_page() -> None:
    """The API adds no behaviour of its own."""
    named = {name for answer in ACTIONS.values() if not isinstance(answer, str) for name in answer}
    changing = {f"{each.method} {each.rule}" for each in OPERATIONS if each.changes}
    assert sorted(changing - named) == []


def test_every_reason_is_written_down() -> None:
    told = " ".join(DECISION.read_text(encoding="utf8").split())
    given = {answer for answer in ACTIONS.values() if isinstance(answer, str)}
    assert given <= REASONS
    assert [reason for reason in sorted(given) if reason not in told] == []


def test_a_new_action_would_be_noticed(app: Flask) -> None:
    """The control."""
    app.add_url_rule("/careless", "careless", lambda: "", methods=["POST"])
    assert actions_of(app) - set(ACTIONS) == {("POST", "/careless")}

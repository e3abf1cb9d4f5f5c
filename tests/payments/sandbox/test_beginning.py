"""A sandbox whose clock begins in the past: where the demo's story starts."""

from pathlib import Path

from payments.sandbox import SandboxSettings
from payments.sandbox.__main__ import _settings
from payments.sandbox.state import State

NOW = 1_800_000_000


def state(folder: Path) -> State:
    return State(folder / "sandbox.db", wall=lambda: NOW)


def test_a_new_clock_may_begin_a_year_ago_and_goes_on_from_there(tmp_path: Path) -> None:
    begun = state(tmp_path)
    begun.begin(-31_536_000)
    assert begun.now() == NOW - 31_536_000
    begun.advance(31_536_000)
    assert begun.now() == NOW


def test_a_clock_that_has_begun_is_not_set_back_again(tmp_path: Path) -> None:
    state(tmp_path).begin(-1_000)
    again = state(tmp_path)
    again.begin(-1_000)
    assert again.now() == NOW - 1_000


def test_a_sandbox_with_objects_keeps_its_clock(tmp_path: Path) -> None:
    used = state(tmp_path)
    with used.desk() as desk:
        desk.add({"id": "pi_1", "object": "payment_intent"})
    used.begin(-1_000)
    assert used.now() == NOW


def test_the_command_takes_the_offset(tmp_path: Path) -> None:
    given = _settings(
        ["--port", "0", "--state", str(tmp_path / "s.db"), "--key", "sk_test_1", "--clock-offset-seconds=-60"]
    )
    assert given == SandboxSettings(state=tmp_path / "s.db", key="sk_test_1", clock_offset_seconds=-60)

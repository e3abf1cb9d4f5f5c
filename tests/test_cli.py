"""The `cadran` command says what it did, and what is wrong when it cannot."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result

from marketplace import cli
from marketplace.clock import DemoClock
from marketplace.config import Settings, SettingsError
from marketplace.demo import premises, running
from marketplace.services import impressions
from marketplace.store.accounts import Account
from marketplace.store.audit import BalanceLine
from marketplace.work import Work
from payments.sandbox import Sandbox
from tests.queries.test_replay import NEWCOMER, OLD_HAND


@pytest.fixture
def run(work: Work, settings: Settings):
    """`run("db", "upgrade")` on the test's own parts."""

    def command(*words: str, given: Settings = settings, **options: object) -> Result:
        parts = cli.Parts(lambda: given, lambda _settings: work)
        return CliRunner().invoke(cli.cadran, words, obj=parts, **options)  # type: ignore[arg-type]

    return command


def test_db_upgrade_says_that_it_is_done(run) -> None:
    result = run("db", "upgrade")
    assert result.exit_code == 0
    assert "up to date" in result.output


def test_reindex_counts_the_offerings(run) -> None:
    assert "0 offerings indexed" in run("reindex").output


def test_lexicon_learn_says_how_many_words_it_knows(run, work: Work, tmp_path: Path) -> None:
    file = tmp_path / "labels.tsv"
    file.write_text("fr\ten\ntarification\tpricing\n")
    assert "2 words have a translation now" in run("lexicon", "learn", str(file)).output
    assert ("Pricing", True) in work.index.highlight("Pricing", "une tarification")


def test_lexicon_learn_names_a_line_that_is_no_pair(run, tmp_path: Path) -> None:
    file = tmp_path / "labels.tsv"
    file.write_text("tarification\tpricing\nalone\n")
    result = run("lexicon", "learn", str(file))
    assert result.exit_code == 1
    assert "line 2" in result.output


def test_admin_create_makes_somebody_who_can_sign_in(run, work: Work) -> None:
    result = run(
        "admin", "create", "--email", "New@Cadran.Test", "--name", "New Admin", "--password", "Soleil-de-plomb-42"
    )
    assert result.exit_code == 0, result.output
    with work.reading() as session:
        account = session.query(Account).filter_by(email="new@cadran.test").one()
    assert account.role == "admin"
    assert account.verified_at is not None


def test_admin_create_explains_a_weak_password(run) -> None:
    result = run("admin", "create", "--email", "new@cadran.test", "--name", "N", "--password", "password")
    assert result.exit_code == 1
    assert "Error: " in result.output


@pytest.mark.parametrize(
    ("words", "span"),
    [("3d", timedelta(days=3)), ("2h30m", timedelta(hours=2, minutes=30)), ("1d12h", timedelta(days=1, hours=12))],
)
def test_clock_puts_the_demo_forward(
    work: Work, settings: Settings, monkeypatch: pytest.MonkeyPatch, words: str, span: timedelta
) -> None:
    advanced: list[timedelta] = []
    monkeypatch.setattr(running, "advance_sandbox", lambda _api, _key, by: advanced.append(by))
    movable = replace(work, clock=DemoClock(settings.clock_file))
    parts = cli.Parts(lambda: settings, lambda _settings: movable)
    result = CliRunner().invoke(cli.cadran, ["clock", "--advance", words], obj=parts)
    assert result.exit_code == 0, result.output
    assert advanced == [span]
    assert DemoClock(settings.clock_file).offset() == span


@pytest.mark.parametrize("words", ["", "3", "d3", "-1d", "3 days"])
def test_clock_explains_a_span_it_cannot_read(run, words: str) -> None:
    result = run("clock", "--advance", words)
    assert result.exit_code == 2
    assert "is not a span" in result.output


@pytest.mark.parametrize("words", [("clock", "--advance", "3d"), ("seed",)])
def test_the_demos_doors_are_shut_in_production(run, settings: Settings, words: tuple[str, ...]) -> None:
    result = run(*words, given=replace(settings, environment="production"))
    assert result.exit_code == 1
    assert "only in the demo" in result.output


def test_clock_says_when_the_sandbox_is_not_there(settings: Settings) -> None:
    with pytest.raises(premises.DemoFailed, match="is `make demo` running"):
        running.advance_sandbox("http://127.0.0.1:9", "sk_test_x", timedelta(days=1))


def test_wrong_settings_are_listed_not_traced(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Settings:
        raise SettingsError(["CADRAN_SECRET is not set", "STRIPE_KEY is not set"])

    monkeypatch.setattr("sys.argv", ["cadran", "reindex"])
    with pytest.raises(SystemExit) as left:
        cli.main(cli.Parts(broken, lambda settings: pytest.fail("never reached")))
    assert left.value.code == 2
    assert "  - CADRAN_SECRET is not set\n  - STRIPE_KEY is not set" in capsys.readouterr().err


def test_the_demo_says_when_its_port_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert running.run(port, tmp_path / "demo", fresh=False) == 1
    assert f"port {port} is taken" in capsys.readouterr().err


def test_replay_says_what_would_move(run, work: Work) -> None:
    impressions.keep(work, [NEWCOMER, OLD_HAND])
    result = run("replay", "--set", "newcomer_bonus=0")
    assert "1 answers; in 1 the first five would be others" in result.output
    assert "offering 2: place 1.0 -> 2.0 in 1" in result.output
    assert '"changed": 1' in run("replay", "--set", "newcomer_bonus=0", "--json").output


@pytest.mark.parametrize("wish", ["nothing=1", "newcomer_bonus"])
def test_replay_names_the_constants_that_can_be_tried(run, wish: str) -> None:
    result = run("replay", "--set", wish)
    assert result.exit_code == 2
    assert "newcomer_bonus" in result.output


def test_ledger_check_prints_every_invariant_and_exits_with_1_on_a_breach(run, work: Work) -> None:
    told = run("ledger", "check")
    assert told.exit_code == 0
    assert "client_money_left_over" in told.output
    with work.transaction() as tx:
        line = BalanceLine(
            id="txn_1",
            type="adjustment",
            amount_minor=-1,
            fee_minor=0,
            currency="eur",
            created_at=tx.now - timedelta(days=1),
            seen_at=tx.now,
        )
        tx.session.add(line)
    told = run("ledger", "check")
    assert told.exit_code == 1
    assert "BREACH lines_foreign" in told.output


def test_reconcile_says_that_stripe_does_not_answer(run) -> None:
    told = run("money", "reconcile")
    assert told.exit_code == 1
    assert "Stripe does not answer" in told.output


def test_reconcile_prints_both_balances_and_what_differs(sandbox: Sandbox, run) -> None:
    told = run("money", "reconcile")
    assert (told.exit_code, told.output) == (0, "ledger 0, Stripe 0, unexplained 0 (eur)\n")
    for movement in ({"type": "adjustment", "amount": -7}, {"type": "stripe_fee", "amount": -5}):
        requests.post(f"{sandbox.address}/_sandbox/balance_transactions", json=movement, timeout=10)
    told = run("money", "reconcile")
    assert told.exit_code == 1
    assert "found   foreign: adjustment txn_" in told.output
    assert "mended  foreign: stripe_fee txn_" in told.output
    assert "ledger -5, Stripe -12, unexplained 7 (eur)" in told.output

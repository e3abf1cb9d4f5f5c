"""How the demo's parts know each other, and where it may live."""

from pathlib import Path

import pytest

from marketplace.config import settings_from
from marketplace.demo import premises
from marketplace.demo.premises import DemoFailed, environment, prepare
from marketplace.demo.running import _listeners, _sandbox_command
from marketplace.store.transaction import Database
from payments.sandbox.__main__ import _settings
from tests.postgres import Server

PORT = 8220


def env_of(folder: Path) -> dict[str, str]:
    return environment(PORT, folder, f"sqlite:///{folder / 'cadran.db'}")


@pytest.fixture
def free_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(premises, "_taken", lambda _port: False)


def test_the_demos_sandbox_tells_all_three_endpoints_with_the_secrets_that_the_site_expects(tmp_path: Path) -> None:
    env = env_of(tmp_path)
    arguments = [*_sandbox_command(tmp_path, env), *_listeners(env)]
    told = {each.payload: each for each in _settings(arguments[arguments.index("--port") :]).endpoints}
    site = settings_from(env)
    assert {payload: (each.url, (each.secret,)) for payload, each in told.items()} == {
        "snapshot": ("http://127.0.0.1:8220/notices/stripe/platform", site.stripe_secrets),
        "connect": ("http://127.0.0.1:8220/notices/stripe/connect", site.stripe_secrets_connect),
        "thin": ("http://127.0.0.1:8220/notices/stripe/v2", site.stripe_secrets_v2),
    }
    assert len({each.secret for each in told.values()}) == 3


def test_a_demo_that_goes_on_keeps_its_secrets(tmp_path: Path) -> None:
    first, later = env_of(tmp_path), env_of(tmp_path)
    secrets = [name for name in first if "SECRET" in name]
    assert len(secrets) == 4
    assert [first[name] for name in secrets] == [later[name] for name in secrets]


@pytest.mark.usefixtures("free_port")
def test_without_a_setting_the_demo_lives_in_a_file_of_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CADRAN_DATABASE_URL", raising=False)
    data = tmp_path / "demo"
    assert prepare(PORT, data, fresh=False)["CADRAN_DATABASE_URL"] == f"sqlite:///{data / 'cadran.db'}"


@pytest.mark.usefixtures("free_port")
def test_one_setting_puts_the_demo_into_postgresql(
    tmp_path: Path, postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgresql.create()
    monkeypatch.setenv("CADRAN_DATABASE_URL", url)
    data = tmp_path / "demo"
    assert prepare(PORT, data, fresh=False)["CADRAN_DATABASE_URL"] == url
    assert f"CADRAN_DATABASE_URL={url}\n" in (data / "env").read_text()
    _fill(url)
    (data / "seeded").touch()
    assert prepare(PORT, data, fresh=False)["CADRAN_DATABASE_URL"] == url


@pytest.mark.usefixtures("free_port")
@pytest.mark.parametrize(("told", "fresh"), [(False, False), (True, True)])
def test_the_demo_fills_only_an_empty_database_and_empties_none(
    told: bool, fresh: bool, tmp_path: Path, postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgresql.create()
    _fill(url)
    monkeypatch.setenv("CADRAN_DATABASE_URL", url)
    if told:
        (tmp_path / "seeded").touch()
    with pytest.raises(DemoFailed, match="only fills an empty one"):
        prepare(PORT, tmp_path, fresh=fresh)
    database = Database(url)
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT name FROM somebody").scalar_one() == "Noor"
    database.close()
    assert (tmp_path / "seeded").exists() is told


@pytest.mark.usefixtures("free_port")
def test_a_demo_told_elsewhere_is_to_be_copied_first(
    tmp_path: Path, postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "seeded").touch()
    monkeypatch.setenv("CADRAN_DATABASE_URL", postgresql.create())
    with pytest.raises(DemoFailed, match="cadran db copy"):
        prepare(PORT, tmp_path, fresh=False)


@pytest.mark.usefixtures("free_port")
@pytest.mark.parametrize(
    ("url", "words"), [("mysql://here", "must start with"), ("postgresql://127.0.0.1:9/nothing", "does not answer")]
)
def test_a_database_that_cannot_be_used_is_named(
    url: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CADRAN_DATABASE_URL", url)
    with pytest.raises(DemoFailed, match=words):
        prepare(PORT, tmp_path, fresh=False)


def _fill(url: str) -> None:
    database = Database(url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE somebody (name TEXT)")
        connection.exec_driver_sql("INSERT INTO somebody VALUES ('Noor')")
    database.close()

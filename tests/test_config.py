"""Settings: everything that is wrong is said at once, and the demo's doors cannot be opened in production."""

from pathlib import Path

import pytest

from marketplace.config import Settings, SettingsError, settings_from, surroundings

PRODUCTION = {
    "CADRAN_SECRET": "s" * 32,
    "CADRAN_BASE_URL": "https://cadran.example.com/",
    "CADRAN_DATABASE_URL": "sqlite:////srv/cadran.db",
    "CADRAN_DATA_DIR": "/srv/data",
    "STRIPE_KEY": "sk_live_1",
    "STRIPE_WEBHOOK_SECRETS": "whsec_new, whsec_old",
    "CADRAN_SMTP_URL": "smtps://mail.example.com",
}
DEMO = {
    **PRODUCTION,
    "CADRAN_ENV": "demo",
    "CADRAN_BASE_URL": "http://127.0.0.1:8000",
    "STRIPE_KEY": "sk_test_1",
    "STRIPE_API": "http://127.0.0.1:8001",
    "CADRAN_SMTP_URL": "",
}


def problems(env: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        settings_from(env)
    return caught.value.problems


def test_production_is_the_default() -> None:
    settings = settings_from(PRODUCTION)
    assert settings.environment == "production"
    assert not settings.demo
    assert settings.base_url == "https://cadran.example.com"
    assert settings.stripe_secrets == ("whsec_new", "whsec_old")


def test_the_demo_has_its_folders() -> None:
    settings = settings_from(DEMO)
    assert settings.demo
    assert settings.index_dir == Path("/srv/data/index")
    assert settings.mailbox_dir == Path("/srv/data/mailbox")
    assert settings.clock_file == Path("/srv/data/clock")


def test_all_missing_settings_are_named_at_once() -> None:
    found = problems({})
    for name in ("CADRAN_SECRET", "CADRAN_BASE_URL", "CADRAN_DATABASE_URL", "CADRAN_DATA_DIR", "STRIPE_KEY"):
        assert any(name in problem for problem in found), name
    assert str(SettingsError(found)).count("\n") == len(found)


@pytest.mark.parametrize(
    ("base", "name", "value", "words"),
    [
        (PRODUCTION, "CADRAN_ENV", "staging", "'production' or 'demo'"),
        (PRODUCTION, "CADRAN_SECRET", "short", "at least 32"),
        (PRODUCTION, "CADRAN_BASE_URL", "ftp://x", "must start with https://"),
        (PRODUCTION, "CADRAN_BASE_URL", "http://cadran.example.com", "https:// in production"),
        (PRODUCTION, "CADRAN_DATABASE_URL", "mysql://x", "sqlite:///"),
        (PRODUCTION, "STRIPE_API", "http://127.0.0.1:8001", "must not be set in production"),
        (PRODUCTION, "CADRAN_SMTP_URL", "", "CADRAN_SMTP_URL is not set"),
        (DEMO, "STRIPE_KEY", "sk_live_1", "test key"),
        (DEMO, "CADRAN_BASE_URL", "http://cadran.example.com", "on this machine"),
        (DEMO, "STRIPE_API", "https://api.stripe.com", "on this machine"),
    ],
)
def test_a_wrong_setting_is_explained(base: dict[str, str], name: str, value: str, words: str) -> None:
    assert any(words in problem for problem in problems({**base, name: value}))


def test_a_second_shell_finds_the_running_demo(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("".join(f"{name}={value}\n" for name, value in DEMO.items()), encoding="utf8")
    found: Settings = settings_from(surroundings({"PATH": "/bin"}, file))
    assert found.demo


def test_settings_of_ones_own_are_never_mixed_with_the_demos(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("CADRAN_ENV=demo\n", encoding="utf8")
    assert surroundings(PRODUCTION, file) == PRODUCTION
    assert surroundings({"PATH": "/bin"}, tmp_path / "none") == {"PATH": "/bin"}


def test_an_endpoint_has_two_secrets_at_most() -> None:
    with pytest.raises(SettingsError, match="STRIPE_WEBHOOK_SECRETS_CONNECT holds more than two secrets"):
        settings_from({**PRODUCTION, "STRIPE_WEBHOOK_SECRETS_CONNECT": "a,b,c"})
    assert settings_from({**PRODUCTION, "STRIPE_WEBHOOK_SECRETS_CONNECT": "a, b"}).stripe_secrets_connect == ("a", "b")

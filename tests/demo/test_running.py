"""How the demo's parts know each other."""

from pathlib import Path

from marketplace.config import settings_from
from marketplace.demo.running import _environment, _listeners, _sandbox_command
from payments.sandbox.__main__ import _settings


def test_the_demos_sandbox_tells_all_three_endpoints_with_the_secrets_that_the_site_expects(tmp_path: Path) -> None:
    env = _environment(8220, tmp_path)
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
    first, later = _environment(8220, tmp_path), _environment(8220, tmp_path)
    secrets = [name for name in first if "SECRET" in name]
    assert len(secrets) == 4
    assert [first[name] for name in secrets] == [later[name] for name in secrets]

"""Settings from the environment; every missing or wrong value is named at once."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

MOST_SECRETS = 2  # of one endpoint: the present one and, while it is changed, the next
DATABASES = ("sqlite:///", "postgresql://", "postgresql+psycopg://")


class SettingsError(Exception):
    """What is wrong with the environment, one line a problem."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("Cadran cannot start:\n" + "\n".join(f"  - {problem}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs between two installations."""

    environment: str  # 'production' or 'demo' ('demo' is also what tests run)
    secret: str  # signs cookies and links
    base_url: str  # where people reach us, no trailing slash
    database_url: str
    data_dir: Path  # index, demo mailbox, demo clock
    stripe_key: str
    stripe_api: str  # '' means Stripe itself
    stripe_secrets: tuple[str, ...]  # platform endpoint; two while rotating
    stripe_secrets_v2: tuple[str, ...]
    smtp_url: str  # smtp[s]://user:password@host:port, '' in the demo: letters become files
    mail_from: str
    stripe_secrets_connect: tuple[str, ...] = ()  # endpoint of the experts' accounts; shut without a secret
    api_reads: int = 600  # a minute and account
    api_changes: int = 120
    search_cache_mb: int = 120  # of each web process: what large segments say of words that were asked for
    semantic: bool = False  # the sentence model beside the words; the extra `semantic` must be installed
    proxies: int = 0  # how many proxies of ours stand in front: that many X-Forwarded-For entries are believed

    @property
    def demo(self) -> bool:
        """Whether the sandbox, the mailbox and the movable clock may exist."""
        return self.environment == "demo"

    @property
    def index_dir(self) -> Path:
        """The search index's folder."""
        return self.data_dir / "index"

    @property
    def mailbox_dir(self) -> Path:
        """The demo's letters."""
        return self.data_dir / "mailbox"

    @property
    def clock_file(self) -> Path:
        """The demo clock's offset."""
        return self.data_dir / "clock"


def settings_from(env: Mapping[str, str] = os.environ) -> Settings:
    """Read and check all settings; raises `SettingsError` with every problem found."""
    read = _Reader(env)
    settings = Settings(
        environment=read.word("CADRAN_ENV", "production"),
        secret=read.word("CADRAN_SECRET"),
        base_url=read.word("CADRAN_BASE_URL").rstrip("/"),
        database_url=read.word("CADRAN_DATABASE_URL"),
        data_dir=Path(read.word("CADRAN_DATA_DIR")),
        stripe_key=read.word("STRIPE_KEY"),
        stripe_api=read.word("STRIPE_API", ""),
        stripe_secrets=read.words("STRIPE_WEBHOOK_SECRETS"),
        stripe_secrets_v2=read.words("STRIPE_WEBHOOK_SECRETS_V2", required=False),
        stripe_secrets_connect=read.words("STRIPE_WEBHOOK_SECRETS_CONNECT", required=False),
        smtp_url=read.word("CADRAN_SMTP_URL", ""),
        mail_from=read.word("CADRAN_MAIL_FROM", "Cadran <no-reply@localhost>"),
        api_reads=read.number("CADRAN_API_READS", 600),
        api_changes=read.number("CADRAN_API_CHANGES", 120),
        search_cache_mb=read.number("CADRAN_SEARCH_CACHE_MB", 120),
        semantic=bool(read.number("CADRAN_SEMANTIC", 0)),
        proxies=read.number("CADRAN_PROXIES", 0),
    )
    problems = read.problems + _problems(settings)
    if problems:
        raise SettingsError(problems)
    return settings


def surroundings(env: Mapping[str, str] = os.environ, demo_file: Path = Path("var/demo/env")) -> Mapping[str, str]:
    """The environment; without any setting of ours in it, that of the demo in the present folder.

    So `cadran clock --advance 3d` works in a second shell beside a running `make demo`.
    """
    if any(name.startswith("CADRAN_") for name in env) or not demo_file.is_file():
        return env
    lines = demo_file.read_text(encoding="utf8").splitlines()
    return {**env, **dict(line.split("=", 1) for line in lines if "=" in line)}


class _Reader:
    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self.problems: list[str] = []

    def word(self, name: str, default: str | None = None) -> str:
        value = self._env.get(name, "").strip()
        if value:
            return value
        if default is None:
            self.problems.append(f"{name} is not set")
        return default or ""

    def number(self, name: str, default: int) -> int:
        value = self.word(name, str(default))
        if value.isdecimal():
            return int(value)
        self.problems.append(f"{name} must be a whole number")
        return default

    def words(self, name: str, *, required: bool = True) -> tuple[str, ...]:
        value = self.word(name, None if required else "")
        return tuple(part.strip() for part in value.split(",") if part.strip())


def _problems(settings: Settings) -> list[str]:
    found = []
    if settings.environment not in ("production", "demo"):
        found.append("CADRAN_ENV must be 'production' or 'demo'")
    if settings.secret and len(settings.secret) < 32:
        found.append("CADRAN_SECRET must have at least 32 characters")
    if settings.base_url and urlsplit(settings.base_url).scheme not in ("http", "https"):
        found.append("CADRAN_BASE_URL must start with https:// (http:// only in the demo)")
    found += [f"{name} holds more than two secrets" for name, many in _SECRETS if len(many(settings)) > MOST_SECRETS]
    if settings.database_url and not settings.database_url.startswith(DATABASES):
        found.append("CADRAN_DATABASE_URL must start with sqlite:/// or postgresql://")
    return found + (_demo_problems(settings) if settings.demo else _production_problems(settings))


_SECRETS: tuple[tuple[str, Callable[[Settings], tuple[str, ...]]], ...] = (
    ("STRIPE_WEBHOOK_SECRETS", lambda settings: settings.stripe_secrets),
    ("STRIPE_WEBHOOK_SECRETS_V2", lambda settings: settings.stripe_secrets_v2),
    ("STRIPE_WEBHOOK_SECRETS_CONNECT", lambda settings: settings.stripe_secrets_connect),
)


def _demo_problems(settings: Settings) -> list[str]:
    found = []
    if settings.stripe_key and not settings.stripe_key.startswith("sk_test_"):
        found.append("STRIPE_KEY must be a test key (sk_test_...) in the demo")
    if settings.base_url and urlsplit(settings.base_url).hostname not in ("127.0.0.1", "localhost", "::1"):
        found.append("CADRAN_BASE_URL must be on this machine (127.0.0.1) in the demo: its clock and mailbox are open")
    if settings.stripe_api and urlsplit(settings.stripe_api).hostname not in (
        "127.0.0.1",
        "localhost",
        "::1",
    ):
        found.append("STRIPE_API must be on this machine (127.0.0.1) in the demo")
    return found


def _production_problems(settings: Settings) -> list[str]:
    found = []
    if settings.base_url.startswith("http://"):
        found.append("CADRAN_BASE_URL must start with https:// in production")
    if settings.stripe_api:
        found.append("STRIPE_API must not be set in production: it points to the sandbox")
    if not settings.smtp_url:
        found.append("CADRAN_SMTP_URL is not set")
    return found

"""The `cadran` command: everything an operator does from a shell."""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

import click

from marketplace import worker
from marketplace.config import Settings, SettingsError
from marketplace.demo import running, seeding, story
from marketplace.domain.errors import DomainError, Invalid
from marketplace.domain.ranking import constant_lines
from marketplace.domain.tokens import Scope
from marketplace.queries import replay
from marketplace.reactions import indexing
from marketplace.services import accounts, audits, demo_clock, tokens
from marketplace.store.copying import CopyRefused, copy
from marketplace.store.migrate import migrate
from marketplace.store.transaction import Database
from marketplace.work import Work
from payments.port import GatewayUnknown
from search.lexicon import read_labels

SPAN = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?")


@dataclass(frozen=True, slots=True)
class Parts:
    """What `app` hands over: how to read the settings and how to put the real parts together."""

    settings: Callable[[], Settings]
    work: Callable[[Settings], Work]

    def open(self) -> Work:
        """The real parts, from the environment."""
        return self.work(self.settings())


class Span(click.ParamType[timedelta]):
    """A length of time such as 3d, 2h30m or 1d12h."""

    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Days, hours and minutes, in this order."""
        found = SPAN.fullmatch(str(value))
        if not found or not any(found.groups()):
            self.fail(f"{value!r} is not a span; write for example 3d, 2h30m or 1d12h", param, ctx)
        days, hours, minutes = (int(part or 0) for part in found.groups())
        return timedelta(days=days, hours=hours, minutes=minutes)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cadran")
def cadran() -> None:
    """Cadran: three hours with the right person."""


@cadran.command()
@click.option("--port", default=8000, show_default=True, envvar="PORT", help="Where the site answers.")
@click.option(
    "--data", default="var/demo", show_default=True, type=click.Path(path_type=Path), help="The demo's folder."
)
@click.option("--fresh", is_flag=True, help="Forget the last demo and begin anew.")
def demo(port: int, data: Path, fresh: bool) -> None:
    """Run the whole of Cadran on this machine: site, worker and payment sandbox, with demo people."""
    sys.exit(running.run(port, data, fresh=fresh))


@cadran.command(hidden=True)
@click.pass_obj
def seed(parts: Parts) -> None:
    """Tell the demo's story so far (the demo calls this by itself)."""
    settings = _demo_only(parts)
    seeding.seed(parts.work(settings), settings)


@cadran.command(name="story")
@click.option("--url", default="http://127.0.0.1:8000", show_default=True)
def play(url: str) -> None:
    """Play the main job over HTTP, as browsers would: the smoke test after a deployment of the demo."""
    sys.exit(story.play(url, echo=click.echo))


@cadran.command(name="worker")
@click.pass_obj
def work_on(parts: Parts) -> None:
    """Run consequences, index, notices, deadlines and letters until stopped. Run exactly one."""
    with worker.stopping() as stop:
        worker.run(parts.open(), stop)


@cadran.command(name="follow")
@click.pass_obj
def follow_log(parts: Parts) -> None:
    """Keep this machine's own search index in step until stopped: one on every machine that has no worker."""
    with worker.stopping() as stop:
        worker.follow(parts.open(), stop)


@cadran.command()
@click.option("--advance", required=True, type=Span(), help="How far: 3d, 2h30m, 1d12h.")
@click.pass_obj
def clock(parts: Parts, advance: timedelta) -> None:
    """Put the demo's clock forward, and the sandbox's with it. There is no such thing in production."""
    settings = _demo_only(parts)
    running.advance_sandbox(settings.stripe_api, settings.stripe_key, advance)
    now = demo_clock.advance(parts.work(settings), advance)
    click.echo(f"It is now {now:%A %d %B %Y, %H:%M} UTC.")


@cadran.command()
@click.pass_obj
def reindex(parts: Parts) -> None:
    """Build the search index anew beside the old one, then switch. Safe while everything runs."""
    click.echo(f"{indexing.rebuild(parts.open())} offerings indexed.")


@cadran.command(name="replay")
@click.option("--set", "wishes", multiple=True, metavar="NAME=VALUE", help="A constant to try; may be repeated.")
@click.option("--days", default=30, show_default=True, help="How far back.")
@click.option("--most", default=2000, show_default=True, help="At most so many answers, the newest.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def replay_answers(parts: Parts, wishes: tuple[str, ...], days: int, most: int, as_json: bool) -> None:
    """Rank kept answers again under changed constants, and say what would move."""
    try:
        constants = replay.changed_constants(dict(wish.split("=", 1) for wish in wishes))
    except (Invalid, ValueError) as error:
        known = ", ".join(each.name for each in constant_lines())
        raise click.BadParameter(f"NAME=VALUE, the names being {known}") from error
    found = replay.replay(parts.open(), constants, days, most)
    click.echo(json.dumps(asdict(found)) if as_json else _replayed(found))


def _replayed(found: replay.Replay) -> str:
    lines = [
        f"{found.answers} answers; in {found.changed} the first five would be others or in another order",
        f"of the first five {found.kept:.0%} would stay there",
        f"new offerings among them: {found.newcomers_before:.1%} now, {found.newcomers_after:.1%} then",
        f"different experts among them: {found.experts_before} now, {found.experts_after} then",
    ]
    moved = (f"offering {m.offering_id}: place {m.before:.1f} -> {m.after:.1f} in {m.answers}" for m in found.moved)
    return "\n".join([*lines, *moved])


@cadran.group()
def lexicon() -> None:
    """What the search index knows of French and English."""


@lexicon.command(name="learn")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def learn(parts: Parts, file: Path) -> None:
    """Learn from FILE: a French label, a tab and the same in English per line. Replaces what a file taught before."""
    try:
        labels = read_labels(file)
    except ValueError as error:
        raise click.ClickException(f"{file}: {error}") from error
    click.echo(f"{parts.open().index.learn('file', labels)} words have a translation now.")


@cadran.group()
def db() -> None:
    """The database."""


@db.command()
@click.pass_obj
def upgrade(parts: Parts) -> None:
    """Bring the database to the newest schema."""
    migrate(parts.open().database)
    click.echo("The database is up to date.")


@cadran.group()
def ledger() -> None:
    """The ledger."""


@ledger.command(name="check")
@click.pass_obj
def check_ledger(parts: Parts) -> None:
    """Print every invariant with its figure; exits with 1 on a breach, which stops transfers until it is mended."""
    found = audits.check_ledger(parts.open())
    for each in found:
        click.echo(f"{'BREACH' if each.breached else 'ok':6} {each.name:28} {each.figure:>12} {each.detail}".rstrip())
    sys.exit(1 if any(each.breached for each in found) else 0)


@cadran.group()
def money() -> None:
    """Money at Stripe."""


@money.command(name="reconcile")
@click.pass_obj
def reconcile_money(parts: Parts) -> None:
    """Compare the ledger with Stripe's balance and its book to the cent, mend what can be; exits 1 if it differs."""
    try:
        result = audits.reconcile(parts.open())
    except GatewayUnknown as unknown:
        raise click.ClickException(f"Stripe does not answer: {unknown}") from unknown
    for each in result.found:
        click.echo(f"{'found' if each in result.left else 'mended':7} {each}")
    for each in result.left:
        if each not in result.found:
            click.echo(f"{'found':7} {each}")
    click.echo(f"ledger {result.ours}, Stripe {result.stripes}, unexplained {result.unexplained} ({result.currency})")
    late = all(each.kind == "late" for each in result.left)
    sys.exit(0 if late and result.unexplained == 0 else 1)


@db.command(name="copy")
@click.option("--from", "source", required=True, help="sqlite:///… or postgresql://…")
@click.option("--to", "target", required=True, help="An empty database: its schema is made.")
def copy_database(source: str, target: str) -> None:
    """Move everything to another database and prove that both are equal. Stop the site and the worker first."""
    one, other = Database(source), Database(target)
    try:
        compared = copy(one, other)
    except CopyRefused as refused:
        raise click.ClickException(str(refused)) from refused
    finally:
        one.close()
        other.close()
    for each in compared:
        click.echo(f"{each.name:32} {each.there:>12} = {each.here}")
    click.echo("Everything was copied; every value is equal.")


@cadran.group()
def admin() -> None:
    """Administrators."""


@admin.command()
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--language", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
@click.password_option(help="Asked for when left out: at least 8 characters, hard to guess.")
@click.pass_obj
def create(parts: Parts, email: str, name: str, language: str, password: str) -> None:
    """Make an administrator."""
    try:
        accounts.create_admin(parts.open(), accounts.CreateAdmin(email, name, language, password))
    except DomainError as error:
        raise click.ClickException(f"{error.code} {json.dumps(error.facts, default=str)}") from error
    click.echo(f"{email} can sign in now.")


@cadran.group()
def token() -> None:
    """Access tokens for programs."""


@token.command(name="create")
@click.option("--email", required=True, help="Whose token it is.")
@click.option(
    "--scope",
    "scopes",
    required=True,
    multiple=True,
    type=click.Choice([str(scope) for scope in Scope]),
    help="Repeatable.",
)
@click.option("--name", default="command line", show_default=True)
@click.option("--days", default=90, show_default=True, type=int)
@click.pass_obj
def create_token(parts: Parts, email: str, scopes: tuple[str, ...], name: str, days: int) -> None:
    """Make a token for an account and print it: it is kept nowhere."""
    try:
        made = tokens.issue_token(parts.open(), tokens.IssueToken(email, name, scopes, days))
    except DomainError as error:
        raise click.ClickException(f"{error.code} {json.dumps(error.facts, default=str)}") from error
    click.echo(made.token)


def main(parts: Parts) -> None:
    """Run the command; wrong settings are listed, not traced."""
    try:
        cadran.main(obj=parts, prog_name="cadran", standalone_mode=True)
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(2)


def _demo_only(parts: Parts) -> Settings:
    settings = parts.settings()
    if not settings.demo:
        raise click.ClickException("This exists only in the demo (CADRAN_ENV=demo).")
    return settings

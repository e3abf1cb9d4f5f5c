"""What experts say about themselves: the profile, and the application that admins vet once."""

from dataclasses import dataclass

from marketplace.domain.access import Actor, Role, require
from marketplace.domain.errors import Conflict, Invalid, NotFound
from marketplace.domain.events import ExpertApplied
from marketplace.domain.moderation import VETTING, Vetting
from marketplace.domain.offering import LANGUAGES
from marketplace.domain.price import VatScheme
from marketplace.store.accounts import Account
from marketplace.store.experts import Expert
from marketplace.store.offerings import log_change, offerings_of
from marketplace.store.transaction import Transaction
from marketplace.work import Work


@dataclass(frozen=True, slots=True)
class Profile:
    """What leads read about an expert, and how the expert stands towards VAT."""

    headline: str
    bio: str
    languages: tuple[str, ...]
    city: str
    vat_scheme: str


@dataclass(frozen=True, slots=True)
class SaveProfile:
    """The profile as it shall be. `seen`: as its writer has read it, if that matters."""

    actor: Actor
    headline: str
    bio: str
    languages: tuple[str, ...]
    city: str
    vat_scheme: str
    seen: Profile | None = None


@dataclass(frozen=True, slots=True)
class Apply:
    """The application: why, who can vouch for it, and how the expert would run a session."""

    actor: Actor
    motivation: str
    references: str
    teaching: str


def save_profile(work: Work, command: SaveProfile) -> None:
    """Keep the profile; `Invalid` names the field, `Conflict` "version_stale": it is not any more what was seen."""
    _check_profile(command)
    with work.transaction() as tx:
        expert = _me(tx, command.actor)
        if command.seen is not None and command.seen != _profile(expert):
            raise Conflict("version_stale")
        old = {"headline": expert.headline, "city": expert.city, "vat_scheme": expert.vat_scheme}
        expert.headline, expert.bio, expert.city = command.headline, command.bio, command.city
        expert.languages, expert.vat_scheme = list(command.languages), command.vat_scheme
        new = {"headline": expert.headline, "city": expert.city, "vat_scheme": expert.vat_scheme}
        tx.journal(command.actor, "expert.profile_saved", ("expert", expert.id), old=old, new=new)
        for offering_id in offerings_of(tx.session, expert.id):  # their headline is part of what can be found
            log_change(tx, offering_id)


def apply(work: Work, command: Apply) -> None:
    """Send the application to the admins' queue. `Conflict` 'not_verified' or 'profile_first' say what comes before."""
    _check_application(command)
    with work.transaction() as tx:
        expert = _me(tx, command.actor)
        _check_ready(tx, expert)
        before = Vetting(expert.vetting)
        expert.vetting = VETTING.next(before, "apply", command.actor.role)
        expert.motivation, expert.references, expert.teaching = (
            command.motivation,
            command.references,
            command.teaching,
        )
        expert.applied_at = tx.now
        expert.vetting_version += 1
        tx.emit(ExpertApplied(expert.id))
        old, new = {"vetting": str(before)}, {"vetting": str(expert.vetting)}
        tx.journal(command.actor, "expert.applied", ("expert", expert.id), old=old, new=new)


def _me(tx: Transaction, actor: Actor) -> Expert:
    require(actor, Role.EXPERT)
    expert = tx.session.get(Expert, actor.id, with_for_update=True)
    if expert is None:
        raise NotFound("expert_unknown")
    return expert


def _profile(expert: Expert) -> Profile:
    return Profile(expert.headline, expert.bio, tuple(expert.languages), expert.city, expert.vat_scheme)


def _check_profile(command: SaveProfile) -> None:
    rules = (
        ("headline", "headline_length", not 10 <= len(command.headline) <= 100),
        ("bio", "bio_length", not 80 <= len(command.bio) <= 2000),
        ("languages", "languages_missing", not command.languages),
        ("languages", "language_unknown", not set(command.languages) <= set(LANGUAGES)),
        ("city", "city_length", len(command.city) > 80),
        ("vat_scheme", "vat_scheme_unknown", command.vat_scheme not in tuple(VatScheme)),
    )
    _raise_first(rules)


def _check_application(command: Apply) -> None:
    rules = (
        ("motivation", "motivation_length", not 80 <= len(command.motivation) <= 3000),
        ("references", "references_length", not 40 <= len(command.references) <= 3000),
        ("teaching", "teaching_length", not 80 <= len(command.teaching) <= 3000),
    )
    _raise_first(rules)


def _raise_first(rules: tuple[tuple[str, str, bool], ...]) -> None:
    for field, code, broken in rules:
        if broken:
            raise Invalid(code, field=field)


def _check_ready(tx: Transaction, expert: Expert) -> None:
    account = tx.session.get(Account, expert.id)
    if account is None or account.verified_at is None:
        raise Conflict("not_verified")
    if not expert.headline or not expert.bio:
        raise Conflict("profile_first")

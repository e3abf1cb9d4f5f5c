"""What experts say about themselves: the profile that leads read, and the application that admins vet once."""

from dataclasses import astuple
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from marketplace.api import here
from marketplace.api.etags import etag_of, require_match, stale_if_changed
from marketplace.api.operation import EXPERT, Reply, operation
from marketplace.api.shapes import In, Line, Out, Says, Text, shown
from marketplace.domain.price import VatScheme
from marketplace.domain.tokens import Scope
from marketplace.queries.experts import OwnProfile, own_profile
from marketplace.services import experts as services
from marketplace.services.experts import Profile, SaveProfile

TAG = "experts"


class ProfileIn(In):
    """What leads read about an expert, and how the expert stands towards VAT."""

    headline: Annotated[Line, Field(min_length=10, max_length=100), Says("headline_length")]
    bio: Annotated[Text, Field(min_length=80, max_length=2_000), Says("bio_length")]
    languages: Annotated[list[Literal["fr", "en"]], Field(min_length=1, max_length=2), Says("languages_missing")]
    city: Annotated[Line, Field(max_length=80), Says("city_length")] = ""
    vat_scheme: VatScheme


class ApplicationIn(In):
    """Why, who can vouch for it, and how the expert would run a session."""

    motivation: Annotated[Text, Field(min_length=80, max_length=3_000), Says("motivation_length")]
    references: Annotated[Text, Field(min_length=40, max_length=3_000), Says("references_length")]
    teaching: Annotated[Text, Field(min_length=80, max_length=3_000), Says("teaching_length")]


class OwnProfileOut(Out):
    """One's own profile, and where the application stands. `vetting`: new, applied, approved or refused."""

    expert_id: int
    name: str
    headline: str
    bio: str
    languages: list[str]
    city: str
    vat_scheme: str
    vetting: str
    applied_at: datetime | None
    vetting_reason: str
    vetting_note: str
    motivation: str
    references: str
    teaching: str


@operation("GET", "/me/profile", tag=TAG, roles=(EXPERT,), scope=Scope.READ, answer=OwnProfileOut)
def read_profile() -> Reply:
    """Read one's own profile and application; its ETag belongs to the If-Match of a change."""
    return _shown(own_profile(here.work(), here.actor()))


@operation("PUT", "/me/profile", tag=TAG, roles=(EXPERT,), scope=Scope.OFFERINGS, answer=OwnProfileOut, edits=True)
def replace_profile(body: ProfileIn) -> Reply:
    """Replace what leads read about oneself."""
    seen = own_profile(here.work(), here.actor())
    require_match(_etag(seen))
    with stale_if_changed():
        services.save_profile(here.work(), _command(body, _profile(seen)))
    return _shown(own_profile(here.work(), here.actor()))


@operation("POST", "/me/application", tag=TAG, roles=(EXPERT,), scope=Scope.OFFERINGS, answer=OwnProfileOut)
def apply(body: ApplicationIn) -> Reply:
    """Apply once before the first publication; admins read it within two working days."""
    services.apply(here.work(), services.Apply(here.actor(), body.motivation, body.references, body.teaching))
    return _shown(own_profile(here.work(), here.actor()))


def _command(body: ProfileIn, seen: Profile) -> SaveProfile:
    languages = tuple(dict.fromkeys(body.languages))
    return SaveProfile(here.actor(), body.headline, body.bio, languages, body.city, body.vat_scheme, seen)


def _shown(page: OwnProfile) -> Reply:
    return Reply(shown(OwnProfileOut, page), etag=_etag(page))


def _etag(page: OwnProfile) -> str:
    return etag_of("profile", *astuple(_profile(page)))


def _profile(page: OwnProfile) -> Profile:
    return Profile(page.headline, page.bio, page.languages, page.city, page.vat_scheme)

"""The home page: six offerings worth a look, and what a session costs."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.domain.cancellation import STANDARD, WHOLE_BP, Step
from marketplace.domain.price import COMMISSION_BP, VAT_BP, Quote, VatScheme, quote
from marketplace.queries.cards import OfferCard, load_cards
from marketplace.store.experts import Standing
from marketplace.store.offerings import Offering, OfferingRevision, Topic
from marketplace.work import Work

SHOWN = 6
CANDIDATES = 60  # experts looked at, so that six fit the reader's language
EXAMPLE_MINOR = 90_000  # the price in the worked example, net of VAT


@dataclass(frozen=True, slots=True)
class Prices:
    """How prices work, from the rules themselves: cents, basis points and hours."""

    example: Quote
    commission_bp: int
    vat_bp: int
    steps: tuple[Step, ...]
    whole_bp: int = WHOLE_BP


@dataclass(frozen=True, slots=True)
class HomePage:
    """What the home page shows."""

    cards: tuple[OfferCard, ...]
    topics: tuple[str, ...]  # in the reader's language
    prices: Prices
    zone: ZoneInfo


def home_page(work: Work, language: str, zone: ZoneInfo) -> HomePage:
    """The home page for a reader of this language and zone."""
    now = work.now()
    with work.reading() as session:
        cards = load_cards(session, _worth_a_look(session, language), now, zone)
        return HomePage(cards, _topics(session, language), prices(), zone)


def prices() -> Prices:
    """The rules of money, for the pages that explain them."""
    return Prices(quote(EXAMPLE_MINOR, VatScheme.FR_VAT), COMMISSION_BP, VAT_BP, STANDARD.steps)


def _worth_a_look(session: Session, language: str) -> list[int]:
    """One offering each of the best-standing experts, those in the reader's language first; new ones fill up."""
    best = _of_best_experts(session)
    fresh = [row for row in _freshest(session) if row not in best]
    in_order = sorted(best, key=lambda row: row[1] != language) + fresh
    return [offering_id for offering_id, _ in in_order[:SHOWN]]


def _of_best_experts(session: Session) -> list[tuple[int, str]]:
    rated = select(Standing.account_id).where(Standing.ratings > 0).order_by(Standing.stars.desc())
    experts = list(session.scalars(rated.limit(CANDIDATES)))
    first = (
        select(func.min(Offering.id))
        .where(Offering.state == "published", Offering.expert_id.in_(experts))
        .group_by(Offering.expert_id)
    )
    found = session.execute(_WITH_LANGUAGE.add_columns(Offering.expert_id).where(Offering.id.in_(first))).all()
    return [(row[0], row[1]) for row in sorted(found, key=lambda row: experts.index(row[2]))]


def _freshest(session: Session) -> list[tuple[int, str]]:
    newest = _WITH_LANGUAGE.where(Offering.state == "published").order_by(Offering.id.desc()).limit(SHOWN)
    return [(row[0], row[1]) for row in session.execute(newest)]


def _topics(session: Session, language: str) -> tuple[str, ...]:
    label = Topic.fr if language == "fr" else Topic.en
    return tuple(session.scalars(select(label).order_by(Topic.id).limit(8)))


_WITH_LANGUAGE = select(Offering.id, OfferingRevision.language).join(
    OfferingRevision, OfferingRevision.id == Offering.live_revision_id
)

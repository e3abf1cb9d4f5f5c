"""A person's sessions as a calendar to subscribe to: one query, however many sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, and_, bindparam, or_, select
from sqlalchemy.orm import aliased

from marketplace.domain.access import Actor
from marketplace.domain.booking import SECURED, outcome_of
from marketplace.domain.errors import NotFound
from marketplace.links import feed_account, feed_key, opens_feed
from marketplace.post.calendar_file import CalendarEntry, calendar_feed
from marketplace.queries.calendar import GONE
from marketplace.store.accounts import Account
from marketplace.store.bookings import Booking
from marketplace.store.feeds import CalendarFeed, feed_of
from marketplace.store.offerings import OfferingRevision
from marketplace.store.reading import rows
from marketplace.wording import translator
from marketplace.work import Work

_Row = Row[*tuple[Any, ...]]
KEPT = timedelta(days=90)  # past sessions stay in the feed this long
MOST = 500


@dataclass(frozen=True, slots=True)
class FeedFile:
    """The feed's text, what its content is called (ETag), and when a session in it last changed."""

    text: str
    tag: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class FeedPage:
    """One's own feed: its address, '' when it has none, and since when."""

    url: str
    since: datetime | None
    zone: ZoneInfo

    @property
    def webcal(self) -> str:
        """The same address as calendar programmes open it at a click."""
        return f"webcal://{self.url.partition('://')[2]}"


def feed_page(work: Work, actor: Actor, zone: ZoneInfo) -> FeedPage:
    """The signed-in person's own feed."""
    with work.reading() as session:
        feed = feed_of(session, actor.id)
    if feed is None or not feed.open:
        return FeedPage("", None, zone)
    return FeedPage(_address(work, feed), feed.renewed_at, zone)


def feed_file(work: Work, key: str) -> FeedFile:
    """The feed that the key opens, in its person's language; `NotFound` for any other key."""
    account_id = feed_account(key)
    if account_id is None:
        raise NotFound("feed_not_found")
    with work.reading() as session:
        found = rows(session, _FEED, account=account_id, since=work.now() - KEPT)
    if not found or not found[0].open or not opens_feed(work.secret, key, account_id, found[0].version):
        raise NotFound("feed_not_found")
    sessions = [row for row in found if row.id is not None and _shown(row)]
    gettext, _ = translator(found[0].language)
    text = calendar_feed((_entry(work, row) for row in sessions), gettext("My Cadran sessions"))
    changed = max([found[0].renewed_at, *map(_changed_at, sessions)])
    return FeedFile(text, sha256(text.encode()).hexdigest()[:32], changed)


def _address(work: Work, feed: CalendarFeed) -> str:
    return f"{work.base_url}/calendar/{feed_key(work.secret, feed.account_id, feed.version)}.ics"


def _shown(row: _Row) -> bool:
    return outcome_of(row.state, row.ending) in SECURED | GONE


def _changed_at(row: _Row) -> datetime:
    cancelled = row.ended_at if outcome_of(row.state, row.ending) in GONE else None
    moments: Sequence[datetime | None] = (row.created_at, row.requested_at, row.accepted_at, row.moved_at, cancelled)
    return max(moment for moment in moments if moment is not None)


def _entry(work: Work, row: _Row) -> CalendarEntry:
    _, _n = translator(row.language)
    host = urlsplit(work.base_url).hostname or "localhost"
    url = f"{work.base_url}/bookings/{row.id}"
    other = row.expert_name if row.lead_id == row.account_id else row.lead_name
    return CalendarEntry(
        uid=f"{row.reference.lower()}@{host}",
        sequence=row.sequence,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        title=_("Cadran: %(title)s, with %(name)s", title=row.title, name=other),
        description=_("Everything about this session: %(url)s", url=url),
        url=url,
        location=row.city if row.format == "onsite" else url,
        organizer=f"sessions@{host}",
        attendee="",
        attendee_name="",
        written_at=_changed_at(row),
        cancelled=outcome_of(row.state, row.ending) in GONE,
    )


_Lead = aliased(Account, name="lead")
_Expert = aliased(Account, name="expert")
_FEED: Select[*tuple[Any, ...]] = (
    select(
        CalendarFeed.version,
        CalendarFeed.open,
        CalendarFeed.renewed_at,
        Account.id.label("account_id"),
        Account.language,
        Booking.id,
        Booking.reference,
        Booking.state,
        Booking.ending,
        Booking.starts_at,
        Booking.ends_at,
        Booking.format,
        Booking.sequence,
        Booking.lead_id,
        Booking.created_at,
        Booking.requested_at,
        Booking.accepted_at,
        Booking.moved_at,
        Booking.ended_at,
        OfferingRevision.title,
        OfferingRevision.city,
        _Lead.name.label("lead_name"),
        _Expert.name.label("expert_name"),
    )
    .select_from(CalendarFeed)
    .join(Account, Account.id == CalendarFeed.account_id)
    .outerjoin(
        Booking,
        and_(
            or_(Booking.lead_id == bindparam("account"), Booking.expert_id == bindparam("account")),
            Booking.ends_at > bindparam("since"),
            or_(Booking.state.in_(SECURED | GONE), Booking.ending.in_(GONE)),
        ),
    )
    .outerjoin(OfferingRevision, OfferingRevision.id == Booking.revision_id)
    .outerjoin(_Lead, _Lead.id == Booking.lead_id)
    .outerjoin(_Expert, _Expert.id == Booking.expert_id)
    .where(CalendarFeed.account_id == bindparam("account"), Account.suspended_at.is_(None))
    .order_by(Booking.starts_at.desc())
    .limit(MOST)
)

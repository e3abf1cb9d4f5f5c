"""Keep standings in step with revealed ratings and conduct; recomputed whole, so running twice does no harm."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from marketplace.domain.access import Role
from marketplace.domain.events import Event, ExpertVetted, InvitationAnswered, InvitationExpired
from marketplace.domain.standing import Conduct, RevealedRating, standing
from marketplace.store.experts import Standing
from marketplace.store.outbox import Happened
from marketplace.store.ratings import GivenRating, Habit, habits_of, platform_mean, revealed_about
from marketplace.store.standings import (
    FULL_LOAD,
    Record,
    expert_of_invitation,
    expert_record,
    held_by_offering,
    keep_held,
    keep_standing,
    lead_record,
    parties_of_booking,
    records_of,
)
from marketplace.work import Work

STARTING_MEAN = 4.2  # of a platform without ratings yet: what comparable markets see

_DAY = timedelta(days=1)


def refresh(work: Work, happened: Happened) -> None:
    """Recompute the standing of everybody whom this event is about."""
    with work.transaction() as tx:
        lead_id, expert_id = _people(tx.session, happened.event)
        if lead_id is not None:  # first: what a lead's rating weighs hangs on the lead's own record
            keep_standing(tx.session, _lead(tx.session, lead_id, tx.now))
            tx.session.flush()
        if expert_id is not None:
            keep_standing(tx.session, _expert(tx.session, expert_id, tx.now))
            keep_held(tx.session, held_by_offering(tx.session, expert_id))


def _people(session: Session, event: Event) -> tuple[int | None, int | None]:
    if isinstance(event, ExpertVetted):
        return None, event.expert_id
    if isinstance(event, InvitationAnswered | InvitationExpired):
        return None, expert_of_invitation(session, event.invitation_id)
    return parties_of_booking(session, event.payload()["booking_id"])


def _expert(session: Session, expert_id: int, now: datetime) -> Standing:
    record = expert_record(session, expert_id, now)
    return _row(session, expert_id, Role.LEAD, record, now, load=min(1.0, record.coming / FULL_LOAD))


def _lead(session: Session, lead_id: int, now: datetime) -> Standing:
    return _row(session, lead_id, Role.EXPERT, lead_record(session, lead_id), now, load=0.0)


def _row(session: Session, account_id: int, rated_by: Role, record: Record, now: datetime, load: float) -> Standing:
    mean = platform_mean(session, str(rated_by)) or STARTING_MEAN
    given = revealed_about(session, account_id)
    summed = standing(_weighed(session, given, now), _conduct(record), mean)
    return Standing(
        account_id=account_id,
        ratings=summed.ratings,
        mean_stars=summed.mean_stars,
        stars=summed.stars,
        recommend=summed.recommend,
        reliability=summed.reliability,
        response=summed.response,
        held=record.held,
        late_cancellations=record.late_cancellations,
        no_shows=record.no_shows,
        load=load,
        updated_at=now,
    )


def _weighed(session: Session, given: tuple[GivenRating, ...], now: datetime) -> tuple[RevealedRating, ...]:
    authors = {rating.author_id for rating in given}
    habits, records = habits_of(session, authors), records_of(session, authors)
    return tuple(
        _revealed(rating, habits[rating.author_id], records.get(rating.author_id, 1.0), now) for rating in given
    )


def _revealed(rating: GivenRating, habit: Habit, record: float, now: datetime) -> RevealedRating:
    return RevealedRating(
        stars=rating.stars,
        recommend=rating.recommend,
        age_days=(now - rating.revealed_at) / _DAY,
        rater_id=rating.author_id,
        rater_mean=habit.mean,
        rater_count=habit.count,
        company_id=rating.company_id,
        lead_standing=record,
    )


def _conduct(record: Record) -> Conduct:
    return Conduct(
        held=record.held,
        late_cancellations=record.late_cancellations,
        no_shows=record.no_shows,
        answered=record.answered,
        unanswered=record.unanswered,
    )

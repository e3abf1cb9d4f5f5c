"""Match requests with offerings: a new request with all offerings, a new offering with all open requests."""

from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from marketplace.domain.events import BriefMatched, BriefPublished, OfferingPublished
from marketplace.queries.brief_matches import Proposed, gap_for, matches_for
from marketplace.reactions.indexing import catch_up_fully
from marketplace.store.briefs import Match, OpenBrief, brief_to_change, matched_offerings, open_brief, open_briefs
from marketplace.store.outbox import Happened
from marketplace.store.transaction import Transaction
from marketplace.store.unmet_demand import note_met, note_unmet
from marketplace.work import Work


def match_brief(work: Work, happened: Happened) -> None:
    """Match a request that was just published; what fits is kept with its explanation."""
    event = happened.event
    assert isinstance(event, BriefPublished)  # noqa: S101 - the table in __init__ says so
    catch_up_fully(work)
    with work.reading() as session:
        brief = open_brief(session, event.brief_id, work.now())
        proposed = _proposed(work, session, brief) if brief else ()
        gap = gap_for(work, session, brief.text) if brief and not proposed else None
    with work.transaction() as tx:
        _keep(tx, event.brief_id, proposed)
        if gap:
            note_unmet(tx.session, event.brief_id, gap.topic_id, gap.lacking, tx.now)
        row = brief_to_change(tx.session, event.brief_id)
        if row is not None:
            row.matched_at = tx.now


def match_offering(work: Work, happened: Happened) -> None:
    """Look whether a new offering belongs among the matches of an open request, and tell its lead."""
    event = happened.event
    assert isinstance(event, OfferingPublished)  # noqa: S101 - the table in __init__ says so
    catch_up_fully(work)  # we are the index's writer: the new offering must be in it before it can be found
    with work.reading() as session:
        fits = [_fit(work, session, brief, event.offering_id) for brief in open_briefs(session, work.now())]
    for brief_id, proposed in [fit for fit in fits if fit]:
        with work.transaction() as tx:
            if _keep(tx, brief_id, (proposed,)):
                note_met(tx.session, brief_id, tx.now)
                tx.emit(BriefMatched(brief_id, event.offering_id))


def _fit(work: Work, session: Session, brief: OpenBrief, offering_id: int) -> tuple[int, Proposed] | None:
    mine = next((each for each in _proposed(work, session, brief) if each.offering_id == offering_id), None)
    return (brief.brief_id, mine) if mine else None


def _proposed(work: Work, session: Session, brief: OpenBrief) -> tuple[Proposed, ...]:
    return matches_for(work, session, brief.text, ZoneInfo(brief.zone), work.now())


def _keep(tx: Transaction, brief_id: int, proposed: tuple[Proposed, ...]) -> int:
    """Write down those that were not proposed yet; returns how many that were."""
    known = matched_offerings(tx.session, brief_id)
    fresh = [each for each in proposed if each.offering_id not in known]
    tx.session.add_all(
        Match(brief_id=brief_id, offering_id=each.offering_id, score=each.score, parts=each.parts, created_at=tx.now)
        for each in fresh
    )
    return len(fresh)

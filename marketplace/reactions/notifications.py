"""Who is written to when something happened. Every letter has a key, so the same one is never written twice."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from marketplace import links
from marketplace.domain import events
from marketplace.domain.booking import BookingState
from marketplace.domain.events import Event
from marketplace.post.calendar_file import Method, calendar_file
from marketplace.post.letters import Reader, compose
from marketplace.queries import letters as facts
from marketplace.queries.calendar import entry_for
from marketplace.queries.letters import BookingFacts
from marketplace.services.saved_searches import stop_key
from marketplace.store.letters import drop_letters_of, has_letter
from marketplace.store.outbox import Happened, LetterRow
from marketplace.store.webhooks import Webhook
from marketplace.work import Work

LONGEST_SUBJECT = 200  # the column's; a title and a name can be longer together
# What must not arrive any more once a booking has ended.
OVERTAKEN = ("booking_requested", "booking_requested_lead", "booking_confirmed", "session_near")

# What tells of a time that is no longer the session's.
OVERTAKEN_BY_A_MOVE = ("session_near", "times_proposed")


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter to be written: the template, the reader, what it is about."""

    kind: str
    to: Reader
    facts: Mapping[str, Any]
    about: str = ""  # makes the key, together with kind and reader; '' means this one event, and no other like it
    booking: BookingFacts | None = None
    calendar: Method | None = None


Writer = Callable[[Session, Work, Any], Iterable[Draft]]


def tell(work: Work, happened: Happened) -> None:
    """Write the letters that this event asks for; they are sent later, by the letters' own step."""
    event = happened.event
    with work.reading() as session:
        drafts = tuple(_WRITERS[type(event)](session, work, event))
    with work.transaction() as tx:
        if isinstance(event, events.BookingEnded):
            drop_letters_of(tx.session, event.booking_id, OVERTAKEN)
        elif isinstance(event, events.BookingMoved):
            drop_letters_of(tx.session, event.booking_id, OVERTAKEN_BY_A_MOVE)
        for draft in drafts:
            row = _row(work, draft, happened.outbox_id)
            if not has_letter(tx.session, row.key):
                tx.session.add(row)


def _row(work: Work, draft: Draft, outbox_id: int) -> LetterRow:
    composed = compose(draft.kind, draft.to, {"base_url": work.base_url, **draft.facts})
    return LetterRow(
        key=f"{draft.kind}:{draft.about or f'event-{outbox_id}'}:{draft.to.account_id}",
        kind=draft.kind,
        booking_id=draft.booking.id if draft.booking else None,
        booking_sequence=draft.booking.sequence if draft.booking else None,
        to_account=draft.to.account_id,
        to_address=draft.to.address,
        to_name=draft.to.name,
        language=draft.to.language,
        subject=composed.subject[:LONGEST_SUBJECT],
        text=composed.text,
        html=composed.html,
        calendar=_calendar(work, draft),
        calendar_method=draft.calendar,
        created_at=work.now(),
        next_at=work.now(),
    )


def _calendar(work: Work, draft: Draft) -> str | None:
    if draft.booking is None or draft.calendar is None:
        return None
    return calendar_file(entry_for(draft.booking, draft.to, work.base_url, work.now()), draft.calendar)


def _verify_address(session: Session, work: Work, event: events.AccountRegistered) -> Iterable[Draft]:
    url = _link(session, work, event.account_id, links.Purpose.VERIFY)
    yield Draft("verify_address", facts.reader(session, event.account_id), {"url": url})


def _registered_again(session: Session, _work: Work, event: events.AddressRegisteredAgain) -> Iterable[Draft]:
    yield Draft("registered_again", facts.reader(session, event.account_id), {})


def _reset_password(session: Session, work: Work, event: events.PasswordResetAsked) -> Iterable[Draft]:
    url = _link(session, work, event.account_id, links.Purpose.RESET)
    yield Draft("reset_password", facts.reader(session, event.account_id), {"url": url})


def _password_changed(session: Session, _work: Work, event: events.PasswordChanged) -> Iterable[Draft]:
    yield Draft("password_changed", facts.reader(session, event.account_id), {})


def _webhook_disabled(session: Session, _work: Work, event: events.WebhookDisabled) -> Iterable[Draft]:
    hook = session.get(Webhook, event.webhook_id)
    if hook is not None:  # not removed meanwhile
        yield Draft("webhook_disabled", facts.reader(session, hook.account_id), {"url": hook.url, "webhook": hook.id})


def _expert_applied(session: Session, _work: Work, event: events.ExpertApplied) -> Iterable[Draft]:
    for admin in facts.admins(session):
        yield Draft("to_review", admin, {})


def _expert_vetted(session: Session, _work: Work, event: events.ExpertVetted) -> Iterable[Draft]:
    said = {"approved": event.approved, "note": facts.vetting_note(session, event.expert_id)}
    yield Draft("expert_vetted", facts.reader(session, event.expert_id), said)


def _offering_submitted(session: Session, _work: Work, event: events.OfferingSubmitted) -> Iterable[Draft]:
    for admin in facts.admins(session):
        yield Draft("to_review", admin, {})


def _offering_decided(session: Session, _work: Work, event: events.OfferingDecided) -> Iterable[Draft]:
    offering = facts.offering_facts(session, event.offering_id, event.revision_id)
    said = {"offering": offering, "decision": event.decision}
    yield Draft("offering_decided", offering.expert, said)


def _brief_matched(session: Session, _work: Work, event: events.BriefMatched) -> Iterable[Draft]:
    match = facts.match_facts(session, event.brief_id, event.offering_id)
    yield Draft("brief_matched", match.lead, {"match": match}, f"{event.brief_id}:{event.offering_id}")


def _search_news(session: Session, work: Work, event: events.SearchNews) -> Iterable[Draft]:
    news = facts.search_news(session, event.saved_id, event.offering_ids)
    if news is None:  # deleted, or the letters were stopped, since
        return
    told = {"label": news.label, "offerings": news.offerings, "url": f"{work.base_url}/search?{news.query}"}
    stop_url = f"{work.base_url}/searches/stop/{stop_key(work.secret, event.saved_id)}"
    yield Draft("search_news", news.owner, {**told, "stop_url": stop_url})


def _invited(session: Session, _work: Work, event: events.ExpertInvited) -> Iterable[Draft]:
    invitation = facts.invitation_facts(session, event.invitation_id)
    yield Draft("expert_invited", invitation.expert, {"invitation": invitation}, str(event.invitation_id))


def _proposed(session: Session, _work: Work, event: events.ExpertProposed) -> Iterable[Draft]:
    invitation = facts.invitation_facts(session, event.invitation_id)
    yield Draft("expert_proposed", invitation.lead, {"invitation": invitation}, str(event.invitation_id))


def _invitation_answered(session: Session, _work: Work, event: events.InvitationAnswered) -> Iterable[Draft]:
    invitation = facts.invitation_facts(session, event.invitation_id)
    to = invitation.lead if invitation.kind == "invitation" else invitation.expert
    said = {"invitation": invitation, "accepted": event.accepted}
    yield Draft("invitation_answered", to, said, str(event.invitation_id))


def _requested(session: Session, _work: Work, event: events.BookingRequested) -> Iterable[Draft]:
    booking = facts.booking_facts(session, event.booking_id)
    yield _about(booking, "booking_requested", booking.expert)
    yield _about(booking, "booking_requested_lead", booking.lead)


def _confirmed(session: Session, _work: Work, event: events.BookingConfirmed) -> Iterable[Draft]:
    booking = facts.booking_facts(session, event.booking_id)
    for to in (booking.lead, booking.expert):
        yield _about(booking, "booking_confirmed", to, calendar="REQUEST")


def _ended(session: Session, _work: Work, event: events.BookingEnded) -> Iterable[Draft]:
    booking = facts.booking_facts(session, event.booking_id)
    calendar: Method | None = "CANCEL" if event.was_confirmed else None
    # The expert never heard of a booking that was not paid.
    unpaid = event.state in ("expired_unpaid", "payment_failed")
    for to in (booking.lead,) if unpaid else (booking.lead, booking.expert):
        yield _about(booking, "booking_ended", to, calendar=calendar, ended=event.state)


def _moved(session: Session, _work: Work, event: events.BookingMoved) -> Iterable[Draft]:
    booking = facts.booking_facts(session, event.booking_id)
    if booking.sequence != event.sequence:  # moved again, or ended: a later letter says so
        return
    said = {"old_start": datetime.fromisoformat(event.old_start), "sequence": event.sequence}
    calendar: Method | None = "REQUEST" if booking.state == BookingState.CONFIRMED else None
    for to in (booking.lead, booking.expert):
        yield _about(booking, "booking_moved", to, calendar=calendar, **said)


def _times_proposed(session: Session, _work: Work, event: events.TimesProposed) -> Iterable[Draft]:
    proposal = facts.proposal_facts(session, event.proposal_id)
    if proposal.state != "open":
        return
    booking = facts.booking_facts(session, proposal.booking_id)
    to = booking.expert if proposal.side == "lead" else booking.lead
    yield replace(_about(booking, "times_proposed", to, proposal=proposal), about=f"proposal-{proposal.id}")


def _proposal_ended(session: Session, _work: Work, event: events.ProposalEnded) -> Iterable[Draft]:
    proposal = facts.proposal_facts(session, event.proposal_id)
    booking = facts.booking_facts(session, proposal.booking_id)
    to = booking.lead if proposal.side == "lead" else booking.expert
    draft = _about(booking, "proposal_ended", to, proposal=proposal, ended=event.state)
    yield replace(draft, about=f"proposal-{proposal.id}")


def _near(session: Session, work: Work, event: events.SessionNear) -> Iterable[Draft]:
    booking = facts.booking_facts(session, event.booking_id)
    # Cancelled or moved since, or begun while the worker was away: the reminder looks the booking up when it fires.
    ahead = booking.starts_at - work.now()
    if booking.state != BookingState.CONFIRMED or not timedelta() < ahead <= timedelta(hours=event.hours):
        return
    for to in (booking.lead, booking.expert):
        yield _about(booking, "session_near", to, hours=event.hours, sequence=booking.sequence)


def _held(session: Session, _work: Work, event: events.SessionHeld) -> Iterable[Draft]:
    booking = facts.booking_facts(session, event.booking_id)
    for to in (booking.lead, booking.expert):
        yield _about(booking, "session_held", to)


def _no_show(session: Session, _work: Work, event: events.NoShow) -> Iterable[Draft]:
    booking = facts.booking_facts(session, event.booking_id)
    sides = {"lead": booking.lead, "expert": booking.expert}
    absent = sides.pop(event.absent)
    (present,) = sides.values()
    both = (absent, present) if event.absent == "lead" else ()  # otherwise the end of the booking says it
    readers = {"reported": (absent,), "retracted": (absent,), "contested": (present,), "decided": both}
    for to in readers[event.what]:
        said: dict[str, Any] = {"what": event.what, "absent": event.absent, "is_absent": to is absent}
        # reported, retracted and reported again: each has a letter of its own
        yield replace(_about(booking, "no_show", to, **said), about="")


def _rating_given(session: Session, _work: Work, event: events.RatingGiven) -> Iterable[Draft]:
    booking = facts.booking_facts(session, event.booking_id)
    rated = facts.rated_sides(session, event.booking_id)
    waiting = {"lead": booking.lead, "expert": booking.expert}
    for side in waiting.keys() - rated:
        yield _about(booking, "rating_waiting", waiting[side])


def _revealed(session: Session, _work: Work, event: events.RatingsRevealed) -> Iterable[Draft]:
    booking = facts.booking_facts(session, event.booking_id)
    for to in (booking.lead, booking.expert):
        yield _about(booking, "ratings_revealed", to)


def _replied(session: Session, _work: Work, event: events.RatingReplied) -> Iterable[Draft]:
    booking_id, author = facts.reply_facts(session, event.rating_id)
    yield _about(facts.booking_facts(session, booking_id), "rating_replied", author)


def _released(session: Session, _work: Work, event: events.MoneyReleased) -> Iterable[Draft]:
    booking = facts.booking_facts(session, event.booking_id)
    # The same amount can leave twice, for example after a dispute that was won: each time has its letter.
    draft = _about(booking, "money_released", booking.expert, amount_minor=event.amount_minor)
    yield replace(draft, about="")


def _problem_reported(session: Session, _work: Work, event: events.ProblemReported) -> Iterable[Draft]:
    booking = facts.booking_facts(session, event.booking_id)
    words = facts.said_of_problem(session, event.booking_id).words
    to = booking.expert if event.side == "lead" else booking.lead
    yield replace(_about(booking, "problem", to, what="reported", words=words), about="")


def _problem_answered(session: Session, _work: Work, event: events.ProblemAnswered) -> Iterable[Draft]:
    booking = facts.booking_facts(session, event.booking_id)
    words = facts.said_of_problem(session, event.booking_id).answer
    to = booking.expert if event.side == "lead" else booking.lead
    yield replace(_about(booking, "problem", to, what="answered", words=words), about="")


def _problem_settled(session: Session, _work: Work, event: events.ProblemSettled) -> Iterable[Draft]:
    booking = facts.booking_facts(session, event.booking_id)
    for to in (booking.lead, booking.expert):
        reason = facts.said_of_problem(session, event.booking_id).reason
        yield replace(_about(booking, "money_news", to, news=event.verdict, reason=reason), about="")


def _refunded_beyond(session: Session, _work: Work, event: events.RefundedBeyondPolicy) -> Iterable[Draft]:
    booking = facts.booking_facts(session, event.booking_id)
    reason = facts.reason_of(session, event.case_id)
    for to in (booking.lead, booking.expert):
        # Possible more than once: about this event alone.
        yield replace(_about(booking, "money_news", to, news="beyond", reason=reason), about="")


def _disputed(session: Session, _work: Work, event: events.PaymentDisputed) -> Iterable[Draft]:
    booking = facts.booking_facts(session, event.booking_id)
    yield replace(_about(booking, "money_news", booking.expert, news="disputed", reason=""), about="")


def _dispute_closed(session: Session, _work: Work, event: events.DisputeClosed) -> Iterable[Draft]:
    booking = facts.booking_facts(session, event.booking_id)
    news = "won" if event.won else "lost"
    yield replace(_about(booking, "money_news", booking.expert, news=news, reason=""), about="")


def _payout_blocked(session: Session, _work: Work, event: events.PayoutBlocked) -> Iterable[Draft]:
    booking = facts.booking_facts(session, event.booking_id)
    yield _about(booking, "payout_blocked", booking.expert, amount_minor=event.amount_minor)


def _alert(session: Session, _work: Work, event: events.Alert) -> Iterable[Draft]:
    for admin in facts.admins(session):
        yield Draft("alert", admin, {"code": event.code, "subject": event.subject})


def _about(booking: BookingFacts, kind: str, to: Reader, calendar: Method | None = None, **more: Any) -> Draft:
    # A payment can fail a second time after paying again; everything else happens to a booking once.
    once = more.get("ended") != BookingState.PAYMENT_FAILED
    about = ":".join([str(booking.id), *(str(value) for value in more.values())]) if once else ""
    said = {
        "booking": booking,
        "to_lead": to.account_id == booking.lead.account_id,
        "other": booking.expert if to.account_id == booking.lead.account_id else booking.lead,
        **more,
    }
    return Draft(kind, to, said, about, booking, calendar)


def _link(session: Session, work: Work, account_id: int, purpose: links.Purpose) -> str:
    claim = facts.link_claim(session, account_id)
    return links.address(work.base_url, work.secret, purpose, claim, work.now())


_WRITERS: Mapping[type[Event], Writer] = {
    events.AccountRegistered: _verify_address,
    events.AddressRegisteredAgain: _registered_again,
    events.PasswordResetAsked: _reset_password,
    events.PasswordChanged: _password_changed,
    events.WebhookDisabled: _webhook_disabled,
    events.ExpertApplied: _expert_applied,
    events.ExpertVetted: _expert_vetted,
    events.OfferingSubmitted: _offering_submitted,
    events.OfferingDecided: _offering_decided,
    events.BriefMatched: _brief_matched,
    events.SearchNews: _search_news,
    events.ExpertInvited: _invited,
    events.ExpertProposed: _proposed,
    events.InvitationAnswered: _invitation_answered,
    events.BookingRequested: _requested,
    events.BookingConfirmed: _confirmed,
    events.BookingEnded: _ended,
    events.BookingMoved: _moved,
    events.TimesProposed: _times_proposed,
    events.ProposalEnded: _proposal_ended,
    events.SessionNear: _near,
    events.SessionHeld: _held,
    events.NoShow: _no_show,
    events.RatingGiven: _rating_given,
    events.RatingsRevealed: _revealed,
    events.RatingReplied: _replied,
    events.MoneyReleased: _released,
    events.PayoutBlocked: _payout_blocked,
    events.ProblemReported: _problem_reported,
    events.ProblemAnswered: _problem_answered,
    events.ProblemSettled: _problem_settled,
    events.RefundedBeyondPolicy: _refunded_beyond,
    events.PaymentDisputed: _disputed,
    events.DisputeClosed: _dispute_closed,
    events.Alert: _alert,
}

"""What happened: facts that consequences (letters, index, standing) hang on. Ids only, never names or secrets."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events; fields are plain numbers and words, so that an event survives as JSON."""

    def payload(self) -> dict[str, Any]:
        """The fields, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class AccountRegistered(Event):
    """Somebody registered and must verify the address."""

    account_id: int


@dataclass(frozen=True, slots=True)
class AddressRegisteredAgain(Event):
    """Somebody tried to register an address that has an account; only its owner is told."""

    account_id: int


@dataclass(frozen=True, slots=True)
class PasswordResetAsked(Event):
    """Somebody asked for a link to set a new password."""

    account_id: int


@dataclass(frozen=True, slots=True)
class PasswordChanged(Event):
    """The password was changed or reset; all other sessions ended."""

    account_id: int


@dataclass(frozen=True, slots=True)
class ExpertApplied(Event):
    """An expert sent the application that admins vet once."""

    expert_id: int


@dataclass(frozen=True, slots=True)
class ExpertVetted(Event):
    """An admin decided on an expert's application."""

    expert_id: int
    approved: bool


@dataclass(frozen=True, slots=True)
class OfferingSubmitted(Event):
    """A revision entered the admins' queue."""

    offering_id: int
    revision_id: int


@dataclass(frozen=True, slots=True)
class OfferingDecided(Event):
    """An admin decided on a revision: 'approved', 'changes_requested' or 'rejected'."""

    offering_id: int
    revision_id: int
    decision: str


@dataclass(frozen=True, slots=True)
class OfferingPublished(Event):
    """An offering (or a new revision of it) can be found from now on."""

    offering_id: int


@dataclass(frozen=True, slots=True)
class OfferingHidden(Event):
    """An offering was paused or withdrawn."""

    offering_id: int


@dataclass(frozen=True, slots=True)
class BriefPublished(Event):
    """A lead published a request."""

    brief_id: int


@dataclass(frozen=True, slots=True)
class BriefMatched(Event):
    """A newly published offering fits a request that was open already; the lead is told."""

    brief_id: int
    offering_id: int


@dataclass(frozen=True, slots=True)
class SearchNews(Event):
    """Offerings were published that fit a saved search; its owner is told."""

    saved_id: int
    offering_ids: list[int]


@dataclass(frozen=True, slots=True)
class ExpertInvited(Event):
    """A lead invited an expert to answer a request."""

    invitation_id: int


@dataclass(frozen=True, slots=True)
class ExpertProposed(Event):
    """An expert proposed themselves for a request."""

    invitation_id: int


@dataclass(frozen=True, slots=True)
class InvitationAnswered(Event):
    """The invited expert accepted or declined, or the lead answered a proposal."""

    invitation_id: int
    accepted: bool


@dataclass(frozen=True, slots=True)
class InvitationExpired(Event):
    """The invited expert did not answer in time: that counts in their standing."""

    invitation_id: int


@dataclass(frozen=True, slots=True)
class BookingRequested(Event):
    """The card is authorised; the expert has until the deadline to accept."""

    booking_id: int


@dataclass(frozen=True, slots=True)
class BookingConfirmed(Event):
    """The money is captured; the session will take place."""

    booking_id: int


@dataclass(frozen=True, slots=True)
class BookingEnded(Event):
    """A booking ended without a session: its state ('declined', 'expired', 'withdrawn', 'expired_unpaid',
    'payment_failed', 'cancelled_by_lead', 'cancelled_by_expert', 'cancelled_by_admin') says how."""

    booking_id: int
    state: str
    was_confirmed: bool


@dataclass(frozen=True, slots=True)
class BookingMoved(Event):
    """A booking has another time now; `sequence` is the version of its calendar entry, `old_start` in ISO form."""

    booking_id: int
    sequence: int
    old_start: str


@dataclass(frozen=True, slots=True)
class TimesProposed(Event):
    """One side proposed other times for a booking."""

    proposal_id: int


@dataclass(frozen=True, slots=True)
class ProposalEnded(Event):
    """A proposal of times came to nothing: its state ('refused', 'expired') says how."""

    proposal_id: int
    state: str


@dataclass(frozen=True, slots=True)
class SessionNear(Event):
    """A confirmed session starts in `hours` (24 or 1), unless it has been moved or cancelled since."""

    booking_id: int
    hours: int


@dataclass(frozen=True, slots=True)
class SessionHeld(Event):
    """The session's time is over; both sides may rate."""

    booking_id: int


@dataclass(frozen=True, slots=True)
class NoShow(Event):
    """One side is said to have been absent ('lead' or 'expert'); `what`: 'reported', 'retracted', 'contested', or
    'decided' by the other side's silence."""

    booking_id: int
    what: str
    absent: str


@dataclass(frozen=True, slots=True)
class RatingGiven(Event):
    """One side rated; still sealed."""

    booking_id: int


@dataclass(frozen=True, slots=True)
class RatingsRevealed(Event):
    """Both ratings are in, or the window shut: they can be read."""

    booking_id: int


@dataclass(frozen=True, slots=True)
class RatingReplied(Event):
    """The rated side wrote its one public reply."""

    rating_id: int


@dataclass(frozen=True, slots=True)
class MoneyReleased(Event):
    """So much of the expert's share was transferred, in cents: less than the whole after a part went back."""

    booking_id: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class PayoutBlocked(Event):
    """So much of the expert's share is due, in cents, but their account cannot receive it."""

    booking_id: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ProblemReported(Event):
    """One side ('lead' or 'expert') says that something went wrong: the money waits for a verdict."""

    booking_id: int
    side: str


@dataclass(frozen=True, slots=True)
class ProblemAnswered(Event):
    """The other side ('lead' or 'expert') has said how they saw a reported problem."""

    booking_id: int
    side: str


@dataclass(frozen=True, slots=True)
class ProblemSettled(Event):
    """An admin decided: 'pay_expert', 'refund_part' or 'refund_all'."""

    booking_id: int
    verdict: str


@dataclass(frozen=True, slots=True)
class PaymentDisputed(Event):
    """The lead's bank took the payment back for now."""

    booking_id: int


@dataclass(frozen=True, slots=True)
class DisputeClosed(Event):
    """The bank decided a dispute."""

    booking_id: int
    won: bool


@dataclass(frozen=True, slots=True)
class RefundedBeyondPolicy(Event):
    """An admin gives back more than the policy says."""

    booking_id: int
    case_id: int


@dataclass(frozen=True, slots=True)
class WebhookDisabled(Event):
    """A program's address answered with nothing but failures: it hears of nothing any more."""

    webhook_id: int


@dataclass(frozen=True, slots=True)
class Alert(Event):
    """Something that a person must look at; shown to admins."""

    code: str
    subject: str


def from_payload(name: str, payload: dict[str, Any]) -> Event:
    """The event that `payload()` wrote; `KeyError` for an unknown name."""
    return _BY_NAME[name](**payload)


# Not Event.__subclasses__(): a slotted dataclass is a second class, and the first may live on until collected.
_BY_NAME: dict[str, type[Event]] = {
    name: kind for name, kind in globals().items() if isinstance(kind, type) and issubclass(kind, Event)
}

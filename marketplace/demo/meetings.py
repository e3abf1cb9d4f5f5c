"""How the demo's sessions go: booked, paid, accepted, held, rated, paid out; or cancelled, or nobody came."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from marketplace.demo.offerings import offerings_of
from marketplace.demo.shapes import DemoOffering, DemoPast, DemoRating
from marketplace.demo.stage import Stage
from marketplace.domain.access import Actor
from marketplace.domain.calendar import Slot
from marketplace.services import bookings, ratings
from marketplace.services.payments import Look, look_at_payment
from marketplace.store.ratings import Rating

_OBJECTIVES = {
    "fr": (
        "Sortir avec une décision écrite et les trois premières étapes.",
        "Comprendre ce que d’autres ont raté avant nous, et l’éviter.",
        "Relire notre plan avec quelqu’un qui l’a déjà vécu.",
        "Préparer le prochain comité avec des arguments qui tiennent.",
        "Savoir par où commencer lundi, et ce que nous pouvons laisser de côté.",
    ),
    "en": (
        "Leave with a written decision and the first three steps.",
        "Learn what others got wrong before us, and avoid it.",
        "Walk through our plan with somebody who has lived it.",
        "Prepare the next steering committee with arguments that hold.",
        "Know where to begin on Monday, and what can wait.",
    ),
}
# How experts' and leads' scores are called by those who wrote the content, where the market has another word.
_DIMENSION = {"brief": "brief_quality"}


@dataclass(frozen=True, slots=True)
class Meeting:
    """A booking on its way."""

    past: DemoPast
    booking_id: int
    slot: Slot
    chance: Random


def plan(stage: Stage, past: DemoPast) -> None:
    """Note the scene in which a past session is booked; the others follow from it."""
    chance = Random(f"{past.expert} {past.lead} {past.days_ago}")  # noqa: S311 - a story, no secret
    wanted = stage.now - timedelta(days=past.days_ago)
    booked_at = wanted - timedelta(days=chance.randint(6, 12), minutes=chance.randint(-240, 240))
    stage.timeline.at(booked_at, _book, stage, past, wanted, chance)


def reserve(stage: Stage, expert: str, place: int, lead: str, wanted: datetime, objective: str) -> tuple[int, Slot]:
    """A lead reserves the slot nearest to the wanted moment and pays; returns the booking's id and the slot."""
    stage.with_stripe()
    offering = offerings_of(expert)[place]
    slot = stage.slot_near(expert, lead, offering.length_minutes, wanted)
    actor = stage.people[lead]
    held = bookings.reserve(stage.work, _wish(actor, stage.offerings[expert, place], slot, offering, objective))
    stage.stripe.pay(held.checkout_url)
    look_at_payment(stage.work, Look(actor, held.booking_id))
    return held.booking_id, slot


def accept(stage: Stage, expert: str, booking_id: int) -> None:
    """The expert takes the session; the card is charged."""
    bookings.accept(stage.work, bookings.Answer(stage.people[expert], booking_id))


def rate(stage: Stage, actor: Actor, booking_id: int, rating: DemoRating) -> None:
    """One side says what it thinks of the other."""
    dimensions = {_DIMENSION.get(name, name): score for name, score in rating.dimensions.items()}
    command = ratings.Rate(
        actor, booking_id, rating.overall, dimensions, rating.comment, rating.private_note, rating.recommend
    )
    ratings.rate(stage.work, command)


def objective_for(lead_language: str, chance: Random) -> str:
    """What a lead wants of a session, when the content does not say."""
    return chance.choice(_OBJECTIVES[lead_language])


def _book(stage: Stage, past: DemoPast, wanted: datetime, chance: Random) -> None:
    language = offerings_of(past.expert)[past.offering].language
    objective = objective_for(language, chance)
    booking_id, slot = reserve(stage, past.expert, past.offering, past.lead, wanted, objective)
    meeting = Meeting(past, booking_id, slot, chance)
    answered = stage.clock() + timedelta(minutes=chance.randint(40, 26 * 60))
    stage.timeline.at(answered, accept, stage, past.expert, booking_id)
    _ENDINGS[past.ending](stage, meeting)


def _hold(stage: Stage, meeting: Meeting) -> None:
    past, ends, chance = meeting.past, meeting.slot.ends_at, meeting.chance
    stage.timeline.at(ends + timedelta(minutes=1), stage.sessions_end)
    hours = sorted(chance.sample(range(2, 60), 2))
    sides = [(past.lead, past.of_expert), (past.expert, past.of_lead)]
    chance.shuffle(sides)
    for hour, (author, rating) in zip(hours, sides, strict=True):
        if rating is not None:
            _plan_rating(stage, meeting, ends + timedelta(hours=hour), author, rating)
    stage.timeline.at(ends + timedelta(hours=hours[-1], minutes=2), stage.settle)
    if past.reply:
        stage.timeline.at(ends + timedelta(hours=hours[-1] + chance.randint(3, 40)), _reply, stage, meeting)


def _plan_rating(stage: Stage, meeting: Meeting, moment: datetime, author: str, rating: DemoRating) -> None:
    stage.timeline.at(moment, rate, stage, stage.people[author], meeting.booking_id, rating)


def _reply(stage: Stage, meeting: Meeting) -> None:
    expert = stage.people[meeting.past.expert]
    with stage.work.reading() as session:
        found = session.query(Rating.id).filter_by(booking_id=meeting.booking_id, subject_id=expert.id).one()
    ratings.reply(stage.work, ratings.Reply(expert, found.id, meeting.past.reply))


def _cancel_late(stage: Stage, meeting: Meeting) -> None:
    moment = meeting.slot.starts_at - timedelta(hours=20)
    reason = "Empêchement familial, je vous prie de m’excuser."
    stage.timeline.at(moment, _cancel, stage, stage.people[meeting.past.expert], meeting, reason)


def _miss(stage: Stage, meeting: Meeting) -> None:
    """The expert does not come: an admin sends everything back, the only way until no-shows have one of their own."""
    start = meeting.slot.starts_at
    stage.timeline.at(start + timedelta(minutes=1), stage.sessions_end)
    reason = "L’expert ne s’est pas connecté ; constaté par les deux parties."
    stage.timeline.at(start + timedelta(minutes=50), _cancel, stage, stage.people["admin"], meeting, reason)


def _cancel(stage: Stage, actor: Actor, meeting: Meeting, reason: str) -> None:
    stage.with_stripe()
    bookings.cancel(stage.work, bookings.Cancel(actor, meeting.booking_id, reason))
    stage.settle()


def _wish(actor: Actor, offering_id: int, slot: Slot, offering: DemoOffering, objective: str) -> bookings.Reserve:
    where = "onsite" if offering.format == "onsite" else "remote"
    return bookings.Reserve(actor, offering_id, slot.starts_at, where, objective)


_ENDINGS: dict[str, Callable[[Stage, Meeting], None]] = {"held": _hold, "late": _cancel_late, "absent": _miss}

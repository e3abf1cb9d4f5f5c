"""A market on which money moves fast: experts with accounts at Stripe, and paid requests for all their days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from marketplace.domain.access import Role
from marketplace.services import bookings
from marketplace.services.bookings import Reserve
from marketplace.services.payments import Look, look_at_payment
from marketplace.services.payouts import Payouts, look_at_account, onboarding_page
from marketplace.work import Work
from tests.cast import Person, add_person, vetted
from tests.money.stall import Stall
from tests.till import publish

FIRST_DAY, DAYS = 2, 5  # days from now
HOURS = (8, 11, 14)  # UTC, of sessions of three hours


@dataclass(frozen=True, slots=True)
class Market:
    """Who deals with whom: each expert's offering by the expert's id."""

    leads: tuple[Person, ...]
    experts: tuple[Person, ...]
    admin: Person
    offerings: dict[int, int]


def open_market(stall: Stall, experts: int) -> Market:
    """Everybody with an account that can receive money, and an offering."""
    people = tuple(_new_expert(stall.work, number) for number in range(experts))
    for person in people:
        command = Payouts(person.actor)
        stall.press(onboarding_page(stall.work, command), outcome="complete")
        look_at_account(stall.work, command)
    offerings = {person.id: publish(stall.work, person) for person in people}
    return Market((stall.cast.lea, stall.cast.hugo, stall.cast.marta), people, stall.cast.ada, offerings)


def pay_for(stall: Stall, market: Market, most: int) -> int:
    """Paid requests for the experts' slots; returns how many were made."""
    made = 0
    for number, (starts_at, expert) in enumerate(_slots(stall.clock(), market.experts)):
        if made == most:
            break
        lead = market.leads[number % len(market.leads)]
        reserved = bookings.reserve(
            stall.work,
            Reserve(lead.actor, market.offerings[expert.id], starts_at, "remote", "Know the gaps.", ("Forty.",)),
        )
        stall.press(reserved.checkout_url, outcome="pay")
        look_at_payment(stall.work, Look(lead.actor, reserved.booking_id))
        made += 1
    return made


def _slots(now: datetime, experts: tuple[Person, ...]) -> Iterator[tuple[datetime, Person]]:
    for day in range(FIRST_DAY, FIRST_DAY + 2 * DAYS):
        date = (now + timedelta(days=day)).date()
        if date.weekday() < DAYS:
            for hour in HOURS:
                starts_at = datetime.combine(date, time(hour), UTC)
                yield from ((starts_at, expert) for expert in experts)


def _new_expert(work: Work, number: int) -> Person:
    with work.transaction() as tx:
        person = add_person(tx.session, tx.now, f"Expert {number}", Role.EXPERT)
        tx.session.add(vetted(person, tx.now, ["fr"], "Money that moves"))
        return person

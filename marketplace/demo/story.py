"""The main job from end to end, played over HTTP as browsers would: the smoke test of a running demo."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from marketplace.demo import story_people as people
from marketplace.demo import story_session as session
from marketplace.demo import story_words as words
from marketplace.demo.browser import Browser, BrowserFailed
from marketplace.demo.story_people import Expert, Person, StoryFailed

COMPANY = "Lisières Transports"

Echo = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it; ranks are those of the rated offering for the same request, from 1."""

    rank_before: int
    rank_after: int
    ledger_sum: int  # cents
    mails: int


def play(url: str, echo: Echo) -> int:
    """Play it against the demo at `url`: a line per step, one line of JSON; returns the exit status."""
    started = monotonic()
    story = _Story(url, echo)
    try:
        outcome = story.play()
    except (BrowserFailed, StoryFailed) as failure:
        echo(f"The story stops after step {story.steps}: {failure}")
        return 1
    finally:
        story.close()
    figures = {
        "steps": story.steps,
        "rank_before": outcome.rank_before,
        "rank_after": outcome.rank_after,
        "ledger_sum": outcome.ledger_sum,
        "mails": outcome.mails,
        "seconds": round(monotonic() - started, 1),
    }
    echo(json.dumps(figures))
    return 0


class _Story:
    """Two experts with the same offering, one lead, the demo's admin.

    Two, so that the ratings alone decide: whatever else ranks is the same for both.
    """

    def __init__(self, url: str, echo: Echo) -> None:
        self.steps = 0
        self._echo = echo
        self._url = url
        self._project = _made_up_name()
        surname = self._project.capitalize()
        self._nora = self._person(f"Nora {surname}", "nora")
        self._petra = self._person(f"Petra {surname}", "petra")
        self._jonas = self._person("Jonas Weber", "jonas")
        self._admin: Person | None = None

    def play(self) -> Outcome:
        """From registration to the money."""
        experts = [self._publish(person) for person in (self._nora, self._petra)]
        self._approve(experts)
        request_id = self._look_for_somebody(experts)
        bookings = self._book(experts, request_id)
        self._hold(bookings)
        before, after = self._rate(experts, bookings)
        return self._count(before, after)

    def close(self) -> None:
        """Close all browsers."""
        everybody = [self._nora, self._petra, self._jonas, *([self._admin] if self._admin else [])]
        for person in everybody:
            person.browser.close()

    def _publish(self, person: Person) -> Expert:
        people.register(person, "expert", {})
        self._step(f"{person.name} registers as an expert and confirms the address by the letter's link")
        people.introduce(person, self._project)
        self._step(f"{person.name} writes a profile, applies and opens the calendar")
        people.open_payouts(person)
        self._step(f"{person.name} completes the account at Stripe")
        offering_id = people.write_offering(person, self._project)
        self._step(f"{person.name} writes offering {offering_id} and submits it")
        return Expert(person, offering_id)

    def _approve(self, experts: list[Expert]) -> None:
        self._admin = people.the_admin(self._url)
        for expert in experts:
            people.approve(self._admin, "expert", expert.person.name)
            people.approve(self._admin, "offering", expert.person.name)
            self._step(f"The admin vets {expert.person.name} and approves the offering")
        session.find(Browser(self._url), self._project, experts)
        self._step("Both offerings are found by a search")

    def _look_for_somebody(self, experts: list[Expert]) -> str:
        people.register(self._jonas, "lead", {"company": COMPANY})
        self._step(f"{self._jonas.name} registers as a lead of {COMPANY} and confirms the address")
        request_id = session.publish_request(self._jonas, self._project)
        self._step(f"{self._jonas.name} publishes request {request_id}")
        session.see_matches(self._jonas, request_id, experts)
        self._step("The request is matched with both, with reasons")
        return request_id

    def _book(self, experts: list[Expert], request_id: str) -> dict[str, str]:
        bookings = {}
        for place, expert in enumerate(experts):
            booking_id = session.book(self._jonas, expert.offering_id, request_id, place)
            self._step(f"{self._jonas.name} books three hours with {expert.person.name} and pays")
            people.accept(expert.person, booking_id)
            session.see_confirmed(self._jonas, booking_id)
            self._step(f"{expert.person.name} accepts; session {booking_id} is confirmed and the card is charged")
            bookings[expert.offering_id] = booking_id
        return bookings

    def _hold(self, bookings: dict[str, str]) -> None:
        # With 24 hours' notice and twelve open hours a day, the second slot is over within three days.
        for _ in range(3):
            session.put_clock_forward(self._jonas, "1d")
        session.see_both_held(self._jonas, list(bookings.values()))
        self._step("Three days pass; both sessions are held and the letters ask for ratings")

    def _rate(self, experts: list[Expert], bookings: dict[str, str]) -> tuple[int, int]:
        lower = max(experts, key=lambda expert: self._rank(expert))
        before, booking_id = self._rank(lower), bookings[lower.offering_id]
        self._step(f"Before any rating, {lower.person.name} stands at place {before} for the request")
        session.rate(self._jonas, booking_id, words.BY_LEAD, self._project)
        self._check_sealed(lower)
        self._step(f"{self._jonas.name} rates; nobody can read it yet")
        session.rate(lower.person, booking_id, words.BY_EXPERT, self._project)
        self._check_revealed(lower, booking_id)
        self._step(f"{lower.person.name} rates too; both ratings appear together")
        people.wait_for("a better place by the rating", lambda: self._rank(lower) < before)
        after = self._rank(lower)
        self._step(f"After the rating, {lower.person.name} stands at place {after}")
        session.see_share_sent(lower.person)
        self._step("The price less the commission is transferred to the expert")
        return before, after

    def _count(self, before: int, after: int) -> Outcome:
        if self._admin is None:
            raise StoryFailed("there is no admin")
        ledger = session.ledger_sum(self._admin)
        if ledger:
            raise StoryFailed(f"the ledger is out by {ledger} cents")
        self._step("The ledger sums to zero")
        mails = sum(len(people.letters_to(person)) for person in (self._nora, self._petra, self._jonas))
        self._step(f"{mails} letters were written to the three of them")
        return Outcome(before, after, ledger, mails)

    def _rank(self, expert: Expert) -> int:
        return session.rank_of(self._jonas, expert.offering_id, self._project)

    def _check_sealed(self, expert: Expert) -> None:
        if self._shows_comment(expert):
            raise StoryFailed("a sealed rating can be read on the offering's page")

    def _check_revealed(self, expert: Expert, booking_id: str) -> None:
        theirs = words.told(words.BY_EXPERT, self._project)["comment"]
        if not self._shows_comment(expert):
            raise StoryFailed("the lead's rating does not appear although both are in")
        if not session.reads(self._jonas.browser, f"/bookings/{booking_id}", str(theirs)):
            raise StoryFailed("the expert's rating does not appear although both are in")

    def _shows_comment(self, expert: Expert) -> bool:
        comment = words.told(words.BY_LEAD, self._project)["comment"]
        return session.reads(self._jonas.browser, f"/offerings/{expert.offering_id}", str(comment))

    def _person(self, name: str, local: str) -> Person:
        return Person(name, f"{local}.{self._project}@story.cadran.test", Browser(self._url))

    def _step(self, sentence: str) -> None:
        self.steps += 1
        self._echo(f"{self.steps:2}. {sentence}.")


def _made_up_name() -> str:
    """A word that nobody else uses: so that every run meets its own people and its own offerings."""
    return "".join(secrets.choice("bdfgklmnprtvz") + secrets.choice("aeiou") for _ in range(5))

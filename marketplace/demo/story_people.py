"""The people of the story and their browsers: how they register, read their letters, and what experts and admins do."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic, sleep
from typing import TypeVar
from urllib.parse import urlsplit

from marketplace.demo import story_words as words
from marketplace.demo.accounts import PASSWORD, SHOWN_ACCOUNTS
from marketplace.demo.browser import Browser, Page

PATIENCE = 180.0  # seconds until the worker must have done something: the machine may be busy
LOOK_AGAIN = 0.3  # seconds between two looks
STRANGERS_PASSWORD = "violet-harbour-seventeen-kites"  # noqa: S105 - of people who exist for one run of a demo

Seen = TypeVar("Seen")


class StoryFailed(Exception):
    """Why the story does not go on, in a sentence."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an address and a browser."""

    name: str
    email: str
    browser: Browser


@dataclass(frozen=True, slots=True)
class Expert:
    """An expert whose offering is published."""

    person: Person
    offering_id: str


def wait_for(what: str, look: Callable[[], Seen | None]) -> Seen:
    """Look again and again until there is something to see."""
    until = monotonic() + PATIENCE
    while monotonic() < until:
        seen = look()
        if seen:
            return seen
        sleep(LOOK_AGAIN)
    raise StoryFailed(f"{what} did not happen within {PATIENCE:.0f} seconds")


def register(person: Person, role: str, more: dict[str, str]) -> None:
    """Make an account, confirm the address by the letter's link, sign in."""
    form = person.browser.open(f"/register/{role}")
    filled = {"name": person.name, "email": person.email, "password": STRANGERS_PASSWORD, **more}
    person.browser.submit(form, filled, having="email")
    link = wait_for(f"the letter to {person.email}", lambda: letter_link(person, "/verification/"))
    asked = person.browser.open(link)
    person.browser.submit(asked, {}, action=urlsplit(asked.url).path)
    sign_in(person, STRANGERS_PASSWORD)


def sign_in(person: Person, password: str) -> None:
    """Sign in; the dashboard opens."""
    person.browser.submit(person.browser.open("/sign-in"), {"email": person.email, "password": password})
    if not person.browser.open("/dashboard").url.endswith("/dashboard"):
        raise StoryFailed(f"{person.email} cannot sign in")


def letter_link(person: Person, part: str) -> str | None:
    """The address with `part` in it from the newest letter that has one; None when none has come."""
    for letter in letters_to(person):
        for link in person.browser.open(letter).links(part):
            return link
    return None


def letters_to(person: Person) -> tuple[str, ...]:
    """The letters in the demo's mailbox, newest first."""
    return person.browser.open(f"/mailbox?to={person.email}").links("/mailbox/")


def introduce(person: Person, project: str) -> None:
    """Profile, application and hours."""
    browser = person.browser
    browser.submit(browser.open("/expert/profile"), words.told(words.PROFILE, project))
    browser.submit(browser.open("/expert/application"), words.told(words.APPLICATION, project))
    browser.submit(browser.open("/expert/availability"), words.told(words.HOURS, project), action="/week")
    browser.submit(
        browser.open("/expert/availability"), {"min_notice_hours": words.NOTICE_HOURS}, action="/availability/rules"
    )


def write_offering(person: Person, project: str) -> str:
    """Write an offering and submit it; returns its id."""
    browser = person.browser
    form = browser.open("/expert/offerings/new")
    listed = browser.submit(form, words.told(words.OFFERING, project) | {"topic_1": _first_topic(form)}, having="title")
    submission = next((f.attrs["action"] for f in listed.root.every("form") if "/submission" in f.attrs["action"]), "")
    if not submission:
        raise StoryFailed(f"the offering of {person.name} cannot be submitted on {listed.url}")
    browser.submit(listed, {}, action=submission)
    return submission.split("/")[-2]


def open_payouts(person: Person) -> None:
    """Complete the account on Stripe's page."""
    begin = person.browser.open("/expert/earnings")
    setup = person.browser.submit(begin, {}, action="/expert/payouts")
    back = person.browser.submit(setup, {"outcome": "complete"})
    if not back.url.endswith("/expert/earnings"):
        raise StoryFailed(f"the account of {person.name} at Stripe was not completed: {back.url}")


def accept(person: Person, booking_id: str) -> None:
    """Accept the session as soon as the payment's notice has made it a request."""
    address = f"/bookings/{booking_id}"

    def request() -> Page | None:
        page = person.browser.open(address)
        return page if page.form(action="/acceptance") else None

    person.browser.submit(wait_for("the request at the expert's", request), {}, action="/acceptance")


def the_admin(url: str) -> Person:
    """The demo's admin, signed in."""
    admin = Person("the admin", dict(SHOWN_ACCOUNTS)["admin"], Browser(url))
    sign_in(admin, PASSWORD)
    return admin


def approve(admin: Person, kind: str, expert: str) -> None:
    """Take the expert's item of this kind from the queue and approve it."""
    browser = admin.browser
    rows = browser.open("/admin/queue").root.every("tr")
    mine = (link.attrs["href"] for row in rows if expert in row.text for link in row.every("a"))
    item = next((address for address in mine if f"/{kind}/" in address), None)
    if item is None:
        raise StoryFailed(f"the queue has no {kind} of {expert}")
    claimed = browser.submit(browser.open(item), {}, action="/claim")
    browser.submit(claimed, {"verdict": "approve"})


def _first_topic(form: Page) -> str:
    choices = (
        option.attrs.get("value", "")
        for menu in form.root.every("select", name="topic_1")
        for option in menu.every("option")
    )
    return next((value for value in choices if value), "")

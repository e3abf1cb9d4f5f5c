"""The session of the story: request, matches, booking, payment, ratings, rank and money."""

import csv
import re
from collections.abc import Sequence
from io import StringIO
from urllib.parse import quote

from marketplace.demo import story_words as words
from marketplace.demo.browser import Browser, Page
from marketplace.demo.story_people import Expert, Person, StoryFailed, letters_to, wait_for
from marketplace.domain.price import VatScheme
from marketplace.domain.price import quote as price

PAGES = 20  # of search results, at most


def publish_request(lead: Person, project: str) -> str:
    """Write a request; returns its id."""
    form = lead.browser.open("/requests/new")
    shown = lead.browser.submit(form, words.told(words.REQUEST, project), having="problem")
    return shown.url.rpartition("/")[2]


def see_matches(lead: Person, request_id: str, experts: Sequence[Expert]) -> None:
    """Wait until both offerings are among the matches; each must say why it is there."""
    wanted = {expert.offering_id for expert in experts}

    def matches() -> Page | None:
        page = lead.browser.open(f"/requests/{request_id}")
        return page if wanted <= set(offerings_on(page)) else None

    page = wait_for("the match of the request with both offerings", matches)
    cards = list(page.root.every("li", **{"class": "offer"}))
    silent = [card for card in cards if not any(card.every("ul", **{"class": "reasons"}))]
    if silent:
        raise StoryFailed(f"{len(silent)} of {len(cards)} matches do not say why they are there")


def find(browser: Browser, project: str, experts: Sequence[Expert]) -> None:
    """Wait until the index has both offerings."""
    wanted = {expert.offering_id for expert in experts}
    question = f"/search?q={quote(project)}"
    wait_for("finding the offerings by a search", lambda: wanted <= set(offerings_on(browser.open(question))))


def rank_of(lead: Person, offering_id: str, project: str) -> int:
    """The offering's place among the results for the request's words, from 1."""
    told = words.told(words.REQUEST, project)
    question = quote(f"{told['title']} {told['problem']} {told['objectives']}")
    seen: list[str] = []
    for number in range(1, PAGES + 1):
        seen += offerings_on(lead.browser.open(f"/search?q={question}&page={number}"))
        if offering_id in seen:
            return seen.index(offering_id) + 1
    raise StoryFailed(f"offering {offering_id} is not among the {len(seen)} results for the request")


def offerings_on(page: Page) -> list[str]:
    """Ids of the offerings in the page's list, in its order."""
    cards = page.root.every("li", **{"class": "offer"})
    addresses = (link.attrs.get("href", "") for card in cards for link in card.every("a"))
    ids = (found.group(1) for address in addresses if (found := re.match(r"/offerings/(\d+)", address)))
    return list(dict.fromkeys(ids))


def book(lead: Person, offering_id: str, request_id: str, place: int) -> str:
    """Choose the free slot at this place (from 0), answer, pay on Stripe's page; returns the booking's id."""
    form = lead.browser.open(f"/offerings/{offering_id}/booking?request={request_id}")
    slots = [slot.attrs["value"] for slot in form.root.every("input", name="slot")]
    if len(slots) <= place:
        raise StoryFailed(f"offering {offering_id} shows {len(slots)} free slots")
    answers = {"objective": words.OBJECTIVE, "answer_0": words.ANSWER, "answer_1": words.ANSWER, "format": "remote"}
    pay = lead.browser.submit(form, {"slot": slots[place], **answers})
    back = lead.browser.submit(pay, {"outcome": "pay"})
    found = re.search(r"/bookings/(\d+)", back.url)
    if found is None:
        raise StoryFailed(f"after the payment the lead came to {back.url}")
    return found.group(1)


def put_clock_forward(person: Person, span: str) -> None:
    """Let the demo's time pass."""
    person.browser.submit(person.browser.open("/mailbox"), {"advance": span})


def see_confirmed(lead: Person, booking_id: str) -> None:
    """Wait until the card is charged and the session stands."""
    address = f"/bookings/{booking_id}"
    wait_for("the confirmation", lambda: lead.browser.open(address).links(f"{address}/cancellation"))


def see_both_held(lead: Person, booking_ids: Sequence[str]) -> None:
    """Wait for the letters that ask for ratings: by then the worker has counted both sessions."""

    def asked() -> bool:
        letters = [lead.browser.open(letter) for letter in letters_to(lead)]
        return all(any(letter.links(f"/bookings/{one}/rating") for letter in letters) for one in booking_ids)

    wait_for("the end of both sessions", asked)


def rate(person: Person, booking_id: str, said: dict[str, str], project: str) -> None:
    """Rate the other side."""
    form = person.browser.open(f"/bookings/{booking_id}/rating")
    person.browser.submit(form, words.told(said, project), having="overall")


def reads(browser: Browser, path: str, sentence: str) -> bool:
    """Whether a page says this."""
    return sentence in browser.open(path).root.text


def see_share_sent(expert: Person) -> None:
    """Wait until the expert's table says that the price less the commission was sent."""
    payout = price(words.PRICE_MINOR, VatScheme.FRANCHISE).payout
    wanted = f"{payout // 100}.{payout % 100:02}"

    def sent() -> bool:
        table = csv.reader(StringIO(expert.browser.fetch("/expert/earnings.csv")), delimiter=";")
        return any(wanted in row and row[-1] for row in list(table)[1:])

    wait_for(f"the transfer of {wanted} euros to {expert.name}", sent)


def ledger_sum(admin: Person) -> int:
    """The sum over the whole ledger in cents, as the admin's page shows it."""
    page = admin.browser.open("/admin/health")
    shown = [line.text for part in page.root.every("section") for line in part.every("dd", **{"class": "tot"})]
    if not shown:
        raise StoryFailed("the admin's page shows no sum of the ledger")
    digits = "".join(re.findall(r"\d", shown[0]))
    return -int(digits) if "-" in shown[0] or "−" in shown[0] else int(digits)

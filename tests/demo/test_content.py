"""The demo's people and texts: enough of them, different from one another, and well set."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

import pytest

from marketplace.demo import accounts
from marketplace.demo.history import PAST
from marketplace.demo.offerings import OFFERINGS, offerings_of
from marketplace.demo.people import ADMIN, EXPERTS, LEADS
from marketplace.demo.requests import REQUESTS
from marketplace.demo.shapes import DemoExpert, DemoLead, DemoOffering, DemoPast, DemoRating
from marketplace.demo.topics import TOPICS
from marketplace.domain.offering import OfferingText, check_text

NBSP = "\u00a0"
EXPERT_KEYS = {expert.key for expert in EXPERTS}
LEAD_LANGUAGE = {lead.key: lead.language for lead in LEADS}
HELD = [past for past in PAST if past.ending == "held"]


def test_the_market_is_large_enough_to_look_alive() -> None:
    assert len(EXPERTS) >= 64
    assert len(OFFERINGS) >= 160
    assert len({topic for offering in OFFERINGS for topic in offering.topics}) >= 30
    assert len(LEADS) >= 12
    assert len({lead.company for lead in LEADS}) >= 7
    assert len(HELD) >= 200


def test_half_of_the_offerings_are_french_and_half_english() -> None:
    french = sum(offering.language == "fr" for offering in OFFERINGS) / len(OFFERINGS)
    assert 0.45 <= french <= 0.55


def test_everybody_has_an_own_key_name_and_address() -> None:
    everybody: list[DemoExpert | DemoLead] = [*EXPERTS, *LEADS]
    for field in ("key", "name", "email"):
        assert _repeated(getattr(person, field) for person in everybody) == []
    assert all(email.endswith("@demo.cadran.test") for email in _addresses())


def test_the_accounts_that_the_demo_shows_exist() -> None:
    assert {email for _role, email in accounts.SHOWN_ACCOUNTS} <= _addresses()


@pytest.mark.parametrize("expert", EXPERTS, ids=lambda expert: expert.key)
def test_an_expert_can_be_shown_and_booked(expert: DemoExpert) -> None:
    assert len(expert.headline) <= 70
    assert 2 <= len(_sentences(expert.bio)) <= 4
    assert ZoneInfo(expert.zone).key == expert.zone
    assert 0 < len(offerings_of(expert.key)) <= 3
    longest = max(_minutes(closes) - _minutes(opens) for _day, opens, closes in expert.hours)
    for offering in offerings_of(expert.key):
        assert offering.length_minutes <= longest
        assert offering.language in expert.languages


@pytest.mark.parametrize("offering", OFFERINGS, ids=lambda offering: offering.title)
def test_an_offering_keeps_the_rules_of_the_market_and_of_the_demo(offering: DemoOffering) -> None:
    check_text(_as_text(offering))
    assert offering.expert in EXPERT_KEYS
    assert len(offering.title) <= 80
    assert 60 <= len(offering.experience.split()) <= 120
    assert len(_sentences(offering.outcome)) <= 3
    assert 45_000 <= offering.price_minor <= 160_000
    assert 2 <= len(offering.questions) <= 3
    assert (offering.city == "") == (offering.format == "remote")


def test_topics_are_known_named_twice_and_all_used() -> None:
    used = Counter(topic for offering in OFFERINGS for topic in offering.topics)
    assert set(used) == {topic.slug for topic in TOPICS}
    assert min(used.values()) >= 2
    assert _repeated(topic.fr for topic in TOPICS) == []
    assert _repeated(topic.en for topic in TOPICS) == []


def test_no_sentence_is_written_twice() -> None:
    assert _repeated(sentence for text in _prose() for sentence in _sentences(text)) == []


def test_french_marks_stand_after_a_no_break_space() -> None:
    loose = re.compile(r" [:;?!%€»]|« |\d %")
    assert [text for text in _all_texts() if loose.search(text)] == []
    tight = re.compile(r"[^\s" + NBSP + r"][;?!»]|[^\s" + NBSP + r"]: |«[^" + NBSP + r"]|\d[%€]")
    assert [text for text in _texts_in("fr") if tight.search(text)] == []


def test_english_marks_stand_close() -> None:
    assert [text for text in _texts_in("en") if re.search(rf"{NBSP}[:;?!%]|[«»]", text)] == []


def test_apostrophes_are_curly_and_nothing_is_doubled() -> None:
    assert [text for text in _all_texts() if "'" in text or '"' in text] == []
    assert [text for text in _all_texts() if "  " in text or text != text.strip()] == []


def test_most_experts_have_a_past_and_some_are_new() -> None:
    seasoned = {past.expert for past in PAST} & EXPERT_KEYS
    assert 0.6 <= len(seasoned) / len(EXPERTS) <= 0.8


@pytest.mark.parametrize("past", PAST, ids=lambda past: f"{past.expert}-{past.lead}-{past.days_ago}")
def test_a_past_session_could_have_happened(past: DemoPast) -> None:
    offering = offerings_of(past.expert)[past.offering]
    assert LEAD_LANGUAGE[past.lead] == "fr" or offering.language == "en"
    assert past.days_ago > 14, "the rating window must be over"
    assert (past.ending == "held") == (past.of_expert is not None) == (past.of_lead is not None)


def test_nobody_was_at_two_sessions_at_once() -> None:
    assert _repeated((past.expert, past.days_ago) for past in PAST) == []
    assert _repeated((past.lead, past.days_ago) for past in PAST) == []


def test_ratings_are_spread_like_those_of_a_good_market() -> None:
    stars = Counter(_of_expert(past).overall for past in HELD)
    mean = sum(star * count for star, count in stars.items()) / len(HELD)
    assert 4.3 <= mean <= 4.5
    assert stars[2] >= 2
    assert stars[3] >= 8
    assert {past.ending for past in PAST} == {"held", "late", "absent"}


def test_every_rating_says_something_and_its_parts_agree() -> None:
    for rating in _ratings():
        assert 5 <= len(rating.comment.split()) <= 45
        mean = sum(rating.dimensions.values()) / len(rating.dimensions)
        assert abs(mean - rating.overall) <= 1
        assert all(1 <= score <= 5 for score in (rating.overall, *rating.dimensions.values()))


def test_requests_are_long_enough_to_match_and_two_find_nobody() -> None:
    assert len(REQUESTS) >= 10
    assert all(40 <= len(request.problem.split()) <= 120 for request in REQUESTS)
    assert all(LEAD_LANGUAGE[request.lead] == request.language for request in REQUESTS)
    assert {expert for request in REQUESTS for expert in request.fits} <= EXPERT_KEYS
    assert sum(not request.fits for request in REQUESTS) == 2


def _addresses() -> set[str]:
    return {ADMIN.email, *(expert.email for expert in EXPERTS), *(lead.email for lead in LEADS)}


def _as_text(offering: DemoOffering) -> OfferingText:
    number = {topic.slug: place for place, topic in enumerate(TOPICS)}
    return OfferingText(
        language=offering.language,
        title=offering.title,
        outcome=offering.outcome,
        experience=offering.experience,
        topic_ids=tuple(number[slug] for slug in offering.topics),
        length_minutes=offering.length_minutes,
        price_minor=offering.price_minor,
        format=offering.format,
        city=offering.city,
        questions=offering.questions,
    )


def _of_expert(past: DemoPast) -> DemoRating:
    assert past.of_expert is not None
    return past.of_expert


def _ratings() -> Iterator[DemoRating]:
    for past in HELD:
        yield from (rating for rating in (past.of_expert, past.of_lead) if rating)


def _prose() -> Iterator[str]:
    for expert in EXPERTS:
        yield from (expert.headline, expert.bio, expert.references)
    for offering in OFFERINGS:
        yield from (offering.title, offering.outcome, offering.experience, *offering.questions)
    for rating in _ratings():
        yield from (rating.comment, rating.private_note)
    yield from (past.reply for past in PAST)
    for request in REQUESTS:
        yield from (request.title, request.problem, request.objectives)


def _all_texts() -> list[str]:
    return [text for text in (*_prose(), *(name for topic in TOPICS for name in (topic.fr, topic.en))) if text]


def _texts_in(language: str) -> list[str]:
    """Texts whose language is written down; the public pages of an expert are in the expert's own."""
    texts = [
        text
        for offering in OFFERINGS
        if offering.language == language
        for text in (offering.title, offering.outcome, offering.experience, *offering.questions)
    ]
    texts += [_of_expert(past).comment for past in HELD if LEAD_LANGUAGE[past.lead] == language]
    texts += [text for r in REQUESTS if r.language == language for text in (r.title, r.problem, r.objectives)]
    return texts


def _sentences(text: str) -> list[str]:
    return [one.strip() for one in re.split(r"(?<=[.?!])\s+|\n", text) if one.strip()]


def _repeated(items: Iterable[object]) -> list[object]:
    return [item for item, count in Counter(items).items() if count > 1]


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)

"""Every letter reads well as text and as HTML, in both languages."""

import inspect
import re
from datetime import UTC, datetime

import pytest

from marketplace.post.letters import TEMPLATES, Reader, compose
from marketplace.queries.letters import (
    BookingFacts,
    InvitationFacts,
    MatchFacts,
    NewsOffering,
    OfferingFacts,
    ProposalFacts,
)
from marketplace.reactions import notifications

LEA = Reader(1, "lea@horizon.test", "Léa Fontaine", "fr", "Europe/Paris")
INES = Reader(2, "ines@experts.test", "Inès <b>Carpentier</b>", "en", "America/Montreal")
WHEN = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)
BOOKING = BookingFacts(
    id=12,
    reference="CAD-7K2QX9M4",
    state="confirmed",
    ending="",
    title="Audit de sécurité AWS",
    starts_at=WHEN,
    ends_at=WHEN.replace(hour=14),
    format="remote",
    city="",
    objective="Valider <i>notre</i> cloisonnement.",
    po_number="PO-1",
    room="r",
    gross_minor=36000,
    net_minor=36000,
    payout_minor=29520,
    refund_minor=18000,
    currency="eur",
    accept_by=WHEN.replace(day=2),
    contest_by=WHEN.replace(day=4),
    hold_until=WHEN,
    ended_reason="Malade",
    sequence=0,
    company="Banque Horizon",
    lead=LEA,
    expert=INES,
)
PROPOSAL = ProposalFacts(5, 12, "expert", "open", "Plutôt <i>le matin</i> ?", WHEN, (WHEN, WHEN.replace(day=3)))
INVITATION = InvitationFacts(1, "invitation", "Venez", 3, "Besoin", 4, "Offre", WHEN, LEA, INES)
FACTS = {
    "base_url": "https://cadran.test",
    "url": "https://cadran.test/x",
    "approved": True,
    "note": "Bravo",
    "offering": OfferingFacts(1, "Offre", "unclear", "Précisez", INES),
    "decision": "changes_requested",
    "match": MatchFacts(3, "Besoin", 4, "Offre", "Inès", LEA),
    "webhook": 4,
    "invitation": INVITATION,
    "accepted": True,
    "booking": BOOKING,
    "to_lead": True,
    "other": INES,
    "ended": "cancelled_by_lead",
    "hours": 24,
    "old_start": WHEN.replace(day=30, month=11),
    "proposal": PROPOSAL,
    "what": "reported",
    "absent": "expert",
    "is_absent": True,
    "amount_minor": 14_760,
    "label": "cloud <i>le matin</i>",
    "offerings": (NewsOffering(4, "Offre", "Inès"),),
    "stop_url": "https://cadran.test/stop",
    "news": "refund_part",
    "reason": "Le journal <i>le matin</i> le dit.",
    "words": "Personne <i>le matin</i>.",
    "code": "reaction_parked",
    "subject": "outbox:1",
}
KINDS = sorted(path.stem for path in TEMPLATES.glob("*.jinja") if not path.name.startswith("layout"))


@pytest.mark.parametrize("reader", [LEA, INES], ids=["fr", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_letter_has_a_subject_a_text_and_html(kind: str, reader: Reader) -> None:
    letter = compose(kind, reader, FACTS)
    assert letter.subject
    assert "\n" not in letter.subject
    assert reader.name in letter.text
    assert "<p " not in letter.text
    assert f'lang="{reader.language}"' in letter.html


@pytest.mark.parametrize("kind", KINDS)
def test_what_people_typed_is_escaped_in_html(kind: str) -> None:
    html = compose(kind, INES, FACTS).html
    assert "<b>Carpentier" not in html
    assert "<i>notre" not in html
    assert "<i>le matin" not in html


@pytest.mark.parametrize("ended", ["declined", "expired", "withdrawn", "expired_unpaid", "payment_failed"])
@pytest.mark.parametrize("to_lead", [True, False])
def test_every_ending_is_told_to_both_sides(ended: str, to_lead: bool) -> None:
    letter = compose("booking_ended", INES, {**FACTS, "ended": ended, "to_lead": to_lead})
    assert "CAD-7K2QX9M4" in letter.text


@pytest.mark.parametrize("absent", ["lead", "expert"])
@pytest.mark.parametrize("is_absent", [True, False])
@pytest.mark.parametrize("what", ["reported", "retracted", "contested", "decided"])
def test_every_word_on_an_absence_is_told_to_both_sides(what: str, absent: str, is_absent: bool) -> None:
    letter = compose("no_show", LEA, {**FACTS, "what": what, "absent": absent, "is_absent": is_absent})
    assert "CAD-7K2QX9M4" in letter.text


@pytest.mark.parametrize("what", ["reported", "answered"])
def test_what_was_said_of_a_problem_stands_in_the_letter(what: str) -> None:
    letter = compose("problem", LEA, {**FACTS, "what": what, "words": "J’étais là."})
    assert "J’étais là." in letter.text
    assert ("/bookings/12/problem/answer" in letter.text) == (what == "reported")


@pytest.mark.parametrize("ended", ["refused", "expired"])
def test_both_ends_of_a_proposal_are_told(ended: str) -> None:
    letter = compose("proposal_ended", LEA, {**FACTS, "ended": ended})
    assert "CAD-7K2QX9M4" in letter.text


def test_times_stand_in_the_readers_zone() -> None:
    assert "6:00 to 9:00" in compose("booking_confirmed", INES, FACTS).text


def test_every_letter_that_is_written_has_its_template_and_no_other_exists() -> None:
    written = re.findall(r'(?:Draft\(\s*|(?<!def )_about\([^"]*?)"(\w+)"', inspect.getsource(notifications))
    assert sorted(set(written)) == KINDS


@pytest.mark.parametrize(
    ("news", "words"),
    [
        ("pay_expert", "paid as agreed"),
        ("refund_all", "everything goes back"),
        ("refund_part", "€180.00 go back"),
        ("beyond", "€180.00 go back"),
        ("disputed", "disputes the payment"),
        ("won", "yours again"),
        ("lost", "no share for this session"),
    ],
)
def test_a_letter_says_what_became_of_the_money(news: str, words: str) -> None:
    assert words in " ".join(compose("money_news", INES, {**FACTS, "news": news}).text.split())


@pytest.mark.parametrize("kind", ["money_released", "payout_blocked"])
def test_an_expert_is_told_what_is_really_sent_when_a_part_went_back(kind: str) -> None:
    letter = compose(kind, INES, FACTS)
    assert "€147.60" in letter.subject + letter.text
    assert "€295.20" not in letter.subject + letter.text

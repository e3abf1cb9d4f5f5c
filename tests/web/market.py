"""Offerings on stage for the pages' tests: Amara drafts, submits and publishes; Otto decides."""

from typing import Any

from sqlalchemy import select

from marketplace.domain.moderation import Verdict
from marketplace.domain.offering import OfferingText
from marketplace.services import experts, moderation, offerings
from marketplace.store.experts import Expert
from marketplace.store.offerings import OfferingRevision, Topic, latest_revision, text_of
from marketplace.work import Work
from tests.cast import Cast, Person

OFFERING = OfferingText(
    language="en",
    title="Roll out a chatbot in a bank",
    outcome="You leave with a list of the ten questions your compliance team will ask, and an answer to each.",
    experience="I ran the chatbot of a retail bank for four years: two failed launches, one that three million use.",
    topic_ids=(1, 2),
    length_minutes=180,
    price_minor=90_000,
    format="remote",
    city="",
    questions=("Who owns the project?",),
)
TYPED: dict[str, Any] = {
    "language": "en",
    "title": OFFERING.title,
    "outcome": OFFERING.outcome,
    "experience": OFFERING.experience,
    "topic_1": "1",
    "topic_2": "2",
    "length_minutes": "180",
    "price": "900",
    "format": "remote",
    "question_1": "Who owns the project?",
}


class Market:
    """What is on the market, and who put it there."""

    def __init__(self, work: Work, cast: Cast) -> None:
        self.work, self.cast = work, cast
        with work.transaction() as tx:
            tx.session.add_all(
                [
                    Topic(slug="chatbots", fr="Robots de discussion", en="Chatbots"),
                    Topic(slug="banks", fr="Banque", en="Banking"),
                    Topic(slug="pricing", fr="Prix", en="Pricing"),
                ]
            )

    def draft(self, text: OfferingText = OFFERING, by: Person | None = None) -> int:
        return offerings.draft_offering(self.work, offerings.DraftOffering((by or self.cast.amara).actor, text))

    def submitted(self, text: OfferingText = OFFERING, by: Person | None = None) -> int:
        offering_id = self.draft(text, by)
        offerings.submit_offering(self.work, offerings.OwnOffering((by or self.cast.amara).actor, offering_id))
        return offering_id

    def published(self, text: OfferingText = OFFERING, by: Person | None = None) -> int:
        offering_id = self.submitted(text, by)
        self.decide(offering_id, Verdict.APPROVE)
        return offering_id

    def apply(self, person: Person) -> None:
        """A new expert's profile and application."""
        profile = experts.SaveProfile(person.actor, "Identity consultant", "b" * 80, ("fr",), "Lille", "franchise")
        experts.save_profile(self.work, profile)
        experts.apply(self.work, experts.Apply(person.actor, "m" * 80, "r" * 40, "t" * 80))

    def set_vat(self, person: Person, scheme: str) -> None:
        with self.work.transaction() as tx:
            tx.session.get_one(Expert, person.id).vat_scheme = scheme

    def withdraw(self, offering_id: int) -> None:
        offerings.withdraw_offering(self.work, offerings.OwnOffering(self.cast.amara.actor, offering_id))

    def rejected(self, reason: str, note: str) -> int:
        offering_id = self.submitted()
        self.decide(offering_id, Verdict.REJECT, reason, note)
        return offering_id

    def changed(self, offering_id: int, text: OfferingText) -> int:
        """A change to a published offering, submitted; returns the revision's id."""
        revision = self.revision(offering_id)
        amara = self.cast.amara.actor
        save = offerings.SaveOffering(amara, offering_id, revision.number, revision.version, text)
        offerings.save_offering(self.work, save)
        offerings.submit_offering(self.work, offerings.OwnOffering(amara, offering_id))
        return self.revision(offering_id).id

    def decide(self, offering_id: int, verdict: Verdict, reason: str = "", note: str = "") -> None:
        revision = self.revision(offering_id)
        command = moderation.Decide(self.cast.otto.actor, revision.id, revision.version, verdict, reason, note)
        moderation.decide_revision(self.work, command)

    def revision(self, offering_id: int) -> OfferingRevision:
        with self.work.reading() as session:
            return latest_revision(session, offering_id)

    def newest_price(self) -> int | None:
        with self.work.reading() as session:
            return session.scalar(select(OfferingRevision.price_minor).order_by(OfferingRevision.id.desc()).limit(1))

    def newest_text(self) -> OfferingText:
        with self.work.reading() as session:
            newest = session.scalars(select(OfferingRevision).order_by(OfferingRevision.id.desc()).limit(1)).one()
            return text_of(session, newest)

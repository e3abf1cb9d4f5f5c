"""The moderation desk on stage: an expert with an offering, two admins, and what they do."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import select

from marketplace.domain.access import Actor, Role
from marketplace.domain.moderation import Verdict
from marketplace.domain.offering import OfferingText
from marketplace.services import moderation, offerings
from marketplace.store.accounts import Account
from marketplace.store.experts import Expert
from marketplace.store.journal import JournalRow
from marketplace.store.offerings import Offering, OfferingChange, OfferingRevision, Topic, latest_revision, text_of
from marketplace.store.outbox import OutboxRow
from marketplace.store.transaction import Database
from marketplace.work import Work
from tests.cast import StillClock

TEXT = OfferingText(
    language="en",
    title="Kubernetes threat model",
    outcome="You leave with ten gaps, ranked by risk, and a plan for the first two weeks.",
    experience="I hardened forty clusters in two banks and was on call for every one of them, for five years in a row.",
    topic_ids=(2, 1),
    length_minutes=180,
    price_minor=90_000,
    format="remote",
    city="",
    questions=("Which cloud?", "How many clusters?"),
)


class Desk:
    """Amara offers, Jeanne is new, Odile and Paul decide."""

    def __init__(self, database: Database, clock: StillClock) -> None:
        self.clock = clock
        nothing = cast("Any", None)  # these use cases reach for neither index, Stripe nor post
        self.work = Work(database, clock, nothing, nothing, nothing, "http://127.0.0.1", "s" * 32)
        self.odile = self._account("Odile Renard", Role.ADMIN)
        self.paul = self._account("Paul Adam", Role.ADMIN)
        self.lea = self._account("Léa Fontaine", Role.LEAD)
        self.amara = self._expert("Amara Okafor", "approved")
        self.jeanne = self._expert("Jeanne Le Goff", "new")
        with self.work.transaction() as tx:
            tx.session.add_all([Topic(slug="cloud", fr="Cloud", en="Cloud"), Topic(slug="data", fr="Data", en="Data")])

    def draft(self, actor: Actor | None = None, text: OfferingText = TEXT) -> int:
        return offerings.draft_offering(self.work, offerings.DraftOffering(actor or self.amara, text))

    def submit(self, offering_id: int, actor: Actor | None = None) -> int:
        offerings.submit_offering(self.work, self.own(offering_id, actor))
        return self.revision(offering_id).id

    def publish(self) -> int:
        offering_id = self.draft()
        self.decide(self.submit(offering_id))
        return offering_id

    def save(self, offering_id: int, text: OfferingText, actor: Actor | None = None) -> None:
        seen = self.revision(offering_id)
        command = offerings.SaveOffering(actor or self.amara, offering_id, seen.number, seen.version, text)
        offerings.save_offering(self.work, command)

    def decide(
        self, revision_id: int, verdict: Verdict = Verdict.APPROVE, reason: str = "", note: str = "", **change: Any
    ) -> None:
        with self.work.reading() as session:
            version = session.get_one(OfferingRevision, revision_id).version
        command = moderation.Decide(self.odile, revision_id, version, verdict, reason, note)
        moderation.decide_revision(self.work, replace(command, **change))

    def own(self, offering_id: int, actor: Actor | None = None) -> offerings.OwnOffering:
        return offerings.OwnOffering(actor or self.amara, offering_id)

    def offering(self, offering_id: int) -> Offering:
        with self.work.reading() as session:
            return session.get_one(Offering, offering_id)

    def revision(self, offering_id: int) -> OfferingRevision:
        with self.work.reading() as session:
            return latest_revision(session, offering_id)

    def text(self, revision_id: int) -> OfferingText:
        with self.work.reading() as session:
            return text_of(session, session.get_one(OfferingRevision, revision_id))

    def expert(self, actor: Actor) -> Expert:
        with self.work.reading() as session:
            return session.get_one(Expert, actor.id)

    def events(self) -> list[str]:
        with self.work.reading() as session:
            return list(session.scalars(select(OutboxRow.event).order_by(OutboxRow.id)))

    def journal(self) -> list[str]:
        with self.work.reading() as session:
            return list(session.scalars(select(JournalRow.what).order_by(JournalRow.id)))

    def changes(self) -> list[int]:
        with self.work.reading() as session:
            return list(session.scalars(select(OfferingChange.offering_id).order_by(OfferingChange.id)))

    def _account(self, name: str, role: Role) -> Actor:
        with self.work.transaction() as tx:
            account = Account(
                email=f"{name.split()[0].lower()}@cadran.test",
                name=name,
                password_hash="",
                role=str(role),
                created_at=tx.now,
                verified_at=tx.now - timedelta(days=1),
            )
            tx.session.add(account)
            tx.session.flush()
            return Actor(account.id, role)

    def _expert(self, name: str, vetting: str) -> Actor:
        actor = self._account(name, Role.EXPERT)
        with self.work.transaction() as tx:
            tx.session.add(Expert(id=actor.id, vetting=vetting))
        return actor

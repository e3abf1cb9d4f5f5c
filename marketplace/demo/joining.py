"""How the demo's people come to the market: accounts, companies, profiles, vetting, hours, offerings, payouts."""

from datetime import timedelta

from sqlalchemy import select

from marketplace.demo.accounts import PASSWORD
from marketplace.demo.offerings import offerings_of
from marketplace.demo.people import ADMIN
from marketplace.demo.shapes import DemoExpert, DemoLead, DemoOffering, OpenHours
from marketplace.demo.stage import Stage
from marketplace.demo.topics import TOPICS
from marketplace.domain.access import Actor, Role
from marketplace.domain.calendar import Span
from marketplace.domain.moderation import Verdict
from marketplace.domain.offering import OfferingText
from marketplace.links import Purpose, sign
from marketplace.services import accounts, availability, experts, moderation, offerings, payouts
from marketplace.store.accounts import Account, Company, account_by_email, actor_of, claim_on
from marketplace.store.experts import Expert
from marketplace.store.offerings import Topic, latest_revision

HORIZON_DAYS = 60
VETTED_AFTER = timedelta(days=1, hours=3)
PUBLISHED_AFTER = timedelta(days=1)

_MOTIVATION = {
    "fr": "« {headline} » : des chefs de projet m’appellent chaque mois pour les mêmes questions. Trois heures préparées les aident plus qu’un échange de courriels.",
    "en": "“{headline}”: project leads call me every month with the same questions. Three prepared hours help them more than a chain of e-mails.",
}
_TEACHING = {
    "fr": "Une heure sur la situation, une heure et demie sur le point précis avec les documents du client, une demi-heure pour écrire ensemble la suite. Je lis les réponses deux jours avant.",
    "en": "One hour on the situation, an hour and a half on the precise point with the client’s own papers, half an hour to write the next steps together. I read the answers two days before.",
}


def open_market(stage: Stage) -> None:
    """Topics and the admin, before anybody else comes."""
    with stage.work.transaction() as tx:
        topics = [Topic(slug=topic.slug, fr=topic.fr, en=topic.en) for topic in TOPICS]
        tx.session.add_all(topics)
        tx.session.flush()
        stage.topics.update((topic.slug, topic.id) for topic in topics)
    admin = accounts.CreateAdmin(ADMIN.email, ADMIN.name, ADMIN.language, PASSWORD)
    admin_id = accounts.create_admin(stage.work, admin)
    stage.people["admin"] = Actor(admin_id, Role.ADMIN)


def join_as_lead(stage: Stage, lead: DemoLead) -> None:
    """A lead registers and confirms the address; colleagues stand under one company."""
    _register(stage, Role.LEAD, lead, lead.language, lead.company)
    with stage.work.transaction() as tx:
        # People join a colleague's company by invitation, which comes with company accounts; until then here.
        first = tx.session.scalars(select(Company.id).where(Company.name == lead.company).order_by(Company.id)).first()
        account = tx.session.get_one(Account, stage.people[lead.key].id)
        own, account.company_id = account.company_id, first
        if own != first:
            tx.session.flush()
            tx.session.delete(tx.session.get_one(Company, own))
        stage.people[lead.key] = actor_of(account)


def join_as_expert(stage: Stage, expert: DemoExpert, *, waits: bool = False) -> None:
    """An expert registers, applies and writes; an admin vets and approves later, unless the answer still waits."""
    _register(stage, Role.EXPERT, expert, expert.languages[0])
    _introduce(stage, expert)
    _set_hours(stage, expert)
    for place, offering in enumerate(offerings_of(expert.key)):
        _submit(stage, expert.key, place, offering)
    if waits:
        return
    stage.timeline.at(stage.clock() + VETTED_AFTER, _vet, stage, expert.key)
    stage.timeline.at(stage.clock() + VETTED_AFTER + PUBLISHED_AFTER, _publish, stage, expert.key)


def text_of(offering: DemoOffering, topic_ids: dict[str, int]) -> OfferingText:
    """What an expert types into the form."""
    return OfferingText(
        language=offering.language,
        title=offering.title,
        outcome=offering.outcome,
        experience=offering.experience,
        topic_ids=tuple(topic_ids[slug] for slug in offering.topics),
        length_minutes=offering.length_minutes,
        price_minor=offering.price_minor,
        format=offering.format,
        city=offering.city,
        questions=offering.questions,
    )


def _register(stage: Stage, role: Role, person: DemoLead | DemoExpert, language: str, company: str = "") -> None:
    command = accounts.Register(
        role, person.name, person.email, PASSWORD, language, person.zone, client=person.key, company=company
    )
    accounts.register(stage.work, command)
    with stage.work.reading() as session:
        account = account_by_email(session, person.email)
    if account is None:
        raise LookupError(person.email)
    accounts.verify(stage.work, sign(stage.work.secret, Purpose.VERIFY, claim_on(account), stage.clock()))
    stage.people[person.key] = actor_of(account)


def _introduce(stage: Stage, expert: DemoExpert) -> None:
    actor, language = stage.people[expert.key], expert.languages[0]
    profile = experts.SaveProfile(actor, expert.headline, expert.bio, expert.languages, expert.city, expert.vat)
    experts.save_profile(stage.work, profile)
    motivation = _MOTIVATION[language].format(headline=expert.headline)
    experts.apply(stage.work, experts.Apply(actor, motivation, expert.references, _TEACHING[language]))


def _set_hours(stage: Stage, expert: DemoExpert) -> None:
    actor = stage.people[expert.key]
    availability.set_week(stage.work, availability.SetWeek(actor, _week(expert.hours)))
    rules = availability.SetRules(actor, expert.min_notice_hours, HORIZON_DAYS, 0, 0, None)
    availability.set_rules(stage.work, rules)


def _week(hours: OpenHours) -> tuple[tuple[Span, ...], ...]:
    return tuple(
        tuple(Span(_minutes(opens), _minutes(closes)) for weekday, opens, closes in hours if weekday == day)
        for day in range(7)
    )


def _minutes(wall_clock: str) -> int:
    hours, minutes = wall_clock.split(":")
    return int(hours) * 60 + int(minutes)


def _submit(stage: Stage, expert: str, place: int, offering: DemoOffering) -> None:
    actor = stage.people[expert]
    draft = offerings.DraftOffering(actor, text_of(offering, stage.topics))
    offering_id = offerings.draft_offering(stage.work, draft)
    stage.offerings[expert, place] = offering_id
    offerings.submit_offering(stage.work, offerings.OwnOffering(actor, offering_id))


def _vet(stage: Stage, expert: str) -> None:
    expert_id = stage.people[expert].id
    with stage.work.reading() as session:
        version = session.get_one(Expert, expert_id).vetting_version
    verdict = moderation.Decide(stage.people["admin"], expert_id, version, Verdict.APPROVE, "", "")
    moderation.decide_application(stage.work, verdict)


def _publish(stage: Stage, expert: str) -> None:
    for (of, _place), offering_id in stage.offerings.items():
        if of == expert:
            _approve(stage, offering_id)
    open_payouts(stage, expert)


def _approve(stage: Stage, offering_id: int) -> None:
    with stage.work.reading() as session:
        revision = latest_revision(session, offering_id)
    verdict = moderation.Decide(stage.people["admin"], revision.id, revision.version, Verdict.APPROVE, "", "")
    moderation.decide_revision(stage.work, verdict)


def open_payouts(stage: Stage, expert: str) -> None:
    """The expert completes the account at Stripe, so that money can be sent."""
    stage.with_stripe()
    command = payouts.Payouts(stage.people[expert])
    stage.stripe.complete_account(payouts.onboarding_page(stage.work, command))
    if not payouts.look_at_account(stage.work, command):
        raise LookupError(f"{expert} cannot be paid")

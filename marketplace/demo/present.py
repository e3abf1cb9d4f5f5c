"""The demo's last weeks: requests with invitations, sessions to come and to rate, a queue for the admin."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from zoneinfo import ZoneInfo

from marketplace.demo.meetings import accept, objective_for, rate, reserve
from marketplace.demo.offerings import offerings_of
from marketplace.demo.past import by_expert
from marketplace.demo.people import LEADS
from marketplace.demo.requests import REQUESTS
from marketplace.demo.shapes import DemoRequest
from marketplace.demo.stage import Stage
from marketplace.domain.brief import BriefText
from marketplace.queries.briefs import inbox
from marketplace.services import briefs, offerings
from marketplace.store.offerings import latest_revision, text_of

# Their applications and offerings wait for the admin.
NEWCOMERS = ("zineb",)

_ZONES = {lead.key: ZoneInfo(lead.zone) for lead in LEADS}
_ANSWER_AFTER = timedelta(days=1)
_CLOSED_AFTER = timedelta(days=12)
_NOTE_TO_EXPERT = {
    "fr": "Votre parcours correspond à notre situation ; auriez-vous un créneau ce mois-ci ?",
    "en": "Your experience fits our situation; would you have a slot this month?",
}
_NOTE_TO_LEAD = {
    "fr": "J’ai vécu une situation proche de la vôtre ; je vous propose cette session pour y voir clair.",
    "en": "I have been in a situation close to yours; this session would help you see your way.",
}


@dataclass(frozen=True, slots=True)
class Coming:
    """A session around the story's end: booked `booked` ago, wanted in `days` from now (negative: over)."""

    expert: str
    place: int
    lead: str
    days: float
    booked: timedelta
    accepted: bool = True


COMING = (
    Coming("ines", 0, "nadia", 9, timedelta(hours=5), accepted=False),  # Inès has something to answer
    Coming("ines", 1, "fatou", 5, timedelta(days=6)),
    Coming("ines", 0, "lea", 16, timedelta(days=2)),
    Coming("theo", 0, "lea", 7, timedelta(days=4)),
    Coming("thomas", 0, "lea", -2, timedelta(days=11)),  # Léa has something to rate
    Coming("bastien", 0, "julien", 8, timedelta(days=3)),
    Coming("amara", 0, "priya", 11, timedelta(days=5)),
    Coming("oriane", 0, "sophie", 12, timedelta(hours=20), accepted=False),
    Coming("ruth", 0, "tom", 6, timedelta(days=7)),
)


def plan_requests(stage: Stage) -> None:
    """Every request on its day."""
    for request in REQUESTS:
        stage.timeline.at(stage.now - timedelta(days=request.days_ago), _ask, stage, request)


def plan_coming(stage: Stage, experts: Collection[str]) -> None:
    """Sessions that are waiting, coming, or just over."""
    for coming in COMING:
        if coming.expert in experts:
            stage.timeline.at(stage.now - coming.booked, _book, stage, coming)


def plan_change(stage: Stage) -> None:
    """Inès wants to change a published offering: the admin sees the difference."""
    stage.timeline.at(stage.now - timedelta(hours=7), _change, stage, "ines", 2)


def stage_experts(stage: Stage) -> frozenset[str]:
    """Experts who are part of this telling."""
    return frozenset(expert for expert, _place in stage.offerings)


def _ask(stage: Stage, request: DemoRequest) -> None:
    lead = stage.people[request.lead]
    brief_id = briefs.publish(stage.work, briefs.Publish(lead, _words(request), _ZONES[request.lead]))
    stage.settle()
    if not request.open:
        stage.timeline.at(stage.clock() + _CLOSED_AFTER, briefs.close, stage.work, briefs.Close(lead, brief_id))
        return
    fits = [expert for expert in request.fits if expert in stage_experts(stage)]
    for expert in fits[:1]:
        stage.timeline.at(stage.clock() + timedelta(hours=3), _invite, stage, request, brief_id, expert)
    for expert in fits[1:2]:
        stage.timeline.at(stage.clock() + timedelta(hours=26), _propose, stage, request, brief_id, expert)


def _words(request: DemoRequest) -> BriefText:
    return BriefText(
        title=request.title,
        problem=request.problem,
        objectives=request.objectives,
        level=request.level,
        language=request.language,
        earliest=None,
        latest=None,
        budget_minor=request.budget_minor,
        format=request.format,
        city=request.city,
        participants=Random(request.title).randint(1, 5),  # noqa: S311 - a story, no secret
    )


def _invite(stage: Stage, request: DemoRequest, brief_id: int, expert: str) -> None:
    offering_id = _suitable(stage, request, expert)
    note = _NOTE_TO_EXPERT[request.language or "en"]
    invitation = briefs.Invite(stage.people[request.lead], brief_id, offering_id, note)
    invitation_id = briefs.invite(stage.work, invitation)
    stage.settle()
    if expert != "ines":  # hers still waits for an answer
        answer = briefs.Answer(stage.people[expert], invitation_id, accept=True)
        stage.timeline.at(stage.clock() + _ANSWER_AFTER, briefs.answer, stage.work, answer)


def _propose(stage: Stage, request: DemoRequest, brief_id: int, expert: str) -> None:
    """An expert finds the request in the inbox and proposes what fits; who does not find it there says nothing."""
    actor = stage.people[expert]
    offering_id = next(
        (each.offering_id for each in inbox(stage.work, actor).fitting if each.brief_id == brief_id), None
    )
    if offering_id is None:
        return
    note = _NOTE_TO_LEAD[request.language or "en"]
    proposal_id = briefs.propose(stage.work, briefs.Propose(actor, brief_id, offering_id, note))
    stage.settle()
    if request.lead != "lea":  # hers still waits for an answer
        answer = briefs.Answer(stage.people[request.lead], proposal_id, accept=True)
        stage.timeline.at(stage.clock() + _ANSWER_AFTER, briefs.answer, stage.work, answer)


def _suitable(stage: Stage, request: DemoRequest, expert: str) -> int:
    languages = [offering.language for offering in offerings_of(expert)]
    place = languages.index(request.language) if request.language in languages else 0
    return stage.offerings[expert, place]


def _book(stage: Stage, coming: Coming) -> None:
    language = offerings_of(coming.expert)[coming.place].language
    objective = objective_for(language, Random(f"{coming.expert} {coming.lead}"))  # noqa: S311 - a story, no secret
    wanted = stage.now + timedelta(days=coming.days)
    booking_id, slot = reserve(stage, coming.expert, coming.place, coming.lead, wanted, objective)
    if coming.accepted:
        stage.timeline.at(stage.clock() + timedelta(hours=6), accept, stage, coming.expert, booking_id)
    if coming.days < 0:
        stage.timeline.at(slot.ends_at + timedelta(minutes=1), stage.sessions_end)
        stage.timeline.at(slot.ends_at + timedelta(hours=2), _rate_lead, stage, coming, booking_id)


def _rate_lead(stage: Stage, coming: Coming, booking_id: int) -> None:
    rating = by_expert(5, "5555", "Des questions précises, et une équipe qui avait lu le référentiel avant de venir.")
    rate(stage, stage.people[coming.expert], booking_id, rating)


def _change(stage: Stage, expert: str, place: int) -> None:
    actor, offering_id = stage.people[expert], stage.offerings[expert, place]
    with stage.work.reading() as session:
        latest = latest_revision(session, offering_id)
        text = text_of(session, latest)
    outcome = f"{text.outcome} A follow-up letter after ten days answers what your team found out meanwhile."
    changed = replace(text, outcome=outcome, price_minor=text.price_minor + 7_000)
    command = offerings.SaveOffering(actor, offering_id, latest.number, latest.version, changed)
    offerings.save_offering(stage.work, command)
    offerings.submit_offering(stage.work, offerings.OwnOffering(actor, offering_id))

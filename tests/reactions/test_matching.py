"""Requests meet offerings: at once, and again whenever a new one could fit."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from marketplace.domain.calendar import Span
from marketplace.domain.events import BriefPublished, OfferingPublished
from marketplace.services import briefs
from marketplace.services.briefs import Close
from marketplace.store.briefs import Brief, Match
from marketplace.store.calendars import set_weekly_hours
from tests.scene import PRICING, Scene
from tests.web.market import OFFERING


def test_a_request_is_matched_at_once_with_what_explains_it(scene: Scene) -> None:
    offering_id, brief_id = scene.offer(), scene.ask()
    scene.settle()
    assert scene.matches(brief_id) == [offering_id]
    with scene.work.reading() as session:
        kept = session.scalars(select(Match)).one()
        assert session.get_one(Brief, brief_id).matched_at == scene.clock()
    assert "chatbot" in kept.parts["words"]
    assert {"relevance", "quality", "response", "fit", "newcomer", "load"} < kept.parts.keys()
    assert scene.letters("brief_matched") == [], "the lead looks at the matches anyway"


def test_matching_twice_keeps_each_offering_once(scene: Scene) -> None:
    offering_id, brief_id = scene.offer(), scene.ask()
    scene.settle()
    scene.tell(BriefPublished(brief_id))
    scene.settle()
    assert scene.matches(brief_id) == [offering_id]


def test_a_new_offering_joins_an_open_request_and_the_lead_is_told_once(scene: Scene) -> None:
    brief_id = scene.ask()
    scene.settle()
    assert scene.matches(brief_id) == []
    offering_id = scene.offer()
    scene.settle()
    assert scene.matches(brief_id) == [offering_id]
    assert scene.told("brief_matched") == [scene.cast.lea.name]
    scene.tell(OfferingPublished(offering_id))  # a change of the same offering is approved
    scene.settle()
    assert scene.told("brief_matched") == [scene.cast.lea.name]


def test_an_unfit_offering_joins_nothing(scene: Scene) -> None:
    scene.set_expert(scene.cast.amara, headline="Baker")
    brief_id = scene.ask()
    scene.settle()
    scene.offer(
        "Bake bread in a wood oven", outcome="You bake a loaf." * 4, experience="Flour." * 20, topic_ids=(PRICING,)
    )
    scene.settle()
    assert scene.matches(brief_id) == []


def test_a_request_that_is_about_to_be_matched_gets_no_letter_about_what_was_there_before(scene: Scene) -> None:
    offering_id, brief_id = scene.offer(), scene.ask()
    scene.settle()
    assert scene.matches(brief_id) == [offering_id]
    assert scene.letters("brief_matched") == []


def test_closed_requests_and_those_that_ran_out_are_not_matched_any_more(scene: Scene) -> None:
    closed, old = scene.ask(), scene.ask(by=scene.cast.hugo)
    scene.settle()
    briefs.close(scene.work, Close(scene.cast.lea.actor, closed))
    scene.clock.advance(days=45)
    scene.offer()
    scene.settle()
    assert (scene.matches(closed), scene.matches(old)) == ([], [])


def test_a_request_closed_before_it_was_matched_stays_without_matches(scene: Scene) -> None:
    scene.offer()
    brief_id = scene.ask()
    briefs.close(scene.work, Close(scene.cast.lea.actor, brief_id))
    scene.settle()
    assert scene.matches(brief_id) == []


def test_the_sessions_language_is_a_must(scene: Scene) -> None:
    english_only = scene.offer()
    scene.set_expert(scene.cast.amara, languages=["en"])
    french = scene.offer(by=scene.cast.ines)
    in_french, in_english, in_either = scene.ask(language="fr"), scene.ask(language="en"), scene.ask()
    scene.settle()
    assert scene.matches(in_french) == [french]
    assert scene.matches(in_english) == [english_only]
    assert set(scene.matches(in_either)) == {french, english_only}


def test_a_slot_in_the_days_asked_for_is_a_must(scene: Scene) -> None:
    """Amara is free on weekdays; the request wants next weekend, or the week after."""
    offering_id = scene.offer()
    saturday = scene.today() + timedelta(days=12)
    weekend = scene.ask(earliest=saturday, latest=saturday)
    week = scene.ask(earliest=saturday, latest=saturday + timedelta(days=6))
    only_last = scene.ask(latest=saturday)
    only_first = scene.ask(earliest=saturday)
    scene.settle()
    assert scene.matches(weekend) == []
    assert [scene.matches(each) for each in (week, only_last, only_first)] == [[offering_id]] * 3


def test_days_beyond_the_known_calendars_leave_nobody_out(scene: Scene) -> None:
    offering_id = scene.offer()
    with scene.work.transaction() as tx:
        set_weekly_hours(tx.session, scene.cast.amara.id, ((),) * 7)
    far = scene.ask(latest=scene.today() + timedelta(days=40))
    near = scene.ask(latest=scene.today() + timedelta(days=20))
    scene.settle()
    assert (scene.matches(far), scene.matches(near)) == ([offering_id], [])


def test_price_and_format_weigh_but_leave_nobody_out(scene: Scene) -> None:
    dear = scene.offer(price_minor=180_000)
    fair = scene.offer(by=scene.cast.ines, price_minor=60_000)
    brief_id = scene.ask(budget_minor=60_000, format="onsite", city="Lyon")
    scene.settle()
    assert scene.matches(brief_id) == [fair, dear]


def test_a_few_shared_words_do_not_make_a_match(scene: Scene) -> None:
    """Where nothing on the market is about the request, nobody is better than somebody."""
    scene.offer("Heat a factory without gas", outcome="A first honest plan, with energy and costs. " * 2)
    for number in range(8):
        scene.offer(f"Decide in writing, part {number}", outcome="You leave with a page that your team can read. " * 2)
    brief_id = scene.ask(
        title="Negotiating fishing rights and cable routes for a tidal energy site",
        problem="Our turbines would stand where four cooperatives fish, and the landing crosses an oyster bed. "
        "Lawyers explained the permits; the harbour masters stopped answering after a public meeting.",
        objectives="Prepare a first honest conversation and a fair compensation.",
    )
    scene.settle()
    assert scene.matches(brief_id) == []


def test_what_is_near_the_best_match_fits_too(scene: Scene) -> None:
    """An offering in the other language shares few words, but it is about the same topics."""
    french = scene.offer(
        "Déployer un chatbot auprès des conseillers d’une banque",
        by=scene.cast.ines,
        language="fr",
        outcome="Vous repartez avec les questions que votre conformité posera, et les réponses.",
    )
    english = scene.offer("Roll out a chatbot in a bank")
    for number in range(8):
        unfit = scene.offer(
            f"Prix, leçon {number}",
            language="fr",
            topic_ids=(PRICING,),
            outcome="Trois prix. " * 5,
            experience="Des prix, toute une vie durant. " * 4,
        )
    brief_id = scene.ask(
        title="Déployer un chatbot dans notre banque",
        problem="Nous voulons déployer un chatbot pour deux mille conseillers et la conformité bloque tout.",
        objectives="",
    )
    scene.settle()
    assert scene.matches(brief_id)[0] == french
    assert english in scene.matches(brief_id)
    assert unfit not in scene.matches(brief_id)


def test_an_expert_without_hours_is_matched_as_long_as_no_day_is_asked_for(scene: Scene) -> None:
    offering_id = scene.market.published(replace(OFFERING, title="Chatbots in banks"))
    with scene.work.transaction() as tx:
        set_weekly_hours(tx.session, scene.cast.amara.id, ((Span(540, 600),),) * 7)  # too short for three hours
    brief_id = scene.ask()
    scene.settle()
    assert scene.matches(brief_id) == [offering_id]

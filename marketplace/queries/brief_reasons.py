"""Why an offering is a match for a request: words, topics, language, budget, format and slots, as sentences."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import wording
from marketplace.domain.brief import BriefText
from marketplace.queries.brief_matches import matches_for
from marketplace.queries.cards import OfferCard, load_cards
from marketplace.queries.catalogue import Catalogue
from marketplace.queries.kept_catalogue import current_catalogue
from marketplace.queries.reasons import SOON
from marketplace.store.briefs import Brief, Match, text_of
from marketplace.work import Work
from search.port import SearchIndex


def match_cards(
    work: Work, session: Session, brief: Brief, now: datetime, language: str, zone: ZoneInfo
) -> tuple[OfferCard, ...]:
    """The cards of a request's matches, best first, each with its reasons; `zone` is the lead's."""
    words, text = _matches(work, session, brief, now, zone), text_of(brief)
    cards, catalogue = load_cards(session, list(words), now, zone), current_catalogue(work, session)
    spoken_of = topics_spoken_of(work.index, catalogue, words, text.words)
    return tuple(_card(card, words, catalogue, spoken_of, brief.id, text, now, zone, language) for card in cards)


def _card(
    card: OfferCard,
    words: Mapping[int, tuple[str, ...]],
    catalogue: Catalogue,
    spoken_of: Collection[int],
    brief_id: int,
    text: BriefText,
    now: datetime,
    zone: ZoneInfo,
    language: str,
) -> OfferCard:
    topics = catalogue.labels_at(card.offering_id, spoken_of, language)
    reasons = match_reasons(card, words[card.offering_id], topics, text, now, zone, language)
    return replace(card, reasons=reasons, brief_id=brief_id)


def _matches(work: Work, session: Session, brief: Brief, now: datetime, zone: ZoneInfo) -> dict[int, tuple[str, ...]]:
    """The offerings that fit, best first, with the words that brought them."""
    if brief.matched_at is None:  # the second that the worker takes to write them down: nobody has to wait for it
        fitting = matches_for(work, session, text_of(brief), zone, now)
        return {each.offering_id: tuple(each.parts["words"]) for each in fitting}
    kept = select(Match.offering_id, Match.parts).where(Match.brief_id == brief.id)
    rows = session.execute(kept.order_by(Match.score.desc(), Match.id))
    return {row.offering_id: tuple(row.parts["words"]) for row in rows}


def topics_spoken_of(index: SearchIndex, catalogue: Catalogue, offering_ids: Iterable[int], words: str) -> set[int]:
    """Those topics of the offerings whose name the request mentions, in either language and in any form."""
    places = (catalogue.place[each] for each in offering_ids if each in catalogue.place)
    topics = {topic_id for place in places for topic_id in catalogue.topics_at(place)}
    return {
        topic_id
        for topic_id in topics
        for label in (catalogue.labels[topic_id].fr, catalogue.labels[topic_id].en)
        if any(piece.is_match for piece in index.highlight(label, words))
    }


def match_reasons(
    card: OfferCard, words: tuple[str, ...], topics: Iterable[str], text: BriefText, now: datetime, zone: ZoneInfo,
    language: str,
) -> tuple[str, ...]:  # fmt: skip
    """What speaks for it, and the one thing that may speak against it; `zone` is the one in which days are meant."""
    _, _n = wording.translator(language)
    reasons = []
    if words:
        reasons.append(_("Speaks of %(words)s", words=wording.listing(words, language)))
    if topics := tuple(topics):
        reasons.append(_("On %(topics)s", topics=wording.listing(topics, language)))
    if text.language and text.language in card.languages:
        spoken = wording.language_name(text.language, language)
        reasons.append(_("Holds sessions in %(language)s", language=spoken))
    if text.budget_minor is not None:
        within = card.price_minor <= text.budget_minor
        reasons.append(_("Within your budget") if within else _("Above your budget"))
    if text.format and card.format in (text.format, "both"):
        reasons.append(_("In the format you asked for"))
    if _is_free_then(card, text, zone):
        reasons.append(_("Free on the days you asked for"))
    elif card.next_slot and card.next_slot - now < SOON:
        reasons.append(_("Free within four days"))
    return tuple(reasons)


def _is_free_then(card: OfferCard, text: BriefText, zone: ZoneInfo) -> bool:
    """Whether one of the next slots shown lies within the days asked for."""
    if text.earliest is None and text.latest is None:
        return False
    days = [slot.starts_at.astimezone(zone).date() for slot in card.next_slots]
    return any((text.earliest or day) <= day <= (text.latest or day) for day in days)

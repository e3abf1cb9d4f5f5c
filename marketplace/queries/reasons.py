"""Why an offering is shown, as sentences in the reader's language."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from marketplace import wording
from marketplace.queries.cards import OfferCard
from marketplace.queries.catalogue import Catalogue
from marketplace.queries.matching import telling_words
from search.port import Hit

WORDS_NAMED = 4
SOON = timedelta(days=4)
MANY_SESSIONS = 10


def reasons_for(
    catalogue: Catalogue, hits: Mapping[int, Hit], card: OfferCard, topics: Sequence[int], now: datetime, language: str
) -> tuple[str, ...]:
    """The two or three things that brought this offering here, the strongest first."""
    _, _n = wording.translator(language)
    reasons = []
    words = telling_words(hits, card.offering_id, WORDS_NAMED)
    if words:
        reasons.append(_("Speaks of %(words)s", words=wording.listing(words, language)))
    place = catalogue.place[card.offering_id]
    if labels := catalogue.labels_at(card.offering_id, topics, language):
        reasons.append(_("On %(topics)s", topics=wording.listing(labels, language)))
    if card.next_slot and card.next_slot - now < SOON:
        reasons.append(_("Free within four days"))
    held = int(catalogue.columns.held_sessions[place])
    if held >= MANY_SESSIONS:
        reasons.append(_n("%(num)s session held", "%(num)s sessions held", held))
    elif held == 0:
        reasons.append(_("New on Cadran"))
    return tuple(reasons)

"""What somebody may be about to type: topics that begin so, and titles of offerings that the words find."""

import numpy as np
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from marketplace.queries.catalogue import Catalogue
from marketplace.queries.kept_catalogue import current_catalogue
from marketplace.queries.matching import find
from marketplace.store.offerings import Offering, OfferingRevision
from marketplace.store.reading import rows
from marketplace.work import Work
from search.analysis import fold

SHORTEST, LONGEST = 2, 80  # letters typed: who pastes a whole request knows what to ask
TOPICS, TITLES = 4, 4


def suggestions(work: Work, typed: str, language: str) -> tuple[str, ...]:
    """At most eight texts to search for, topics in the viewer's language first; two queries and a look at the log."""
    words = " ".join(typed.split())
    if not SHORTEST <= len(words) <= LONGEST:
        return ()
    with work.reading() as session:
        catalogue = current_catalogue(work, session)
        found = (*_topics(catalogue, fold(words), language), *_titles(work, session, catalogue, words))
    return tuple({fold(each): each for each in reversed(found)}.values())[::-1]


def _topics(catalogue: Catalogue, typed: str, language: str) -> list[str]:
    """Those that begin so, then those with a word that does."""
    labels = [getattr(each, language) for each in catalogue.labels.values()]
    begin = [label for label in labels if fold(label).startswith(typed)]
    within = [label for label in labels if f" {typed}" in fold(label).replace("’", " ").replace("-", " ")]
    return [*dict.fromkeys((*sorted(begin), *sorted(within)))][:TOPICS]


def _titles(work: Work, session: Session, catalogue: Catalogue, words: str) -> list[str]:
    found = find(work, catalogue, words)
    nearest = found.places[np.argsort(-found.values[found.places], kind="stable")[:TITLES]]
    ids = catalogue.ids[nearest].tolist()
    titles = {row.id: row.title for row in rows(session, _TITLES, offerings=ids)}
    return [titles[each] for each in ids if each in titles]


_TITLES = (
    select(Offering.id, OfferingRevision.title)
    .join(OfferingRevision, OfferingRevision.id == Offering.live_revision_id)
    .where(Offering.id.in_(bindparam("offerings", expanding=True)), Offering.state == "published")
)

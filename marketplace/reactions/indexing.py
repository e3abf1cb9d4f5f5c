"""Keep the search index in step with the database. Each machine has its own index, with one writer."""

from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from marketplace.store.catalogue import topic_labels
from marketplace.store.search_documents import OfferingText, changes_after, compact_log, last_change, offering_texts
from marketplace.work import Work
from search.port import Change, Delete, Document, IndexUnusableError, Label, Language, SequenceMovedError, Upsert

BATCH = 500
LOG_KEPT = timedelta(days=1)  # in full
TOPICS = "topics"  # what the index calls the lexicon's source

log = structlog.get_logger()


def catch_up(work: Work) -> int:
    """Apply what the change log has and the index has not; returns how many offerings were written.

    The index keeps the sequence number it stands at, so a worker killed at any point simply goes on from there.
    A missing or damaged index, or one of an older format, is built anew: everything it needs is in the database.
    """
    try:
        start = work.index.sequence()
    except IndexUnusableError as unusable:
        log.warning("index.rebuilding", reason=str(unusable))
        return rebuild(work)
    with work.reading() as session:
        changes = changes_after(session, start, BATCH)
        if changes.sequence == start:
            return 0
        texts = {text.offering_id: text for text in offering_texts(session, changes.offering_ids)}
        labels = _labels(session)
    work.index.learn(TOPICS, labels)  # writes only when a topic is new or was renamed
    batch = [_change(offering_id, texts.get(offering_id)) for offering_id in changes.offering_ids]
    try:
        work.index.apply(batch, changes.sequence, after=start)
    except SequenceMovedError:
        log.info("index.rebuilt_meanwhile")  # the next round starts from the new index's own number
        return 0
    log.info("index.applied", offerings=len(batch), sequence=changes.sequence)
    return len(batch)


def catch_up_fully(work: Work) -> None:
    """Catch up to the end of the log: whoever searches next finds what was published before."""
    while catch_up(work):
        pass


def compact(work: Work) -> int:
    """Keep the change log as short as the market is large; returns how many changes were forgotten. For the worker."""
    with work.transaction() as tx:
        return compact_log(tx.session, tx.now - LOG_KEPT)


def rebuild(work: Work) -> int:
    """Write the whole index anew beside the old one and switch; returns how many offerings it holds."""
    with work.reading() as session:
        sequence = last_change(session)
        texts = offering_texts(session)
        labels = _labels(session)
    work.index.learn(TOPICS, labels)
    work.index.rebuild([_document(text) for text in texts], sequence)
    return len(texts)


def _labels(session: Session) -> list[Label]:
    return [(topic.fr, topic.en) for topic in topic_labels(session)]


def _change(offering_id: int, text: OfferingText | None) -> Change:
    return Upsert(_document(text)) if text else Delete(offering_id)


def _document(text: OfferingText) -> Document:
    language: Language = "en" if text.language == "en" else "fr"
    return Document(text.offering_id, language, text.title, text.topics, text.body)

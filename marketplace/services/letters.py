"""Send the letters that wait: each at most once where the way of sending cannot tell a repetition."""

from datetime import timedelta

import structlog

from marketplace.post.port import Letter, PostRefused, PostUnavailable
from marketplace.store.letters import (
    claim_letter,
    due_letters,
    is_still_true,
    postpone_letter,
    settle_letter,
    unanswered_letters,
)
from marketplace.store.money import raise_alert
from marketplace.store.outbox import LetterRow
from marketplace.work import Work

BATCH = 50
LOOKED_UP = ("session_near",)  # what may have become untrue since it was written: looked at again when it leaves
ATTEMPTS = 13  # with doubling waits from 30 s: a day and a half

log = structlog.get_logger()


def send_due(work: Work) -> int:
    """Send what is due; returns how many letters left."""
    _give_up_on_unanswered(work)
    with work.reading() as session:
        due = due_letters(session, work.now(), BATCH)
    return sum(_send(work, row) for row in due)


def _send(work: Work, row: LetterRow) -> bool:
    with work.transaction() as tx:
        if not claim_letter(tx.session, row.id, tx.now):
            return False
        overtaken = row.kind in LOOKED_UP and not is_still_true(tx.session, row, tx.now)
    if overtaken:
        return _settle(work, row, "dropped", "overtaken")
    try:
        work.post.send(_letter(work, row))
    except PostRefused as error:
        return _give_up(work, row, str(error))
    except PostUnavailable as error:
        return _wait(work, row, str(error))
    return _settle(work, row, "sent")


def _letter(work: Work, row: LetterRow) -> Letter:
    host = work.base_url.partition("://")[2].partition("/")[0].partition(":")[0]
    return Letter(
        message_id=f"<letter-{row.id}.{row.kind}@{host}>",
        to_address=row.to_address,
        to_name=row.to_name,
        language=row.language,
        subject=row.subject,
        text=row.text,
        html=row.html,
        calendar=row.calendar,
        calendar_method=row.calendar_method,
    )


def _settle(work: Work, row: LetterRow, state: str, error: str = "") -> bool:
    with work.transaction() as tx:
        settle_letter(tx.session, row.id, state, tx.now, error)
    log.info("letter.settled", letter_id=row.id, kind=row.kind, state=state)
    return state == "sent"


def _wait(work: Work, row: LetterRow, error: str) -> bool:
    if row.attempts + 1 >= ATTEMPTS:
        return _give_up(work, row, error)
    with work.transaction() as tx:
        postpone_letter(tx.session, row.id, tx.now + timedelta(seconds=30 * 2**row.attempts), error)
    return False


def _give_up(work: Work, row: LetterRow, error: str) -> bool:
    if row.kind != "alert":  # an alert about an alert would go round for ever
        with work.transaction() as tx:
            raise_alert(tx, "letter_unsent", f"letter:{row.id}", error)
    return _settle(work, row, "failed", error)


def _give_up_on_unanswered(work: Work) -> None:
    # The sender died between handing the letter over and writing it down. Twice is worse than a person looking.
    with work.reading() as session:
        stuck = unanswered_letters(session, work.now())
    for row in stuck:
        with work.transaction() as tx:
            settle_letter(tx.session, row.id, "failed", tx.now, "sender stopped while sending")
            raise_alert(tx, "letter_unanswered", f"letter:{row.id}")

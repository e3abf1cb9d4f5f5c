"""Lines of Stripe's own book that belong to nothing we know: what an admin is asked to explain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from marketplace.domain.access import Actor, Role, require
from marketplace.domain.errors import NotFound
from marketplace.store.audit import BalanceLine
from marketplace.store.stripe_lines import lines_alone
from marketplace.work import Work


@dataclass(frozen=True, slots=True)
class ForeignLine:
    """A movement at Stripe, in cents, out of our balance negative; `source` is Stripe's object, where there is one."""

    id: str
    type: str
    source: str
    amount: int
    fee: int
    currency: str
    at: datetime
    known: bool

    @property
    def net(self) -> int:
        """What it moves of our balance at Stripe."""
        return self.amount - self.fee


def foreign_lines(session: Session, limit: int) -> tuple[ForeignLine, ...]:
    """Those that wait for an explanation, the oldest first."""
    return _lines(lines_alone(session, limit))


def foreign_line(work: Work, actor: Actor, line_id: str) -> ForeignLine:
    """One line, explained or not. `NotFound` "line_not_found" when Stripe's book has none of that name."""
    require(actor, Role.ADMIN)
    with work.reading() as session:
        row = session.get(BalanceLine, line_id)
        if row is None:
            raise NotFound("line_not_found")
        return _lines([row])[0]


def _lines(rows: Sequence[BalanceLine]) -> tuple[ForeignLine, ...]:
    return tuple(
        ForeignLine(
            row.id,
            row.type,
            row.source_id,
            row.amount_minor,
            row.fee_minor,
            row.currency,
            row.created_at,
            known=row.entry_id is not None,
        )
        for row in rows
    )

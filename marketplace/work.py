"""Work: everything a use case is given, so that nothing reaches for a global."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from marketplace.clock import Clock
from marketplace.outside.calls import Caller, NobodyCalls
from marketplace.outside.port import CalendarSource, NoCalendars
from marketplace.post.port import Post
from marketplace.store.transaction import Database, Transaction
from payments.port import PaymentGateway
from search.port import SearchIndex


@dataclass(frozen=True, slots=True)
class Work:
    """The parts behind a use case. `base_url` has no trailing slash; `secret` signs links in letters."""

    database: Database
    clock: Clock
    index: SearchIndex
    gateway: PaymentGateway
    post: Post
    base_url: str
    secret: str
    calendars: CalendarSource = field(default_factory=NoCalendars)  # experts' other calendars
    caller: Caller = field(default_factory=NobodyCalls)  # brings webhooks to their addresses
    environment: str = "demo"  # part of every idempotency key sent to Stripe
    request_id: str = ""  # of the HTTP request being answered; ends up in the journal

    def now(self) -> datetime:
        """Now, aware, UTC."""
        return self.clock()

    @contextmanager
    def transaction(self, request_id: str = "", *, beside: bool = False) -> Iterator[Transaction]:
        """The one transaction of a use case; no network inside it. `beside`: see `Database.transaction`."""
        with self.database.transaction(self.now(), request_id or self.request_id, beside=beside) as transaction:
            yield transaction

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A read on one snapshot."""
        with self.database.reading() as session:
            yield session

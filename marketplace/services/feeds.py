"""A person's private calendar address: opened, renewed, closed."""

from marketplace.domain.access import Actor, Role, require
from marketplace.domain.errors import NotFound
from marketplace.store.feeds import CalendarFeed, feed_of
from marketplace.work import Work


def renew_feed(work: Work, actor: Actor) -> bool:
    """Give the feed an address, or another one: the one before opens nothing from now on. True for the first."""
    require(actor, Role.LEAD, Role.EXPERT)
    with work.transaction() as tx:
        feed = feed_of(tx.session, actor.id)
        first = feed is None
        if feed is None:
            feed = CalendarFeed(account_id=actor.id, version=0)
            tx.session.add(feed)
        feed.version, feed.open, feed.renewed_at = feed.version + 1, True, tx.now
        tx.journal(actor, "calendar.feed_renewed", ("account", actor.id), new={"version": feed.version})
    return first


def close_feed(work: Work, actor: Actor) -> None:
    """No address opens the feed any more. `NotFound` when none does."""
    require(actor, Role.LEAD, Role.EXPERT)
    with work.transaction() as tx:
        feed = feed_of(tx.session, actor.id)
        if feed is None or not feed.open:
            raise NotFound("feed_not_found")
        feed.open = False
        tx.journal(actor, "calendar.feed_closed", ("account", actor.id))

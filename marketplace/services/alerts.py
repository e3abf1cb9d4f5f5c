"""Alerts: a person has looked."""

from dataclasses import dataclass

from marketplace.domain.access import Actor, Role, require
from marketplace.domain.errors import Conflict, NotFound
from marketplace.store.money import alert_is_known, settle_alert
from marketplace.work import Work


@dataclass(frozen=True, slots=True)
class SettleAlert:
    """An admin has dealt with an alert."""

    actor: Actor
    alert_id: int


def settle(work: Work, command: SettleAlert) -> None:
    """Put an alert away; the same thing happening again raises it again. `Conflict` when another admin was faster."""
    require(command.actor, Role.ADMIN)
    with work.transaction() as tx:
        if settle_alert(tx.session, command.alert_id, tx.now):
            tx.journal(command.actor, "alert.settled", ("alert", command.alert_id))
        elif alert_is_known(tx.session, command.alert_id):
            raise Conflict("alert_settled")
        else:
            raise NotFound("alert_not_found")

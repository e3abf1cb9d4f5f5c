"""An expert's account at Stripe: whether it can receive money now."""

from marketplace.domain.access import SYSTEM
from marketplace.store.experts import Expert
from marketplace.work import Work


def refresh_account(work: Work, expert_id: int) -> bool:
    """Ask Stripe about an expert's account and note the answer; returns whether transfers are possible.

    Raises `GatewayError` when Stripe does not answer or does not know the account.
    """
    with work.reading() as session:
        account_id = session.get_one(Expert, expert_id).payout_account
    if account_id is None:
        return False
    account = work.gateway.fetch_account(account_id)
    with work.transaction() as tx:
        expert = tx.session.get_one(Expert, expert_id)
        if expert.payouts_active != account.transfers_active:
            changed = {"active": account.transfers_active, "status": account.transfers_status}
            tx.journal(SYSTEM, "expert.payouts_changed", ("expert", expert_id), new=changed)
        expert.payouts_active = account.transfers_active
        expert.payouts_checked_at = tx.now
    return account.transfers_active

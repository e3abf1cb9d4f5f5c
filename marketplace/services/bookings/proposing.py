"""What proposals and reschedules share: the end of an open proposal."""

from marketplace.domain.access import Actor
from marketplace.domain.errors import Conflict
from marketplace.domain.moving import PROPOSAL, ProposalState
from marketplace.store.proposals import Proposal, change_proposal, open_proposal
from marketplace.store.transaction import Transaction


def end_proposal(tx: Transaction, actor: Actor, proposal: Proposal, name: str) -> None:
    """Lead an open proposal to its end and journal it; `Conflict` when it, or somebody faster, forbids it."""
    target = PROPOSAL.next(ProposalState(proposal.state), name, actor.role)
    if not change_proposal(tx.session, proposal.id, target, tx.now):
        raise Conflict("proposal_over", state=str(target))
    subject = ("booking", proposal.booking_id)
    tx.journal(actor, f"booking.proposal_{target}", subject, new={"proposal_id": proposal.id})


def overtake(tx: Transaction, actor: Actor, booking_id: int) -> None:
    """Close the open proposal about a booking that has just moved otherwise; nothing happens without one."""
    proposal = open_proposal(tx.session, booking_id)
    if proposal is not None:
        end_proposal(tx, actor, proposal, "overtake")

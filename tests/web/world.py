"""One of everything, so that every address of the application has something to show."""

from dataclasses import dataclass
from datetime import date

from marketplace import links
from marketplace.services import signing_in
from marketplace.services.availability import SetDate, set_date
from marketplace.services.signing_in import SignIn
from marketplace.store.accounts import Account, claim_on, signed_in_account
from marketplace.work import Work
from tests.cast import PASSWORD, Cast
from tests.web.market import Market


@dataclass(frozen=True, slots=True)
class World:
    """`ids` fill the example addresses of tests/web/roles.py."""

    ids: dict[str, int | str]


def build(work: Work, cast: Cast) -> World:
    """Léa is signed in elsewhere, Noor has two letters, Amara an offering, a draft and one in the queue."""
    market = Market(work, cast)
    offering = market.published()
    market.apply(cast.jeanne)
    set_date(work, SetDate(cast.amara.actor, date(2026, 12, 24), ()))
    return World(
        ids={
            "offering": offering,
            "draft": market.draft(),
            "revision": market.revision(market.submitted()).id,
            "expert": cast.amara.id,
            "lead": cast.lea.id,
            "session": _other_session(work, cast),
            "reset_token": _letter(work, cast.noor.id, links.Purpose.RESET),
            "verification_token": _letter(work, cast.noor.id, links.Purpose.VERIFY),
        }
    )


def _other_session(work: Work, cast: Cast) -> int:
    begun = signing_in.sign_in(work, SignIn(cast.lea.email, PASSWORD, client="192.0.2.9", device="elsewhere"))
    with work.reading() as session:
        found = signed_in_account(session, begun.token)
    assert found is not None
    return found.session_id


def _letter(work: Work, account_id: int, purpose: links.Purpose) -> str:
    with work.reading() as session:
        claim = claim_on(session.get_one(Account, account_id))
    return links.sign(work.secret, purpose, claim, work.now())

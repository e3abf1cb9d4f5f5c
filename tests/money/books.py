"""An auditor who trusts nobody: compares our ledger and tables with everything that lies at Stripe.

It shares no code with the books it checks: it reads the tables with SQL of its own and Stripe's objects from the
sandbox's memory.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import text

from marketplace.domain.booking import FINISHED
from marketplace.services import audits
from payments.sandbox.faults import Json
from tests.money.stall import Stall

ONCE = ("BookingRequested", "BookingConfirmed", "SessionHeld", "MoneyReleased")  # told at most once per booking
OVER = frozenset(map(str, FINISHED))
KINDS = ("payment_intent", "charge", "refund", "transfer", "dispute", "balance_transaction", "checkout.session")


def always(stall: Stall) -> list[str]:
    """What must hold at every moment, whatever just crashed or got lost; a sentence for each breach."""
    books = _Books(stall)
    return [
        *books.uneven_entries(),
        *books.overdrawn_clients(),
        *books.made_twice(),
        *books.moved_too_much(),
        *books.posted_but_not_moved(),
        *books.told_twice(),
        *books.our_own_mistakes(),
    ]


def at_rest(stall: Stall) -> list[str]:
    """What must hold besides once everything is done that can be done."""
    books = _Books(stall)
    return [
        *always(stall),
        *books.unfinished(),
        *books.client_money_left(),
        *books.balance_differs(),
        *books.shares_differ(),
        *books.reserved_for_nobody(),
    ]


def by_their_own_account(stall: Stall) -> list[str]:
    """What the books' own checks find: every invariant, and the comparison with Stripe line by line."""
    found = [f"{each.name}: {each.figure}" for each in audits.check_ledger(stall.work) if each.breached]
    result = audits.reconcile(stall.work)
    return [*found, *map(str, result.left), *([f"unexplained: {result.unexplained}"] if result.unexplained else [])]


class _Books:
    """One reading of both sides."""

    def __init__(self, stall: Stall) -> None:
        with stall.work.reading() as session:
            ask = lambda sql: [row._asdict() for row in session.execute(text(sql))]  # noqa: E731 - three words
            self.bookings = {row["id"]: row for row in ask("select * from booking")}
            self.postings = ask(
                "select e.source_type, e.source_id, e.kind, e.booking_id, p.entry_id, p.account, p.currency,"
                " p.amount_minor from posting p join ledger_entry e on e.id = p.entry_id"
            )
            self.operations = ask("select * from operation")
            self.told = ask("select event, payload from outbox")
            self.alerts = ask("select code, subject, detail from alert")
            self.notices = ask("select id, error from notice")
        self.stripe = stall.objects(*KINDS)
        self.by_reference = {row["reference"]: row for row in self.bookings.values()}

    def uneven_entries(self) -> Iterator[str]:
        sums: dict[tuple[int, str], int] = defaultdict(int)
        for line in self.postings:
            sums[line["entry_id"], line["currency"]] += line["amount_minor"]
        yield from (f"entry {entry} is uneven by {left} {unit}" for (entry, unit), left in sums.items() if left)

    def overdrawn_clients(self) -> Iterator[str]:
        for account, amount in self._balances("client_money:").items():
            if amount > 0:
                yield f"{account} is in debit by {amount}"

    def made_twice(self) -> Iterator[str]:
        """Two objects at Stripe for one operation, or one that no operation of ours asked for."""
        keys = {row["key"] for row in self.operations}
        for kind in ("refund", "transfer", "checkout.session"):
            made = Counter(thing["metadata"].get("op_id") for thing in self.stripe[kind])
            made.pop(None, None)  # by hand, in Stripe's dashboard
            yield from (f"{count} of {kind} for {key}" for key, count in made.items() if count > 1)
            yield from (f"{kind} of an unknown operation {key}" for key in made.keys() - keys)

    def moved_too_much(self) -> Iterator[str]:
        for reference, moved in self._moved().items():
            booking = self.by_reference.get(reference)
            if booking is None:
                yield f"money for an unknown booking {reference}"
                continue
            if moved["captured"] - moved["stray"] > booking["gross_minor"]:
                yield f"{reference} was charged {moved['captured']} of {booking['gross_minor']}"
            if moved["refunded"] > moved["captured"]:
                yield f"{reference} was refunded {moved['refunded']} of {moved['captured']}"
            if moved["transferred"] - moved["reversed"] > booking["payout_minor"]:
                yield f"{reference} was transferred {moved['transferred']} of {booking['payout_minor']}"

    def posted_but_not_moved(self) -> Iterator[str]:
        at_stripe = {thing["id"]: thing for kind in ("charge", "refund", "transfer") for thing in self.stripe[kind]}
        for line in self.postings:
            if line["account"] != "stripe_balance" or line["kind"] not in ("capture", "refund", "transfer"):
                continue
            thing = at_stripe.get(line["source_id"])
            amount = thing and thing.get("amount_captured", thing["amount"])
            if amount != abs(line["amount_minor"]):
                yield f"{line['kind']} of {line['source_id']}: posted {line['amount_minor']}, at Stripe {amount}"

    def told_twice(self) -> Iterator[str]:
        told = Counter((row["event"], str(row["payload"])) for row in self.told if row["event"] in ONCE)
        yield from (f"told {count} times: {what}" for what, count in told.items() if count > 1)

    def our_own_mistakes(self) -> Iterator[str]:
        yield from (f"alert: {row}" for row in self.alerts if row["code"].endswith("_broken"))
        yield from (f"notice: {row}" for row in self.notices if (row["error"] or "").startswith("broken"))

    def unfinished(self) -> Iterator[str]:
        for row in self.operations:
            if row["status"] in ("pending", "unknown"):
                yield f"unfinished: {row['key']} after {row['attempts']} attempts: {row['error']}"
        moving = ("awaiting_payment", "capturing", "voiding", "refunding", "confirmed", "in_progress", "releasing")
        yield from (
            f"{row['reference']} is still {row['state']}" for row in self.bookings.values() if row["state"] in moving
        )

    def client_money_left(self) -> Iterator[str]:
        for account, amount in self._balances("client_money:").items():
            booking = self.bookings[int(account.partition(":")[2])]
            if amount and booking["state"] in OVER:
                yield f"{account} still holds {-amount} though the booking is {booking['state']}"

    def balance_differs(self) -> Iterator[str]:
        ours = self._balances("stripe_balance").get("stripe_balance", 0)
        theirs = sum(entry["net"] for entry in self.stripe["balance_transaction"])
        if ours != theirs:
            yield f"our ledger says {ours} at Stripe, Stripe says {theirs}"

    def shares_differ(self) -> Iterator[str]:
        """captured - refunded = transferred - reversed + still owed + commission + VAT + still held, per booking."""
        kept: dict[int, int] = defaultdict(int)
        for line in self.postings:
            if not line["account"].startswith(("stripe_balance", "stripe_fees", "dispute_fees")) and line["booking_id"]:
                kept[line["booking_id"]] -= line["amount_minor"]
        for reference, moved in self._moved().items():
            booking = self.by_reference.get(reference)
            if booking is None:
                continue
            left = moved["captured"] - moved["refunded"] - moved["transferred"] + moved["reversed"] - moved["disputed"]
            if left != kept[booking["id"]]:
                yield f"{reference}: {left} left at Stripe, {kept[booking['id']]} in the books ({booking['state']})"

    def reserved_for_nobody(self) -> Iterator[str]:
        for intent in self.stripe["payment_intent"]:
            booking = self.by_reference.get(_reference(intent))
            if intent["status"] == "requires_capture" and (booking is None or booking["state"] in OVER):
                yield f"{intent['id']} is still reserved on the card for {booking and booking['state']}"

    def _balances(self, prefix: str) -> dict[str, int]:
        sums: dict[str, int] = defaultdict(int)
        for line in self.postings:
            if line["account"].startswith(prefix):
                sums[line["account"]] += line["amount_minor"]
        return sums

    def _moved(self) -> dict[str, Counter[str]]:
        """Per booking's reference, what lies at Stripe, in cents. `stray`: captured by hand and given back whole."""
        moved: dict[str, Counter[str]] = defaultdict(Counter)
        intents = {intent["id"]: intent for intent in self.stripe["payment_intent"]}
        for charge in self.stripe["charge"]:
            reference = _reference(intents[charge["payment_intent"]])
            moved[reference]["captured"] += charge["amount_captured"]
            if charge["captured"] and charge["amount_refunded"] == charge["amount_captured"]:
                moved[reference]["stray"] += charge["amount_captured"]
        for refund in self.stripe["refund"]:
            if refund["status"] not in ("failed", "canceled"):
                moved[_reference(intents[refund["payment_intent"]])]["refunded"] += refund["amount"]
        disputed = {dispute["id"]: dispute["charge"] for dispute in self.stripe["dispute"]}
        charged = {charge["id"]: _reference(intents[charge["payment_intent"]]) for charge in self.stripe["charge"]}
        for line in self.stripe["balance_transaction"]:
            if line["source"] in disputed:
                moved[charged[disputed[line["source"]]]]["disputed"] -= line["amount"]
        for transfer in self.stripe["transfer"]:
            moved[transfer["transfer_group"]]["transferred"] += transfer["amount"]
            moved[transfer["transfer_group"]]["reversed"] += transfer["amount_reversed"]
        return moved


def _reference(thing: Json) -> Any:
    return thing["metadata"].get("reference") or thing.get("transfer_group")

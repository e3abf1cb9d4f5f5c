"""The sandbox's doors, from outside: what tests and the demo may ask of it over HTTP."""

from typing import Any, Literal

import requests

from payments.sandbox.faults import Json
from payments.sandbox.mishaps import Kind

_PATIENCE_SECONDS = 10.0


class DoorShut(Exception):
    """The sandbox would not do it; the message is its answer."""


class Doors:
    """Plays the clock, the banks and Stripe itself, at one sandbox's address."""

    def __init__(self, address: str) -> None:
        self._address = f"{address}/_sandbox"

    def advance(self, seconds: int) -> int:
        """Move the clock forward and let everything due happen; the new moment, in seconds since 1970."""
        return int(self._ask("clock", advance_seconds=seconds)["now"])

    def dispute(
        self, hold_id: str, *, reason: str = "fraudulent", inquiry: bool = False, amount_minor: int | None = None
    ) -> str:
        """Let the bank dispute a captured payment; the dispute's id. `inquiry`: it only asks and moves no money."""
        amount = {} if amount_minor is None else {"amount": amount_minor}
        opened = self._ask("disputes", payment_intent=hold_id, reason=reason, inquiry=inquiry, **amount)
        return str(opened["id"])

    def decide(
        self, dispute_id: str, outcome: Literal["won", "lost", "escalated"], *, return_fee: bool = False
    ) -> None:
        """End a dispute, or make a chargeback of an inquiry."""
        self._ask(f"disputes/{dispute_id}", outcome=outcome, return_fee=return_fee)

    def alter_checkout(self, checkout_id: str, **altered: int | str) -> None:
        """Let an open payment page ask for another `amount`, `currency` or `reference` than we had asked for."""
        self._ask(f"checkouts/{checkout_id}", **altered)

    def fail_next_refund(self) -> None:
        """Let the next refund come back at once: its very first answer says so."""
        self._ask("refunds", outcome="failed")

    def fail_refund(self, refund_id: str) -> None:
        """Let the bank send a refund's money back."""
        self._ask(f"refunds/{refund_id}", outcome="failed")

    def fail_payout(self, payout_id: str) -> None:
        """Let the platform's bank refuse a payout."""
        self._ask(f"payouts/{payout_id}", outcome="failed")

    def set_transfers(self, account_id: str, status: Literal["active", "pending", "restricted"]) -> None:
        """Restrict an account, or clear it again."""
        self._ask(f"accounts/{account_id}", transfers=status)

    def pay_out_expert(self, account_id: str, amount_minor: int) -> None:
        """Say how much the owner of an account has received at their bank: a reversal cannot take that back."""
        self._ask(f"accounts/{account_id}", paid_out=amount_minor)

    def move_balance(self, kind: str, amount_minor: int, *, fee_minor: int = 0, description: str = "") -> str:
        """Add a movement that none of our requests caused ("stripe_fee", "topup", "adjustment"); its id."""
        words = {"description": description} if description else {}
        return str(self._ask("balance_transactions", type=kind, amount=amount_minor, fee=fee_minor, **words)["id"])

    def be_late(self, **seconds: int) -> None:
        """Book movements of these types later from now on: `charge=3600`, `refund`, `transfer`, `adjustment` ..."""
        self._ask("lateness", **seconds)

    def go_wrong(self, operation: str, kind: Kind, *, times: int | None = 1, skip: int = 0, seconds: int = 0) -> None:
        """Let an operation or a notice fail: see `payments.sandbox.mishaps` for the kinds.

        `operation` is "POST /v1/refunds" or, with * for anything, "POST *"; for a notice, its type ("charge.*").
        `times` is how often, None for ever; `skip` lets the first ones through; `seconds` is for delays and time-outs.
        """
        often = {} if times is None else {"times": times}
        self._ask("mishaps", operation=operation, kind=kind, skip=skip, seconds=seconds, **often)

    def mishaps(self) -> list[Json]:
        """What is still to go wrong."""
        told: list[Json] = requests.get(f"{self._address}/mishaps", timeout=_PATIENCE_SECONDS).json()
        return told

    def deliveries(self) -> list[Json]:
        """The notices that nobody has accepted yet: `type`, `attempts`, `due`, `held`, and the last `answer`."""
        told: list[Json] = requests.get(f"{self._address}/deliveries", timeout=_PATIENCE_SECONDS).json()
        return told

    def go_right(self) -> None:
        """Let nothing go wrong any more."""
        requests.delete(f"{self._address}/mishaps", timeout=_PATIENCE_SECONDS)

    def _ask(self, path: str, **body: Any) -> Json:
        answer = requests.post(f"{self._address}/{path}", json=body, timeout=_PATIENCE_SECONDS)
        if answer.status_code != 200:
            raise DoorShut(answer.text)
        told: Json = answer.json()
        return told

"""`python -m tests.payments.honesty`: what we send, and whether Stripe would take it, operation by operation."""

import sys
import tempfile
from pathlib import Path

from payments.sandbox import SandboxSettings, running_sandbox
from payments.stripe_gateway import StripeGateway
from tests.payments.honesty.asks import ORDER, sent_by_the_gateway
from tests.payments.honesty.overlay import DIFFERENCES
from tests.payments.honesty.story import tell
from tests.payments.honesty.witness import Witness, lines, watching

KEY = "sk_test_honesty"


def main() -> int:
    """Tell the story, print the list; 1 when anything is not as Stripe has it, or was never seen."""
    witness = _told()
    rows = sorted({key: name for name, key in reversed(sent_by_the_gateway().items())}.items(), key=lambda row: row[1])
    for key, name in rows:
        print(f"{' '.join(key):48} {name:22} {_verdict(witness, key)}")
    unseen = [key for key, _ in rows if not witness.requests[key] or not witness.answers[key]]
    print(f"\n{len(rows)} operations; {sum(witness.requests.values())} requests and as many answers checked.")
    print("Published schema: 2026-05-27.dahlia, with these differences of 2026-10-28.endive:")
    for difference in DIFFERENCES:
        print(f"- {difference.reason}")
    if witness.lies:
        print(f"\n{lines(witness)}")
    return 1 if witness.lies or unseen else 0


def _told() -> Witness:
    with tempfile.TemporaryDirectory() as folder, watching() as witness:
        settings = SandboxSettings(state=Path(folder) / "sandbox.db", key=KEY)
        with running_sandbox(settings, environment={}) as sandbox:
            gateway = StripeGateway(KEY, sandbox.address)
            tell(sandbox, gateway, ORDER)
            gateway.close()
    return witness


def _verdict(witness: Witness, key: tuple[str, str]) -> str:
    if not witness.requests[key] or not witness.answers[key]:
        return "never seen"
    start = " ".join(key)
    if any(lie.startswith(f"{start}, request") for lie in witness.lies):
        return "NOT a request that Stripe takes"
    if any(lie.startswith(f"{start}, answer") for lie in witness.lies):
        return "valid under both; the sandbox's answer is NOT Stripe's"
    return "valid under both; the sandbox's answer, too"


if __name__ == "__main__":
    sys.exit(main())

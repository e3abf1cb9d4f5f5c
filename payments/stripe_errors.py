"""How Stripe's failures are told in the port's two words: refused or unknown."""

from collections.abc import Iterator
from contextlib import contextmanager

import stripe

from payments.port import GatewayRefused, GatewayUnknown

# 401: our key is wrong, not the payment; 408, 409, 429: try again, nothing was decided.
_UNDECIDED = frozenset({401, 408, 409, 429})


@contextmanager
def in_our_words() -> Iterator[None]:
    """Let nothing of the library through: every failure is either definite or unknown."""
    try:
        yield
    except stripe.StripeError as error:
        raise _translated(error) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # The call may well have worked: an answer that we cannot read decides nothing.
        raise GatewayUnknown(f"an answer that we do not understand: {error}") from error


def _translated(error: stripe.StripeError) -> GatewayRefused | GatewayUnknown:
    status = error.http_status
    message = error.user_message or type(error).__name__
    if status is None or not 400 <= status < 500 or status in _UNDECIDED:
        return GatewayUnknown(f"{status or 'no answer'}: {message}")
    details = error.json_body.get("error", {}) if isinstance(error.json_body, dict) else {}
    code = details.get("code") or details.get("type") or "refused"
    # v2 has its own word for what v1 calls a missing resource.
    return GatewayRefused("resource_missing" if code == "not_found" else code, message, details.get("decline_code"))

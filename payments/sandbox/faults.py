"""How Stripe says no."""

from typing import Any

Json = dict[str, Any]


class StripeFault(Exception):
    """An error answer: HTTP status, Stripe's type and code, and the parameter that is to blame.

    What was done before it is taken back, unless it `keeps` it: a declined card leaves a trace.
    """

    keeps = False

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body: Json = {
            "error": {
                "type": kind,
                "message": message,
                **({"code": code} if code else {}),
                **({"param": param} if param else {}),
            }
        }


def invalid(message: str, *, code: str | None = None, param: str | None = None) -> StripeFault:
    """400: the request cannot be carried out as it stands."""
    return StripeFault(400, "invalid_request_error", message, code=code, param=param)


class CardRefused(StripeFault):
    """402: the bank said no, and the attempt is on record."""

    keeps = True


def card_refused(error: Json) -> CardRefused:
    """402 with everything that the payment says of its last attempt; 400 where Stripe, not the bank, refused."""
    fault = CardRefused(402 if error["type"] == "card_error" else 400, error["type"], error["message"])
    fault.body = {"error": error}
    return fault


def missing_object(noun: str, identifier: str, *, param: str = "id", status: int = 404) -> StripeFault:
    """404 for an id in the path, 400 for one in a parameter."""
    message = f"No such {noun}: '{identifier}'"
    return StripeFault(status, "invalid_request_error", message, code="resource_missing", param=param)


def missing_in_v2(noun: str, identifier: str) -> StripeFault:
    """404 in the words of v2."""
    return StripeFault(404, "invalid_request_error", f"{noun} '{identifier}' was not found.", code="not_found")


def unknown_key() -> StripeFault:
    """401: not the configured test key."""
    return StripeFault(401, "invalid_request_error", "Invalid API Key provided.")


def key_in_use(key: str) -> StripeFault:
    """409: the first request with this key is still being carried out."""
    message = f"There is currently another in-progress request using this Idempotent Key: {key}"
    return StripeFault(409, "idempotency_error", message, code="idempotency_key_in_use")


def key_reused(key: str) -> StripeFault:
    """400: the same key came with other parameters."""
    message = (
        "Keys for idempotent requests can only be used with the same parameters they were first used with. "
        f"Try using a key other than '{key}' if you meant to execute a different request."
    )
    return StripeFault(400, "idempotency_error", message)

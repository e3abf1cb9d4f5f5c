"""Takes signed notices to those who listen, again and again until they are accepted."""

import hmac
import http.client
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from payments.sandbox.deadlines import settle
from payments.sandbox.desk import Desk, shown
from payments.sandbox.faults import Json
from payments.sandbox.settings import Endpoint
from payments.sandbox.state import State

# Seconds of the sandbox's clock until the next attempt; after the last one a notice is given up, as Stripe does
# after three days.
BACK_OFF = (1, 2, 5, 15, 60, 300, 1800, 3600, 4 * 3600, 12 * 3600, 24 * 3600, 24 * 3600)

_PAUSE_SECONDS = 0.2
_TOLERANCE_SECONDS = 300  # what a listener lets pass, in both directions
_PATIENCE_SECONDS = 10.0
_BATCH = 20


@dataclass(frozen=True, slots=True)
class _Delivery:
    position: int
    endpoint: Endpoint
    attempts: int
    flaw: str
    event: Json


class Courier:
    """One background thread that also lets the clock do its work when nobody calls."""

    def __init__(self, state: State, endpoints: Sequence[Endpoint]) -> None:
        self._state = state
        self._endpoints = {endpoint.url: endpoint for endpoint in endpoints}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_going, name="sandbox-courier", daemon=True)

    def start(self) -> None:
        """Begin delivering."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the delivery under way and end the thread."""
        self._stopping.set()
        self._thread.join(timeout=2 * _PATIENCE_SECONDS)

    def round(self) -> int:
        """Settle what is due and try every delivery that is due once; the number of those accepted."""
        with self._state.desk() as desk:
            settle(desk)
            waiting = self._waiting(desk)
        return sum(self._try(delivery) for delivery in waiting)

    def _keep_going(self) -> None:
        while not self._stopping.is_set():
            if not self.round():
                self._stopping.wait(_PAUSE_SECONDS)

    def _waiting(self, desk: Desk) -> list[_Delivery]:
        rows = desk.connection.execute(
            "SELECT deliveries.position, url, attempts, flaw, body FROM deliveries"
            " JOIN objects ON objects.id = deliveries.event"
            " WHERE deliveries.due <= ? AND NOT held ORDER BY deliveries.position LIMIT ?",
            (desk.moment, _BATCH),
        ).fetchall()
        return [
            _Delivery(position, self._endpoints[url], attempts, flaw, shown(json.loads(body)))
            for position, url, attempts, flaw, body in rows
            if url in self._endpoints
        ]

    def _try(self, delivery: _Delivery) -> bool:
        body = json.dumps(delivery.event, indent=2).encode()
        header = _signed(body, delivery, self._state.now())
        answer = _post(delivery.endpoint, body, header)
        accepted = answer is not None and 200 <= answer < 300
        with self._state.desk() as desk:
            if accepted or delivery.attempts >= len(BACK_OFF):
                desk.connection.execute("DELETE FROM deliveries WHERE position = ?", (delivery.position,))
            else:
                desk.connection.execute(
                    "UPDATE deliveries SET attempts = attempts + 1, due = ?, answer = ? WHERE position = ?",
                    (desk.moment + BACK_OFF[delivery.attempts], answer, delivery.position),
                )
        return accepted


def signature(body: bytes, secret: str, moment: int) -> str:
    """The `Stripe-Signature` header for a body sent at this moment."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, "sha256").hexdigest()
    return f"t={moment},v1={digest}"


def _signed(body: bytes, delivery: _Delivery, moment: int) -> str:
    """The signature, or one with the flaw that a mishap wants."""
    secrets = {"notice_forged": "whsec_of_somebody_else", "notice_blank": ""}
    late = {"notice_stale": -_TOLERANCE_SECONDS - 1, "notice_future": _TOLERANCE_SECONDS + 1}
    secret = secrets.get(delivery.flaw, delivery.endpoint.secret)
    return signature(body, secret, moment + late.get(delivery.flaw, 0))


def _post(endpoint: Endpoint, body: bytes, header: str) -> int | None:
    """The status that came back; None when nothing did."""
    address = urlsplit(endpoint.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_PATIENCE_SECONDS)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": header,
        "User-Agent": "Stripe/1.0 (sandbox)",
    }
    try:
        connection.request("POST", address.path or "/", body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()

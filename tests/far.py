"""The program at the other end of a webhook."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from marketplace.outside.calls import CallFailed, HttpsCaller


@dataclass
class Far:
    """Answers with `status`; without one it cannot be reached, for the reason `why`. `got`: address, headers, body."""

    status: int | None = 200
    why: str = "slow"
    got: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)

    def check(self, url: str) -> str:
        return HttpsCaller(demo=False).check(url)

    def call(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        self.got.append((url, headers, body))
        if self.status is None:
            raise CallFailed(self.why)
        return self.status

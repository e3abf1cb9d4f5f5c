"""The shapes that several operations share: strict in what they take, exact in what they give."""

from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
)

from marketplace.domain.calendar import Slot

LARGEST_ID = 999_999_999
MOST_LISTED = 100
_FIRST, _LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class In(BaseModel):
    """What comes in: a field that is not described is refused by its name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Out(BaseModel):
    """What goes out."""

    model_config = ConfigDict(frozen=True)


def _in_range(moment: datetime) -> datetime:
    if not _FIRST < moment < _LAST:
        raise ValueError("a moment between 2020 and 2100")
    return moment.astimezone(UTC)


Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
# PostgreSQL cannot store a NUL in a text.
Line = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f]*$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00]*$")]
Minor = Annotated[int, Field(ge=0, le=1_000_000_000, description="Cents.")]
Moment = Annotated[AwareDatetime, AfterValidator(_in_range)]
Limit = Annotated[int, Field(ge=1, le=MOST_LISTED, description="How many at most.")]
Cursor = Annotated[
    str, Field(min_length=1, max_length=500, description="Where to go on: `next` of the answer before, as it is.")
]


class Says:
    """Beside a field's limits: the code of the page's sentence when they are broken."""

    def __init__(self, code: str) -> None:
        self.code = code


class SlotOut(Out):
    """A start and an end, RFC 3339 in UTC."""

    starts_at: datetime
    ends_at: datetime


Item = TypeVar("Item", bound=BaseModel)
Shape = TypeVar("Shape", bound=BaseModel)


class Listed(Out, Generic[Item]):
    """One stretch of a list; `next` is the cursor of the following one, null at the end."""

    items: list[Item]
    next: str | None = None


def slot_out(slot: Slot) -> SlotOut:
    """A slot as it goes out."""
    return SlotOut(starts_at=slot.starts_at, ends_at=slot.ends_at)


class Paged(In):
    """A list is asked for in stretches."""

    cursor: Cursor | None = None
    limit: Limit = 20


def shown(shape: type[Shape], thing: object, **own: object) -> Shape:
    """`thing` in its shape: `own` as given, every other field from the attribute of the same name."""
    given = {name: getattr(thing, name) for name in shape.model_fields if name not in own}
    return shape.model_validate({**given, **own})

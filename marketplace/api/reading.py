"""Reads query and body into their described shapes; what does not fit is refused, place by place."""

from collections.abc import Sequence
from typing import Any, Final, get_origin

from flask import request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from marketplace.api.refusals import Flaw, Misshapen, NotJson, TooLarge, Unreadable
from marketplace.api.shapes import Says

LARGEST_BODY: Final = 64_000  # the longest offering, in bytes that all need escaping
MOST_FLAWS: Final = 20

# What pydantic calls it -> our code, and which of its numbers the sentence needs.
CODES: Final = {
    "extra_forbidden": "field_unknown",
    "missing": "field_missing",
    "string_too_short": "too_short",
    "string_too_long": "too_long",
    "too_short": "too_few",
    "too_long": "too_many",
    "greater_than_equal": "too_small",
    "less_than_equal": "too_large",
    "literal_error": "not_offered",
    "enum": "not_offered",
    "string_pattern_mismatch": "characters_unfit",
}
NUMBERS: Final = {"min_length": "least", "max_length": "most", "ge": "least", "le": "most"}


def query(shape: type[BaseModel] | None) -> BaseModel | None:
    """The query string in its shape; without a shape there must be none."""
    if shape is None:
        if request.args:
            raise _misshapen([Flaw(name, "field_unknown") for name in request.args])
        return None
    try:
        return shape.model_validate(_typed(shape), strict=False)
    except ValidationError as error:
        raise _refused(shape, error) from None


def body(shape: type[BaseModel]) -> BaseModel:
    """The JSON body in its shape. `NotJson` for another type, `Unreadable` for broken JSON, `TooLarge`."""
    if request.mimetype != "application/json":
        raise NotJson("not_json")
    if (request.content_length or 0) > LARGEST_BODY:
        raise TooLarge("body_too_large")
    request.max_content_length = LARGEST_BODY
    try:
        return shape.model_validate_json(request.get_data(), strict=True)
    except ValidationError as error:
        raise _refused(shape, error) from None


def _typed(shape: type[BaseModel]) -> dict[str, Any]:
    """Names to values; a name that is given twice is a list, which only lists take."""
    return {
        name: values if _is_list(shape, name) or len(values) > 1 else values[0] for name, values in request.args.lists()
    }


def _is_list(shape: type[BaseModel], name: str) -> bool:
    found = next((each for key, each in shape.model_fields.items() if name in (key, each.alias)), None)
    return found is not None and get_origin(found.annotation) in (list, tuple)


def _refused(shape: type[BaseModel], error: ValidationError) -> Exception:
    flaws = error.errors(include_url=False, include_input=False)[:MOST_FLAWS]
    if flaws[0]["type"] == "json_invalid":
        return Unreadable("json_broken")
    return _misshapen([_flaw(shape, each) for each in flaws])


def _misshapen(flaws: Sequence[Flaw]) -> Misshapen:
    """The first flaw gives the whole refusal its code; when it is a matter of shape, that is `misshapen`."""
    return Misshapen("misshapen" if len(flaws) > 1 else flaws[0].code, tuple(flaws))


def _flaw(shape: type[BaseModel], error: ErrorDetails) -> Flaw:
    path = error["loc"]
    code = CODES.get(error["type"], "type_wrong")
    facts = {NUMBERS[name]: value for name, value in error.get("ctx", {}).items() if name in NUMBERS}
    if code not in ("field_unknown", "field_missing", "type_wrong"):
        code = _own_code(shape, path) or code
    return Flaw(".".join(str(part) for part in path), code, facts)


def _own_code(shape: type[BaseModel], path: tuple[int | str, ...]) -> str:
    """The page's code for a broken limit of this field, where it has one."""
    known = shape.model_fields.get(str(path[0])) if path else None
    said = [each.code for each in known.metadata if isinstance(each, Says)] if known else []
    return said[0] if said else ""

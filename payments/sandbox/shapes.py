"""Which parameters an operation takes: what is unknown, missing or of the wrong kind is refused by name."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from payments.sandbox.faults import Json, StripeFault, invalid

_NAME = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
_STEP = re.compile(r"\[([^\[\]]*)\]")
_LONGEST_TEXT = 5000


@dataclass(frozen=True, slots=True)
class Text:
    """A text: one of `choices` where there are any, an http address where `url` says so."""

    required: bool = False
    choices: tuple[str, ...] = ()
    url: bool = False

    def read(self, value: Any, path: str) -> str:
        """The text itself; an empty one is refused, as Stripe does."""
        if not isinstance(value, str):
            raise invalid(f"Invalid string: {path}", param=path)
        if not value:
            raise invalid(f"You passed an empty string for '{path}'.", code="parameter_invalid_empty", param=path)
        if len(value) > _LONGEST_TEXT:
            raise invalid(f"Invalid string: {path} is too long", code="parameter_invalid_string", param=path)
        if self.choices and value not in self.choices:
            raise invalid(f"Invalid {path}: must be one of {', '.join(self.choices)}", param=path)
        if self.url and not value.startswith(("http://", "https://")):
            raise invalid("Not a valid URL", code="url_invalid", param=path)
        return value


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number of at least `least` and, where there is one, at most `most`."""

    required: bool = False
    least: int = 0
    most: int | None = None

    def read(self, value: Any, path: str) -> int:
        """The number, whether it came as a number or spelt out."""
        if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]{1,18}", str(value)):
            raise invalid(f"Invalid integer: {value}", code="parameter_invalid_integer", param=path)
        if int(value) < self.least:
            message = f"This value must be greater than or equal to {self.least}."
            raise invalid(message, code="parameter_invalid_integer", param=path)
        if self.most is not None and int(value) > self.most:
            message = f"This value must be less than or equal to {self.most}."
            raise invalid(message, code="parameter_invalid_integer", param=path)
        return int(value)


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    required: bool = False

    def read(self, value: Any, path: str) -> bool:
        """The flag, whether it came as JSON or as a form field."""
        if value in (True, "true"):
            return True
        if value in (False, "false"):
            return False
        raise invalid(f"Invalid boolean: {value}", param=path)


@dataclass(frozen=True, slots=True)
class Words:
    """Metadata: texts by name, at most 50, names to 40 and values to 500 characters."""

    required: bool = False

    def read(self, value: Any, path: str) -> dict[str, str]:
        """The texts by name."""
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
            raise invalid("Invalid object", param=path)
        for name, text in value.items():
            if len(name) > 40 or len(text) > 500 or len(value) > 50:
                raise invalid("Metadata is too large", code="metadata_too_large", param=f"{path}[{name}]")
        return value


@dataclass(frozen=True, slots=True)
class Group:
    """Named fields, nested."""

    fields: Mapping[str, "Shape"]
    required: bool = False

    def read(self, value: Any, path: str) -> Json:
        """The fields, each read by its own shape."""
        if not isinstance(value, dict):
            raise invalid("Invalid object", param=path)
        return read(self.fields, value, path)


@dataclass(frozen=True, slots=True)
class Many:
    """A list of things of one shape."""

    item: "Shape"
    required: bool = False

    def read(self, value: Any, path: str) -> list[Any]:
        """The items in order; in a form they come under their numbers."""
        items = list(value.values()) if isinstance(value, dict) else value
        if not isinstance(items, list):
            raise invalid("Invalid array", param=path)
        return [self.item.read(item, f"{path}[{index}]") for index, item in enumerate(items)]


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time: one moment, or any of gt, gte, lt and lte, in seconds since 1970."""

    required: bool = False

    def read(self, value: Any, path: str) -> Json:
        """The bounds by name."""
        if isinstance(value, dict):
            return read(dict.fromkeys(("gt", "gte", "lt", "lte"), Whole()), value, path)
        moment = Whole().read(value, path)
        return {"gte": moment, "lte": moment}


Shape = Text | Whole | Flag | Words | Group | Many | Span
Fields = Mapping[str, Shape]


def read(fields: Fields, given: Mapping[str, Any], path: str = "") -> Json:
    """Check `given` against `fields` and return it in its proper kinds."""
    for name in given:
        if name not in fields:
            raise _unknown(_under(path, name))
    for name, shape in fields.items():
        if shape.required and name not in given:
            raise _missing(_under(path, name))
    return {name: fields[name].read(value, _under(path, name)) for name, value in given.items()}


def unfold(pairs: Iterable[tuple[str, str]]) -> Json:
    """Turn `a[b][0]=c` of a form into nested objects; `a[]=c` takes the next number."""
    unfolded: Json = {}
    for name, value in pairs:
        _plant(unfolded, _steps(name), value)
    return unfolded


def _steps(name: str) -> list[str]:
    parts = _NAME.match(name)
    if parts is None:
        raise _unknown(name)
    return [parts.group(1), *_STEP.findall(parts.group(2))]


def _plant(tree: Json, steps: list[str], value: str) -> None:
    branch = tree
    for step in steps[:-1]:
        branch = branch.setdefault(step or str(len(branch)), {})
        if not isinstance(branch, dict):
            raise invalid("Invalid object", param=steps[0])
    branch[steps[-1] or str(len(branch))] = value


def _under(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def _unknown(path: str) -> StripeFault:
    return invalid(f"Received unknown parameter: {path}", code="parameter_unknown", param=path)


def _missing(path: str) -> StripeFault:
    return invalid(f"Missing required param: {path}.", code="parameter_missing", param=path)

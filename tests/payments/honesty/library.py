"""The typed parameters of the installed library, which is of the newest version: every key and kind of a request."""

import ast
import re
import types
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import stripe
import typing_extensions

from tests.payments.honesty.published import OURS, Key, plain

# Names that the library's inherited options use where they cannot be looked up.
_LATE = {"StripeContext": stripe.StripeContext, "Mapping": Mapping}
_METHODS = ("get", "post", "delete")
_PARAMS = re.compile(r"\w+Params")


class NotInTheLibrary(AssertionError):
    """A value that the library's types do not allow; the message says where."""


def check(value: Any, hint: Any, path: str = "") -> None:
    """Raise unless the value is what the library's types say, down to the last key."""
    if typing_extensions.is_typeddict(hint):
        _check_dictionary(value, hint, path)
    elif get_origin(hint) in (Union, types.UnionType):
        _check_union(value, get_args(hint), path)
    elif get_origin(hint) is Literal:
        demand(value in get_args(hint), path, f"{value!r} is none of {get_args(hint)}")
    elif get_origin(hint) is list:
        demand(isinstance(value, list), path, "a list was expected")
        for index, item in enumerate(value):
            check(item, get_args(hint)[0], f"{path}[{index}]")
    elif get_origin(hint) is dict:
        demand(all(isinstance(text, str) for text in value.values()), path, "texts were expected")
    else:
        demand(type(value) is hint, path, f"{value!r} is no {hint}")


def demand(true: bool, path: str, problem: str) -> None:
    """Raise with the place and the problem."""
    if not true:
        raise NotInTheLibrary(f"{path}: {problem}")


@cache
def hints_of(hint: Any) -> dict[str, Any]:
    """The fields of a typed dictionary, each with its type."""
    return get_type_hints(hint, localns=_LATE)


def _check_dictionary(value: Any, hint: Any, path: str) -> None:
    demand(isinstance(value, dict), path, "an object was expected")
    hints = hints_of(hint)
    for name in value:
        demand(name in hints, f"{path}.{name}", "unknown")
    for name in hint.__required_keys__:
        demand(name in value, f"{path}.{name}", "missing")
    for name, part in value.items():
        check(part, hints[name], f"{path}.{name}")


def _check_union(value: Any, options: tuple[Any, ...], path: str) -> None:
    # An open list of words ("fr", "en" ... or any other text) is held to the words that it names.
    named = [option for option in options if get_origin(option) is Literal and get_args(option) != ("",)]
    problems = []
    for option in named if named and isinstance(value, str) else options:
        try:
            return check(value, option, path)
        except (NotInTheLibrary, AttributeError) as problem:
            problems.append(str(problem))
    raise NotInTheLibrary("; ".join(problems))


@cache
def parameters(key: Key) -> Any:
    """The typed dictionary of an operation's parameters; KeyError where the library has no such operation."""
    module, name = _every_operation()[key]
    return getattr(import_module(module), name)


def knows(key: Key) -> bool:
    """Whether the library has this operation."""
    return key in _every_operation()


@cache
def _every_operation() -> dict[Key, tuple[str, str]]:
    """Where the parameters of every operation are typed, read from the library's services without importing them."""
    library = Path(stripe.__file__).parent
    found: dict[Key, tuple[str, str]] = {}
    for file in sorted(library.rglob("_*_service.py")):
        text = file.read_text()
        if any(start in text for start in _beginnings()):
            tree = ast.parse(text)
            homes = _homes(tree)
            functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
            found |= {key: (homes[name], name) for function in functions for key, name in _operation(function)}
    return found


def _beginnings() -> set[str]:
    """How the paths begin that are of interest here."""
    return {f'"{path.partition("/{}")[0]}' for _, path in OURS}


def _homes(tree: ast.Module) -> dict[str, str]:
    """The module of every name that the file imports."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {alias.name: node.module or "" for node in imports for alias in node.names}


def _operation(function: ast.FunctionDef) -> Iterator[tuple[Key, str]]:
    named = [argument for argument in function.args.args if argument.arg == "params" and argument.annotation]
    constants = (node.value for node in ast.walk(function) if isinstance(node, ast.Constant))
    texts = [value for value in constants if isinstance(value, str)]
    methods = [text for text in texts if text in _METHODS]
    paths = [text for text in texts if text.startswith(("/v1/", "/v2/"))]
    if named and methods and paths:
        # A few operations of v2 take anything at all and name no type.
        for name in _PARAMS.findall(ast.unparse(named[0].annotation or ast.Constant(""))):
            yield (methods[0].upper(), plain(paths[0])), name

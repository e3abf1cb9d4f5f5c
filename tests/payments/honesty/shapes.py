"""Stripe's description as JSON Schema that lets nothing pass unseen, and form fields in their proper kinds."""

import json
from functools import cache
from typing import Any

import jsonschema_rs

from tests.payments.honesty.published import Key, Node, components, operations

_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"


def strict(node: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: null where it is allowed, and no name that is not described."""
    if isinstance(node, list):
        return [strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    described = {_NAMES.get(name, name): strict(value) for name, value in node.items() if name not in _IGNORED}
    if isinstance(node.get("properties"), dict):
        described["properties"] = {name: strict(value) for name, value in node["properties"].items()}
        if node["properties"]:
            described.setdefault("additionalProperties", False)
    return {"anyOf": [described, {"type": "null"}]} if node.get("nullable") is True else described


# One of several errors is meant, not exactly one: their descriptions overlap.
_NAMES = {"oneOf": "anyOf"}
_IGNORED = frozenset(
    {"nullable", "description", "title", "discriminator", "x-expandableFields", "x-expansionResources"}
)


@cache
def described() -> Node:
    """All schemas, strict."""
    return {"schemas": {name: strict(schema) for name, schema in components().items()}}


def validator(schema: Node) -> jsonschema_rs.Draft7Validator:
    """Checks values against a schema of the description."""
    return _compiled(json.dumps(strict(schema), sort_keys=True))


@cache
def _compiled(schema: str) -> jsonschema_rs.Draft7Validator:
    others = {"components": described()} if '"$ref"' in schema else {}
    return jsonschema_rs.Draft7Validator({"allOf": [json.loads(schema)], **others})


@cache
def of_request(key: Key) -> tuple[Node, jsonschema_rs.Draft7Validator]:
    """What may be sent: the body's schema or, for a reading, that of the query."""
    schema = request_schema(key)
    return schema, validator(schema)


def request_schema(key: Key) -> Node:
    """The schema of what is sent with an operation, as described."""
    operation = operations()[key]
    if key[0] == "GET":
        return _query(operation)
    content = operation.get("requestBody", {}).get("content", {})
    schema: Node = (content.get(_FORM) or content.get(_JSON) or {"schema": {}})["schema"]
    return {"type": "object", "properties": {}, **schema} | ({} if schema.get("properties") else _NOTHING)


def _query(operation: Node) -> Node:
    asked = [parameter for parameter in operation.get("parameters", []) if parameter["in"] == "query"]
    return {
        "type": "object",
        "properties": {parameter["name"]: parameter["schema"] for parameter in asked},
        "required": [parameter["name"] for parameter in asked if parameter.get("required")],
        "additionalProperties": False,
    }


_NOTHING: Node = {"additionalProperties": False}


@cache
def of_answer(key: Key, good: bool) -> jsonschema_rs.Draft7Validator:
    """What may be answered: the object, or the error."""
    answers = operations()[key]["responses"]
    return validator(answers["200" if good else "default"]["content"][_JSON]["schema"])


@cache
def of_object(name: str) -> jsonschema_rs.Draft7Validator:
    """One of Stripe's objects, as an event carries it."""
    return validator({"$ref": f"#/components/schemas/{name}"})


def typed(value: Any, schema: Node) -> Any:
    """A form's texts in the kinds that the description wants; what does not fit is left as it came."""
    if "$ref" in schema:
        return typed(value, components()[schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return _first_that_fits(value, schema["anyOf"])
    kind = schema.get("type")
    if kind == "object" and isinstance(value, dict):
        return {name: typed(part, _part_of(schema, name)) for name, part in value.items()}
    if kind == "array" and isinstance(value, (dict, list)):
        items = value.values() if isinstance(value, dict) else value
        return [typed(item, schema["items"]) for item in items]
    return _scalar(value, kind)


def _part_of(schema: Node, name: str) -> Node:
    part: Node | bool = schema.get("properties", {}).get(name) or schema.get("additionalProperties") or {}
    return part if isinstance(part, dict) else {}


def _first_that_fits(value: Any, options: list[Node]) -> Any:
    for option in options:
        candidate = typed(value, option)
        if _validator_of(option).is_valid(candidate):
            return candidate
    return value


def _validator_of(option: Node) -> jsonschema_rs.Draft7Validator:
    """The validator of a part of the description, which stays where it is for as long as the process lives."""
    known = _KNOWN.get(id(option))
    if known is None:
        known = _KNOWN[id(option)] = validator(option)
    return known


_KNOWN: dict[int, jsonschema_rs.Draft7Validator] = {}


def _scalar(value: Any, kind: str | None) -> Any:
    if kind == "integer" and isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return value

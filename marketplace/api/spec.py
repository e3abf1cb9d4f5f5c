"""The OpenAPI 3.1 description, from the shapes that validate and the declarations that guard."""

import re
from functools import cache
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from marketplace.api import idempotency, problems
from marketplace.api.operation import OPERATIONS, Operation
from marketplace.api.problems import Problem
from marketplace.domain.tokens import Scope
from marketplace.services.answers import KEPT

VERSION: Final = "1.0.0"
_REF: Final = "#/components/schemas/{model}"
_RULE_PART: Final = re.compile(r"<(?:\w+:)?(\w+)>")

# What may go wrong with any operation, by status; which of them an operation can answer follows from what it takes.
REASONS: Final = {
    304: "Not modified: If-None-Match names this version.",
    400: "The request cannot be read.",
    401: "The token is missing, unknown, too old or revoked.",
    403: "The role or the token's scopes do not allow it.",
    404: "It does not exist, or not for this caller.",
    409: "Not possible in the present state, or somebody was faster.",
    412: "It was changed since it was read.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "A field, or a rule, is broken.",
    428: "If-Match is missing.",
    429: "Too many requests; see Retry-After.",
    503: "A part does not answer; try again.",
}


@cache
def description() -> dict[str, Any]:
    """The whole document."""
    schemas = _schemas()
    return {
        "openapi": "3.1.0",
        "info": {"title": "Cadran", "version": VERSION, "summary": "Three hours with the right person."},
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": _paths(schemas),
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A personal access token of the account page. Scopes: " + ", ".join(Scope),
                }
            },
        },
    }


def _schemas() -> dict[str, Any]:
    """All shapes under $defs, and the reference of each under (shape, mode)."""
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for each in OPERATIONS:
        if each.body:
            wanted[each.body, "validation"] = None
        for shape in (each.answer, *each.others.values()):
            if shape:
                wanted[shape, "serialization"] = None
    references, defined = models_json_schema(list(wanted), ref_template=_REF)
    return {"$defs": defined["$defs"], **references}  # type: ignore[dict-item]


def _paths(schemas: dict[Any, Any]) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for each in OPERATIONS:
        paths.setdefault(_RULE_PART.sub(r"{\1}", each.rule), {})[each.method.lower()] = _operation(each, schemas)
    return paths


def _operation(each: Operation, schemas: dict[Any, Any]) -> dict[str, Any]:
    summary, _, rest = each.words.partition("\n\n")
    described: dict[str, Any] = {
        "operationId": each.name,
        "tags": [each.tag],
        "summary": summary.rstrip("."),
        "description": "\n\n".join(part for part in (rest, _who(each)) if part),
        "parameters": [*_path_parameters(each), *_query_parameters(each), *_header_parameters(each)],
        "responses": _responses(each, schemas),
    }
    if each.is_public:
        described["security"] = [{}, {"token": []}]
    if each.body:
        content = {"application/json": {"schema": schemas[each.body, "validation"]}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _who(each: Operation) -> str:
    if each.is_public:
        return "Open to everybody."
    return f"For: {', '.join(str(role) for role in each.roles)}. Scope: `{each.scope}`."


def _path_parameters(each: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _path_schema(each.rule, name)}
        for name in _RULE_PART.findall(each.rule)
    ]


def _path_schema(rule: str, name: str) -> dict[str, Any]:
    if f"<int:{name}>" in rule:
        return {"type": "integer", "minimum": 0, "maximum": 999_999_999}
    return {"type": "string", "format": "date"} if name == "day" else {"type": "string", "pattern": r"^[a-z_]+$"}


def _query_parameters(each: Operation) -> list[dict[str, Any]]:
    if each.query is None:
        return []
    schema = each.query.model_json_schema(by_alias=True, ref_template=_REF)
    required = schema.get("required", [])
    return [_query_parameter(name, part, name in required) for name, part in schema["properties"].items()]


def _query_parameter(name: str, part: dict[str, Any], is_required: bool) -> dict[str, Any]:
    """A query has no null: a parameter that may be null may be left out."""
    words = part.get("description", "")
    shown = {key: value for key, value in part.items() if key not in ("title", "description")}
    choices = [choice for choice in shown.pop("anyOf", ()) if choice.get("type") != "null"]
    if choices:
        shown |= choices[0]
        words = words or shown.pop("description", "")
    if shown.get("default", ...) is None:
        del shown["default"]
    parameter = {"name": name, "in": "query", "required": is_required, "schema": shown}
    return {**parameter, "description": words} if words else parameter


def _header_parameters(each: Operation) -> list[dict[str, Any]]:
    found = []
    if each.method == "POST":
        text = {
            "type": "string",
            "minLength": 1,
            "maxLength": idempotency.LONGEST_KEY,
            "pattern": f"^{idempotency.KEY.pattern}$",
        }
        hours = int(KEPT.total_seconds()) // 3600
        words = f"The same key within {hours} hours gets the same answer, and the work is done once."
        found.append(
            {"name": idempotency.HEADER, "in": "header", "required": False, "schema": text, "description": words}
        )
    if each.edits:
        tag = {"type": "string", "pattern": r'^"[!#-~]+"$', "maxLength": 100}
        words = "The ETag that was read."
        found.append({"name": "If-Match", "in": "header", "required": True, "schema": tag, "description": words})
    return found


def _responses(each: Operation, schemas: dict[Any, Any]) -> dict[str, Any]:
    answers: dict[str, Any] = {str(each.status): _answer(each.answer, schemas)}
    answers |= {str(status): _answer(shape, schemas) for status, shape in each.others.items()}
    problem = {problems.MEDIA_TYPE: {"schema": schemas[Problem, "serialization"]}}
    for status in sorted(_statuses(each)):
        answers.setdefault(
            str(status),
            {"description": REASONS[status], "content": problem} if status != 304 else {"description": REASONS[304]},
        )
    return answers


def _answer(shape: type[BaseModel] | None, schemas: dict[Any, Any]) -> dict[str, Any]:
    headers = {
        name: {"schema": {"type": "string"}, "description": words}
        for name, words in (("RateLimit", "What is left of this minute."), ("RateLimit-Policy", "The limit."))
    }
    if shape is None:
        return {"description": "Done.", "headers": headers}
    content = {"application/json": {"schema": schemas[shape, "serialization"]}}
    return {"description": (shape.__doc__ or "").strip(), "headers": headers, "content": content}


def _statuses(each: Operation) -> set[int]:
    found = {400, 401, 422, 429, 503, *each.refusals}  # 401 also where no token is needed: one that does not work
    if not each.is_public:
        found |= {403}
    if each.method == "POST":
        found |= {409}
    if "<" in each.rule:
        found |= {404}
    if each.body:
        found |= {413, 415}
    if each.edits:
        found |= {412, 428}
    if each.method == "GET":
        found |= {304}
    return found

"""Sees every request that reaches a sandbox of this process and every answer that leaves it, and objects to lies."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, request
from flask.signals import request_finished

from payments.sandbox import shapes as wire
from tests.payments.honesty import library, shapes
from tests.payments.honesty.published import Key, plain

SANDBOX = "payments.sandbox.app"
# What the library calls itself: what comes so is from our gateway, everything else from tests that try things out.
OUR_AGENT = "PythonBindings/"


@dataclass
class Witness:
    """What was seen since the beginning, and what was wrong with it."""

    requests: dict[Key, int] = field(default_factory=lambda: defaultdict(int))
    answers: dict[Key, int] = field(default_factory=lambda: defaultdict(int))
    lies: list[str] = field(default_factory=list)

    def sees(self, app: Flask, response: Response, **_: Any) -> None:
        """Look at one request and its answer; problems are kept, so that no `except` swallows them."""
        if app.import_name != SANDBOX or request.url_rule is None or not request.path.startswith(("/v1/", "/v2/")):
            return
        try:
            self._look((request.method, plain(request.url_rule.rule)), response)
        except Exception as error:
            # What cannot be judged is not honest either, and must not pass for the sandbox's own mistake.
            self.lies.append(f"{request.method} {request.path} could not be judged: {error!r}")

    def _look(self, key: Key, response: Response) -> None:
        if OUR_AGENT in request.headers.get("User-Agent", ""):
            self.requests[key] += 1
            self._note(key, "request", problems_of_request(key, _sent()))
        body = response.get_json(silent=True)
        if body is not None:
            self.answers[key] += 1
            self._note(key, "answer", problems_of_answer(key, body, good=response.status_code == 200))

    def _note(self, key: Key, what: str, problems: list[str]) -> None:
        self.lies += [f"{key[0]} {key[1]}, {what}: {problem}" for problem in problems]


@contextmanager
def watching() -> Iterator[Witness]:
    """A witness of everything that happens inside."""
    witness = Witness()
    request_finished.connect(witness.sees)
    try:
        yield witness
    finally:
        request_finished.disconnect(witness.sees)


def problems_of_request(key: Key, sent: Any) -> list[str]:
    """Why Stripe would not take these parameters: by its description, and by the library's types."""
    schema, validator = shapes.of_request(key)
    params = shapes.typed(sent, schema)
    published = [_told(error) for error in validator.iter_errors(params)]
    return [f"published schema: {problem}" for problem in published] + _problems_in_library(key, params)


def problems_of_answer(key: Key, body: Any, *, good: bool) -> list[str]:
    """Why Stripe would not answer like this."""
    problems = [_told(error) for error in shapes.of_answer(key, good).iter_errors(body)]
    return problems + [problem for event in _events_in(body) for problem in problems_of_event(event)]


def problems_of_event(event: Any) -> list[str]:
    """Why Stripe would not tell it like this: the event, and the object that it carries."""
    subject = event["data"]["object"]
    checked = [*shapes.of_object("event").iter_errors(event), *shapes.of_object(subject["object"]).iter_errors(subject)]
    return [f"{event['type']}: {_told(error)}" for error in checked]


def _problems_in_library(key: Key, params: Any) -> list[str]:
    # v2's cursor is inside an address that the library follows, never a parameter that it names.
    named = {name: value for name, value in params.items() if (key[1][:4], name) != ("/v2/", "page")}
    try:
        library.check(named, library.parameters(key))
    except library.NotInTheLibrary as problem:
        return [f"library's types: {problem}"]
    return []


def _events_in(body: Any) -> list[Any]:
    things = body.get("data") if body.get("object") == "list" else [body]
    return [thing for thing in things if thing.get("object") == "event"]


def _sent() -> Any:
    if request.method == "GET":
        return wire.unfold(request.args.items(multi=True))
    return request.get_json(silent=True) if request.is_json else wire.unfold(request.form.items(multi=True))


def _told(error: Any) -> str:
    where = "/".join(str(step) for step in error.instance_path)
    return f"{where or '(whole)'}: {error.message}"[:400]


def lines(witness: Witness) -> str:
    """All lies, one a line, none twice."""
    return "\n".join(dict.fromkeys(witness.lies))

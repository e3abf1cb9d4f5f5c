"""What every application of a test process has in common is made once: a thousand tests build one each.

Measured on the pages' tests: four fifths of a test's time went into compiling the same templates and the same routes.
Nothing else is shared: each test has its own application, database, index and mailbox.
"""

from collections.abc import Callable
from types import CodeType
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

_compile = Rule._compile_builder
_builders: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}


class _Compiled(BytecodeCache):
    """Templates' code in memory; the same template is another one in another language (`web/spoken`)."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def get_bucket(self, environment: Environment, name: str, filename: str | None, source: str) -> Bucket:
        language = getattr(environment, "language", "")
        return super().get_bucket(environment, f"{language}/{name}", filename, source)

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._kept[bucket.key, bucket.checksum] = bucket.code


_compiled = _Compiled()


def keep_templates(app: Flask) -> None:
    """The application's templates are compiled once per process and language."""
    app.jinja_env.bytecode_cache = _compiled


def kept_builder(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    """Stands in for `Rule._compile_builder`: the same words give the same function, which is given its rule."""
    key: tuple[Any, ...] = (rule.rule, rule.subdomain, rule.host, repr(rule.defaults), append_unknown)
    if key not in _builders:
        _builders[key] = _compile(rule, append_unknown)
    return _builders[key]

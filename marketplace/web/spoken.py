"""Templates with their sentences in place: compiled once per language, so that a page looks up no words.

`_("Sign in")` becomes part of the text around it; `_("%(num)s back", num=...)` keeps only the filling in. What is not
known beforehand (`_(link.label)`, plurals) asks the language's catalogue when the page is made.
"""

from collections.abc import Callable
from typing import Any

from flask import current_app
from flask.templating import Environment
from jinja2 import nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from marketplace import wording

_SPOKEN = "cadran_spoken"


class Templates(Environment):
    """Flask's environment, whose copies for one language translate while they compile."""

    language = ""  # of a copy; the original translates nothing

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        return _Translation(self.language).visit(tree) if self.language else tree


def render(language: str, template: str, **values: Any) -> str:
    """The page in this language, with what Flask adds around it."""
    current_app.update_template_context(values)
    return spoken(language).get_template(template).render(values)


def spoken(language: str) -> Environment:
    """The templates of one language."""
    kept: dict[str, Environment] = current_app.extensions.setdefault(_SPOKEN, {})
    if language not in kept:
        kept[language] = _speaking(current_app.jinja_env, language)
    return kept[language]


def _speaking(original: Environment, language: str) -> Environment:
    copy = original.overlay()
    copy.language = language  # type: ignore[attr-defined]
    copy.globals = {**original.globals, "_": _one(language), "ngettext": _many(language)}
    return copy


def _one(language: str) -> Callable[..., Markup]:
    gettext = wording.catalogue(language).gettext

    def one(message: str, **values: Any) -> Markup:
        return Markup(gettext(message)) % values  # noqa: S704 - our own sentence; the values are escaped

    return one


def _many(language: str) -> Callable[..., Markup]:
    ngettext = wording.catalogue(language).ngettext

    def many(one: str, more: str, num: int, **values: Any) -> Markup:
        return Markup(ngettext(one, more, num)) % {"num": num, **values}  # noqa: S704 - as above

    return many


class _Translation(NodeTransformer):
    def __init__(self, language: str) -> None:
        self._gettext = wording.catalogue(language).gettext

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - the visitor's naming
        self.generic_visit(node)
        message = _sentence(node)
        if message is None:
            return node
        words = self._gettext(message)
        if not node.kwargs:
            return nodes.MarkSafe(nodes.Const(words % {}), lineno=node.lineno)
        pairs = [nodes.Pair(nodes.Const(each.key), each.value, lineno=node.lineno) for each in node.kwargs]
        safe = nodes.MarkSafe(nodes.Const(words), lineno=node.lineno)
        return nodes.Mod(safe, nodes.Dict(pairs, lineno=node.lineno), lineno=node.lineno)


def _sentence(node: nodes.Call) -> str | None:
    """The sentence of a plain `_("...")`; None for every other call."""
    is_plain = isinstance(node.node, nodes.Name) and node.node.name == "_" and len(node.args) == 1
    if not is_plain or node.dyn_args is not None or node.dyn_kwargs is not None:
        return None
    message = node.args[0]
    return message.value if isinstance(message, nodes.Const) and isinstance(message.value, str) else None

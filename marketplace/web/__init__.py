"""Pages: one blueprint per noun; each parses, calls one service or query, and answers."""

from marketplace.web import accounts, health, language

BLUEPRINTS = (
    accounts.blueprint,
    health.blueprint,
    language.blueprint,
)

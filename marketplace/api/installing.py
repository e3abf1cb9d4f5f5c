"""Puts the API beside the pages of an application."""

from flask import Flask

from marketplace.api import docs, limits, me, offerings, operation, search
from marketplace.api.limits import Rates

NOUNS = (me, search, offerings)  # importing a noun declares its operations


def install(app: Flask, rates: Rates) -> None:
    """Its operations, its description, and the counting of requests."""
    limits.install(app, rates)
    app.register_blueprint(operation.blueprint)
    app.register_blueprint(docs.pages)

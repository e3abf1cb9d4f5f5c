"""Puts the API beside the pages of an application."""

from flask import Flask

from marketplace.api import (
    availability,
    bookings,
    docs,
    health,
    limits,
    me,
    moderation,
    money,
    moving,
    offerings,
    operation,
    ratings,
    requests,
    search,
    webhooks,
)
from marketplace.api.limits import Rates

# Importing a noun declares its operations, in this order.
NOUNS = (me, search, offerings, ratings, requests, bookings, moving, availability, money, webhooks, moderation, health)


def install(app: Flask, rates: Rates) -> None:
    """Its operations, its description, and the counting of requests."""
    limits.install(app, rates)
    app.register_blueprint(operation.blueprint)
    app.register_blueprint(docs.pages)

"""Puts the API beside the pages of an application."""

from flask import Flask

from marketplace.api import (
    absences,
    availability,
    bookings,
    calendars,
    docs,
    health,
    limits,
    me,
    moderation,
    money,
    moving,
    notes,
    offerings,
    operation,
    profile,
    ratings,
    requests,
    search,
    searches,
    vetting,
    webhooks,
)
from marketplace.api.limits import Rates

# Importing a noun declares its operations, in this order.
NOUNS = (
    me,
    search,
    searches,
    offerings,
    profile,
    ratings,
    requests,
    bookings,
    moving,
    absences,
    notes,
    availability,
    calendars,
    money,
    webhooks,
    moderation,
    vetting,
    health,
)


def install(app: Flask, rates: Rates) -> None:
    """Its operations, its description, and the counting of requests."""
    limits.install(app, rates)
    app.register_blueprint(operation.blueprint)
    app.register_blueprint(docs.pages)

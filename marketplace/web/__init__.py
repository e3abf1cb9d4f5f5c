"""Pages: one blueprint per noun; each parses, calls one service or query, and answers."""

from marketplace.web import (
    accounts,
    availability,
    booking,
    bookings,
    briefs,
    content,
    dashboard,
    experts,
    health,
    home,
    journal,
    language,
    mailbox,
    moderation,
    notices,
    offerings,
    own_offerings,
    people,
    ratings,
    search,
    signing_in,
)

BLUEPRINTS = (
    accounts.blueprint,
    availability.blueprint,
    booking.blueprint,
    bookings.blueprint,
    briefs.blueprint,
    content.blueprint,
    dashboard.blueprint,
    experts.blueprint,
    health.blueprint,
    home.blueprint,
    journal.blueprint,
    language.blueprint,
    moderation.blueprint,
    notices.blueprint,
    offerings.blueprint,
    own_offerings.blueprint,
    people.blueprint,
    ratings.blueprint,
    search.blueprint,
    signing_in.blueprint,
)

# Doors that exist only in the demo: its letters and its clock.
DEMO_BLUEPRINTS = (mailbox.blueprint,)

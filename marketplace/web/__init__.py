"""Pages: one blueprint per noun; each parses, calls one service or query, and answers."""

from marketplace.web import accounts, availability, booking, content, dashboard, health, home, language, signing_in

BLUEPRINTS = (
    accounts.blueprint,
    availability.blueprint,
    booking.blueprint,
    content.blueprint,
    dashboard.blueprint,
    health.blueprint,
    home.blueprint,
    language.blueprint,
    signing_in.blueprint,
)

"""An expert's money: what was earned, and the account at Stripe that it goes to."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

from flask import Blueprint, Response, url_for
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm

from marketplace import wording
from marketplace.domain.access import Role
from marketplace.queries.earnings import Earning, EarningsPage, earnings_page
from marketplace.services.payouts import Payouts, dashboard_page, fresh_page, look_at_account, onboarding_page
from marketplace.web.here import Answer, actor, allow, done, page, viewer, work
from marketplace.web.values import money

blueprint = Blueprint("earnings", __name__, url_prefix="/expert")

STATES = {
    "waiting": lazy_gettext("Waiting"),
    "due": lazy_gettext("Due"),
    "sent": lazy_gettext("Sent"),
    "blocked": lazy_gettext("Held up"),
}


@dataclass(frozen=True, slots=True)
class ShownEarnings:
    """The earnings, the chart's columns (month, cents, words), and the same as a table: month, words."""

    earnings: EarningsPage
    bars: tuple[tuple[str, int, str], ...]
    months: tuple[tuple[str, str], ...]


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {"earning_label": lambda state: str(STATES[state])}


@blueprint.get("/earnings")
@allow(Role.EXPERT)
def show() -> Answer:
    """Totals, the table, and the state of the payout account."""
    earnings = _page()
    language = viewer().language
    bars = tuple(
        (
            wording.month(month.first, language, short=True),
            month.sent,
            money(round(month.sent, -2)) if month.sent else "",
        )
        for month in earnings.months
    )
    months = tuple(
        (wording.month(month.first, language), money(month.sent, decimals=True)) for month in earnings.months
    )
    return page("earnings/show.html", ShownEarnings(earnings, bars, months), form=FlaskForm(formdata=None))


@blueprint.get("/earnings.csv")
@allow(Role.EXPERT)
def table() -> Answer:
    """The table for a spreadsheet: UTF-8 with a mark, semicolons, amounts in euros with a point."""
    lines = StringIO(newline="")
    csv.writer(lines, delimiter=";").writerows(_lines(_page()))
    headers = {"Content-Disposition": 'attachment; filename="cadran-earnings.csv"'}
    return Response("\ufeff" + lines.getvalue(), mimetype="text/csv", headers=headers)


@blueprint.post("/payouts")
@allow(Role.EXPERT)
def begin() -> Answer:
    """To Stripe's page, where the expert gives what is missing."""
    return done(onboarding_page(work(), Payouts(actor())))


@blueprint.get("/payouts")
@allow(Role.EXPERT)
def returned() -> Answer:
    """Back from Stripe: is the account complete now?"""
    if look_at_account(work(), Payouts(actor())):
        return done(url_for("earnings.show"), gettext("Your account is ready: your shares can be sent."))
    message = gettext("Something is still missing at Stripe. You can go on whenever you like.")
    return done(url_for("earnings.show"), message, "warn")


@blueprint.get("/payouts/fresh")
@allow(Role.EXPERT)
def refreshed() -> Answer:
    """Stripe's page had been open for too long: a fresh one."""
    return done(fresh_page(work(), Payouts(actor())))


@blueprint.post("/payouts/dashboard")
@allow(Role.EXPERT)
def dashboard() -> Answer:
    """To Stripe's page that lists the payouts to the bank."""
    return done(dashboard_page(work(), Payouts(actor())))


def _page() -> EarningsPage:
    return earnings_page(work(), actor(), viewer().zone)


def _lines(earnings: EarningsPage) -> Iterator[list[str]]:
    yield [
        gettext("Reference"),
        gettext("Session"),
        gettext("Date"),
        gettext("Client"),
        gettext("Paid"),
        gettext("Refunded"),
        gettext("Commission"),
        gettext("VAT on the commission"),
        gettext("Your share"),
        gettext("State"),
        gettext("Sent on"),
    ]
    for row in earnings.rows:
        yield _line(row, earnings)


def _line(row: Earning, earnings: EarningsPage) -> list[str]:
    amounts = (row.gross, row.refunded, row.commission, row.commission_vat, row.payout)
    return [
        row.reference,
        _harmless(row.title),
        row.starts_at.astimezone(earnings.zone).date().isoformat(),
        _harmless(row.company),
        *(f"{cents // 100}.{cents % 100:02}" for cents in amounts),
        str(STATES[row.state]),
        row.sent_at.astimezone(earnings.zone).date().isoformat() if row.sent_at else "",
    ]


def _harmless(words: str) -> str:
    """A text that begins like a formula would be run by the spreadsheet."""
    return f"'{words}" if words.startswith(("=", "+", "-", "@", "\t", "\r")) else words

"""Access tokens for programs: make one, see it once, revoke it."""

from dataclasses import dataclass

from flask import Blueprint, make_response
from flask_babel import gettext
from werkzeug.wrappers import Response

from marketplace.domain.access import Role
from marketplace.domain.errors import Conflict, Invalid
from marketplace.services import tokens
from marketplace.services.tokens import MakeToken, RevokeToken
from marketplace.web.errors import show_on
from marketplace.web.here import Answer, actor, allow, done, page, status_for, work
from marketplace.web.tokens_forms import TokenForm

blueprint = Blueprint("tokens", __name__, url_prefix="/account/tokens")

PEOPLE = (Role.LEAD, Role.EXPERT, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class MadePage:
    """The token, this once, and a command to try it with."""

    token: str
    example: str


@blueprint.route("/new", methods=["GET", "POST"])
@allow(*PEOPLE)
def new() -> Answer:
    """Make a token; the page that answers is the only one that ever shows it."""
    form = TokenForm(actor().role)
    if form.validate_on_submit():
        try:
            made = tokens.make_token(work(), _command(form))
        except (Invalid, Conflict) as refusal:
            show_on(form, refusal)
        else:
            return _shown_once(MadePage(made.token, _example(made.token)))
    return page("tokens/new.html", form=form, status=status_for(form))


@blueprint.post("/<int:token_id>/revocation")
@allow(*PEOPLE)
def revoke(token_id: int) -> Answer:
    """End a token."""
    tokens.revoke_token(work(), RevokeToken(actor(), token_id))
    return done("/account", gettext("The token is revoked. Programs that use it are refused from now on."))


def _command(form: TokenForm) -> MakeToken:
    return MakeToken(actor(), form.name.data or "", form.scopes.data or [], form.days.data, form.password.data or "")


def _shown_once(made: MadePage) -> Response:
    response = make_response(page("tokens/made.html", made, status=201))
    response.headers["Cache-Control"] = "no-store"
    return response


def _example(token: str) -> str:
    return f'curl -H "Authorization: Bearer {token}" {work().base_url}/api/v1/me'

"""Signing in and out."""

from dataclasses import dataclass

from flask import Blueprint, redirect, request
from flask_babel import gettext as _

from marketplace.domain.errors import Invalid
from marketplace.queries import accounts as queries
from marketplace.services import signing_in
from marketplace.services.signing_in import SignIn
from marketplace.web import here
from marketplace.web.accounts_forms import SignInForm
from marketplace.web.errors import sentence_of
from marketplace.web.here import PUBLIC, Answer, allow, done, page

HOME = "/dashboard"  # where signing in leads to, unless the visitor wanted something else

blueprint = Blueprint("accounts", __name__)


@dataclass(frozen=True, slots=True)
class SignInPage:
    """Where to go afterwards."""

    next: str | None


@blueprint.route("/sign-in", methods=["GET", "POST"])
@allow(PUBLIC)
def sign_in() -> Answer:
    """Ask for address and password; a new session under a new token."""
    following = here.local_path(request.values.get("next"))
    if here.viewer().actor and request.method == "GET":
        return redirect(following or HOME, 303)
    form = SignInForm()
    if form.validate_on_submit() and _signed_in(form):
        return redirect(following or HOME, 303)
    return page("accounts/sign_in.html", SignInPage(following), form=form, status=422 if form.is_submitted() else 200)


@blueprint.post("/sign-out")
@allow(PUBLIC)
def sign_out() -> Answer:
    """End this session, here and in the database."""
    person = here.person()
    if person is not None:
        signing_in.sign_out(here.work(), person.token)
        here.end_session()
    return done("/", _("You are signed out."))


def _signed_in(form: SignInForm) -> bool:
    person = here.person()
    command = SignIn(
        email=form.email.data,
        password=form.password.data,
        client=here.client(),
        device=here.device(),
        replaces=person.token if person else None,
    )
    try:
        begun = signing_in.sign_in(here.work(), command)
    except Invalid as refusal:
        form.form_errors.append(sentence_of(refusal))
        return False
    account = queries.signed_in(here.work(), begun.token)
    if account is not None:
        here.begin_session(begun.token, account)
    return account is not None

"""Signing in and out, and passwords."""

from dataclasses import dataclass

from flask import Blueprint, redirect, request
from flask_babel import gettext as _

from marketplace.domain.access import Role
from marketplace.domain.errors import Invalid
from marketplace.queries import accounts as queries
from marketplace.services import passwords, signing_in
from marketplace.services.passwords import ChangePassword
from marketplace.services.signing_in import SignIn
from marketplace.web import here
from marketplace.web.accounts_forms import ChangePasswordForm, ForgottenForm, NewPasswordForm, SignInForm
from marketplace.web.errors import show_on
from marketplace.web.here import PUBLIC, Answer, allow, done, page, status_for

HOME = "/dashboard"  # where signing in leads to, unless the visitor wanted something else

blueprint = Blueprint("signing_in", __name__)


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
        return redirect(following or (HOME if here.viewer().verified else "/verification"), 303)
    return page("signing_in/sign_in.html", SignInPage(following), form=form, status=status_for(form))


@blueprint.post("/sign-out")
@allow(PUBLIC)
def sign_out() -> Answer:
    """End this session, in the database and in the browser."""
    person = here.person()
    if person is not None:
        signing_in.sign_out(here.work(), person.token)
        here.end_session()
    return done("/", _("You are signed out."))


@blueprint.route("/password/forgotten", methods=["GET", "POST"])
@allow(PUBLIC)
def forgotten() -> Answer:
    """Send a link for a new password; says the same whether or not the address has an account."""
    form = ForgottenForm()
    if form.validate_on_submit():
        passwords.ask_reset(here.work(), form.email.data or "")
        return redirect("/password/sent", 303)
    return page("signing_in/forgotten.html", form=form, status=status_for(form))


@blueprint.get("/password/sent")
@allow(PUBLIC)
def sent() -> Answer:
    """What to do now that the link may be on its way."""
    return page("signing_in/sent.html")


@blueprint.route("/password/reset/<token>", methods=["GET", "POST"])
@allow(PUBLIC)
def reset(token: str) -> Answer:
    """Set a new password through a letter's link."""
    passwords.check_reset(here.work(), token)
    form = NewPasswordForm()
    if form.validate_on_submit() and _was_reset(token, form):
        return done("/sign-in", _("Your new password is set. Sign in with it."))
    return page("signing_in/reset.html", form=form, status=status_for(form))


@blueprint.route("/account/password", methods=["GET", "POST"])
@allow(Role.LEAD, Role.EXPERT, Role.ADMIN)
def change() -> Answer:
    """Change the own password; every other session ends."""
    form = ChangePasswordForm()
    if form.validate_on_submit() and _was_changed(form):
        return done("/account", _("Your password is changed. You are signed out everywhere else."))
    return page("signing_in/change.html", form=form, status=status_for(form))


def _signed_in(form: SignInForm) -> bool:
    person = here.person()
    command = SignIn(
        email=form.email.data or "",
        password=form.password.data or "",
        client=here.client(),
        device=here.device(),
        replaces=person.token if person else None,
    )
    try:
        begun = signing_in.sign_in(here.work(), command)
    except Invalid as refusal:
        return show_on(form, refusal)
    account = queries.signed_in(here.work(), begun.token)
    if account is not None:
        here.begin_session(begun.token, account)
    return account is not None


def _was_reset(token: str, form: NewPasswordForm) -> bool:
    try:
        passwords.reset_password(here.work(), token, form.password.data or "")
    except Invalid as refusal:
        return show_on(form, refusal)
    return True


def _was_changed(form: ChangePasswordForm) -> bool:
    command = ChangePassword(here.actor(), form.old.data or "", form.password.data or "", here.session_id())
    try:
        passwords.change_password(here.work(), command)
    except Invalid as refusal:
        return show_on(form, refusal)
    return True

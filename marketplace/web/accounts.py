"""Accounts: register, confirm the address, the own account."""

from flask import Blueprint, redirect
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from marketplace.domain.access import Role
from marketplace.domain.errors import Invalid
from marketplace.queries import accounts as queries
from marketplace.services import accounts, signing_in
from marketplace.services.accounts import ChangePreferences, Register
from marketplace.services.signing_in import EndSession
from marketplace.web import here
from marketplace.web.accounts_forms import ExpertForm, LeadForm, PreferencesForm
from marketplace.web.errors import show_on
from marketplace.web.here import PUBLIC, Answer, allow, done, page, status_for

PEOPLE = (Role.LEAD, Role.EXPERT, Role.ADMIN)

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/register")
@allow(PUBLIC)
def register() -> Answer:
    """Which kind of account."""
    return page("accounts/register.html")


@blueprint.route("/register/lead", methods=["GET", "POST"])
@allow(PUBLIC)
def register_lead() -> Answer:
    """An account that books, with its company."""
    form = LeadForm()
    if form.validate_on_submit() and _registered(Role.LEAD, form, company=form.company.data or ""):
        return redirect("/registered", 303)
    return page("accounts/register_lead.html", form=form, status=status_for(form))


@blueprint.route("/register/expert", methods=["GET", "POST"])
@allow(PUBLIC)
def register_expert() -> Answer:
    """An account that offers sessions."""
    form = ExpertForm()
    if form.validate_on_submit() and _registered(Role.EXPERT, form):
        return redirect("/registered", 303)
    return page("accounts/register_expert.html", form=form, status=status_for(form))


@blueprint.get("/registered")
@allow(PUBLIC)
def registered() -> Answer:
    """What to do now: the same words whether or not the address was new."""
    return page("accounts/registered.html")


@blueprint.route("/verification", methods=["GET", "POST"])
@allow(*PEOPLE)
def verification() -> Answer:
    """Whether the address is confirmed, and another letter if it is not."""
    form = FlaskForm()
    if form.validate_on_submit():
        accounts.ask_verification(here.work(), here.actor())
        return done("/verification", _("We have sent you another message. It may take a minute to arrive."))
    own = queries.account_page(here.work(), here.actor(), here.session_id())
    return page("accounts/verification.html", own, form=form)


@blueprint.route("/verification/<token>", methods=["GET", "POST"])
@allow(PUBLIC)
def verify(token: str) -> Answer:
    """Confirm the address with a button: mail programs open links by themselves."""
    form = FlaskForm()
    if form.validate_on_submit():
        accounts.verify(here.work(), token)
        following = "/dashboard" if here.viewer().actor else "/sign-in"
        return done(following, _("Your e-mail address is confirmed."))
    accounts.check_verification(here.work(), token)
    return page("accounts/verify.html", form=form)


@blueprint.get("/account")
@allow(*PEOPLE)
def show() -> Answer:
    """Who I am here, and where I am signed in."""
    return _account(_preferences_form())


@blueprint.post("/account/preferences")
@allow(*PEOPLE)
def preferences() -> Answer:
    """Change name, language and zone."""
    form = _preferences_form()
    if form.validate_on_submit() and _changed(form):
        return done("/account", _("Your changes are saved."))
    return _account(form)


@blueprint.post("/account/sessions/<int:session_id>/ending")
@allow(*PEOPLE)
def end_session(session_id: int) -> Answer:
    """Sign one other browser out."""
    signing_in.end_session(here.work(), EndSession(here.actor(), session_id))
    return done("/account", _("That browser is signed out."))


@blueprint.post("/account/sessions/others/ending")
@allow(*PEOPLE)
def end_other_sessions() -> Answer:
    """Sign all other browsers out."""
    signing_in.end_other_sessions(here.work(), EndSession(here.actor(), here.session_id()))
    return done("/account", _("You are signed out everywhere else."))


def _registered(role: Role, form: LeadForm | ExpertForm, company: str = "") -> bool:
    command = Register(
        role=role,
        name=(form.name.data or "").strip(),
        email=form.email.data or "",
        password=form.password.data or "",
        language=here.viewer().language,
        zone=str(here.viewer().zone),
        client=here.client(),
        company=company.strip(),
    )
    try:
        accounts.register(here.work(), command)
    except Invalid as refusal:
        return show_on(form, refusal)
    return True


def _preferences_form() -> PreferencesForm:
    who = here.viewer()
    return PreferencesForm(data={"name": who.name, "language": who.language, "zone": str(who.zone)})


def _changed(form: PreferencesForm) -> bool:
    command = ChangePreferences(here.actor(), (form.name.data or "").strip(), form.language.data, form.zone.data)
    try:
        accounts.change_preferences(here.work(), command)
    except Invalid as refusal:
        return show_on(form, refusal)
    return True


def _account(form: PreferencesForm) -> Answer:
    own = queries.account_page(here.work(), here.actor(), here.session_id())
    return page("accounts/show.html", own, form=form, status=status_for(form))

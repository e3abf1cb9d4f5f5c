"""Experts: the public page, the own profile, and the application for vetting."""

from flask import Blueprint, url_for
from flask_babel import gettext as _

from marketplace.domain.access import Role
from marketplace.domain.errors import Invalid
from marketplace.queries.experts import expert_page, own_profile
from marketplace.services import experts
from marketplace.services.experts import Apply, SaveProfile
from marketplace.web.errors import show_on
from marketplace.web.experts_forms import ApplicationForm, ProfileForm
from marketplace.web.here import PUBLIC, Answer, actor, allow, done, page, status_for, viewer, work
from marketplace.web.offerings_forms import clean

blueprint = Blueprint("experts", __name__)


@blueprint.get("/experts/<int:expert_id>")
@allow(PUBLIC)
def show(expert_id: int) -> Answer:
    """The expert with offerings and ratings."""
    return page("experts/show.html", expert_page(work(), expert_id, viewer().zone))


@blueprint.route("/expert/profile", methods=["GET", "POST"])
@allow(Role.EXPERT)
def profile() -> Answer:
    """Change what leads read about oneself."""
    mine = own_profile(work(), actor())
    form = ProfileForm(obj=mine)
    if form.validate_on_submit():
        try:
            experts.save_profile(work(), _profile(form))
        except Invalid as refusal:
            show_on(form, refusal)
        else:
            return done(url_for("own_offerings.index" if mine.headline else "experts.application"), _("Profile saved."))
    return page("experts/profile.html", mine, form=form, status=status_for(form))


@blueprint.route("/expert/application", methods=["GET", "POST"])
@allow(Role.EXPERT)
def application() -> Answer:
    """Apply once before the first publication; see where the application stands."""
    mine = own_profile(work(), actor())
    form = ApplicationForm(obj=mine)
    if form.validate_on_submit():
        try:
            experts.apply(work(), _application(form))
        except Invalid as refusal:
            show_on(form, refusal)
        else:
            return done(
                url_for("own_offerings.index"),
                _("Thank you. We read applications within two working days. Meanwhile you can write your offerings."),
            )
    return page("experts/application.html", mine, form=form, status=status_for(form))


def _application(form: ApplicationForm) -> Apply:
    return Apply(actor(), clean(form.motivation.data), clean(form.references.data), clean(form.teaching.data))


def _profile(form: ProfileForm) -> SaveProfile:
    return SaveProfile(
        actor=actor(),
        headline=clean(form.headline.data),
        bio=clean(form.bio.data),
        languages=tuple(form.languages.data or ()),
        city=clean(form.city.data),
        vat_scheme=form.vat_scheme.data,
    )

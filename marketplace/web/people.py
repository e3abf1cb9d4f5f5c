"""People, for admins: search, look, suspend, let back in."""

from dataclasses import dataclass

from flask import Blueprint, request, url_for
from flask_babel import gettext as _

from marketplace.domain.access import Role
from marketplace.queries.people import PeoplePage, people_page, person_page
from marketplace.services import people
from marketplace.services.people import LetBackIn, Suspend
from marketplace.web.here import Answer, actor, allow, done, page, work
from marketplace.web.moderation_forms import SuspensionForm
from marketplace.web.offerings_forms import clean

blueprint = Blueprint("people", __name__, url_prefix="/admin/people")


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of accounts and what was searched."""

    people: PeoplePage
    words: str
    role: str

    def url(self, number: int) -> str:
        """The address of another page of the same search."""
        return url_for("people.index", words=self.words or None, role=self.role or None, page=number)


@blueprint.get("")
@allow(Role.ADMIN)
def index() -> Answer:
    """Accounts by name."""
    words, role = request.args.get("words", "").strip()[:120], request.args.get("role", "")
    role = role if role in (Role.LEAD, Role.EXPERT, Role.ADMIN) else ""
    number = request.args.get("page", 1, type=int)
    return page("people/index.html", Shown(people_page(work(), actor(), words, role, number), words, role))


@blueprint.get("/<int:account_id>")
@allow(Role.ADMIN)
def show(account_id: int) -> Answer:
    """One account."""
    return page("people/show.html", person_page(work(), actor(), account_id), form=SuspensionForm())


@blueprint.post("/<int:account_id>/suspension")
@allow(Role.ADMIN)
def suspend(account_id: int) -> Answer:
    """Shut somebody out: sessions end at once."""
    form = SuspensionForm()
    if not form.validate_on_submit():
        return page("people/show.html", person_page(work(), actor(), account_id), form=form, status=422)
    people.suspend(work(), Suspend(actor(), account_id, clean(form.reason.data)))
    return done(url_for("people.show", account_id=account_id), _("Suspended. All their sessions have ended."))


@blueprint.post("/<int:account_id>/return")
@allow(Role.ADMIN)
def let_back_in(account_id: int) -> Answer:
    """End the suspension."""
    people.let_back_in(work(), LetBackIn(actor(), account_id))
    return done(url_for("people.show", account_id=account_id), _("They can sign in again."))

"""The journal, for admins."""

from dataclasses import dataclass

from flask import Blueprint, request, url_for

from marketplace.domain.access import Role
from marketplace.queries.journal import JournalFilter, JournalPage, journal_page
from marketplace.web.here import Answer, actor, allow, page, work
from marketplace.web.incoming import whole

blueprint = Blueprint("journal", __name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of the journal and the filter it was asked with."""

    journal: JournalPage
    wanted: JournalFilter

    def url(self, number: int) -> str:
        """The address of another page of the same filter."""
        wanted = {name: getattr(self.wanted, name) for name in ("subject_type", "subject_id", "actor", "what")}
        return url_for("journal.index", page=number, **{name: value for name, value in wanted.items() if value})


@blueprint.get("/admin/journal")
@allow(Role.ADMIN)
def index() -> Answer:
    """State changes, newest first; a filter that makes no sense is ignored."""
    asked = request.args
    wanted = JournalFilter(
        subject_type=asked.get("subject_type", "")[:40],
        subject_id=_id(asked.get("subject_id", "")),
        actor=asked.get("actor", "").strip()[:120],
        what=asked.get("what", "").strip()[:60],
    )
    number = asked.get("page", 1, type=int)
    return page("journal/index.html", Shown(journal_page(work(), actor(), wanted, number), wanted))


def _id(typed: str) -> int | None:
    number = whole(typed)
    return number if number > 0 else None

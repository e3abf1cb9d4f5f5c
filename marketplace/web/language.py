"""The language of a page: chosen, guessed, and offered to search engines."""

from urllib.parse import urlencode

from flask import Blueprint, Flask, request, session
from flask_babel import Babel
from werkzeug.wrappers import Response

from marketplace.services import accounts
from marketplace.web import here
from marketplace.web.here import LANGUAGES, PUBLIC, allow, done

blueprint = Blueprint("language", __name__)


@blueprint.post("/language")
@allow(PUBLIC)
def choose() -> Response:
    """Remember the language of the button, in the account when there is one, and go back to the page."""
    language = request.form.get("language", "")
    if language in LANGUAGES:
        session["language"] = language
        _remember_in_account(language)
    return done(here.local_path(request.form.get("next")) or "/")


def install(app: Flask, base_url: str) -> None:
    """Translate pages into the viewer's language and give every page the addresses of its other languages."""
    Babel(app, locale_selector=lambda: here.viewer().language, timezone_selector=lambda: str(here.viewer().zone))

    @app.context_processor
    def _addresses() -> dict[str, object]:
        return {"viewer": here.viewer(), "alternates": _alternates(base_url)}


def _alternates(base_url: str) -> dict[str, str]:
    """Language -> address of this page in it, for hreflang: only for pages that everybody may open and link to."""
    if request.method != "GET" or not here.is_public_page() or "token" in (request.view_args or {}):
        return {}
    query = request.args.to_dict(flat=False)
    return {
        language: f"{base_url}{request.path}?{urlencode({**query, 'lang': language}, True)}" for language in LANGUAGES
    }


def _remember_in_account(language: str) -> None:
    who = here.viewer().actor
    if who is not None:
        accounts.choose_language(here.work(), accounts.ChooseLanguage(who, language))

"""A token does what its scopes and its owner may do, and nothing when either is gone."""

import pytest
from flask import Flask

from marketplace.domain.tokens import MOST_TOKENS, Scope
from marketplace.services.people import LetBackIn, Suspend, let_back_in, suspend
from marketplace.store.tokens import ApiToken
from marketplace.work import Work
from tests.api.client import Program, token_for
from tests.api.conftest import ProgramOf
from tests.cast import PASSWORD, Cast, StillClock
from tests.web.browse import Browser


def test_a_token_says_whose_it_is(program: ProgramOf, cast: Cast) -> None:
    answer = program(cast.lea, Scope.READ, Scope.BOOKINGS).get("/me")
    assert answer.json["account_id"] == cast.lea.id
    assert answer.json["scopes"] == ["read", "bookings"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_only_its_hash_is_kept(work: Work, cast: Cast) -> None:
    token = token_for(work, cast.lea)
    with work.reading() as session:
        row = session.query(ApiToken).one()
        kept = {str(value) for value in vars(row).values()}
    assert not any(token in value for value in kept)
    assert token.startswith(row.prefix)


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer ", "Basic bGVhOng=", "cadran_x", "Bearer " + "x" * 9000])
def test_what_is_no_token_is_refused_everywhere(app: Flask, header: str) -> None:
    for path in ("/me", "/search"):
        answer = Program(app).get(path, Authorization=header)
        assert (answer.status, answer.code) == (401, "token_unknown")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_without_a_token_the_answer_says_what_is_missing(app: Flask) -> None:
    assert Program(app).get("/me").code == "token_missing"


def test_a_cookie_is_no_token(app: Flask, cast: Cast) -> None:
    lea = Browser(app).sign_in(cast.lea)
    assert lea.get("/api/v1/me").status == 401


def test_it_ends_at_its_time(app: Flask, work: Work, cast: Cast, clock: StillClock) -> None:
    lea = Program(app, token_for(work, cast.lea))
    clock.advance(days=30, seconds=-1)
    assert lea.get("/me").status == 200
    clock.advance(seconds=1)
    assert lea.get("/me").status == 401


def test_a_suspended_accounts_token_is_dead_and_stays_dead(app: Flask, work: Work, cast: Cast) -> None:
    lea = Program(app, token_for(work, cast.lea))
    assert lea.get("/me").status == 200
    suspend(work, Suspend(cast.ada.actor, cast.lea.id, "Not who she says."))
    assert lea.get("/me").status == 401
    let_back_in(work, LetBackIn(cast.ada.actor, cast.lea.id))
    assert lea.get("/me").status == 401


def test_last_use_is_written_at_most_once_a_minute(app: Flask, work: Work, cast: Cast, clock: StillClock) -> None:
    lea = Program(app, token_for(work, cast.lea))
    seen = []
    for seconds in (0, 59, 1):
        clock.advance(seconds=seconds)
        lea.get("/me")
        with work.reading() as session:
            seen.append(session.query(ApiToken).one().used_at)
    assert seen[0] == seen[1] < seen[2]


def test_a_token_is_made_shown_once_listed_and_revoked(app: Flask, work: Work, cast: Cast) -> None:
    lea = Browser(app).sign_in(cast.lea)
    form = lea.get("/account/tokens/new")
    made = lea.submit(form, "/account/tokens/new", name="Nightly", scopes=["read"], days="30", password=PASSWORD)
    assert made.status == 201
    assert made.headers["Cache-Control"] == "no-store"
    token = made.soup.select_one("#token").get_text()
    assert Program(app, token).get("/me").json["scopes"] == ["read"]
    account = lea.get("/account")
    assert "Nightly" in account.text
    assert token not in account.html
    action = next(form["action"] for form in account.soup.find_all("form") if "/revocation" in form.get("action", ""))
    assert lea.post(action).location == "/account"
    assert Program(app, token).get("/me").status == 401
    assert lea.post(action).status == 404


def test_a_strangers_token_cannot_be_revoked(app: Flask, work: Work, cast: Cast) -> None:
    hugo = Program(app, token_for(work, cast.hugo))
    hugo.get("/me")
    with work.reading() as session:
        token_id = session.query(ApiToken).one().id
    assert Browser(app).sign_in(cast.lea).post(f"/account/tokens/{token_id}/revocation").status == 404
    assert hugo.get("/me").status == 200


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"password": "wrong"}, "This is not your present password."),
        ({"name": " "}, "Say what it is for."),
        ({"scopes": []}, "Choose at least one."),
        ({"scopes": ["moderation"]}, "not a valid choice"),
        ({"days": "400"}, "Not a valid choice"),
    ],
)
def test_the_form_says_what_is_wrong(app: Flask, cast: Cast, typed: dict[str, object], said: str) -> None:
    marta = Browser(app).sign_in(cast.marta)
    complete = {"name": "Nightly", "scopes": ["read"], "days": "30", "password": PASSWORD}
    page = marta.submit(marta.get("/account/tokens/new"), "/account/tokens/new", **{**complete, **typed})
    assert page.status == 422
    assert said.lower() in page.text.lower()


def test_there_is_an_end_to_tokens(app: Flask, work: Work, cast: Cast) -> None:
    for _ in range(MOST_TOKENS):
        token_for(work, cast.marta, Scope.READ)
    marta = Browser(app).sign_in(cast.marta)
    page = marta.submit(
        marta.get("/account/tokens/new"), "/account/tokens/new", name="n", scopes=["read"], days="30", password=PASSWORD
    )
    assert "You have 20 tokens already." in page.text

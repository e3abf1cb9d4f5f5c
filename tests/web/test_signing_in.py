"""Signing in and out, in the browser; P7 and P8."""

import pytest
from flask import Flask

from marketplace import links
from marketplace.store.accounts import Account, claim_on, end_sessions
from marketplace.work import Work
from tests.cast import PASSWORD, Cast, StillClock
from tests.web.browse import Browser

NEW = "violette chevaux tonnerre 8"


def reset_link(work: Work, account_id: int) -> str:
    with work.reading() as session:
        claim = claim_on(session.get_one(Account, account_id))
    return f"/password/reset/{links.sign(work.secret, links.Purpose.RESET, claim, work.now())}"


def test_signing_in_leads_where_the_visitor_wanted_to_go(app: Flask, cast: Cast) -> None:
    lea = Browser(app)
    asked = lea.get("/account?lang=en")
    assert (asked.status, asked.location) == (303, "/sign-in?next=/account?lang%3Den")
    page = lea.get(asked.location)
    entered = lea.submit(page, "/sign-in", email=cast.lea.email, password=PASSWORD)
    assert entered.location == "/account?lang=en"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\nSet-Cookie: a=b", "evil"],
)
def test_signing_in_never_leads_to_another_site(app: Flask, cast: Cast, elsewhere: str) -> None:
    page = Browser(app).post("/sign-in", email=cast.lea.email, password=PASSWORD, next=elsewhere)
    assert page.location == "/dashboard"


def test_after_a_form_that_cannot_be_sent_again_signing_in_leads_back_to_its_page(app: Flask, cast: Cast) -> None:
    lea = Browser(app)
    token = lea.csrf_token()
    headers = {"Referer": "http://localhost/account?x=1"}
    answer = lea.client.post("/account/preferences", data={"csrf_token": token}, headers=headers)
    assert answer.headers["Location"] == "/sign-in?next=/account?x%3D1"


def test_who_is_signed_in_needs_no_form(app: Flask, cast: Cast) -> None:
    assert Browser(app).sign_in(cast.lea).get("/sign-in?next=/account").location == "/account"


def test_the_wrong_password_says_the_same_as_an_unknown_address(app: Flask, cast: Cast) -> None:
    pages = [Browser(app).post("/sign-in", email=email, password="not it") for email in (cast.lea.email, "no@one.org")]
    assert [page.status for page in pages] == [422, 422]
    words = [page.text.replace(cast.lea.email, "").replace("no@one.org", "") for page in pages]
    assert words[0] == words[1]
    assert "do not go together" in words[0]
    assert pages[0].soup.find(id="email")["value"] == cast.lea.email
    assert not pages[0].soup.find(id="password").get("value")


def test_the_eleventh_wrong_password_is_answered_with_429(app: Flask, cast: Cast, clock: StillClock) -> None:
    guesser = Browser(app)
    statuses = [guesser.post("/sign-in", email=cast.lea.email, password=f"guess {n}").status for n in range(10)]
    assert statuses == [422] * 10
    page = guesser.post("/sign-in", email=cast.lea.email, password=PASSWORD)
    assert page.status == 429
    assert page.headers["Retry-After"] == "300"
    assert page.soup.find("a", href="/password/forgotten")
    clock.advance(minutes=5)
    assert guesser.post("/sign-in", email=cast.lea.email, password=PASSWORD).status == 303


def test_the_session_changes_at_sign_in(app: Flask, cast: Cast) -> None:
    """Somebody who planted a cookie in the browser before cannot use it afterwards."""
    lea = Browser(app)
    planted, token = lea.cookie, lea.csrf_token()
    planted = lea.cookie
    lea.sign_in(cast.lea)
    assert lea.cookie != planted
    assert lea.client.post("/sign-out", data={"csrf_token": token}).status_code == 400
    thief = Browser(app)
    thief.cookie = planted
    assert thief.get("/account").status == 303


def test_a_copied_cookie_is_dead_after_signing_out(app: Flask, cast: Cast) -> None:
    lea, thief = Browser(app).sign_in(cast.lea), Browser(app)
    thief.cookie = lea.cookie
    assert thief.get("/account").status == 200  # the control: until then it works
    assert lea.post("/sign-out").location == "/"
    assert thief.get("/account").location.startswith("/sign-in")
    assert lea.get("/account").location.startswith("/sign-in")


def test_signing_out_is_no_link(app: Flask, cast: Cast) -> None:
    lea = Browser(app).sign_in(cast.lea)
    assert lea.get("/sign-out").status == 405
    assert lea.get("/account").status == 200


def test_changing_the_password_signs_out_everywhere_else(app: Flask, cast: Cast) -> None:
    here, there = Browser(app).sign_in(cast.lea), Browser(app).sign_in(cast.lea)
    page = here.get("/account/password")
    changed = here.submit(page, "/account/password", old=PASSWORD, password=NEW)
    assert changed.location == "/account"
    assert here.get("/account").status == 200
    assert there.get("/account").status == 303


def test_a_wrong_old_password_is_said_beside_its_field(app: Flask, cast: Cast) -> None:
    lea = Browser(app).sign_in(cast.marta)
    page = lea.post("/account/password", old="wrong", password=NEW)
    assert page.status == 422
    assert page.errors() == ["Error: This is not your present password."]
    assert "easy to guess" in lea.post("/account/password", old=PASSWORD, password="password1").errors()[0]


def test_a_suspended_person_is_out_at_once(app: Flask, work: Work, cast: Cast) -> None:
    lea = Browser(app).sign_in(cast.lea)
    with work.transaction() as tx:
        end_sessions(tx.session, cast.lea.id)
    assert lea.get("/account").status == 303


def test_an_admin_left_alone_for_half_an_hour_is_out(app: Flask, cast: Cast, clock: StillClock) -> None:
    ada, lea = Browser(app).sign_in(cast.ada), Browser(app).sign_in(cast.lea)
    clock.advance(minutes=29)
    assert ada.get("/account").status == 200
    clock.advance(minutes=30)
    assert ada.get("/account").status == 303
    assert lea.get("/account").status == 200


def test_forgotten_says_the_same_for_known_and_unknown_addresses(app: Flask, cast: Cast) -> None:
    seen = []
    for email in (cast.lea.email, "nobody@example.org"):
        browser = Browser(app)
        page = browser.submit(browser.get("/password/forgotten"), "/password/forgotten", email=email)
        seen.append((page.status, page.location, browser.get("/password/sent").text))
    assert seen[0] == seen[1] == (303, "/password/sent", seen[0][2])


def test_an_address_that_is_none_is_said(app: Flask) -> None:
    assert Browser(app).post("/password/forgotten", email="zoe").status == 422


def test_the_letters_link_sets_a_new_password_once(app: Flask, work: Work, cast: Cast) -> None:
    there, link, lea = Browser(app).sign_in(cast.lea), reset_link(work, cast.lea.id), Browser(app)
    form = lea.get(link)
    assert "easy to guess" in lea.submit(form, link, password="azerty123").errors()[0]
    assert lea.submit(form, link, password=NEW).location == "/sign-in"
    assert there.get("/account").status == 303
    assert lea.get(link).status == 409
    assert lea.post("/sign-in", email=cast.lea.email, password=NEW).status == 303


def test_last_seen_is_written_at_most_once_a_minute(app: Flask, work: Work, cast: Cast, clock: StillClock) -> None:
    lea, writes = Browser(app).sign_in(cast.lea), []
    for _ in range(6):
        lea.get("/account")
        with work.reading() as session:
            writes.append(session.connection().exec_driver_sql("SELECT max(seen_at) FROM signed_in").scalar())
        clock.advance(seconds=30)
    assert len(set(writes)) == 3

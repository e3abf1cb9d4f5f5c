"""P10: every answer carries its headers, errors and files too."""

import re
from dataclasses import replace

import pytest
from flask import Flask

from marketplace.app import create_app
from marketplace.config import Settings
from marketplace.web import here
from marketplace.work import Work
from tests.cast import Cast
from tests.web.browse import Browser

EVERYWHERE = ["/sign-in", "/register", "/account", "/nothing/here", "/health/live", "/static/app.css", "/static/no.css"]


@pytest.fixture
def production(settings: Settings, work: Work) -> Flask:
    """The same application as it runs behind https."""
    live = replace(settings, environment="production", base_url="https://cadran.example", stripe_api="")
    app = create_app(live, work)
    app.testing = True
    return app


@pytest.mark.parametrize("path", EVERYWHERE)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS", "DELETE"])
def test_every_answer_protects_the_browser(app: Flask, path: str, method: str) -> None:
    with app.test_client().open(path, method=method) as answer:
        headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for rule in ("frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "script-src 'self';"):
        assert rule in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert re.fullmatch("[0-9a-f]{16}", headers["X-Request-Id"])


def test_production_insists_on_https(production: Flask, app: Flask) -> None:
    answer = production.test_client().get("/sign-in", base_url="https://cadran.example")
    assert "max-age=63072000" in answer.headers["Strict-Transport-Security"]
    cookie = answer.headers["Set-Cookie"]
    for part in ("__Host-cadran=", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie
    demo = app.test_client().get("/sign-in")
    assert "Strict-Transport-Security" not in demo.headers
    assert "HttpOnly" in demo.headers["Set-Cookie"]


def test_forms_may_lead_to_the_payment_pages_and_nowhere_else(
    production: Flask, app: Flask, settings: Settings
) -> None:
    """Chrome applies form-action to the redirect that follows the form."""
    live = production.test_client().get("/sign-in", base_url="https://cadran.example")
    targets = "form-action 'self' https://checkout.stripe.com https://connect.stripe.com;"
    assert targets in live.headers["Content-Security-Policy"]
    demo = app.test_client().get("/sign-in").headers["Content-Security-Policy"]
    assert f"form-action 'self' {settings.stripe_api};" in demo


def test_what_a_signed_in_person_sees_is_not_kept(app: Flask, cast: Cast) -> None:
    lea = Browser(app).sign_in(cast.lea)
    for path in ("/account", "/register", "/nothing/here"):
        assert lea.get(path).headers["Cache-Control"] == "no-store"
    for path in ("/account", "/nothing/here"):
        assert Browser(app).get(path).headers["Cache-Control"] == "no-store"
    assert Browser(app).get("/register").headers["Cache-Control"] == "private, no-cache"


def test_files_are_kept_for_a_year_under_the_hash_of_their_content(app: Flask) -> None:
    page = Browser(app).get("/sign-in")
    stylesheet = page.soup.find("link", rel="stylesheet")["href"]
    assert re.fullmatch(r"/static/app\.css\?v=[0-9a-f]{12}", stylesheet)
    assert Browser(app).get(stylesheet).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert Browser(app).get("/static/app.css").headers["Cache-Control"] == "no-cache"
    assert Browser(app).get("/static/no.css?v=0").headers["Cache-Control"] == "no-cache"


def test_pages_have_no_inline_style_script_or_handler(app: Flask, cast: Cast) -> None:
    lea = Browser(app).sign_in(cast.lea)
    for path in ("/account", "/account/password", "/verification", "/register", "/nothing/here"):
        soup = lea.get(path).soup
        assert not soup.find_all("style")
        assert all(script.get("src") for script in soup.find_all("script"))
        assert not [
            tag for tag in soup.find_all(True) for name in tag.attrs if name == "style" or name.startswith("on")
        ]


def test_a_proxy_of_ours_is_believed_and_no_other(settings: Settings, work: Work, cast: Cast) -> None:
    """Otherwise anybody could pretend to be another client, and guess on."""
    for proxies, counted_as in ((0, "127.0.0.1"), (1, "203.0.113.9")):
        app = create_app(replace(settings, proxies=proxies), work)
        with app.test_client() as client:
            client.get("/health/live", headers={"X-Forwarded-For": "198.51.100.7, 203.0.113.9"})
            assert here.client() == counted_as


@pytest.mark.parametrize(("path", "method"), [("/mailbox", "GET"), ("/mailbox/world", "GET"), ("/demo/clock", "POST")])
def test_the_demos_mailbox_and_clock_do_not_exist_in_production(production: Flask, path: str, method: str) -> None:
    answer = production.test_client().open(path, method=method, base_url="https://cadran.example")
    assert answer.status_code == 404


def test_another_name_for_this_machine_is_refused(app: Flask) -> None:
    answer = app.test_client().get("/mailbox", headers={"Host": "rebound.example.com"})
    assert answer.status_code == 400
    assert "Content-Security-Policy" in answer.headers
    answer.close()

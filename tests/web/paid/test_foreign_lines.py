"""A movement at Stripe that nobody knows: an admin sees it, says what it is, and the books are whole again."""

import pytest
from sqlalchemy import text

from marketplace.services.audits import check_ledger, reconcile
from payments.sandbox.doors import Doors
from tests.till import Till
from tests.web.browse import Browser


@pytest.fixture
def line(till: Till, ada: Browser) -> str:
    """Stripe took 12.34 for nothing that we know."""
    till.confirmed()
    Doors(till.sandbox.address).move_balance("adjustment", -1_234, description="?")
    till.clock.advance(hours=2)
    assert [each.kind for each in reconcile(till.work).left] == ["foreign"]
    ada.sign_in(till.cast.ada)  # hours have passed
    with till.work.reading() as session:
        return str(session.scalar(text("select id from balance_line where entry_id is null")))


def _breaches(till: Till) -> set[str]:
    return {each.name for each in check_ledger(till.work) if each.breached}


def test_an_admin_explains_a_foreign_movement_from_the_health_page(till: Till, ada: Browser, line: str) -> None:
    assert _breaches(till) == {"lines_foreign", "stripe_difference_minor"}
    health = ada.get("/admin/health")
    assert "foreign: adjustment" in health.text
    path = f"/admin/stripe-lines/{line}"
    assert path in health.html
    asked = ada.get(path)
    assert "-€12.34" in asked.text
    assert ada.submit(asked, path, account="bad_debt", note="Stripe corrected October.").location == "/admin/health"
    assert path not in ada.get("/admin/health").html
    assert till.balances()["bad_debt"] == 1_234
    reconcile(till.work)
    assert _breaches(till) == set()
    assert "foreign: adjustment" not in ada.get("/admin/health").text
    with till.work.reading() as session:
        said = session.execute(text("select actor_id, new from journal where what = 'ledger.adopted'")).all()
    assert len(said) == 1
    assert said[0][0] == till.cast.ada.id
    assert "Stripe corrected October." in str(said[0][1])


def test_a_movement_is_not_posted_without_an_account_and_a_reason(till: Till, ada: Browser, line: str) -> None:
    path = f"/admin/stripe-lines/{line}"
    refused = ada.submit(ada.get(path), path, note="  ")
    assert refused.status == 422
    assert "Choose what it is." in refused.text
    assert "Please say why" in refused.text
    elsewhere = ada.post(path, account="client_money:1", note="Mine.")
    assert elsewhere.status == 422
    kept = ada.submit(ada.get(path), path, note="Half a reason")
    assert "Half a reason" in kept.text
    assert "own" not in till.entries()


def test_a_movement_is_explained_once(till: Till, ada: Browser, line: str) -> None:
    path = f"/admin/stripe-lines/{line}"
    ada.submit(ada.get(path), path, account="bank", note="Ours.")
    assert ada.get(path).status == 409
    assert "in our books already" in ada.get(path).text
    assert ada.post(path, account="bank", note="Ours.").status == 409
    assert till.entries().count("own") == 1
    assert ada.get("/admin/stripe-lines/txn_nobody").status == 404
    assert ada.post("/admin/stripe-lines/txn_nobody", account="bank", note="Ours.").status == 404


def test_an_adjustment_about_something_that_we_never_had_can_be_explained(till: Till, ada: Browser, line: str) -> None:
    """Stripe books disputes as adjustments, too: the admin's word counts for this line whatever it is about."""
    with till.work.transaction() as tx:
        tx.session.execute(text("update balance_line set source_id = 'du_nobody' where id = :id"), {"id": line})
    path = f"/admin/stripe-lines/{line}"
    ada.submit(ada.get(path), path, account="dispute_fees", note="A charge made by hand.")
    reconcile(till.work)
    assert _breaches(till) == set()

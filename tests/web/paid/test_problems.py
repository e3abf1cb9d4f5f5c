"""One side of a session says that something went wrong."""

from datetime import timedelta

from sqlalchemy import select

from marketplace.store.cases import Case
from tests.till import SLOT, Till
from tests.web.browse import Browser

END = SLOT + timedelta(hours=3)


def held(till: Till, *browsers: Browser) -> str:
    reserved = till.confirmed()
    till.pass_until(SLOT)
    till.pass_until(END)
    till.tick()
    for browser, person in zip(browsers, (till.cast.lea, till.cast.ines), strict=False):
        browser.sign_in(person)
    return f"/bookings/{reserved.booking_id}"


def test_a_lead_reports_a_problem_and_the_money_stands_still(till: Till, lea: Browser, ada: Browser) -> None:
    path = held(till, lea)
    assert lea.get(path).soup.find("a", href=f"{path}/problem")
    page = lea.get(f"{path}/problem")
    assert lea.submit(page, f"{path}/problem", words="  ").status == 422
    assert lea.submit(page, f"{path}/problem", words="x" * 2_001).status == 422
    assert lea.submit(page, f"{path}/problem", words="Nobody was there.").status == 303
    assert "looked into" in lea.get(path).text
    till.pass_until(END + timedelta(days=5))
    with till.work.reading() as session:
        case = session.scalars(select(Case)).one()
    assert (case.side, case.words, case.kind) == ("lead", "Nobody was there.", "problem")
    assert "settle" not in till.entries()
    ada.sign_in(till.cast.ada)
    assert "Nobody was there." in ada.get(f"/admin{path}").text
    assert "A problem with a session was reported" in ada.get("/admin/health").text


def test_a_second_report_is_refused_and_loses_no_word(till: Till, lea: Browser, ines: Browser) -> None:
    path = held(till, lea, ines)
    form = ines.get(f"{path}/problem")
    lea.post(f"{path}/problem", words="Nobody was there.")
    late = ines.submit(form, f"{path}/problem", words="The lead was rude.")
    assert late.status == 409
    assert "The lead was rude." in late.text


def test_72_hours_after_the_end_it_is_too_late(till: Till, lea: Browser) -> None:
    path = held(till, lea)
    till.clock.advance(hours=72)
    lea.sign_in(till.cast.lea)
    assert lea.get(f"{path}/problem").status == 200
    till.clock.advance(seconds=1)
    assert lea.get(f"{path}/problem").status == 409
    assert lea.post(f"{path}/problem", words="Late.").status == 409
    assert not lea.get(path).soup.find("a", href=f"{path}/problem")


def test_before_the_end_there_is_nothing_to_report(till: Till, lea: Browser) -> None:
    reserved = till.confirmed()
    page = lea.get(f"/bookings/{reserved.booking_id}/problem")
    assert page.status == 409
    assert "until 72 hours after it" in page.text

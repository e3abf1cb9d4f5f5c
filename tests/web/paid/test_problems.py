"""One side of a session says that something went wrong."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace import reactions
from marketplace.domain.errors import Conflict, NotFound
from marketplace.services import bookings
from marketplace.store.cases import Case
from marketplace.store.outbox import LetterRow
from tests.cast import Person
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


def reported(till: Till, *browsers: Browser) -> str:
    path = held(till, *browsers)
    browsers[0].post(f"{path}/problem", words="Nobody was there.")
    return path


def letters_to(till: Till, person: Person) -> list[tuple[str, str]]:
    while reactions.deliver(till.work):
        pass
    with till.work.reading() as session:
        kinds = LetterRow.kind.in_(("problem", "money_news"))
        rows = session.scalars(select(LetterRow).where(LetterRow.to_account == person.id, kinds).order_by(LetterRow.id))
        return [(row.kind, row.text) for row in rows]


def test_the_other_side_is_told_in_a_letter_and_answers_once(
    till: Till, lea: Browser, ines: Browser, ada: Browser
) -> None:
    path = reported(till, lea, ines)
    ((kind, words),) = letters_to(till, till.cast.ines)
    assert (kind, "Nobody was there." in words, f"{path}/problem/answer" in words) == ("problem", True, True)
    assert letters_to(till, till.cast.lea) == []
    seen = ines.get(path)
    assert "Nobody was there." in seen.text
    assert seen.soup.find("a", href=f"{path}/problem/answer")
    page = ines.get(f"{path}/problem/answer")
    assert ines.submit(page, f"{path}/problem/answer", words=" ").status == 422
    assert ines.submit(page, f"{path}/problem/answer", words="x" * 2_001).status == 422
    assert ines.submit(page, f"{path}/problem/answer", words="I was in the room all along.").status == 303
    assert "I was in the room all along." in letters_to(till, till.cast.lea)[0][1]
    assert "I was in the room all along." in lea.get(path).text
    again = ines.submit(page, f"{path}/problem/answer", words="And another thing.")
    assert (again.status, "And another thing." in again.text) == (409, True)
    assert "You have answered already" in again.text
    assert not ines.get(path).soup.find("a", href=f"{path}/problem/answer")
    ada.sign_in(till.cast.ada)
    for admin_page in (f"/admin{path}", f"/admin{path}/verdict"):
        assert "I was in the room all along." in ada.get(admin_page).text


def test_whoever_reported_has_nothing_to_answer(till: Till, lea: Browser) -> None:
    path = reported(till, lea)
    assert lea.get(f"{path}/problem/answer").status == 409
    late = lea.post(f"{path}/problem/answer", words="Me again.")
    assert (late.status, "Me again." in late.text) == (409, True)
    with pytest.raises(NotFound):
        bookings.answer_problem(till.work, bookings.Problem(till.cast.lea.actor, int(path.rpartition("/")[2]), "x"))


def test_after_the_verdict_both_sides_read_the_reason_and_nobody_answers_any_more(
    till: Till, lea: Browser, ines: Browser, ada: Browser
) -> None:
    path = reported(till, lea, ines)
    form = ines.get(f"{path}/problem/answer")
    ada.sign_in(till.cast.ada)
    ada.submit(ada.get(f"/admin{path}/verdict"), f"/admin{path}/verdict", refund_minor="0", note="The log says so.")
    for browser, person in ((lea, till.cast.lea), (ines, till.cast.ines)):
        assert "The log says so." in browser.get(path).text
        assert "The log says so." in letters_to(till, person)[-1][1]
    late = ines.submit(form, f"{path}/problem/answer", words="I was there.")
    assert (late.status, "I was there." in late.text) == (409, True)
    with pytest.raises(Conflict, match="problem_settled"):
        bookings.answer_problem(till.work, bookings.Problem(till.cast.ines.actor, int(path.rpartition("/")[2]), "x"))


def test_nobody_else_can_answer(till: Till, lea: Browser, ines: Browser) -> None:
    path = reported(till, lea, ines)
    amara = Browser(ines.app).sign_in(till.cast.amara)
    assert amara.get(f"{path}/problem/answer").status == 404
    assert amara.post(f"{path}/problem/answer", words="Me too.").status == 404

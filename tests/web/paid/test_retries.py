"""An admin has a call to Stripe, or a parked notice, tried again."""

from datetime import timedelta

from sqlalchemy import select, text

from marketplace.store.inbox import WaitingNotice, keep_notice, park_notice
from marketplace.store.money import Notice
from marketplace.store.operations import Operation
from tests.till import SLOT, Till
from tests.web.browse import Browser


def operation(till: Till, kind: str) -> Operation:
    with till.work.reading() as session:
        return session.scalars(select(Operation).where(Operation.kind == kind).order_by(Operation.id.desc())).first()


def test_an_unfinished_call_is_tried_at_once(till: Till, ada: Browser) -> None:
    reserved = till.requested()
    till.line.cut_before.add("capture")
    till.accept(reserved)
    page = ada.get(f"/admin/bookings/{reserved.booking_id}")
    action = f"/admin/operations/{operation(till, 'capture').id}/retry"
    assert ada.submit(page, "", action=action).location == f"/admin/bookings/{reserved.booking_id}"
    assert "no clear answer" in ada.get("/admin/health").html
    till.line.cut_before.clear()
    assert ada.submit(ada.get("/admin/health"), "", action=action).location == "/admin/health"
    assert till.state(reserved) == "confirmed"
    assert ada.post(action).status == 409
    assert "Every call has an answer" in ada.get("/admin/health").text


def test_a_call_that_somebody_is_making_is_left_alone(till: Till, ada: Browser) -> None:
    till.requested()
    with till.work.transaction() as tx:
        until = (till.clock() + timedelta(minutes=1)).replace(tzinfo=None)
        tx.session.execute(
            text("update operation set status = 'pending', leased_until = :until"), {"until": str(until)}
        )
    assert ada.post(f"/admin/operations/{operation(till, 'checkout').id}/retry").status == 409
    assert ada.post("/admin/operations/999/retry").status == 404


def test_a_refused_refund_is_made_anew_with_the_next_key(till: Till, ada: Browser) -> None:
    reserved = till.confirmed()
    till.clock.advance(seconds=(SLOT - timedelta(hours=30) - till.clock()).total_seconds())
    with till.work.transaction() as tx:
        tx.session.execute(text("update booking set payment_intent_id = 'pi_unknown'"))
    till.cancel(reserved, till.cast.lea)
    refused = operation(till, "refund")
    assert refused.status == "failed"
    with till.work.transaction() as tx:
        hold = tx.session.scalar(text("select object_id from operation where kind = 'capture'"))
        params = {**refused.params, "hold_id": hold}
        tx.session.get_one(Operation, refused.id).params = params
        tx.session.execute(text("update booking set payment_intent_id = :hold"), {"hold": hold})
    ada.sign_in(till.cast.ada)
    assert ada.post(f"/admin/operations/{refused.id}/retry").status == 303
    assert till.state(reserved) == "cancelled_by_lead"
    assert (operation(till, "refund").seq, till.entries().count("refund")) == (2, 1)
    assert ada.post(f"/admin/operations/{refused.id}/retry").status == 409


def test_a_parked_notice_is_handled_again(till: Till, ada: Browser) -> None:
    reserved = till.reserve()
    till.press(reserved)
    told = till.work.gateway.notices_since(till.clock() - timedelta(days=1))
    notice = next(each for each in told if each.type == "checkout.session.completed")
    with till.work.transaction() as tx:
        keep_notice(tx.session, WaitingNotice(notice.id, notice.type, notice.object_id, 0), "platform", tx.now)
        park_notice(tx.session, notice.id, tx.now, "no booking of that name")
    page = ada.get("/admin/health")
    assert "no booking of that name" in page.text
    assert ada.submit(page, "", action=f"/admin/notices/{notice.id}/retry").status == 303
    till.handle_notices()
    assert till.state(reserved) == "requested"
    with till.work.reading() as session:
        assert session.get_one(Notice, notice.id).handled_at is not None
    assert ada.post(f"/admin/notices/{notice.id}/retry").status == 409
    assert ada.post("/admin/notices/evt_nobody/retry").status == 404

"""What we send is what Stripe takes, what the sandbox answers is what Stripe answers, and the check would notice."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stripe

from payments.port import CheckoutOrder, Hold, PaymentGateway
from payments.sandbox import Sandbox
from payments.sandbox.api import OPERATIONS
from payments.sandbox.shapes import Fields, Group, Many
from payments.sandbox.state import State
from payments.stripe_gateway import StripeGateway
from tests.payments.conftest import Clock
from tests.payments.honesty import __main__ as command
from tests.payments.honesty import library, published, shapes
from tests.payments.honesty.asks import ASKS, sent_by_the_gateway
from tests.payments.honesty.overlay import DIFFERENCES
from tests.payments.honesty.published import OURS, every_path, plain
from tests.payments.honesty.story import tell
from tests.payments.honesty.witness import Witness, problems_of_answer, problems_of_event, problems_of_request

CHECKOUT = ("POST", "/v1/checkout/sessions")
INTENT = ("GET", "/v1/payment_intents/{}")
ACCOUNT = ("POST", "/v2/core/accounts")


@pytest.fixture
def story(sandbox: Sandbox, gateway: StripeGateway, order: CheckoutOrder, witness: Witness) -> Witness:
    """Everything that can be asked has been asked, and answered."""
    tell(sandbox, gateway, order)
    return witness


def test_what_the_gateway_sends_the_sandbox_answers_and_stripe_has() -> None:
    sent = set(sent_by_the_gateway().values())
    assert sent <= OURS
    assert every_path() >= OURS
    assert all(library.knows(key) for key in OURS)
    assert len(sent) == 27


def test_every_method_of_the_port_is_asked() -> None:
    """The negative control of the test above: a method that nobody asks would be missing from what is sent."""
    assert set(ASKS) == {name for name in vars(PaymentGateway) if not name.startswith("_")}
    assert ("POST", "/v1/invoices") not in OURS
    assert ("POST", "/v1/offerings") not in every_path()
    assert not library.knows(("POST", "/v1/offerings"))


def test_everything_that_is_sent_was_seen_and_is_valid_under_both(story: Witness) -> None:
    sent = set(sent_by_the_gateway().values())
    assert sent <= {key for key, times in story.requests.items() if times}
    assert sent <= {key for key, times in story.answers.items() if times}
    assert story.lies == []


def test_the_command_lists_every_operation(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main() == 0
    told = capsys.readouterr().out
    assert told.count("valid under both; the sandbox's answer, too") == 27
    assert all(difference.reason in told for difference in DIFFERENCES)


def test_the_command_says_what_is_not_honest(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the test above."""
    monkeypatch.setattr("payments.stripe_requests.PAGE_SIZE", "many")
    monkeypatch.setattr(command, "tell", lambda *_: None)
    assert command.main() == 1
    assert capsys.readouterr().out.count("never seen") == 27


class TestRequests:
    """Negative controls: what is spoilt is objected to, by the description and by the library's types."""

    @pytest.fixture
    def form(self, order: CheckoutOrder) -> dict[str, Any]:
        from payments import stripe_requests

        params: dict[str, Any] = dict(stripe_requests.checkout(order))
        assert problems_of_request(CHECKOUT, params) == []
        return copy.deepcopy(params)

    def _rename(self, form: dict[str, Any]) -> None:
        price = form["line_items"][0]["price_data"]
        price["unit_amout"] = price.pop("unit_amount")

    def _rename_an_optional_one(self, form: dict[str, Any]) -> None:
        form["client_reference"] = form.pop("client_reference_id")

    def _retype(self, form: dict[str, Any]) -> None:
        form["expires_at"] = "tomorrow"

    def _drop(self, form: dict[str, Any]) -> None:
        del form["line_items"][0]["price_data"]["currency"]

    def _misspell(self, form: dict[str, Any]) -> None:
        form["payment_intent_data"]["capture_method"] = "manuel"

    def _add_what_went_away(self, form: dict[str, Any]) -> None:
        form["payment_method_types"] = ["card"]

    def _send_a_number_as_metadata(self, form: dict[str, Any]) -> None:
        form["metadata"]["booking"] = 17

    @pytest.mark.parametrize(
        "spoil",
        [
            _rename,
            _rename_an_optional_one,
            _retype,
            _drop,
            _misspell,
            _add_what_went_away,
            _send_a_number_as_metadata,
        ],
    )
    def test_what_is_spoilt_is_objected_to_twice(
        self, form: dict[str, Any], spoil: Callable[["TestRequests", dict[str, Any]], None]
    ) -> None:
        spoil(self, form)
        problems = problems_of_request(CHECKOUT, form)
        assert any(problem.startswith("published schema") for problem in problems), problems
        assert any(problem.startswith("library's types") for problem in problems), problems

    def test_v2_links_no_longer_take_configurations(self) -> None:
        from payments import stripe_requests

        link: Any = stripe_requests.onboarding("acct_1", return_url="http://a", refresh_url="http://b")
        key = ("POST", "/v2/core/account_links")
        assert problems_of_request(key, link) == []
        link["use_case"]["account_onboarding"]["configurations"] = ["recipient"]
        assert len(problems_of_request(key, link)) == 2

    def test_a_missing_required_parameter_is_objected_to(self) -> None:
        assert problems_of_request(("POST", "/v1/transfers"), {"amount": "1", "currency": "eur"}) != []

    def test_nothing_may_be_sent_where_nothing_is_taken(self) -> None:
        assert problems_of_request(("GET", "/v1/balance"), {}) == []
        assert problems_of_request(("GET", "/v1/balance"), {"colour": "blue"}) != []

    def test_texts_of_a_form_become_what_is_described(self) -> None:
        schema = shapes.request_schema(CHECKOUT)
        form = {"expires_at": "17", "metadata": {"n": "1"}, "custom_fields": {"0": {"optional": "true"}}}
        assert shapes.typed(form, schema) == {
            "expires_at": 17,
            "metadata": {"n": "1"},
            "custom_fields": [{"optional": True}],
        }


class TestAnswers:
    """Negative controls: an answer that Stripe would not give is objected to."""

    @pytest.fixture
    def intent(self, sandbox: Sandbox, captured: Hold) -> dict[str, Any]:
        from payments.sandbox.desk import shown

        with sandbox.state.desk() as desk:
            intent = shown(desk.every("payment_intent")[0])
        assert problems_of_answer(INTENT, intent, good=True) == []
        return intent

    def _rename(self, intent: dict[str, Any]) -> None:
        intent["amount_recieved"] = intent.pop("amount_received")

    def _retype(self, intent: dict[str, Any]) -> None:
        intent["amount"] = str(intent["amount"])

    def _drop(self, intent: dict[str, Any]) -> None:
        del intent["status"]

    def _invent(self, intent: dict[str, Any]) -> None:
        intent["status"] = "almost"

    def _null(self, intent: dict[str, Any]) -> None:
        intent["amount"] = None

    def _leak(self, intent: dict[str, Any]) -> None:
        intent["_email"] = "lea@banque-azur.example"

    def _spoil_within(self, intent: dict[str, Any]) -> None:
        intent["payment_method_options"]["card"]["colour"] = "blue"

    @pytest.mark.parametrize("spoil", [_rename, _retype, _drop, _invent, _null, _leak, _spoil_within])
    def test_what_is_spoilt_is_objected_to(
        self, intent: dict[str, Any], spoil: Callable[["TestAnswers", dict[str, Any]], None]
    ) -> None:
        spoil(self, intent)
        assert problems_of_answer(INTENT, intent, good=True) != []

    @pytest.mark.parametrize(
        "error",
        [{}, {"error": {}}, {"error": {"type": "some_error", "message": "No."}}, {"error": {"message": "No."}}],
    )
    def test_an_error_that_stripe_does_not_have_is_objected_to(self, error: dict[str, Any]) -> None:
        assert problems_of_answer(INTENT, error, good=False) != []
        assert problems_of_answer(ACCOUNT, error, good=False) != []

    def test_an_error_of_v1_is_none_of_v2(self) -> None:
        error = {"error": {"type": "invalid_request_error", "message": "No.", "code": "x", "param": "y"}}
        assert problems_of_answer(INTENT, error, good=False) == []
        assert problems_of_answer(ACCOUNT, error, good=False) != []


def test_every_event_is_told_as_stripe_tells_it(
    sandbox: Sandbox, gateway: StripeGateway, order: CheckoutOrder, clock: Clock
) -> None:
    tell(sandbox, gateway, order)
    clock.pass_by(days=9)
    with sandbox.state.desk() as desk:
        events = [*desk.every("event"), *desk.every("event of an account")]
        thin = desk.every("v2.core.event")
    assert len({event["type"] for event in events}) == 18
    assert [problem for event in events for problem in problems_of_event(event)] == []
    judge = shapes.of_object("v2.core.event")
    assert thin
    assert [error.message for event in thin for error in judge.iter_errors(event)] == []


def test_a_spoilt_event_is_objected_to(state: Path, clock: Clock) -> None:
    """The negative control of the test above."""
    with State(state, (), clock).desk() as desk:
        desk.tell("payment_intent.succeeded", {"id": "pi_1", "object": "payment_intent"})
        (event,) = desk.every("event")
    assert problems_of_event(event) != []
    assert list(shapes.of_object("v2.core.event").iter_errors(event)) != []


def test_a_lie_is_laid_at_the_tests_door(sandbox: Sandbox, gateway: StripeGateway, witness: Witness) -> None:
    """The negative control of the fixture that watches every test: it does see what goes over the wire."""
    with pytest.raises(stripe.InvalidRequestError):
        gateway._stripe.v1.balance.retrieve({"colour": "blue"})  # type: ignore[typeddict-unknown-key]
    assert any("colour" in lie for lie in witness.lies)
    witness.lies.clear()


def test_the_description_is_read_and_never_run() -> None:
    with pytest.raises(ValueError, match="malformed node"):
        published._parsed("sspec = {'paths': print('run')}")


def test_without_the_description_it_is_said_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published, "PACKAGE", "no-such-package")
    with pytest.raises(published.SchemaMissing, match="make test"):
        published._source()


def check_fields(fields: Fields, hint: Any, path: str) -> None:
    """Raise unless the library's type has every one of the sandbox's fields."""
    found = _dictionary_in(hint)
    library.demand(found is not None, path, f"{hint} has no fields")
    hints = library.hints_of(found)
    for name, shape in fields.items():
        library.demand(name in hints, f"{path}.{name}", "unknown")
        inner = shape.item if isinstance(shape, Many) else shape
        if isinstance(inner, Group):
            check_fields(inner.fields, hints[name], f"{path}.{name}")


def _dictionary_in(hint: Any) -> Any:
    from typing import get_args

    from typing_extensions import is_typeddict

    if is_typeddict(hint):
        return hint
    return next((found for part in get_args(hint) if (found := _dictionary_in(part))), None)


def test_the_sandbox_takes_nothing_that_stripe_would_not() -> None:
    for operation in OPERATIONS:
        # v2's cursor is inside an address that the library follows, never a parameter that it names.
        fields = {name: shape for name, shape in operation.fields.items() if (operation.is_v2, name) != (True, "page")}
        check_fields(fields, library.parameters((operation.method, plain(operation.path))), operation.path)


def test_the_check_of_the_sandbox_notices_an_invented_field() -> None:
    """The negative control of the test above."""
    with pytest.raises(library.NotInTheLibrary, match="colour"):
        check_fields({"colour": Group({})}, library.parameters(("GET", "/v1/refunds")), "")

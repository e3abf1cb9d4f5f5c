"""Links to the pages of an account: onboarding, for five minutes and one visit, and the owner's dashboard."""

from payments.sandbox import accounts
from payments.sandbox.desk import Desk, new_id, v2_moment
from payments.sandbox.faults import Json, StripeFault, invalid, missing_in_v2, missing_object
from payments.sandbox.operations import Call, Operation
from payments.sandbox.shapes import Group, Shape, Text

LINK = "v2.core.account_link"
LOGIN = "login_link"

_LINK_SECONDS = 300


def open_link(desk: Desk, token: str) -> Json | None:
    """The onboarding link of this token, whatever its state."""
    found = desk.every(LINK, _token=token)
    return found[0] if found else None


def link_is_good(desk: Desk, link: Json) -> bool:
    """Links are for five minutes and for one visit that ends."""
    return not link["_used"] and desk.now < link["_expires"]


def use_link(desk: Desk, link: Json) -> None:
    """No second time."""
    desk.save(link | {"_used": True})


def _create_link(desk: Desk, call: Call) -> Json:
    account = desk.find(accounts.KIND, call.params["account"])
    if account is None:
        raise missing_in_v2("Account", call.params["account"])
    if "account_onboarding" not in call.params["use_case"]:
        raise invalid("Missing required param: use_case[account_onboarding].", code="parameter_missing",
                      param="use_case[account_onboarding]")  # fmt: skip
    token = new_id("s")
    expires = desk.now + _LINK_SECONDS
    link = {
        "id": new_id("link"),
        "object": LINK,
        "account": account["id"],
        "created": v2_moment(desk.moment),
        "expires_at": v2_moment(expires),
        "livemode": False,
        "url": f"{call.address}/setup/{token}",
        "use_case": call.params["use_case"],
        "_expires": expires,
        "_token": token,
        "_used": False,
    }
    desk.add(link)
    # The object that Stripe answers with carries no id.
    return {name: value for name, value in link.items() if name != "id"}


def _create_login(desk: Desk, call: Call) -> Json:
    account = desk.find(accounts.KIND, call.identifier)
    if account is None:
        raise missing_object("account", call.identifier, param="account")
    if not accounts.may_receive(account):
        raise _not_onboarded(account)
    token = new_id("s")
    link = desk.add(
        {
            "id": new_id("login"),
            "object": LOGIN,
            "created": desk.now,
            "url": f"{call.address}/express/{token}",
            "_account": account["id"],
            "_token": token,
        }
    )
    return {name: value for name, value in link.items() if name != "id"}


def _not_onboarded(account: Json) -> StripeFault:
    message = f"Cannot create a login link for an account that has not completed onboarding: {account['id']}"
    return invalid(message, param="account")


_CREATION: dict[str, Shape] = {
    "account": Text(required=True),
    "use_case": Group(
        {
            "type": Text(required=True, choices=("account_onboarding",)),
            "account_onboarding": Group({"refresh_url": Text(required=True, url=True), "return_url": Text(url=True)}),
        },
        required=True,
    ),
}

OPERATIONS = (
    Operation("POST", "/v2/core/account_links", _create_link, _CREATION),
    Operation("POST", "/v1/accounts/<identifier>/login_links", _create_login),
)

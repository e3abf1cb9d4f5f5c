"""Accounts v2 that receive transfers, and what Stripe still wants to know of their owners."""

from payments.sandbox.desk import Desk, new_id, v2_moment
from payments.sandbox.faults import Json, missing_in_v2
from payments.sandbox.lists import V2_LIST_FIELDS, v2_listing
from payments.sandbox.operations import Call, Operation
from payments.sandbox.shapes import Flag, Group, Many, Shape, Text, Words

KIND = "v2.core.account"

_INCLUDABLE = ("configuration.recipient", "defaults", "identity", "requirements")
_DUE = ("identity.individual.given_name", "identity.individual.surname", "identity.individual.date_of_birth",
        "configuration.recipient.default_outbound_destination")  # fmt: skip

# What Stripe asks for when an account that was fine no longer is.
_AGAIN = ("identity.individual.documents.primary_verification",)


def may_receive(account: Json) -> bool:
    """Whether transfers to the account are active."""
    return bool(_transfers(account)["status"] == "active")


def find(desk: Desk, identifier: str) -> Json:
    """The account of a path, or 404."""
    account = desk.find(KIND, identifier)
    if account is None:
        raise missing_in_v2("Account", identifier)
    return account


def complete(desk: Desk, account: Json) -> None:
    """Everything that was required has been given: transfers become active."""
    if not may_receive(account):
        set_transfers(desk, account, "active")


def set_transfers(desk: Desk, account: Json, status: str) -> None:
    """Stripe changes its mind on whether the account may receive transfers; a restriction says what is wanted."""
    detail = {"code": "requirements_past_due", "resolution": "provide_info"}
    _transfers(account).update({"status": status, "status_details": [] if status == "active" else [detail]})
    account["requirements"] = _requirements(_AGAIN if status == "restricted" else ())
    desk.save(account)
    _tell(desk, account)


def _tell(desk: Desk, account: Json) -> None:
    """Three ways to say the same: two thin events, and the one that connected accounts have had since v1."""
    seen_by_v1 = {"id": account["id"], "object": "account", "created": desk.now, "email": account["contact_email"]}
    desk.tell_of_account("account.updated", account["id"], seen_by_v1)
    address = f"/v2/core/accounts/{account['id']}"
    desk.tell_thin("v2.core.account[requirements].updated", account, address)
    desk.tell_thin("v2.core.account[configuration.recipient].capability_status_updated", account, address)


def _create(desk: Desk, call: Call) -> Json:
    params = call.params
    account = {
        "id": new_id("acct"),
        "object": KIND,
        "applied_configurations": ["recipient"],
        "closed": False,
        "configuration": {"customer": None, "merchant": None, "recipient": _recipient(params)},
        "contact_email": params.get("contact_email"),
        "contact_phone": None,
        "created": v2_moment(desk.moment),
        "dashboard": params.get("dashboard"),
        "defaults": params.get("defaults"),
        "display_name": params.get("display_name"),
        "future_requirements": None,
        "identity": params.get("identity"),
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "requirements": _requirements(_DUE),
    }
    desk.add(account)
    desk.tell_thin("v2.core.account.created", account, f"/v2/core/accounts/{account['id']}")
    return _included(account, params)


def _retrieve(desk: Desk, call: Call) -> Json:
    return _included(find(desk, call.identifier), call.params)


def _list(desk: Desk, call: Call) -> Json:
    wanted = set(call.params.get("applied_configurations", []))
    found = [account for account in desk.every(KIND) if wanted <= set(account["applied_configurations"])]
    names = enumerate(call.params.get("applied_configurations", []))
    asked = [(f"applied_configurations[{index}]", name) for index, name in names]
    page = v2_listing(found, call.params, "/v2/core/accounts", asked)
    return page | {"data": [_included(account, {}) for account in page["data"]]}


def _recipient(params: Json) -> Json:
    asked = params.get("configuration", {}).get("recipient", {}).get("capabilities", {})
    requested = asked.get("stripe_balance", {}).get("stripe_transfers", {}).get("requested", False)
    detail = {"code": "requirements_past_due", "resolution": "provide_info"}
    transfers = {
        "status": "restricted" if requested else "unsupported",
        "status_details": [detail] if requested else [],
    }
    return {
        "applied": True,
        "capabilities": {"stripe_balance": {"stripe_transfers": transfers}},
    }


def _requirements(due: tuple[str, ...]) -> Json:
    deadline = {"status": "currently_due", "time": None} if due else None
    return {"entries": [_requirement(name) for name in due], "summary": {"minimum_deadline": deadline}}


def _requirement(name: str) -> Json:
    return {
        "awaiting_action_from": "user",
        "description": name,
        "errors": [],
        "impact": {"restricts_capabilities": []},
        "minimum_deadline": {"status": "currently_due"},
        "requested_reasons": [{"code": "routine_onboarding"}],
    }


def _included(account: Json, params: Json) -> Json:
    """v2 leaves parts out as null unless they are asked for."""
    include = params.get("include", [])
    wanted = account.copy()
    for part in ("defaults", "identity", "requirements"):
        wanted[part] = account[part] if part in include else None
    recipient = account["configuration"]["recipient"] if "configuration.recipient" in include else None
    wanted["configuration"] = {"customer": None, "merchant": None, "recipient": recipient} if recipient else None
    return wanted


def _transfers(account: Json) -> Json:
    transfers: Json = account["configuration"]["recipient"]["capabilities"]["stripe_balance"]["stripe_transfers"]
    return transfers


_INCLUDE: dict[str, Shape] = {"include": Many(Text(choices=_INCLUDABLE))}

_CREATION: dict[str, Shape] = {
    **_INCLUDE,
    "contact_email": Text(),
    "display_name": Text(),
    "dashboard": Text(choices=("express", "full", "none")),
    "identity": Group({"country": Text()}),
    "configuration": Group(
        {
            "recipient": Group(
                {
                    "capabilities": Group(
                        {"stripe_balance": Group({"stripe_transfers": Group({"requested": Flag(required=True)})})}
                    )
                }
            )
        }
    ),
    "defaults": Group(
        {
            "currency": Text(),
            "locales": Many(Text()),
            "responsibilities": Group(
                {
                    "fees_collector": Text(required=True, choices=("application", "stripe")),
                    "losses_collector": Text(required=True, choices=("application", "stripe")),
                }
            ),
        }
    ),
    "metadata": Words(),
}

_LISTING: dict[str, Shape] = {
    **V2_LIST_FIELDS,
    "applied_configurations": Many(Text(choices=("customer", "merchant", "recipient"))),
}

OPERATIONS = (
    Operation("POST", "/v2/core/accounts", _create, _CREATION),
    Operation("GET", "/v2/core/accounts/<identifier>", _retrieve, _INCLUDE),
    Operation("GET", "/v2/core/accounts", _list, _LISTING),
)

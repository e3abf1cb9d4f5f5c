"""Profiles and applications."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from marketplace.domain.errors import Conflict, Forbidden, Invalid, NotFound
from marketplace.services import experts
from marketplace.store.accounts import Account
from marketplace.store.experts import Expert
from tests.services.desk import Desk


@pytest.fixture
def desk(database, clock):
    return Desk(database, clock)


def profile(desk):
    return experts.SaveProfile(desk.jeanne, "Identity consultant", "x" * 80, ("fr", "en"), "Lille", "franchise")


def application(desk):
    return experts.Apply(desk.jeanne, "m" * 80, "r" * 40, "t" * 80)


def test_a_profile_is_kept_and_journalled(desk):
    experts.save_profile(desk.work, profile(desk))
    expert = desk.expert(desk.jeanne)
    assert (expert.headline, expert.languages, expert.city) == ("Identity consultant", ["fr", "en"], "Lille")
    assert desk.journal() == ["expert.profile_saved"]


def test_a_new_headline_reaches_the_index(desk):
    offering_id = desk.publish()
    experts.save_profile(desk.work, replace(profile(desk), actor=desk.amara))
    assert desk.changes() == [offering_id, offering_id]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"headline": "x" * 9}, "headline"),
        ({"headline": "x" * 101}, "headline"),
        ({"bio": "x" * 79}, "bio"),
        ({"bio": "x" * 2001}, "bio"),
        ({"languages": ()}, "languages"),
        ({"languages": ("de",)}, "languages"),
        ({"city": "x" * 81}, "city"),
        ({"vat_scheme": "none"}, "vat_scheme"),
    ],
)
def test_a_broken_profile_names_the_field(desk, change, field):
    with pytest.raises(Invalid) as refused:
        experts.save_profile(desk.work, replace(profile(desk), **change))
    assert refused.value.facts["field"] == field


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"motivation": "x" * 79}, "motivation"),
        ({"references": "x" * 39}, "references"),
        ({"teaching": ""}, "teaching"),
    ],
)
def test_a_short_application_names_the_field(desk, change, field):
    with pytest.raises(Invalid) as refused:
        experts.apply(desk.work, replace(application(desk), **change))
    assert refused.value.facts["field"] == field


def test_the_profile_comes_before_the_application(desk):
    with pytest.raises(Conflict, match="profile_first"):
        experts.apply(desk.work, application(desk))


def test_the_address_is_confirmed_before_the_application(desk):
    experts.save_profile(desk.work, profile(desk))
    with desk.work.transaction() as tx:
        tx.session.execute(update(Account).where(Account.id == desk.jeanne.id).values(verified_at=None))
    with pytest.raises(Conflict, match="not_verified"):
        experts.apply(desk.work, application(desk))


def test_nobody_applies_twice(desk):
    experts.save_profile(desk.work, profile(desk))
    experts.apply(desk.work, application(desk))
    assert desk.expert(desk.jeanne).vetting == "applied"
    with pytest.raises(Conflict, match="move_not_possible"):
        experts.apply(desk.work, application(desk))


def test_only_experts_have_a_profile(desk):
    with pytest.raises(Forbidden):
        experts.save_profile(desk.work, replace(profile(desk), actor=desk.lea))
    with desk.work.transaction() as tx:
        tx.session.delete(tx.session.get_one(Expert, desk.jeanne.id))
    with pytest.raises(NotFound):
        experts.save_profile(desk.work, profile(desk))

"""What a session costs, and who gets what of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.price import Quote, Share, quote, share_of, share_taken


def test_the_example_of_the_design_comes_out_exactly() -> None:
    expected = Quote(net=36_000, vat=0, gross=36_000, commission=5_400, commission_vat=1_080, payout=29_520)
    assert quote(36_000, "franchise") == expected


def test_an_expert_with_vat_adds_it_to_the_price_and_gets_it_in_the_payout() -> None:
    expected = Quote(net=36_000, vat=7_200, gross=43_200, commission=5_400, commission_vat=1_080, payout=36_720)
    assert quote(36_000, "fr_vat") == expected


def test_every_line_is_rounded_half_up_by_itself() -> None:
    # 15 % of 33.37 is 5.0055, VAT on 5.01 is 1.002; 20 % VAT on 33.37 is 6.674
    assert quote(3_337, "fr_vat") == Quote(3_337, 667, 4_004, 501, 100, 3_403)
    assert quote(10, "franchise").commission == 2  # 1.5 cents


def test_an_unknown_vat_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match="mars"):
        quote(36_000, "mars")


def test_half_of_a_price_is_shared_like_the_whole() -> None:
    assert share_of(18_000, gross_minor=36_000, commission_minor=5_400) == Share(2_700, 540, 14_760)


def test_nothing_kept_is_nothing_shared() -> None:
    assert share_of(0, gross_minor=36_000, commission_minor=5_400) == Share(0, 0, 0)


@pytest.mark.parametrize("kept", [-1, 36_001])
def test_no_more_is_shared_than_was_paid(kept: int) -> None:
    with pytest.raises(ValueError):
        share_of(kept, gross_minor=36_000, commission_minor=5_400)


@given(st.integers(1, 10**8), st.sampled_from(["franchise", "fr_vat"]), st.integers(0, 10_000))
def test_a_price_and_every_part_of_it_are_divided_without_rest(net: int, scheme: str, kept_bp: int) -> None:
    price = quote(net, scheme)
    assert price.gross == price.net + price.vat == price.commission + price.commission_vat + price.payout
    kept = price.gross * kept_bp // 10_000
    share = share_of(kept, gross_minor=price.gross, commission_minor=price.commission)
    assert share.total == kept
    assert min(share.commission, share.commission_vat) >= 0


@given(st.integers(100, 10**8), st.sampled_from(["franchise", "fr_vat"]))
def test_the_whole_kept_is_shared_as_quoted(net: int, scheme: str) -> None:
    price = quote(net, scheme)
    share = share_of(price.gross, gross_minor=price.gross, commission_minor=price.commission)
    assert share == Share(price.commission, price.commission_vat, price.payout)


@pytest.mark.parametrize("taken", [0, 1, 17_999, 18_000, 35_999, 36_000])
def test_what_is_taken_back_is_to_the_cent_the_difference_of_the_shares(taken: int) -> None:
    terms = {"gross_minor": 36_000, "commission_minor": 5_400}
    back, left = share_taken(taken, 36_000, **terms), share_of(36_000 - taken, **terms)
    assert back.total == taken
    assert back.payout + left.payout == 29_520
    assert back.commission + left.commission == 5_400

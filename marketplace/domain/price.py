"""What a session costs the lead, what the marketplace keeps and what the expert gets."""

from dataclasses import dataclass
from enum import StrEnum

from marketplace.domain.money import part_of, ratio_of

COMMISSION_BP = 1_500  # 15 % of the net price, kept from the expert's share; the lead pays no service fee
VAT_BP = 2_000  # 20 %, the French standard rate (CGI art. 278)


class VatScheme(StrEnum):
    """How the expert stands towards VAT."""

    FRANCHISE = "franchise"  # "TVA non applicable, art. 293 B du CGI"
    FR_VAT = "fr_vat"


@dataclass(frozen=True, slots=True)
class Quote:
    """A price in all its parts, in cents. gross = net + vat = commission + commission_vat + payout."""

    net: int
    vat: int
    gross: int
    commission: int
    commission_vat: int
    payout: int


@dataclass(frozen=True, slots=True)
class Share:
    """How an amount that stays with us and the expert is divided, in cents."""

    commission: int
    commission_vat: int
    payout: int

    @property
    def total(self) -> int:
        """What was divided."""
        return self.commission + self.commission_vat + self.payout


def quote(net_minor: int, vat_scheme: str) -> Quote:
    """The whole price for a net price in cents; every line is rounded half up by itself.

    The lead pays net plus the expert's VAT. The commission and the VAT on it are taken from what the lead paid;
    a VAT-registered expert hands in their own VAT from the payout. `ValueError` for an unknown scheme.
    """
    vat = part_of(net_minor, VAT_BP) if VatScheme(vat_scheme) is VatScheme.FR_VAT else 0
    share = _divided(net_minor + vat, part_of(net_minor, COMMISSION_BP))
    return Quote(net_minor, vat, net_minor + vat, share.commission, share.commission_vat, share.payout)


def share_of(kept_minor: int, *, gross_minor: int, commission_minor: int) -> Share:
    """Divide what is kept of a price (all of it, or the rest after a refund), the commission in proportion."""
    if not 0 <= kept_minor <= gross_minor:
        raise ValueError("no more can be kept than was paid")
    return _divided(kept_minor, ratio_of(commission_minor, kept_minor, gross_minor))


def share_taken(taken_minor: int, kept_minor: int, *, gross_minor: int, commission_minor: int) -> Share:
    """What each loses when `taken_minor` of what was kept goes away again: to the cent the difference of the shares."""
    before = share_of(kept_minor, gross_minor=gross_minor, commission_minor=commission_minor)
    after = share_of(kept_minor - taken_minor, gross_minor=gross_minor, commission_minor=commission_minor)
    return Share(
        before.commission - after.commission,
        before.commission_vat - after.commission_vat,
        before.payout - after.payout,
    )


def _divided(total: int, commission: int) -> Share:
    commission_vat = part_of(commission, VAT_BP)
    return Share(commission, commission_vat, total - commission - commission_vat)

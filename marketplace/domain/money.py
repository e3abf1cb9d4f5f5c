"""Amounts: integers in the currency's minor unit (cents). No float comes near them."""

BASIS_POINTS = 10_000  # 100 %


def part_of(minor: int, basis_points: int) -> int:
    """That share of a non-negative amount, rounded half up to the cent: `part_of(36_000, 1_500)` is 5_400."""
    return ratio_of(minor, basis_points, BASIS_POINTS)


def ratio_of(minor: int, numerator: int, denominator: int) -> int:
    """`minor * numerator / denominator`, rounded half up to the cent; nothing may be negative."""
    if min(minor, numerator) < 0 or denominator <= 0:
        raise ValueError("amounts and shares are not negative here")
    return (2 * minor * numerator + denominator) // (2 * denominator)

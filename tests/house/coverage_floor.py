"""The floors under branch coverage: 100 % of the domain, 90 % of everything. `python -m tests.house.coverage_floor`."""

import io
import sys

from coverage import Coverage

FLOORS = (("marketplace/domain/*", 100.0), ("*", 90.0))


def main() -> int:
    """Print what is covered; 1 when a floor is broken."""
    data = Coverage()
    data.load()
    broken = 0
    for pattern, floor in FLOORS:
        report = io.StringIO()
        total = data.report(include=[pattern], show_missing=True, skip_covered=True, file=report)
        if total < floor:
            broken = 1
            print(report.getvalue())
        print(f"coverage of {pattern}: {total:.1f} % of lines and branches (at least {floor:.0f} %)")
    return broken


if __name__ == "__main__":
    sys.exit(main())

"""A living demo and a real Chromium, shared by all browser tests."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.bench.site import Site, running_demo
from tests.house.chromium import ARGUMENTS, ensure


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo as `make demo` runs it: sandbox, worker, site, a year of history."""
    with running_demo(tmp_path_factory.mktemp("demo")) as site:
        yield site


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser; every test opens windows of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=ensure(), args=list(ARGUMENTS))
        yield browser
        browser.close()

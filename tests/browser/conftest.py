"""A real Chromium, shared by all browser tests."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.house.chromium import ARGUMENTS, ensure


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser; every test opens windows of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=ensure(), args=list(ARGUMENTS))
        yield browser
        browser.close()

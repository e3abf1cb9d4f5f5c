"""The main job, clicked in a real Chromium: in both languages, with JavaScript and without, axe on every page."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from marketplace.demo.accounts import PASSWORD, SHOWN_ACCOUNTS
from marketplace.wording import translator
from tests.browser.window import Window
from tests.living import Site

pytestmark = pytest.mark.living

LEAD, EXPERT, ADMIN = (email for _, email in SHOWN_ACCOUNTS)
LEAD_PAGES = [
    "/",
    "/dashboard",
    "/requests",
    "/bookings",
    "/account",
    "/standing",
    "/how-it-works",
    "/help",
    "/terms",
    "/privacy",
    "/accessibility",
    "/security",
    "/how-ranking-works",
    "/mailbox",
    "/nowhere",
]
EXPERT_PAGES = [
    "/dashboard",
    "/expert/offerings",
    "/expert/requests",
    "/expert/availability",
    "/expert/profile",
    "/expert/application",
    "/bookings",
    "/search",
]
ADMIN_PAGES = ["/dashboard", "/admin/queue", "/admin/people", "/admin/journal"]
TEXTS = {
    "fr": {
        "title": "Cloisonner un réseau bancaire sans geler les projets, essai {run}",
        "outcome": "Vous repartez avec un plan en trois étapes et la liste des flux à traiter d’abord.",
        "experience": "J’ai mené ce chantier dans deux banques régionales. " * 6,
        "problem": "Nous devons cloisonner notre réseau bancaire avant l’audit, sans rien geler. Essai {run}.",
        "comment": "Très concret, deux écarts que personne n’avait vus.",
    },
    "en": {
        "title": "Segment a hospital network without stopping wards, trial {run}",
        "outcome": "You leave with a segmentation plan in three steps and the list of flows to deal with first.",
        "experience": "I led this work in two regional hospitals over four years. " * 6,
        "problem": "We must segment our hospital network before the audit without stopping a single ward. Trial {run}.",
        "comment": "Very concrete, two gaps that nobody had seen.",
    },
}


@pytest.fixture(params=[("fr", True), ("en", True), ("fr", False), ("en", False)], ids=["fr-js", "en-js", "fr", "en"])
def journey(request: pytest.FixtureRequest, demo: Site, chromium: Browser) -> Iterator["Journey"]:
    language, javascript = request.param
    played = Journey(demo, chromium, language, javascript)
    yield played
    played.close()


def test_the_main_job_from_offering_to_payout(journey: "Journey") -> None:
    journey.expert_submits_an_offering()
    journey.admin_approves_it()
    journey.lead_finds_it()
    journey.lead_writes_a_request_and_sees_it_matched()
    journey.lead_books_and_pays()
    journey.expert_accepts()
    journey.time_passes()
    journey.both_rate_and_the_ratings_appear_together()
    journey.money_and_standing_moved()
    journey.everybody_looks_around()
    assert journey.trouble == []


class Journey:
    """The lead, the expert and the admin, each in a window of their own."""

    def __init__(self, demo: Site, chromium: Browser, language: str, javascript: bool) -> None:
        self.language, self.run = language, f"{language}{int(javascript)}"
        self.texts = {name: words.format(run=self.run) for name, words in TEXTS[language].items()}
        self.gettext = translator(language)[0]
        self.lead, self.expert, self.admin = (
            Window(chromium, demo.url, language, javascript=javascript) for _ in range(3)
        )
        self.windows = (self.lead, self.expert, self.admin)
        self.offering = self.booking = ""
        for window, email in zip(self.windows, (LEAD, EXPERT, ADMIN), strict=True):
            window.sign_in(email, PASSWORD)
            self._in_my_language(window)

    def close(self) -> None:
        for window in self.windows:
            window.close()

    @property
    def trouble(self) -> list[str]:
        return [f"{self.run}: {each}" for window in self.windows for each in window.trouble]

    def expert_submits_an_offering(self) -> None:
        window = self.expert
        window.open("/expert/offerings/new")
        window.press('main button[name="then"][value="preview"]')  # an empty form: every error beside its field
        assert window.page.locator("main .error").count() >= 3
        window.choose("language", self.language)
        window.fill(title=self.texts["title"], outcome=self.texts["outcome"], experience=self.texts["experience"])
        window.page.locator('main select[name="topic_1"]').select_option(index=2)
        window.fill(price="640", question_1="?" if self.language == "en" else "Quels flux ?")
        window.choose("format", "remote")
        window.press('main button[name="then"][value="preview"]')
        assert self.texts["title"] in window.text
        window.press('main form[action$="/submission"] button')

    def admin_approves_it(self) -> None:
        window = self.admin
        window.open("/admin/queue")
        window.press(f'main a:has-text("{self.texts["title"]}")')
        window.press('main form[action$="/claim"] button')
        window.choose("verdict", "approve")
        window.press('main form[action$="/verdict"] button')

    def lead_finds_it(self) -> None:
        window = self.lead
        words = self.texts["title"].partition(",")[0]
        window.wait_for(f"/search?q={words}", self.texts["title"])
        link = window.page.locator(f'.offer a:has-text("{self.texts["title"]}")').first.get_attribute("href")
        self.offering = urlsplit(str(link)).path
        window.open(self.offering)
        assert self.texts["outcome"] in window.text
        window.open("/search?q=zzzzqqqq&rating=4.5&pmax=50")
        assert window.page.locator(".empty").count() == 1

    def lead_writes_a_request_and_sees_it_matched(self) -> None:
        window = self.lead
        window.open("/requests/new")
        window.press("main form button[type=submit]")
        assert window.page.locator("main .error").count() >= 2
        window.fill(title=self.texts["title"], problem=self.texts["problem"])
        window.press('main form[action="/requests/new"] button[type=submit]')
        window.wait_for(window.path, self.texts["title"])
        for _ in range(60):
            if window.page.locator(f'.offer:has-text("{self.texts["title"]}")').count():
                break
            window.page.wait_for_timeout(250)
            window.page.reload()
        window.look()
        assert window.page.locator(f'.offer:has-text("{self.texts["title"]}")').count() == 1

    def lead_books_and_pays(self) -> None:
        window = self.lead
        window.press(f'.offer:has-text("{self.texts["title"]}") a[href*="/booking"]')
        window.page.locator("input[name=slot]").last.check(force=True)
        window.fill(objective=self.texts["problem"])
        answer = window.page.locator("main textarea[name^=answer]")
        if answer.count():
            answer.first.fill("VLAN, AD")
        window.press("aside.sum button[type=submit]")
        assert "/c/pay/" in window.page.url, window.text
        window.press('button[name="outcome"][value="pay"]')
        self.booking = "/".join(window.path.split("/")[:3])
        window.open(self.booking)

    def expert_accepts(self) -> None:
        window = self.expert
        window.wait_for("/bookings", self.texts["title"])
        for _ in range(60):
            window.page.goto(window.site + self.booking)
            if window.page.locator('form[action$="/acceptance"]').count():
                break
            window.page.wait_for_timeout(250)
        window.look()
        window.press('form[action$="/acceptance"] button')
        for _ in range(60):
            window.page.goto(window.site + self.booking)
            if window.page.locator('a[href$="/calendar.ics"]').count():
                break
            window.page.wait_for_timeout(250)
        window.look()
        self.lead.open(self.booking)
        assert self.lead.page.locator('a[href$="/calendar.ics"]').count() == 1
        self.lead.open(f"{self.booking}/cancellation")

    def time_passes(self) -> None:
        """Day by day, until the session is over: the worker does on the way what is due."""
        window = self.lead
        for _ in range(30):
            window.page.goto(window.site + self.booking)
            if window.page.locator('a[href$="/rating"]').count():
                break
            window.page.goto(window.site + "/mailbox")
            window.page.locator('select[name="advance"]').select_option("3d")
            window.page.locator('form[action="/demo/clock"] button').click()
            window.page.wait_for_timeout(1200)
        window.open(self.booking)
        assert window.page.locator('a[href$="/rating"]').count() == 1

    def both_rate_and_the_ratings_appear_together(self) -> None:
        for window in (self.lead, self.expert):
            window.open(f"{self.booking}/rating")
            window.press("main form button[type=submit]")
            assert window.page.locator("main .error").count() >= 3
            for field in window.page.locator("main input[type=radio][value='5']").all():
                field.check(force=True)
            window.choose("recommend", "yes")
            window.fill(comment=self.texts["comment"])
            if window is self.expert:
                assert self.texts["comment"] not in window.text
            window.press("main form button[type=submit]")
            seen = window.text.count(self.texts["comment"])
            assert seen == (0 if window is self.lead else 2), seen
        self.lead.open(self.booking)
        assert self.lead.text.count(self.texts["comment"]) == 2

    def money_and_standing_moved(self) -> None:
        title = self.texts["title"]
        for _ in range(60):
            self.expert.page.goto(f"{self.expert.site}/expert/earnings")
            if title in self.expert.text:
                break
            self.expert.page.wait_for_timeout(250)
        self.expert.look()
        assert title in self.expert.text
        self.expert.open("/standing")
        self.admin.open("/admin/health")
        self.admin.open("/admin/bookings")

    def everybody_looks_around(self) -> None:
        around = {self.lead: LEAD_PAGES, self.expert: EXPERT_PAGES, self.admin: ADMIN_PAGES}
        for window, paths in around.items():
            for path in paths:
                window.open(path)

    def _in_my_language(self, window: Window) -> None:
        window.open("/account")
        window.choose("language", self.language)
        window.press('main form[action$="/preferences"] button')

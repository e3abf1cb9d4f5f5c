"""The report on speed: `python -m tests.bench [--data FOLDER]`. Figures, never a test: machines differ."""

import argparse
from pathlib import Path
from urllib.parse import quote_plus

from bs4 import BeautifulSoup

from marketplace.demo.accounts import PASSWORD, SHOWN_ACCOUNTS
from marketplace.store.accounts import Account
from marketplace.store.transaction import Database
from tests.bench.load import CLIENTS, Client, Clients, Measured, Task, measure
from tests.living import Site, running_demo
from tests.web.browse import values_of

WORDS = (
    "sécurité cloud", "chatbot banque", "pricing saas", "kubernetes", "data team first 90 days", "SecNumCloud",
    "social selling", "design sprint", "facturation électronique", "onboarding engineers", "AI Act", "mlops drift",
)  # fmt: skip
LEADS = 40
PER_LEAD = 3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("var/bench"))
    parser.add_argument("--requests", type=int, default=600)
    options = parser.parse_args()
    with running_demo(options.data) as site:
        print(f"{CLIENTS} clients, signed in, the demo's own data; CPU of all web processes, database included")
        for measured in _reads(site, options.requests):
            print(measured.line(), flush=True)
        print(_bookings(site).line())
        print(f"memory of the largest web process: {site.memory_mb():.0f} MB")


def _reads(site: Site, count: int) -> "list[Measured]":
    clients = Clients(site, SHOWN_ACCOUNTS[0][1], PASSWORD)
    offerings = _offering_ids(clients)
    paths = {
        "list of 10 (/search)": ["/search"],
        "search with words and facets": [f"/search?q={quote_plus(words)}" for words in WORDS],
        "item (/offerings/N)": [f"/offerings/{number}" for number in offerings],
        "slots of an item (/booking)": [f"/offerings/{number}/booking" for number in offerings],
        "sessions (/bookings)": ["/bookings"],
    }
    return [measure(site, name, clients.gets(each, count), 200) for name, each in paths.items()]


def _offering_ids(clients: Clients) -> list[int]:
    links = BeautifulSoup(clients.mine().get("/search")[1], "html.parser").select(".offer .t a")
    return [int(str(link["href"]).rpartition("/")[2].partition("-")[0]) for link in links]


def _bookings(site: Site) -> Measured:
    """Each lead books up to three slots of different experts; only the POST is measured."""
    clients = []
    for email in _new_leads(site):
        client = Client(site.url)
        client.sign_in(email, PASSWORD)
        clients.append(client)
    forms = _booking_forms(site, clients)
    tasks: list[Task] = [lambda form=form: form[0].post(form[1], form[2]) for form in forms]
    return measure(site, "booking (POST, checkout opened)", tasks, 303, warm_up=10)


def _new_leads(site: Site) -> list[str]:
    """Verified leads with the demo's password, written straight into the database: registering is not measured here."""
    database = Database(f"sqlite:///{site.data.resolve() / 'cadran.db'}")
    with database.reading() as session:
        lea = session.query(Account).filter_by(email=SHOWN_ACCOUNTS[0][1]).one()
    run = f"{lea.created_at:%s}-{site.pid}"
    emails = [f"bench-{run}-{number}@demo.cadran.test" for number in range(LEADS)]
    with database.transaction(lea.created_at) as tx:
        for email in emails:
            tx.session.add(
                Account(
                    email=email,
                    name="Bench",
                    password_hash=lea.password_hash,
                    role="lead",
                    language="fr",
                    zone="Europe/Paris",
                    company_id=lea.company_id,
                    created_at=lea.created_at,
                    verified_at=lea.created_at,
                )
            )
    database.close()
    return emails


def _booking_forms(site: Site, clients: list[Client]) -> list[tuple[Client, str, list[tuple[str, str]]]]:
    """A filled-in booking form for every lead and a slot nobody else takes."""
    database = Database(f"sqlite:///{site.data.resolve() / 'cadran.db'}")
    with database.reading() as session:
        rows = session.connection().exec_driver_sql(
            "select min(id), expert_id from offering where state = 'published' group by expert_id"
        )
        offerings = [row[0] for row in rows]
    database.close()
    forms = []
    for number, offering_id in enumerate(offerings[: len(clients) * PER_LEAD]):
        client, path = clients[number % len(clients)], f"/offerings/{offering_id}/booking"
        page = BeautifulSoup(client.get(path)[1], "html.parser")
        form = next((each for each in page.select("main form") if each.select("input[name=slot]")), None)
        if form is None:
            continue
        fields = [(name, str(value)) for name, value in values_of(form) if name != "slot"]
        typed = [(name, value or "Ce que nous voulons obtenir, en quelques mots.") for name, value in fields]
        slot = str(form.select("input[name=slot]")[0]["value"])
        forms.append((client, path, [*typed, ("slot", slot)]))
    return forms


if __name__ == "__main__":
    main()

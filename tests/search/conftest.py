"""The index in a folder of the test's own, and a small market of texts."""

from pathlib import Path

import pytest

from search.port import Document, Upsert
from search.whoosh_index import WhooshIndex, open_index

CHATBOT = Document(
    1,
    "fr",
    "Déployer un chatbot dans une banque",
    "Agents conversationnels Chatbots Banque Banking",
    "J’ai mis en service l’assistant conversationnel de trois banques de détail, avec la conformité à bord.",
)
DATA_TEAM = Document(
    2,
    "en",
    "The first 90 days of a data team",
    "Équipe data Data team Recrutement Hiring",
    "What to hire first, what to measure and which requests to refuse. We wrote C++ and Node.js services.",
)
SECNUMCLOUD = Document(
    3,
    "fr",
    "SecNumCloud sans douleur",
    "Cloud de confiance Trusted cloud Sécurité Security",
    "La qualification vue par deux développeurs : audits, preuves, périmètre. Tout tourne sur k8s et en .NET.",
)
WORKS_COUNCIL = Document(
    4,
    "en",
    "Design sprints with a works council",
    "Design sprint CSE Works council",
    "How evaluations of a prototype won over employee representatives in C# teams.",
)
MARKET = (CHATBOT, DATA_TEAM, SECNUMCLOUD, WORKS_COUNCIL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def index(folder: Path) -> WhooshIndex:
    """An empty index."""
    return open_index(folder)


@pytest.fixture
def market(index: WhooshIndex) -> WhooshIndex:
    """An index with the four texts, written in one commit as numbers 1 to 4 of the log."""
    index.apply([Upsert(document) for document in MARKET], sequence=4)
    return index


def ids(index: WhooshIndex, text: str, **options: object) -> list[int]:
    return [hit.id for hit in index.search(text, limit=10, **options).hits]

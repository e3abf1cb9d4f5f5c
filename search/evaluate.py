"""Measure how relevant the answers of the production path are, on a collection in BEIR's layout.

    python -m search.evaluate --collection DIR [--lexicon FILE] [--semantic] [--queries N] [--json]

DIR holds corpus.jsonl {_id, title, text}, queries.jsonl {_id, text} and qrels.tsv (query-id, corpus-id, score);
the lexicon is learned from FILE: a French label, a tab and the same in English per line. --semantic adds the
sentence model (the extra `semantic`).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np

from search.analysis import detect
from search.lexicon import read_labels
from search.port import Document, SearchIndex
from search.semantic import load_model
from search.whoosh_index import open_index

DEPTH: Final = 100

Judgements = Mapping[str, Mapping[str, int]]
Run = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Collection:
    """Texts, requests, and which texts were judged to answer them."""

    names: tuple[str, ...]  # of the documents, by their id in the index
    documents: tuple[Document, ...]
    queries: Mapping[str, str]
    judgements: Judgements


def main(arguments: list[str] | None = None) -> None:
    """Print the figures of one collection."""
    wanted = _parser().parse_args(arguments)
    collection = load(wanted.collection, wanted.queries)
    with tempfile.TemporaryDirectory() as folder:
        index = open_index(Path(folder), load_model() if wanted.semantic else None)
        index.rebuild(collection.documents, sequence=1)
        if wanted.lexicon:
            index.learn("file", read_labels(wanted.lexicon))
        figures = measure(index, collection)
    print(json.dumps(figures) if wanted.json else _table(figures))


def load(folder: Path, most_queries: int | None = None) -> Collection:
    """Read a collection; queries without a judgement are left out. Raises OSError, ValueError or KeyError."""
    judgements = _judgements(folder / "qrels.tsv")
    corpus = list(_lines(folder / "corpus.jsonl"))
    judged = ((line["_id"], line["text"]) for line in _lines(folder / "queries.jsonl") if line["_id"] in judgements)
    queries = dict(islice(judged, most_queries))
    return Collection(
        names=tuple(line["_id"] for line in corpus),
        documents=tuple(_document(number, line) for number, line in enumerate(corpus)),
        queries=queries,
        judgements={name: judgements[name] for name in queries},
    )


def measure(index: SearchIndex, collection: Collection) -> dict[str, float]:
    """Answer every query through the port and compare with the judgements; times in ms, wall clock."""
    run: dict[str, dict[str, float]] = {}
    times: list[float] = []
    index.search("", DEPTH)  # opening the index is no query's time
    for name, text in collection.queries.items():
        begun = time.perf_counter()
        result = index.search(text, DEPTH)
        times.append((time.perf_counter() - begun) * 1000)
        run[name] = {collection.names[hit.id]: hit.score for hit in result.hits}
    return {**quality(collection.judgements, run), **_speed(times)}


def quality(judgements: Judgements, run: Run) -> dict[str, float]:
    """Return nDCG@10, MRR@10 and Recall@100 by their common definitions, as trec_eval computes them."""
    import ir_measures  # of the development extra

    measures = {"ndcg@10": ir_measures.nDCG @ 10, "mrr@10": ir_measures.RR @ 10, "recall@100": ir_measures.R @ 100}
    found = ir_measures.calc_aggregate(measures.values(), judgements, run)
    return {name: float(found[measure]) for name, measure in measures.items()}


def _speed(times: list[float]) -> dict[str, float]:
    p50, p95 = np.percentile(times, (50, 95)) if times else (0.0, 0.0)
    return {"ms_p50": float(p50), "ms_p95": float(p95)}


def _judgements(file: Path) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    _, *lines = file.read_text("utf-8").splitlines()
    for line in lines:
        query, document, score = line.split("\t")
        found.setdefault(query, {})[document] = int(score)
    return found


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _document(number: int, line: dict[str, Any]) -> Document:
    title, body = line.get("title") or "", line.get("text") or ""
    return Document(number, detect(f"{title} {body}"), title, "", body)


def _table(figures: dict[str, float]) -> str:
    return "\n".join(f"{name:<12}{value:10.4f}" for name, value in figures.items())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m search.evaluate", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--collection", type=Path, required=True, metavar="DIR")
    parser.add_argument("--lexicon", type=Path, metavar="FILE", help="labels in French and English to learn from")
    parser.add_argument("--semantic", action="store_true", help="with the sentence model")
    parser.add_argument("--queries", type=int, metavar="N", help="only the first so many judged queries")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])

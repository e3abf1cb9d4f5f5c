"""Logs: one JSON line an event, with ids and codes; never names, addresses, secrets or what people wrote."""

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import structlog


def configure_logs(out: TextIO = sys.stderr) -> None:
    """Set structlog up for this process."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_values,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )


@contextmanager
def only_warnings() -> Iterator[None]:
    """Say nothing of what goes well: for a year of the demo's past, told in a minute."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        yield
    finally:
        structlog.configure(**before)


def _without_values(_logger: object, _method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Exceptions by type and place: their text may quote what somebody typed."""
    error = line.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        line["error"] = type(error).__name__
        line["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in _frames(error)]
    return line


def _frames(error: BaseException) -> list[traceback.FrameSummary]:
    return list(traceback.extract_tb(error.__traceback__))[-12:]

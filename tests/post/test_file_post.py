"""The demo's post: letters as files, read back as they were."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from marketplace.post.file_post import FilePost
from marketplace.post.port import Mailbox
from tests.post.test_smtp_post import LETTER, SENDER


@pytest.fixture
def post(tmp_path: Path) -> FilePost:
    return FilePost(tmp_path / "mailbox", SENDER)


def test_a_letter_is_read_back_as_it_was_written(post: FilePost) -> None:
    post.send(LETTER)
    (kept,) = post.kept(10)
    assert isinstance(post, Mailbox)
    assert (kept.name, kept.to) == ("letter-1-verify_address", "Léa Fontaine <lea@horizon.test>")
    assert (kept.subject, kept.language, kept.has_calendar) == (LETTER.subject, "fr", False)
    assert kept.text.split() == LETTER.text.split()
    assert post.letter(kept.name) == kept
    assert post.calendar(kept.name) is None


def test_the_same_letter_twice_is_one_file(post: FilePost) -> None:
    post.send(LETTER)
    post.send(LETTER)
    assert len(post.kept(10)) == 1


def test_the_newest_come_first_and_no_more_than_asked_for(post: FilePost, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        post.send(replace(LETTER, message_id=f"<letter-{number}.x@cadran.test>"))
        os.utime(tmp_path / "mailbox" / f"letter-{number}-x.eml", (number, number))
    assert [kept.name for kept in post.kept(2)] == ["letter-3-x", "letter-2-x"]


def test_a_calendar_file_is_read_back(post: FilePost) -> None:
    post.send(replace(LETTER, calendar="BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", calendar_method="REQUEST"))
    assert post.kept(1)[0].has_calendar
    assert (post.calendar("letter-1-verify_address") or "").split() == ["BEGIN:VCALENDAR", "END:VCALENDAR"]


@pytest.mark.parametrize("name", ["nothing", "../secret", "/etc/passwd", "", "LETTER", "a.b", "x" * 81])
def test_a_name_is_never_a_path(post: FilePost, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.eml").write_text("From: somebody\n\nsecret", encoding="utf8")
    assert post.letter(name) is None
    assert post.calendar(name) is None


def test_a_half_written_file_is_no_letter(post: FilePost, tmp_path: Path) -> None:
    (tmp_path / "mailbox" / "letter-2-x.new").write_bytes(b"half")
    assert post.kept(10) == ()

"""The index follows the change log, whatever happens to the worker in between."""

import pytest

from marketplace.config import Settings
from marketplace.reactions import indexing
from marketplace.services import offerings, people
from marketplace.services.offerings import OwnOffering
from marketplace.store.catalogue import topic_labels
from search.port import IndexUnusableError, SequenceMovedError
from tests.scene import Scene


def found(scene: Scene, words: str) -> list[int]:
    return [hit.id for hit in scene.work.index.search(words, 10).hits]


def test_what_is_published_is_found_and_what_is_paused_is_not(scene: Scene) -> None:
    offering_id = scene.offer("Launch a chatbot without losing compliance")
    assert found(scene, "chatbot compliance") == []
    assert indexing.catch_up(scene.work) == 1
    assert found(scene, "chatbot compliance") == [offering_id]
    offerings.pause_offering(scene.work, OwnOffering(scene.cast.amara.actor, offering_id))
    indexing.catch_up(scene.work)
    assert found(scene, "chatbot compliance") == []


def test_offerings_of_a_suspended_expert_leave_and_come_back(scene: Scene) -> None:
    offering_id = scene.offer("Launch a chatbot without losing compliance")
    indexing.catch_up(scene.work)
    people.suspend(scene.work, people.Suspend(scene.cast.ada.actor, scene.cast.amara.id, "Fake references."))
    indexing.catch_up(scene.work)
    assert found(scene, "chatbot") == []
    people.let_back_in(scene.work, people.LetBackIn(scene.cast.ada.actor, scene.cast.amara.id))
    indexing.catch_up(scene.work)
    assert found(scene, "chatbot") == [offering_id]


def test_nothing_new_writes_nothing(scene: Scene) -> None:
    scene.offer()
    indexing.catch_up(scene.work)
    before = scene.work.index.generation()
    assert indexing.catch_up(scene.work) == 0
    assert scene.work.index.generation() == before


def test_a_worker_killed_before_it_wrote_begins_where_the_index_stands(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    offering_id = scene.offer()
    with monkeypatch.context() as patch:
        patch.setattr(type(scene.work.index), "apply", _killed)
        with pytest.raises(KeyboardInterrupt):
            indexing.catch_up(scene.work)
    assert indexing.catch_up(scene.work) == 1
    assert found(scene, "chatbot") == [offering_id]


def test_a_worker_killed_after_it_wrote_does_not_write_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sequence number is in the commit itself, so that there is nothing to mark afterwards."""
    offering_id = scene.offer()
    apply = type(scene.work.index).apply

    def write_and_die(*args: object, **kwargs: object) -> None:
        apply(*args, **kwargs)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(scene.work.index), "apply", write_and_die)
        with pytest.raises(KeyboardInterrupt):
            indexing.catch_up(scene.work)
    assert indexing.catch_up(scene.work) == 0
    assert found(scene, "chatbot") == [offering_id]


def test_a_long_log_is_read_to_its_end(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    offered = {scene.offer(f"Chatbots in banks, part {number}") for number in range(5)}
    monkeypatch.setattr(indexing, "BATCH", 2)
    indexing.catch_up_fully(scene.work)
    assert set(found(scene, "chatbots")) == offered


def test_an_index_rebuilt_meanwhile_is_left_alone_until_the_next_round(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.offer()

    def moved(*_: object, **__: object) -> None:
        raise SequenceMovedError

    with monkeypatch.context() as patch:
        patch.setattr(type(scene.work.index), "apply", moved)
        assert indexing.catch_up(scene.work) == 0
    assert indexing.catch_up(scene.work) == 1


def test_a_rebuild_holds_what_is_published_and_goes_on_from_there(scene: Scene) -> None:
    first = scene.offer("Chatbots in banks")
    hidden = scene.offer("Chatbots in insurance")
    offerings.pause_offering(scene.work, OwnOffering(scene.cast.amara.actor, hidden))
    assert indexing.rebuild(scene.work) == 1
    assert indexing.catch_up(scene.work) == 0
    second = scene.offer("Chatbots in hospitals")
    assert indexing.catch_up(scene.work) == 1
    assert set(found(scene, "chatbots")) == {first, second}


def test_the_topics_labels_teach_the_index(scene: Scene) -> None:
    scene.offer("Chatbots in banks")
    indexing.catch_up(scene.work)
    with scene.work.reading() as session:
        topic = topic_labels(session)[0]
    assert scene.work.index.learn(indexing.TOPICS, [(topic.fr, topic.en)]) > 0
    indexing.rebuild(scene.work)
    assert (topic.en.split()[0], True) in scene.work.index.highlight(topic.en, topic.fr)


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_broken_index_is_built_anew_by_itself(scene: Scene, settings: Settings) -> None:
    offering_id = scene.offer("Launch a chatbot without losing compliance")
    indexing.catch_up(scene.work)
    for pointer in settings.index_dir.glob("current*"):
        pointer.write_text("nowhere", encoding="ascii")
    with pytest.raises(IndexUnusableError):
        scene.work.index.sequence()
    assert indexing.catch_up(scene.work) == 1
    assert found(scene, "chatbot compliance") == [offering_id]
    assert indexing.catch_up(scene.work) == 0

"""Keys of requests: what decides the answer, and nothing else."""

from __future__ import annotations

import msgspec
import pytest

from vlit_hub.generation.requests import Request, photo_part, repair, text_of

MESSAGES = ({"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is it?"})
REQUEST = Request(model="m", messages=MESSAGES, temperature=0.8, max_tokens=10, seed=1, group="global")


@pytest.mark.parametrize(
    "change",
    [
        {"backend": "transformers"},
        {"model": "n"},
        {"messages": MESSAGES[::-1]},
        {"schema": {"type": "object"}},
        {"temperature": 0.7},
        {"temperature": None},
        {"max_tokens": 11},
        {"seed": 2},
    ],
)
def test_what_decides_the_answer_changes_the_key(change):
    assert msgspec.structs.replace(REQUEST, **change).key() != REQUEST.key()


def test_what_the_request_is_for_does_not():
    assert msgspec.structs.replace(REQUEST, group="region").key() == REQUEST.key()
    assert len(REQUEST.key()) == 32


def test_the_key_is_the_same_in_every_version():
    """A changed key would have users pay again for what they have."""
    assert REQUEST.key() == "3565c15150a2377b7a62df06413b3061"


def test_the_order_of_a_messages_fields_does_not_matter():
    turned = tuple(dict(reversed(message.items())) for message in MESSAGES)
    assert msgspec.structs.replace(REQUEST, messages=turned).key() == REQUEST.key()


def test_a_photo_counts_by_its_content_not_by_its_place():
    def key(*photo):
        return Request(model="m", messages=({"role": "user", "content": [photo_part(*photo)]},)).key()

    assert key("/a/1.jpg", "d1", 768) == key("/b/2.jpg", "d1", 768)
    assert key("/a/1.jpg", "d1", 768) != key("/a/1.jpg", "d2", 768)
    assert key("/a/1.jpg", "d1", 768) != key("/a/1.jpg", "d1", 512)
    assert key("/a/1.jpg", "d1", 768) != key("/a/1.jpg", "d1", 768, (1, 2, 3, 4))


def test_a_repair_shows_the_answer_and_its_fault():
    again = repair(REQUEST, '{"turns": ', "it was cut off")
    assert again.messages[:2] == MESSAGES
    assert again.messages[2] == {"role": "assistant", "content": '{"turns": '}
    assert "it was cut off" in again.messages[3]["content"]
    assert again.repairs and again.key() != REQUEST.key()


def test_the_text_of_a_message_is_without_its_pictures():
    parts = [{"type": "text", "text": "Look:"}, photo_part("/a.jpg", "d", 64), {"type": "text", "text": "What?"}]
    assert text_of({"role": "user", "content": parts}) == "Look:\nWhat?"
    assert text_of(MESSAGES[0]) == "Be brief."

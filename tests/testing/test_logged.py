"""Errors and exceptions that are logged are heard, whoever caught them; what is expected to fail is not."""

from __future__ import annotations

import logging

from segue.errors import ServiceError
from segue.pipeline.runner import Trace
from segue.testing.fuzz.logged import troubles

log = logging.getLogger("segue.somewhere")


def test_what_a_request_survives_is_heard() -> None:
    with troubles() as heard:
        assert Trace().run("reasons", lambda: {}["missing"], None) is None
    (told,) = heard
    assert "reasons failed" in told
    assert "KeyError: 'missing'" in told
    assert "test_logged.py" in told


def test_an_error_is_heard_and_a_warning_is_not() -> None:
    with troubles() as heard:
        log.warning("a language model could not answer")
        log.error("a file is gone")
        log.info("no exception", exc_info=True)
    assert len(heard) == 1
    assert "a file is gone" in heard[0]


def test_a_service_that_fails_is_expected() -> None:
    def down() -> None:
        raise ServiceError("The language model answered twice with something that cannot be used.")

    with troubles() as heard:
        Trace().run("reranker:language_model", down, None)
    assert not heard


def test_afterwards_nothing_is_heard() -> None:
    room = logging.getLogger("segue")
    level, handlers = room.level, list(logging.getLogger().handlers)
    with troubles() as heard:
        assert room.level == logging.DEBUG
    log.error("later")
    assert not heard
    assert (room.level, list(logging.getLogger().handlers)) == (level, handlers)

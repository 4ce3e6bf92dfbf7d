"""What comes out over HTTP while attacks are planted and typed: answers, log, metrics and what the model was told are
searched for what is nobody's business, and the rows for what nobody asked to be written."""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import uvicorn

from segue.engine import Engine
from segue.llm.prompts import prompt
from segue.llm.recital import recites
from segue.server.app import create_app

from ._attack_world import (
    ATTACKER,
    CANARIES,
    CELLAR,
    KEY,
    LLM_KEY,
    SECRET,
    VICTIM,
    Planted,
    events_of_others,
    queries,
    rows,
)
from ._attacks import Attack

PROMPTS = ("chat", "labels", "portrait", "relations", "summary", "rules_of_an_answer", "rules_of_a_talk")
_NONCE = re.compile(r"data_[0-9a-f]{16}")
FORBIDDEN = (*CANARIES.values(), KEY, LLM_KEY, SECRET, CELLAR)


@dataclass
class Found:
    """What was looked at and what was found there."""

    answers: Counter[str] = field(default_factory=Counter)
    """By surface: answers that were searched."""
    leaks: list[tuple[str, str, str]] = field(default_factory=list)
    """(surface, attack or place, what came out)"""
    writes: list[tuple[str, str, str]] = field(default_factory=list)
    """(surface, attack, what was written)"""
    errors: list[tuple[str, str, str]] = field(default_factory=list)
    """(surface, attack, what was no clear error)"""
    told: int = 0
    """Requests to the model that were searched."""
    logged: int = 0
    """Lines of the log that were searched."""

    def look(self, surface: str, place: str, text: str, own: str = "") -> None:
        """Search a text.

        Args:
            own: what the asking person has said: that may come back.
        """
        self.answers[surface] += 1
        for word in FORBIDDEN:
            if word in text and word not in own:
                self.leaks.append((surface, place, word))
        nonces = [n for n in _NONCE.findall(text) if n not in own and not re.fullmatch(r"data_(0{16}|f{16})", n)]
        if nonces:
            self.leaks.append((surface, place, nonces[0]))
        for name in PROMPTS:
            if recites(text, prompt(name).text):
                self.leaks.append((surface, place, f"prompt {name}"))


@contextmanager
def served(workspace: Path) -> Iterator[str]:
    """The base URL of a real server on the workspace."""
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(Engine.open(workspace), close_engine=True), port=0, log_level="info", access_log=False
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=15)


class Lines(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def logged() -> Iterator[list[str]]:
    """Every line of the log at its most talkative, but that this test itself asks for an address."""
    handler, loggers = Lines(), [logging.getLogger(name) for name in ("segue", "uvicorn.error", "sqlalchemy")]
    before = [(one, one.level) for one in loggers]
    for one in loggers:
        one.addHandler(handler)
        one.setLevel({"segue": logging.DEBUG, "sqlalchemy": logging.WARNING}.get(one.name, logging.INFO))
    try:
        yield handler.lines
    finally:
        for one, level in before:
            one.removeHandler(handler)
            one.setLevel(level)


class Asking:
    """Asks one served world.

    Args:
        bodies: gives what the model was told so far; None: there is none.
    """

    def __init__(self, workspace: Path, found: Found, bodies: Callable[[], list[dict[str, Any]]] | None = None) -> None:
        self.workspace = workspace
        self.found = found
        self._bodies = bodies
        self._known: set[str] = set()
        """Paths that the attacker types: a model that is asked about their words is told those."""

    def planted(self, planted: Sequence[Planted], people: Sequence[str]) -> None:
        """Everything that people who are nobody's enemy ask for, with the attacks standing in the catalogue."""
        with self._watched("pages") as client:
            before = rows(self.workspace)
            for one in planted:
                path = f"/v1/items/{quote(one.item, safe='')}"
                own = one.text(None, 0)
                for part in ("", "/annotations", "/knowledge", "/moments", "/facts", "/similar"):
                    self._get(client, one.attack.surface, one.attack.id, path + part, own)
            every = " ".join(one.text(None, 0) for one in planted)
            for person in people:
                for path in (
                    "profile?language=en",
                    "profile?language=zh",
                    "onboarding",
                    "patterns",
                    "segments",
                    "history",
                ):
                    self._get(client, "pages", path, f"/v1/users/{person}/{path}", every)
                for item in [one.item for one in planted[::9]]:
                    params = {"user_id": person, "item": item}
                    self._get(client, "pages", "explanations", "/v1/explanations", every, params)
                for language in ("en", "zh"):
                    asked = {"user_id": person, "k": 10, "language": language, "explain": True}
                    answer = client.post("/v1/recommendations", json=asked)
                    self.found.look("pages", "recommendations", answer.text, every)
            for query in queries()[::3]:
                self._get(client, "pages", "search", "/v1/search", every, {"q": query["text"]})
            for path in ("/v1/transparency", "/v1/status", "/v1/vocabularies", "/v1/evaluation", "/openapi.json"):
                self._get(client, "pages", path, path, every)
            self._unchanged("pages", "reading", before)

    def typed(self, attacks: Sequence[Attack], names: Mapping[str, str]) -> None:
        """What one attacker types and sends. Only their own rows may change, and only where they state a taste."""
        self._known.add(names["secret"])
        with self._watched("requests") as client:
            for attack in attacks:
                text = attack.filled(**names)
                everything, others = rows(self.workspace), events_of_others(self.workspace, ATTACKER)
                for answer in self._sent(client, attack, text):
                    self.found.look(attack.surface, attack.id, answer.text, text)
                    clear = answer.status_code < 500 and (
                        answer.status_code < 400 or answer.headers["content-type"] == "application/problem+json"
                    )
                    if not clear:
                        self.found.errors.append((attack.surface, attack.id, f"status {answer.status_code}"))
                if attack.surface in ("taste", "onboarding"):
                    self._unchanged(attack.surface, attack.id, everything, ("events", "opinions", "state", "changes"))
                    if others != events_of_others(self.workspace, ATTACKER):
                        self.found.writes.append((attack.surface, attack.id, "events of others"))
                else:
                    self._unchanged(attack.surface, attack.id, everything)

    def _sent(self, client: httpx.Client, attack: Attack, text: str) -> Iterator[httpx.Response]:
        sent = text.encode("utf-8", "replace").decode()
        match attack.surface:
            case "search":
                yield client.get("/v1/search", params={"q": sent[:5_000]})
                yield client.get("/v1/search", params={"q": sent[:500], "user_id": ATTACKER, "personal": True})
            case "taste":
                yield client.post(f"/v1/users/{ATTACKER}/statements", json={"text": sent})
            case "onboarding":
                event = {"id": f"{attack.id}", "user_id": ATTACKER, "kind": "like", "topic": sent, "at": _AT}
                yield client.post("/v1/events", json=event)
                yield client.get(f"/v1/users/{ATTACKER}/onboarding", params={"shown": sent[:2000]})
            case _:
                asked = {"user_id": ATTACKER, "recipe": "mood", "words": sent, "k": 5}
                yield client.post("/v1/recommendations", json=asked)
                yield client.get("/v1/search", params={"q": sent[:500], "user_id": ATTACKER})

    def _get(
        self,
        client: httpx.Client,
        surface: str,
        place: str,
        path: str,
        own: str,
        params: Mapping[str, str] | None = None,
    ) -> None:
        answer = client.get(path, params=params)
        self.found.look(surface, place, answer.text, own)
        if answer.status_code >= 500:
            self.found.errors.append((surface, place, f"status {answer.status_code} at {path.split('/')[-1]}"))

    @contextmanager
    def _watched(self, place: str) -> Iterator[httpx.Client]:
        """A client; at the end the log, the metrics and what the model was told are searched."""
        start = len(self._bodies()) if self._bodies else 0
        allowed = {"authorization": f"Bearer {KEY}"}
        with (
            logged() as lines,
            served(self.workspace) as url,
            httpx.Client(base_url=url, timeout=120, headers=allowed) as client,
        ):
            yield client
            self.found.look("metrics", place, client.get("/metrics").text)
        self.found.logged += len(lines)
        for line in lines:
            self.found.look("log", place, line)
        for body in (self._bodies() if self._bodies else [])[start:]:
            self.found.told += 1
            text = json.dumps(body, ensure_ascii=False)
            for known in self._known:
                text = text.replace(known, "")
            for word in FORBIDDEN:
                if word in text:
                    self.found.leaks.append(("model", place, word))
            if any(_hidden(str(message["content"])) for message in body["messages"]):
                self.found.leaks.append(("model", place, "hidden characters"))

    def _unchanged(self, surface: str, place: str, before: Mapping[str, str], but: Sequence[str] = ()) -> None:
        after = rows(self.workspace)
        changed = [table for table in after if after[table] != before.get(table) and table not in but]
        if changed:
            self.found.writes.append((surface, place, ", ".join(changed)))


_AT = "2026-11-01T00:00:00Z"


def _hidden(text: str) -> bool:
    return (
        re.search("[\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff\U000e0000-\U000e007f\x00-\x08\x1b]|<\\||\\[INST", text)
        is not None
    )


__all__ = ["VICTIM", "Asking", "Found"]

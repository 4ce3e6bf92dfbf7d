"""Ten thousand conversations of people who type anything: is anything in an answer made up, another's, or not as asked?

One to six turns each, drawn by a seed: wishes, critiques, places in a list that there are and that there are not,
titles that exist, nearly exist and do not, contradictions, statements of taste, chips taken back (of any id), random
words of two languages, control and direction characters, halves of characters, JSON, up to 100,000 characters,
instructions to a language model, other people's ids, conversations and handles. Most are held over a small catalogue
whose titles are commands, numbers, genres and one another's beginnings, with an encoder that costs little; some over
the sample library with the default encoders; some with a server in the place of a language model that names items
that there are not in what it says and in everything that it calls (words to search, conditions, tastes, names of
playlists, lines of a portrait, handles), calls tools that there are not, and writes rubbish. What it answers follows
from the seed, the conversation and the turn alone, so that any conversation can be held again by itself.

Every piece of every answer is judged by code that was written beside the engine and not with it:

- every item of a list is in the catalogue just as it is told, stands in it once, and the list is kept in that
  conversation on the server; what is played was shown, or its title, or the first words of it, typed;
- every quotation in words, reasons and their evidence, chips, questions and their answers, offers, and names of what
  was written, and every title of the catalogue that is no common word, was shown in that conversation, is a seed of a
  wish or of the person's own history, a name of a genre, a person or a label, or was typed, slips and another order of
  the words allowed; none of the ten invented titles, and no part of one, stands anywhere unless typed;
- every item of a list meets every constraint of every chip that holds, read from the item (moods and themes apart);
- the first piece is what was understood, the last the end; the conversation can be read again, with its limits;
- every piece can be sent as JSON; nothing of another person, or of their conversation, stands in any;
- nothing but clear errors of the kinds 4xx, and nothing is logged as an error or with an exception, but that a model
  gave no answer that can be used.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from segue import Engine
from segue.llm import calls as llm_calls
from segue.server.pieces import event_of
from segue.testing.fuzz.inventing import answers
from segue.testing.fuzz.judge import Judge
from segue.testing.fuzz.run import Fuzz, Report, person
from segue.testing.fuzz.turns import Names
from segue.testing.fuzz.world import OTHER, items, keep_a_secret, tellable, workspace
from segue.testing.llm_server import ScriptedServer

from ._harness import table, write_result
from ._simulated import items_of
from ._simulated import workspace as library
from .conversation_success import stated

SHARES = {"small catalogue": 7_600, "sample library": 400, "inventing model": 2_000}
"""Conversations of each part."""
BEGIN = {"small catalogue": 0, "sample library": 1_000_000, "inventing model": 2_000_000}
"""Number of the first of each: no two parts share one."""
PIECES = {"small catalogue": 6, "sample library": 1, "inventing model": 4}
"""Of each part, every one in a workspace of its own."""
SEED = 401
"""Of the conversations of the result: nothing was mended in the light of them."""
MENDED = (7, 8, 101, 211, 307)
"""Seeds of the conversations whose findings were mended, in the code or in the judge."""
BACKGROUND = {"SEGUE_CHAT__WITHIN_S": "5", "SEGUE_CHAT__FIRST_S": "3"}


def _visible(finding: Mapping[str, Any]) -> dict[str, Any]:
    """With halves of characters as their numbers: a result is UTF-8."""
    return {
        name: value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
        for name, value in finding.items()
    }


def main(shares: Mapping[str, int] = SHARES, workers: int = 1, seed: int = SEED) -> None:
    """Hold them, and keep the result.

    Args:
        workers: processes.
    """
    jobs = [(name, numbers, seed) for name, count in shares.items() for numbers in sliced(name, count)]
    if workers > 1:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            done = list(pool.map(held, *zip(*jobs, strict=True)))
    else:
        done = [held(name, numbers) for name, numbers in jobs]
    rows, findings = [], []
    total: Counter[str] = Counter()
    for name in shares:
        own = [(report, seconds) for (part, *_), (report, seconds) in zip(jobs, done, strict=True) if part == name]
        counts = Counter[str]()
        for report, seconds in own:
            counts.update(
                {
                    "conversations": report.conversations,
                    "turns": report.turns,
                    "items": report.items,
                    "refused": report.refused.total(),
                    "by model": report.by["language_model"],
                    "findings": len(report.findings),
                }
            )
            counts["ms"] += round(1000 * seconds)
            findings += [{"part": name, **_visible(asdict(one))} for one in report.findings]
        rate = counts["turns"] / max(counts["ms"] / 1000, 1e-9)
        rows.append(
            [
                name,
                *(counts[one] for one in ("conversations", "turns", "items", "refused", "by model", "findings")),
                round(rate),
            ]
        )
        print(*rows[-1], flush=True)
        total.update(counts)
    for one in findings[:40]:
        print(one)
    columns = [
        "part",
        "conversations",
        "turns",
        "items listed",
        "clear refusals",
        "by the model",
        "findings",
        "turns/s",
    ]
    pieces = sum((report.pieces for report, _ in done), Counter())
    notes = [
        f"{total['findings']} findings in {total['conversations']:,} conversations, {total['turns']:,} turns and "
        f"{total['items']:,} listed items; {total['ms'] / 1000:.0f} seconds of one core, judging included.",
        f"Seed {seed}; what was mended, in the code or in the judge, was found with the seeds "
        f"{', '.join(map(str, MENDED))}.",
        "Pieces judged: " + ", ".join(f"{count:,} {name}" for name, count in pieces.most_common()) + ".",
    ]
    print(*notes, sep="\n")
    figures = {
        "seed": seed,
        "mended_against": list(MENDED),
        "findings": findings[:200],
        "tables": [table("Conversations of people who type anything", columns, rows)],
        "notes": notes,
    }
    print(write_result("conversation_fuzz", figures))


def sliced(name: str, count: int) -> list[range]:
    """The numbers of the conversations, in pieces."""
    step = -(-count // PIECES[name])
    return [range(BEGIN[name] + at, BEGIN[name] + min(at + step, count)) for at in range(0, count, step)]


def held(name: str, numbers: Sequence[int], seed: int = SEED) -> tuple[Report, float]:
    """Conversations in a workspace of their own; with seconds of the processor."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(
        prefix="segue-bench-", dir=shared if os.access(shared, os.W_OK) else None
    ) as folder:
        if name == "sample library":
            place, catalogue = library("sample", Path(folder)), items_of("sample")
        else:
            place, catalogue = workspace(Path(folder) / "small"), items()
        titles = [item.title for item in catalogue if item.title]
        with Engine.open(place) as engine:
            secret = keep_a_secret(engine, catalogue[0].id, catalogue[1].id)
            handles = engine.handles(engine.conversation(secret, OTHER))
        names = Names(titles, OTHER, secret, next(iter(handles.values()), "none"))
        known = [t for t in titles if " " in t and len(t) >= 10] if name == "sample library" else tellable()
        with modelled(name, titles, seed) as invent, Engine.open(place) as engine:
            judge = Judge(engine, lambda piece: event_of(piece, False), known, secret)
            began = time.process_time()
            report = Fuzz(engine, judge, names, seed, invent).hold(numbers)
            return report, time.process_time() - began


@contextmanager
def modelled(name: str, titles: list[str], seed: int) -> Iterator[Callable[[int, int], None] | None]:
    """With the inventing model at hand, in its part; what it is to be told before each turn.

    A server that was down just now is asked again at once: else what one conversation is answered would hang on how the
    one before it ended, and none could be held again alone.
    """
    if name != "inventing model":
        yield None
        return
    rest = llm_calls.REST_S
    with ScriptedServer(answers(seed, 0, 0, titles)) as server, stated(server.url):
        os.environ.update(BACKGROUND)
        llm_calls.REST_S = 0.0
        try:
            yield lambda number, turn: server.go_on_with(answers(seed, number, turn, titles))
        finally:
            llm_calls.REST_S = rest
            for one in BACKGROUND:
                del os.environ[one]


def failing(part: str, number: int, seed: int = SEED) -> dict[str, Any]:
    """One conversation again, for whoever mends what was found; before it the earlier ones of the same person."""
    whose = person(number, seed)
    before = range(BEGIN[part] + (number - BEGIN[part]) // _step(part) * _step(part), number)
    numbers = [one for one in before if whose is not None and person(one, seed) == whose]
    report, _ = held(part, [*numbers, number], seed)
    return {"findings": [str(one) for one in report.findings], "pieces": dict(report.pieces)}


def _step(part: str) -> int:
    return -(-SHARES[part] // PIECES[part])


if __name__ == "__main__":
    main()

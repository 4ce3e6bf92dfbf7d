"""``segue onboard``: ask a new person the few things that tell most, or read what they say they like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .output import Terminal

if TYPE_CHECKING:
    from ..engine import Engine

_KINDS = {"y": "like", "n": "dislike", "s": "already_seen"}


def onboard(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="Id of the person.")],
    say: Annotated[str | None, typer.Option(help='What they like, such as "I love slow films, no musicals".')] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many titles to ask about.")] = 5,
    shown: Annotated[list[str] | None, typer.Option(help="With --json: shown before and not known.")] = None,
) -> None:
    """Ask somebody new about a few titles, and recommend by the answers; with --say, read a sentence instead.

    With --json nothing is asked: the questions are printed, and answers come through `segue record`.
    """
    terminal: Terminal = context.obj
    with terminal.engine() as engine:
        if say is not None:
            _stated(terminal, engine.state(user, say))
        elif terminal.json:
            terminal.result(engine.onboarding(user, k, shown or ()))
        else:
            _asked(terminal, engine, user, k)


def _stated(terminal: Terminal, found: dict[str, Any]) -> None:
    lines = [
        f"{'likes' if one['strength'] > 0 else 'does not like'} {one['name']['en']}"
        + (f" ({one['strength']:+.1f})" if one["items"] else f" ({one['strength']:+.1f}; nothing here has it yet)")
        for one in found["understood"]
    ]
    lines += [f"left out: {part}" for part in found["left_out"]]
    terminal.result(found, "\n".join(lines) or "Nothing in it is known here.")


def _asked(terminal: Terminal, engine: Engine, user: str, k: int) -> None:
    """One question after the other; an answer decides the next."""
    terminal.say("y: I like it, n: I do not, s: seen, neither; Enter: I do not know it; q: that is enough")
    topics: list[str] = []
    for _ in range(k):
        found = engine.onboarding(user, 1, topics)
        if found["titles"]:
            one = found["titles"][0]
            year = f" ({one['year']})" if one["year"] else ""
            answer, about = _answer(f"{one['title']}{year}?"), {"item_id": one["item"]}
        elif found["topics"]:
            topic = found["topics"][0]
            answer, about = _answer(f"{topic['name']['en']}?"), {"item_id": None, "topic": topic["topic"]}
            topics.append(topic["topic"])
        else:
            break
        if answer == "q":
            break
        kind = _KINDS.get(answer) or ("impression" if "topic" not in about else None)
        if kind is not None and not ("topic" in about and kind == "already_seen"):
            engine.record([engine.event(user, kind=kind, source="onboarding", **about)])
    picks = engine.recommend(user, k=5)
    terminal.result(
        picks.as_json(), "\n".join(f"{pick.item.name}" for pick in picks) or "There is nothing to recommend."
    )


def _answer(question: str) -> str:
    try:
        return str(typer.prompt(question, default="", show_default=False)).strip().lower()[:1]
    except typer.Abort:
        return "q"

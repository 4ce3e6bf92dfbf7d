"""``segue household``: the profiles of an account."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..households import OLDEST
from .output import Terminal, table


def household(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="Id of the account.")],
    add: Annotated[str | None, typer.Option(help="Name of a new member.")] = None,
    user: Annotated[
        str | None, typer.Option(help="With --add: the user id of the profile, where there is one already.")
    ] = None,
    change: Annotated[str | None, typer.Option(help="Name or user id of a member to change.")] = None,
    name: Annotated[str | None, typer.Option(help="With --change: another name.")] = None,
    age: Annotated[
        int | None, typer.Option(min=0, max=OLDEST, help="The highest minimum age of what may be shown to them.")
    ] = None,
    any_age: Annotated[bool, typer.Option("--any-age", help="No age limit.")] = False,
    remove: Annotated[str | None, typer.Option(help="Name or user id of a member to take out.")] = None,
) -> None:
    """List the members of an account, or change them. Each has a taste, and perhaps an age limit, of their own."""
    if sum(one is not None for one in (add, change, remove)) > 1:
        raise typer.BadParameter("Give one of --add, --change and --remove at a time.")
    if (user is not None and add is None) or (name is not None and change is None):
        raise typer.BadParameter("--user goes with --add, and --name with --change.")
    if (age is not None or any_age) and (add is None and change is None):
        raise typer.BadParameter("--age and --any-age go with --add or --change.")
    if age is not None and any_age:
        raise typer.BadParameter("Give --age or --any-age.")
    limit: dict[str, Any] = {"max_maturity": age} if age is not None or any_age else {}
    terminal: Terminal = context.obj
    with terminal.engine() as engine:
        if add is not None:
            engine.put_member(account, add, user, **limit)
        elif change is not None:
            engine.put_member(account, name, engine.household(account).find(change).user_id, **limit)
        elif remove is not None:
            engine.remove_member(account, remove)
        content = engine.household(account).as_json()
    rows = [
        [m["name"], m["user_id"], "any" if m["max_maturity"] is None else f"up to {m['max_maturity']}"]
        for m in content["members"]
    ]
    shown = table("", ["name", "user", "age"], rows) if rows else f"Account {account} has no members yet: --add NAME."
    terminal.result(content, shown)

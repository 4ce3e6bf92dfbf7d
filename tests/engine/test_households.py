"""Households and groups on a real workspace: limits that hold everywhere, choices that are remembered, bad input."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from segue import Engine, Event, EventKind, Item
from segue.errors import InvalidInput, NotFound
from segue.groups import STRATEGIES, key_of
from segue.queries import Query

from .conftest import BEGIN

FANS = ("ambient-fan-0", "punk-fan-0", "folk-fan-0")


@pytest.fixture
def home(engine: Engine) -> Engine:
    """Three people with a taste each, and a child who looks at the same things as the first of them."""
    for name, user in zip(("Ada", "Ben", "Cleo"), FANS, strict=True):
        engine.put_member("home", name, user)
    engine.put_member("home", "Kim", "kim", max_maturity=6)
    return engine


def for_adults(engine: Engine) -> set[str]:
    """Makes every item state an age, most of them above six; the ids of those."""
    items = list(engine.items())
    engine.add_items(item.model_copy(update={"maturity": 16 if n % 4 else 0}) for n, item in enumerate(items))
    return {item.id for n, item in enumerate(items) if n % 4}


def test_members_come_change_and_go(engine: Engine) -> None:
    ada = engine.put_member("home", "Ada")
    assert ada.user_id == "home:ada"
    assert engine.put_member("home", "小明").user_id.startswith("home:")
    assert engine.household_of("home:ada") == engine.household("home")
    assert engine.household_of("nobody").account is None
    child = engine.put_member("home", None, "home:ada", max_maturity=12)
    assert (child.user_id, child.max_maturity) == ("home:ada", 12)
    # Another name leaves the limit as it is; only saying so takes it away.
    assert engine.put_member("home", "Ada Maria", "home:ada").max_maturity == 12
    assert engine.put_member("home", None, "home:ada", max_maturity=None).max_maturity is None
    assert engine.remove_member("home", "ada maria").user_id == "home:ada"
    with pytest.raises(NotFound, match="Unknown member 'ada maria'"):
        engine.remove_member("home", "ada maria")


def test_members_that_are_refused(home: Engine) -> None:
    with pytest.raises(InvalidInput, match="already has a member called 'ADA'"):
        home.put_member("home", "ADA", "somebody")
    with pytest.raises(InvalidInput, match="already has a member called 'Kim'"):
        home.put_member("home", "Kim", max_maturity=None)
    with pytest.raises(InvalidInput, match="belongs to another account"):
        home.put_member("elsewhere", "Kim", "kim")
    with pytest.raises(InvalidInput, match="needs a name"):
        home.put_member("home", None, "new")
    with pytest.raises(InvalidInput, match="max_maturity"):
        home.put_member("home", "Dora", max_maturity=-1)
    with pytest.raises(InvalidInput, match="control characters"):
        home.put_member("home", "a\x1b[2Jb")
    with pytest.raises(InvalidInput, match="name"):
        home.put_member("home", "  ")
    assert [m.name for m in home.household("home").members] == ["Ada", "Ben", "Cleo", "Kim"]


def test_an_id_that_is_made_collides_with_nobody(engine: Engine) -> None:
    engine.record([Event(id="x", user_id="home:ada", item_id="punk-0", kind=EventKind.LIKE, at=BEGIN)])
    assert engine.put_member("home", "Ada").user_id == "home:ada-2"
    assert engine.put_member("home", "ada!").user_id == "home:ada-3"


@pytest.mark.parametrize("personal", [True, False])
def test_a_childs_limit_holds_in_every_recipe(home: Engine, personal: bool) -> None:
    adult = for_adults(home)
    home.record(
        Event(id=f"k{n}", user_id="kim", item_id=f"ambient-{n}", kind=EventKind.COMPLETE, at=BEGIN) for n in range(3)
    )
    asked = {
        "home": {},
        "best": {},
        "similar": {"seeds": ("ambient-1",)},
        "radio": {"seeds": ("ambient-1",)},
        "search": {"words": "quiet piano rain"},
        "mood": {"words": "something calm"},
        "together": {"group": ("kim", *FANS), "user_id": None},
    }
    for recipe, fields in asked.items():
        query = Query(**{"user_id": "kim", "recipe": recipe, "k": 30, "personal": personal, **fields})
        found = {pick.item.id for pick in home.ask(query)}
        assert found, recipe
        assert not found & adult, recipe
    assert not {pick.item.id for pick in home.search("quiet piano", user_id="kim", k=30)} & adult
    assert not {pick.item.id for pick in home.similar("ambient-1", user_id="kim", k=30)} & adult
    assert "maturity" in home.explain("kim", sorted(adult)[0]).removed_by
    asked_about = [{one["item"] for one in home.onboarding(user, 100)["titles"]} for user in ("kim", "lee")]
    assert asked_about[1] & adult
    assert not asked_about[0] & adult
    # A query may lower the limit and never raise it.
    higher = Query(user_id="kim", k=30, constraints={"max_maturity": 18})
    assert not {pick.item.id for pick in home.ask(higher)} & adult
    assert {pick.item.id for pick in home.recommend("ambient-fan-0", k=30)} & adult


def test_the_youngest_decides_for_all(home: Engine) -> None:
    adult = for_adults(home)
    for strategy in STRATEGIES:
        found = home.recommend(group=FANS, strategy=strategy, k=20)
        assert {pick.item.id for pick in found} & adult
        found = home.recommend(group=(*FANS, "kim"), strategy=strategy, k=20)
        assert found.picks
        assert not {pick.item.id for pick in found} & adult
    with pytest.raises(InvalidInput, match="older people"):
        home.choose_together((*FANS, "kim"), sorted(adult)[0])


def test_a_limit_goes_with_the_profile_and_stays_when_the_account_is_erased(home: Engine) -> None:
    adult = for_adults(home)
    home.put_member("kept", "Kid", "kid", max_maturity=6)
    home.put_member("kept", "Kept", "kept")
    home.erase("kept")
    assert home.household("kept").members == ()
    (kid,) = home.household_of("kid").members
    assert kid.max_maturity == 6
    assert not {pick.item.id for pick in home.recommend("kid", k=30)} & adult
    home.remove_member("home", "Kim")
    assert {pick.item.id for pick in home.recommend("kim", k=30)} & adult


def test_a_group_is_answered_with_names_and_reasons(home: Engine) -> None:
    found = home.recommend("punk-fan-0", group=FANS, k=6, strategy="fairness")
    assert found.recipe == "together"
    assert [one.name for one in found.group.members] == ["Ada", "Ben", "Cleo"]  # type: ignore[union-attr]
    assert {pick.item.id.split("-")[0] for pick in found[:3]} == {"ambient", "punk", "folk"}  # type: ignore[index]
    best = found[0].suits[0]
    assert found[0].reason is not None
    assert found[0].reason.text.startswith(f"{best.name}: because you ")
    assert home.recommend(group=FANS, k=6, seed=1).as_json() == home.recommend(group=FANS, k=6, seed=1).as_json()


def test_what_was_chosen_together_is_remembered(home: Engine) -> None:
    first = home.recommend(group=FANS, k=5, strategy="fairness")
    assert all(one is None for one in first.group.so_far)  # type: ignore[union-attr]
    item = first[0].item.id
    owner = item.split("-")[0]
    recorded, told = home.choose_together(FANS, item, event_id="evening")
    assert recorded.accepted == 3
    fits = {one.user_id: one.share for one in told[0].suits}
    assert max(fits, key=lambda user: fits[user]) == f"{owner}-fan-0"
    assert home.choose_together(FANS[::-1], item, event_id="evening")[0].duplicates
    for user in FANS:
        ((event, _),) = home.history(user, limit=1)
        assert event.context is not None
        assert event.context.group == key_of(FANS)
        assert event.context.fit == pytest.approx(fits[user])
        # What somebody merely went along with is not their taste.
        assert event.train == (fits[user] >= 0.2)
    second = home.recommend(group=FANS, k=5, strategy="fairness")
    assert item not in [pick.item.id for pick in second]
    so_far = dict(zip(FANS, second.group.so_far, strict=True))  # type: ignore[union-attr]
    assert so_far == pytest.approx(fits)
    counts = dict(zip(FANS, second.group.counts, strict=True))  # type: ignore[union-attr]
    assert min(counts, key=lambda user: counts[user]) == f"{owner}-fan-0"
    assert not second[0].item.id.startswith(owner)
    # Another group has its own turns.
    other = home.recommend(group=FANS[:2], k=5, strategy="fairness")
    assert all(one is None for one in other.group.so_far)  # type: ignore[union-attr]
    # Who says that it was good has had their turn after all.
    least = min(fits, key=lambda user: fits[user])
    home.record([home.event(least, item, "like")])
    third = home.recommend(group=FANS, k=5, strategy="fairness")
    assert dict(zip(FANS, third.group.so_far, strict=True))[least] == 1.0  # type: ignore[union-attr]


def test_turns_are_the_same_whatever_the_order_of_arrival(home: Engine, workspace: Path, tmp_path: Path) -> None:
    key = key_of(FANS)
    events = [
        Event(
            id=f"{user}-{n}",
            user_id=user,
            item_id=f"folk-{n}",
            kind=EventKind.PLAY,
            at=BEGIN + timedelta(days=40 + n),
            context={"group": key, "fit": (n + m) / 10},
        )
        for m, user in enumerate(FANS)
        for n in range(3)
    ]
    other = Path(shutil.copytree(workspace, tmp_path / "other"))
    home.record(events)
    with Engine.open(other) as second:
        second.record(events[::-1])
        found = [engine.recommend(group=FANS, strategy="fairness").group for engine in (home, second)]
    assert found[0].so_far == found[1].so_far  # type: ignore[union-attr]


def test_groups_that_are_refused(home: Engine) -> None:
    for group, why in (
        (("ada",), "2 to 8 people, not 1"),
        (tuple(f"u{n}" for n in range(9)), "2 to 8 people, not 9"),
        (("ada", "ben", "ada"), "'ada' is in the group twice"),
        (("ada", ""), "at least 1 character"),
    ):
        with pytest.raises(InvalidInput, match=why):
            home.recommend(group=group)
        with pytest.raises(InvalidInput, match=why):
            home.choose_together(group, "punk-0")
    with pytest.raises(InvalidInput, match="strategy"):
        home.recommend(group=FANS, strategy="dictatorship")
    with pytest.raises(InvalidInput, match="not by 'like'"):
        home.choose_together(FANS, "punk-0", kind="like")
    with pytest.raises(InvalidInput, match="none was given"):
        home.choose_together((), "punk-0")
    with pytest.raises(NotFound):
        home.choose_together(FANS, "nowhere")


def test_everything_is_exported_and_erased(home: Engine, tmp_path: Path) -> None:
    home.choose_together(FANS, "folk-11")
    rows = list(home.export("punk-fan-0"))
    assert {"user_id": "punk-fan-0", "account": "home", "name": "Ben", "max_maturity": None} in [
        row.get("member") for row in rows
    ]
    assert any(key_of(FANS) in str(row.get("event")) for row in rows)
    assert home.erase("punk-fan-0")["erased"]["members"] == 1
    assert [m.name for m in home.household("home").members] == ["Ada", "Cleo", "Kim"]
    for user in ("ambient-fan-0", "folk-fan-0"):
        assert key_of(FANS) not in str(list(home.export(user)))
    file = tmp_path / "backup.tar"
    home.backup(file)
    Engine.restore(file, tmp_path / "restored")
    with Engine.open(tmp_path / "restored") as restored:
        assert restored.household("home") == home.household("home")


def test_items_of_which_the_account_knows_nothing_stay_within_the_limit(home: Engine) -> None:
    for_adults(home)
    home.add_items([Item(id="silent", kind="track", title="States no age"), Item(id="mild", kind="track", maturity=6)])
    found = {pick.item.id for pick in home.recommend("kim", k=50)}
    assert "mild" in found
    assert "silent" not in found

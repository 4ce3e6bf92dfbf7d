"""Simulated people: what they say is true, gives nothing away, and is worded by nobody else's tables."""

from __future__ import annotations

import ast
import random
from pathlib import Path

import pytest

from segue.conversation.dialogue import Asked
from segue.evaluation import simulate
from segue.evaluation.simulate.baselines import AtRandom, PopularPages, SearchAlone
from segue.evaluation.simulate.facts import Fact, Shelf, facts_of
from segue.evaluation.simulate.ideas import GENRES, MOODS, PARTS, PLOTS, Forms
from segue.evaluation.simulate.meeting import Heard, Mind, meet, says
from segue.evaluation.simulate.people import MANNERS, Person, part_of, people
from segue.evaluation.simulate.speaking import Speaker, gives_away
from segue.evaluation.simulate.success import gain, success
from segue.evaluation.simulate.words import CHINESE, ENGLISH
from segue.items import Credit, Item, ItemKind

GENRE_SETS = (
    ("Comedy", "Romance"), ("Horror", "Thriller"), ("Crime", "Drama"), ("Science Fiction", "Action"), ("War",),
)  # fmt: skip
PLOTTED = (
    "A wedding that goes wrong.", "A ghost in a haunted house.", "A heist, and a lawyer who helps.",
    "Aliens and robots in space.", "Soldiers of world war ii.",
)  # fmt: skip
FIRST = (
    "Amber", "Brisk", "Copper", "Distant", "Eager", "Fallow", "Golden", "Hollow", "Ivory", "Jagged", "Kindly", "Lunar",
    "Muted", "Narrow", "Opaque", "Pallid", "Quaint", "Russet", "Silken", "Tawny",
)  # fmt: skip
SECOND = (
    "Anchor", "Bramble", "Cinder", "Drizzle", "Ember", "Furrow", "Gravel", "Harbour", "Island", "Juniper", "Kettle",
    "Lantern", "Marigold", "Nettle", "Orchard",
)  # fmt: skip


def film(n: int) -> Item:
    sort = n % 5
    return Item(
        id=f"film-{n:04}",
        kind=ItemKind.MOVIE,
        title=f"{FIRST[n % 20]} {SECOND[n // 20]}",
        description=PLOTTED[(n // 5) % 5],
        genres=GENRE_SETS[sort],
        creators=(Credit(f"Robin Maker {n % 17}", "director"),),
        language=("en", "fr", "en", "zh")[n % 4],
        released=str(1950 + n * 7 % 75),
        duration_s=60.0 * (80 + n * 13 % 90),
    )


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    items = [film(n) for n in range(300)]
    return Shelf(items, {item.id: 300 - n for n, item in enumerate(items)})


@pytest.fixture(scope="module")
def everybody(shelf: Shelf) -> list[Person]:
    return people(shelf, "tuning", 4) + people(shelf, "test", 4)


class Told:
    """Shows a few items at each turn, and asks now and then."""

    name = "told"

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self.said: list[str] = []

    def begin(self, person: Person) -> None:
        self._chance = random.Random(person.seed)
        self._target = person.target

    def say(self, text: str) -> Heard:
        self.said.append(text)
        others = [item for item in self._chance.sample(self._shelf.items, 8) if item != self._target]
        asked = Asked("q", "Which?", (("a comedy", "a comedy"), ("a war film", "a war film"), ("I don't mind", "any")))
        return Heard(tuple(others), asked if self._chance.random() < 0.3 else None)


def test_there_are_people_of_every_manner_in_both_languages(everybody: list[Person]) -> None:
    assert {(p.language, p.manner) for p in everybody} == {(lang, m) for lang in ("en", "zh") for m in MANNERS}


def test_targets_of_the_test_are_never_tuned_on(everybody: list[Person]) -> None:
    parts = {part: {p.target.id for p in everybody if p.part == part} for part in PARTS}
    assert min(map(len, parts.values())) > 0
    assert not parts["tuning"] & parts["test"]
    assert all(part_of(p.target.id) == p.part for p in everybody)


def test_everything_that_people_know_is_true(everybody: list[Person]) -> None:
    assert all(fact.holds(p.target) for p in everybody for fact in p.facts)
    assert all(p.accepts(p.target) for p in everybody)


def test_people_who_take_any_item_have_a_few_that_meet_all_wishes(everybody: list[Person], shelf: Shelf) -> None:
    some = [p for p in everybody if p.manner == "any"]
    assert some
    for person in some:
        assert 3 <= sum(person.accepts(item) for item in shelf.items) <= 60


def test_nobody_gives_the_target_away_but_who_knows_the_title(everybody: list[Person], shelf: Shelf) -> None:
    talker = Told(shelf)
    knew: list[bool] = []
    for person in everybody:
        outcome = meet(person, talker)
        told = [gives_away(exchange.said, person.target) for exchange in outcome.exchanges]
        knew += [any(told)] if person.manner == "title" else []
        assert person.manner == "title" or not any(told), outcome
        assert person.manner == "any" or not outcome.accepted
        assert outcome.turns == person.patience or outcome.accepted
    assert sum(knew) * 2 >= len(knew)  # the others write it with a slip


def test_what_gives_away_is_seen() -> None:
    item = film(0)
    assert gives_away("I want amber anchor!", item)
    assert gives_away("an anchor, of amber", item)
    assert gives_away("play film-0000", item)
    assert not gives_away("something with an anchor", item)


def test_the_same_person_says_the_same_again(everybody: list[Person], shelf: Shelf) -> None:
    for person in everybody[::7]:
        one, other = meet(person, Told(shelf)), meet(person, Told(shelf))
        assert one == other


def test_an_answer_to_a_question_is_true() -> None:
    comedy = next(p for p in people(Shelf([film(n) for n in range(300)]), "tuning", 30) if "Comedy" in p.target.genres)
    mind = Mind(comedy)
    asked = Asked("q", "Which?", (("a war film", "war!"), ("a comedy", "comedy!")))
    answers = {mind._answered(asked) for _ in range(20)}
    assert "war!" not in answers
    assert "comedy!" in answers or not any(fact == Fact("genre", "comedy") for fact in comedy.facts)


@pytest.mark.parametrize(
    ("label", "fact", "right"),
    [
        ("Comedies", Fact("genre", "comedy"), True),
        ("喜剧片", Fact("genre", "comedy"), True),
        ("Horror", Fact("genre", "comedy"), False),
        ("the 1990s", Fact("decade", 1990), True),
        ("the 1980s", Fact("decade", 1990), False),
        ("under 120 minutes", Fact("longest", 100), True),
        ("under 90 minutes", Fact("longest", 100), False),
        ("over 120 minutes", Fact("longest", 100), False),
        ("from 2000 or later", Fact("after", 2005), True),
        ("with Robin Maker 3", Fact("creator", "Robin Maker 3"), True),
    ],
)
def test_options_are_read_as_a_person_would(label: str, fact: Fact, right: bool) -> None:
    assert says(label, fact) is right


def _tables() -> list[Forms]:
    own = [*ENGLISH.values(), *CHINESE.values()]
    return own + [forms for idea in (*GENRES, *PLOTS, *MOODS) for forms in (idea.english, idea.chinese)]


def test_every_act_has_wordings_of_both_parts_and_they_share_almost_none() -> None:
    assert set(ENGLISH) == set(CHINESE)
    assert all(tuning and test for tuning, test in _tables())
    shared = {act for table in (ENGLISH, CHINESE) for act, (tuning, test) in table.items() if set(tuning) & set(test)}
    # A bare value, or what can hardly be said in another way.
    assert shared <= {"tell_mood", "title", "with_tongue", "something"}


def test_no_wording_comes_from_what_the_engine_reads_with() -> None:
    for file in Path(simulate.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                whole = f"{node.module or ''}.{'.'.join(alias.name for alias in node.names)}"
                assert not {"asking", "understanding", "lexicon", "pipeline"} & set(whole.split(".")), file


def test_the_baselines_do_what_they_are_called(shelf: Shelf, everybody: list[Person]) -> None:
    person = everybody[0]
    pages = PopularPages(shelf)
    pages.begin(person)
    assert [i.id for i in pages.say("x").items] == shelf.popular[:10]
    assert [i.id for i in pages.say("x").items] == shelf.popular[10:20]
    chance = AtRandom(shelf)
    chance.begin(person)
    first, second = chance.say("x").items, chance.say("x").items
    assert len({i.id for i in (*first, *second)}) == 20
    asked: list[str] = []

    def search(words: str, language: str) -> list[Item]:
        asked.append(words)
        return [person.target]

    for talker in (SearchAlone(search), SearchAlone(search, together=True)):
        talker.begin(person)
        talker.say("one")
        talker.say("two")
    assert asked == ["one", "two", "one", "two, one"]


def test_success_counts_who_got_it_and_when(shelf: Shelf, everybody: list[Person]) -> None:
    class Finds(Told):
        name = "finds"

        def say(self, text: str) -> Heard:
            self._turn = getattr(self, "_turn", 0) + 1
            return Heard((self._target,)) if self._turn % 2 == 0 else Heard()

    finds = Finds(shelf)
    held = [meet(person, finds) for person in everybody]
    figures = success(held)
    assert figures.rate == 1
    assert figures.turns == 2
    lost = [meet(person, Told(shelf)) for person in everybody if person.manner != "any"]
    assert gain([o for o in held if o.person.manner != "any"], lost)[0] == 1


def test_words_of_the_title_are_no_facts() -> None:
    ghost = film(1).model_copy(update={"title": "The Ghost", "description": "A ghost in a haunted house."})
    assert not any(f.value == "ghosts" for f in facts_of(ghost, random.Random(1)))
    assert any(f.value == "ghosts" for f in facts_of(film(5 + 1), random.Random(1)))


def test_a_slip_is_small() -> None:
    speaker = Speaker("en", "tuning", random.Random(3), slips=1.0)
    slipped = [speaker._slipped("something really wonderful please") for _ in range(50)]
    assert sum(text != "something really wonderful please" for text in slipped) > 40  # the rest swaps equal letters
    assert all(abs(len(text) - 33) <= 1 for text in slipped)

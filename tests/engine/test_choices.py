"""What a person says about topics, and takes back, changes the next answer; and the reason says so."""

from segue import Engine


def genres(engine: Engine, user: str, k: int = 8) -> list[str]:
    return [pick.item.genres[0] for pick in engine.recommend(user, k=k, seed=1).picks]


def choose(engine: Engine, user: str, kind: str, **fields) -> None:
    recorded = engine.record([engine.event(user, fields.pop("item", None), kind, **fields)])
    assert recorded.accepted == 1


def test_a_liked_topic_leads_somebody_of_whom_nothing_else_is_known(engine):
    choose(engine, "newcomer", "like", topic="genre:Folk")
    answer = engine.recommend("newcomer", k=5, seed=1)
    assert {pick.item.genres[0] for pick in answer.picks} == {"folk"}
    assert answer.picks[0].reason.text == "Because you said that you like “folk”"
    assert engine.recommend("newcomer", k=5, seed=1, language="zh").picks[0].reason.text == "因为你说过喜欢“folk”"
    choose(engine, "newcomer", "clear", topic="genre:folk")
    assert set(genres(engine, "newcomer", 12)) != {"folk"}


def test_a_liked_language_is_told_by_its_name(engine):
    first = engine.recommend(None, k=1, seed=1).picks[0].item
    engine.add_items([first.model_copy(update={"language": "ja"})])
    choose(engine, "newcomer", "like", topic="language:ja")
    for language, said in (("en", "Because you said that you like Japanese"), ("zh", "因为你说过喜欢日语")):
        pick = engine.recommend("newcomer", k=1, seed=1, language=language).picks[0]
        assert (pick.item.id, pick.reason.text) == (first.id, said)


def test_a_hidden_topic_is_not_shown_until_it_is_taken_back(engine):
    assert "ambient" in genres(engine, "ambient-fan-0")
    choose(engine, "ambient-fan-0", "block", topic="genre:ambient")
    assert "ambient" not in genres(engine, "ambient-fan-0", 30)
    choose(engine, "ambient-fan-0", "clear", topic="genre:ambient")
    assert "ambient" in genres(engine, "ambient-fan-0")


def test_a_forgotten_topic_and_a_reset_take_what_was_done_out_of_the_next_answer(engine):
    for kind, fields in (("exclude", {"topic": "genre:punk"}), ("reset", {})):
        user = f"punk-fan-{len(kind)}" if kind == "reset" else "punk-fan-0"
        before = engine.profile(user)
        assert before.genres[0].name == "punk"
        choose(engine, user, kind, **fields)
        after = engine.profile(user)
        assert "punk" not in [leaning.name for leaning in after.genres]
        assert genres(engine, user).count("punk") < 8


def test_what_was_chosen_is_exported_and_erased(engine):
    choose(engine, "newcomer", "like", topic="genre:folk")
    assert [row["event"]["topic"] for row in engine.export("newcomer") if "event" in row] == ["genre:folk"]
    engine.erase("newcomer")
    assert "folk" not in str(list(engine.export("newcomer")))

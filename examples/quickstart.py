"""The whole job in one file: a few tracks, three listeners, recommendations with reasons.

python examples/quickstart.py
"""

from __future__ import annotations

import tempfile

from segue import Engine, Item

TRACKS = [
    ("rain", "Rain on the Tin Roof", "ambient", "Slow piano over the sound of rain at night."),
    ("harbour", "Harbour Lights", "ambient", "A quiet piano and distant ships."),
    ("lantern", "灯笼河", "ambient", "夜里的河水与古琴，安静而缓慢。"),
    ("riot", "Riot Bus", "punk", "Two minutes of loud guitars and shouting."),
    ("curb", "Curb Stomp Polka", "punk", "Fast drums, louder guitars, no patience."),
    ("basement", "Basement Show", "punk", "Recorded live, sweaty and loud."),
]
PLAYED = {"ada": ["rain", "harbour"], "bo": ["riot", "curb"], "chen": ["rain", "lantern"]}


def main() -> None:
    """Build a throw-away workspace and print what each listener should hear next."""
    with tempfile.TemporaryDirectory() as folder:
        Engine.create(folder)
        with Engine.open(folder) as engine:
            engine.add_items(
                Item(id=i, kind="track", title=title, genres=(genre,), description=text)
                for i, title, genre, text in TRACKS
            )
            engine.record(engine.event(user, item, "complete") for user, items in PLAYED.items() for item in items)
            engine.understand(only=["text", "ngram"])
            engine.train()
            for user in PLAYED:
                for pick in engine.recommend(user, k=2):
                    print(f"{user}: {pick.item.title} ({pick.reason.text if pick.reason else ''})")


if __name__ == "__main__":
    main()

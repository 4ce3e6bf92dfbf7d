"""A model from a package of its own, in thirty lines: "whoever met this creator wants more of them".

python examples/plugin_model.py                run it on a small catalogue
pytest examples/plugin_model.py                hold it against the contract that Segue's own models keep

In a package, this line of ``pyproject.toml`` adds it to `segue train` and to the reports; nothing in Segue changes:

    [project.entry-points."segue.models"]
    same_creator = "my_package.plugin_model:SameCreator"
"""

from __future__ import annotations

from typing import Self

import numpy as np

from segue import Item
from segue.arrays import Floats
from segue.catalogue import Catalogue
from segue.dataset import Dataset, History
from segue.events import EventTable
from segue.models.base import Model, TrainOptions
from segue.settings import Settings
from segue.storage.artifacts import ArtifactFolder
from segue.testing.models import ModelContract


class SameCreator(Model):
    """Score of an item: the summed preference for items of its creator in the history."""

    name = "same_creator"
    scores_unmet = True
    _creator = np.zeros(0, np.int32)

    def train(self, dataset: Dataset, options: TrainOptions) -> None:
        """Number the creators; whoever has none is alone."""
        rows = enumerate(dataset.catalogue.items)  # the row of an item that has been removed is None
        names = [item.creators[0].name if item and item.creators else f"\0{row}" for row, item in rows]
        self._creator = np.unique(names, return_inverse=True)[1].astype(np.int32) if names else self._creator[:0]
        options.progress(self.name, 1.0)

    @property
    def n_items(self) -> int:
        """As many as the catalogue had."""
        return len(self._creator)

    def score(self, history: History) -> Floats:
        """(n_items,); items newer than the model, and events that say nothing, are passed over."""
        known = (history.items < self.n_items) & (history.weights != 0)
        if not known.any():
            return np.full(self.n_items, np.nan, np.float32)
        liked = np.bincount(self._creator[history.items[known]], history.weights[known], self.n_items)
        return liked[self._creator].astype(np.float32)

    def save(self, folder: ArtifactFolder) -> None:
        """Arrays and JSON only."""
        folder.write("creator", self._creator)

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        """What `save` wrote."""
        model = cls()
        model._creator = folder.read("creator")
        return model


class TestSameCreator(ModelContract):
    """The whole contract; to this model all items of a creator are equal, so it cannot solve the checkerboard."""

    Model = SameCreator
    solves_checkerboard = False


def main() -> None:
    """Three albums, one listener."""
    tracks = {"Low Tide": "Mara", "High Tide": "Mara", "Rust": "Iron Choir", "Spring Tide": "Mara"}
    items = [Item(id=title, kind="track", title=title, creators=((who, "artist"),)) for title, who in tracks.items()]
    model = SameCreator()
    model.train(Dataset.build(Catalogue.build(items), EventTable.of([]), Settings().signals, {}), TrainOptions())
    for title, score in zip(tracks, model.score(History.of([0])), strict=True):
        print(f"{score:.0f}  {title}")


if __name__ == "__main__":
    main()

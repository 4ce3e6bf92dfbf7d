"""What the query asks of every item, without exception."""

from __future__ import annotations

import numpy as np

from ...arrays import Mask, Rows
from ...candidates import Candidates
from ...catalogue import KIND_CODE, Catalogue
from ...items import Credit
from ..asking.titles import has_role
from ..sources.words import index
from ..stages import Request
from .conditions import meets


class Constrained:
    """Lets pass what meets every constraint of the query (maturity and explicitness have their own filter).

    An item that does not state what is asked about (its duration, year or language) does not meet the constraint.
    """

    name = "constraints"
    safety = True

    def __call__(self, request: Request, candidates: Candidates) -> Mask:
        asked, catalogue, rows = request.query.constraints, request.world.catalogue, candidates.items
        mask = np.ones(len(rows), dtype=bool)
        if asked.kinds:
            mask &= np.isin(catalogue.kinds[rows], [KIND_CODE[kind] for kind in asked.kinds])
        if asked.genres:
            mask &= _any_genre(catalogue, asked.genres)[rows]
        if asked.without_genres:
            mask &= ~_any_genre(catalogue, asked.without_genres)[rows]
        if asked.languages:
            wanted = [language.split("-")[0].lower() for language in asked.languages]
            mask &= np.isin(catalogue.languages[rows], wanted)
        if asked.without_languages:
            refused = [language.split("-")[0].lower() for language in asked.without_languages]
            mask &= ~np.isin(catalogue.languages[rows], refused)
        for words in asked.without_words:
            mask &= ~index(request).having(words)[rows]
        if asked.creators:
            mask &= _any_creator(catalogue, asked.creators, rows)
        if asked.min_duration_s is not None:
            mask &= catalogue.durations[rows] >= asked.min_duration_s
        if asked.max_duration_s is not None:
            mask &= catalogue.durations[rows] <= asked.max_duration_s
        if asked.min_year is not None:
            mask &= catalogue.years[rows] >= max(asked.min_year, 0)
        if asked.max_year is not None:
            years = catalogue.years[rows]
            mask &= (years <= asked.max_year) & (years >= 0)
        if asked.years:
            years = catalogue.years[rows]
            mask &= np.any([(years >= max(low, 0)) & (years <= high) for low, high in asked.years], axis=0)
        if asked.exclude:
            mask &= ~np.isin(rows, _known(catalogue.rows(asked.exclude)))
        if asked.where is not None:
            mask &= meets(asked.where, request)[rows]
        return mask


def _any_genre(catalogue: Catalogue, genres: tuple[str, ...]) -> Mask:
    """(n items,) True where an item has at least one of the genres."""
    wanted = {genre.lower() for genre in genres}
    column = np.array([name in wanted for name in catalogue.genre_names], dtype=np.float32)
    return np.asarray(catalogue.genres @ column > 0, dtype=bool)


def _any_creator(catalogue: Catalogue, wanted: tuple[Credit, ...], rows: Rows) -> Mask:
    """(n rows,) True where one of the credits is of a wanted name and role."""
    names = {(credit.name.casefold(), credit.role) for credit in wanted}

    def by_one(row: int) -> bool:
        item = catalogue.items[row]
        return item is not None and any(
            credit.name.casefold() == name and has_role(credit, role)
            for credit in item.creators
            for name, role in names
        )

    return np.fromiter((by_one(int(row)) for row in rows), dtype=bool, count=len(rows))


def _known(rows: Rows) -> Rows:
    return rows[rows >= 0]

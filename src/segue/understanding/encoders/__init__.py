"""Encoders: item → vector or fingerprint. One file each; this table says which there are, by the name of their space.

A space has one encoder at a time: the one of the table, or the one that a setting puts in its place (`chosen`).
"""

from __future__ import annotations

from pathlib import Path

from ...plugins import Table
from ...settings import Settings
from .base import Encoder

TABLE: Table[type[Encoder]] = Table(
    "encoder",
    "segue.encoders",
    {
        "transcript": "segue.understanding.transcripts:Transcripts",  # first, since texts are read with it
        "text": "segue.understanding.encoders.text:TextEncoder",
        "ngram": "segue.understanding.encoders.ngram:NgramEncoder",
        "audio": "segue.understanding.encoders.audio:AudioEncoder",
        "picture": "segue.understanding.encoders.picture:PictureEncoder",
        "sound_print": "segue.understanding.fingerprints.sound:SoundPrint",
        "picture_print": "segue.understanding.fingerprints.picture:PicturePrint",
    },
)

BY_SETTING: Table[type[Encoder]] = Table(
    "encoder",
    "",  # no group of entry points: each has a setting of its own
    {
        "picture_model": "segue.understanding.encoders.picture_model:PictureModel",
        "audio_model": "segue.understanding.encoders.audio_model:AudioModel",
        "bag_of_words": "segue.understanding.encoders.bag_of_words:BagOfWords",
    },
)
"""What takes the place of an encoder of `TABLE`, by the setting that names it."""


def chosen(space: str, settings: Settings, workspace: Path = Path()) -> Encoder:
    """The encoder of a space, as the settings want it.

    Raises:
        NotFound: there is no such space.
    """
    return kind_of(space, settings)(settings, workspace)


def kind_of(space: str, settings: Settings) -> type[Encoder]:
    """The class of `chosen`."""
    wanted = settings.understanding
    if space == "picture" and wanted.picture_model:
        return BY_SETTING.load("picture_model")
    if space == "audio" and wanted.audio_model:
        return BY_SETTING.load("audio_model")
    if space == "text" and wanted.text_model == "bag_of_words":
        return BY_SETTING.load("bag_of_words")
    return TABLE.load(space)

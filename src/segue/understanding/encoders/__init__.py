"""Encoders: item → vector or print. One file per encoder; this table says which there are, by name of their space."""

from __future__ import annotations

from ...plugins import Table
from .base import Encoder

TABLE: Table[type[Encoder]] = Table(
    "encoder",
    "segue.encoders",
    {
        "text": "segue.understanding.encoders.text:TextEncoder",
        "ngram": "segue.understanding.encoders.ngram:NgramEncoder",
        "audio": "segue.understanding.encoders.audio:AudioEncoder",
        "picture": "segue.understanding.encoders.picture:PictureEncoder",
        "sound_print": "segue.understanding.fingerprints.sound:SoundPrint",
        "picture_print": "segue.understanding.fingerprints.picture:PicturePrint",
    },
)

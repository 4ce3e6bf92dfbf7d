"""Which language a text is in, by its script and its commonest words; says nothing where it is not sure.

Good for sentences and more, not for titles of two words. Needs no library and no weights.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

READ_CHARACTERS = 4_000

_SCRIPTS = {
    "CJK": "zh", "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "CYRILLIC": "ru", "ARABIC": "ar", "HEBREW": "he",
    "GREEK": "el", "THAI": "th", "DEVANAGARI": "hi", "BENGALI": "bn", "TAMIL": "ta", "GEORGIAN": "ka", "ARMENIAN": "hy",
}  # fmt: skip
"""Language by the first word of a character's Unicode name, where a script has one that leads by far."""

_COMMON = {
    "en": "the of and to in is that it was for you he with on his they be at this have from i not are my what we but",
    "de": "der die und das ist nicht ich ein eine zu den mit sie von es auf dem er wir sich für im du auch wie aber",
    "fr": "le la les de des et est un une je que qui pas dans pour il elle vous nous sur ce au du avec ne mais sont",
    "es": "el los las de que y en un una es por con no para se lo su como más pero me te muy está yo del al mi",
    "it": "il di che è e la un una per non sono con mi si ha gli lo ma come della questo nel ti più anche io sei",
    "pt": "o os as de que e do da em um uma não para com é se por mais como mas foi eu ele você no na dos meu",
    "nl": "de het een en van ik is niet dat in je te op met zijn voor hij er maar ze aan ook als wat heb",
    "sv": "och att det som en är på jag inte för med av den han har du till ett om men var hon vi kan",
    "pl": "nie to się jest w na i że z do co jak tak ale ja ty mi o po za czy już tylko mnie był",
    "tr": "bir ve bu da ne için çok ben sen o gibi ama daha var yok mi değil ile kadar her şey biz",
    "id": "yang dan di itu tidak ini dengan untuk saya dari aku ada akan kamu ke dia bisa kau apa",
}
_WORDS = {language: frozenset(words.split()) for language, words in _COMMON.items()}
_LEAST_WORDS = 6
_LEAST_SHARE = 0.15
_LEAST_LEAD = 1.3


def language_of(text: str) -> str | None:
    """The language's two letters (BCP 47), or None where the text is too short or like none that is known."""
    sample = text[:READ_CHARACTERS]
    scripts = Counter(unicodedata.name(c, "?").split()[0] for c in sample if c.isalpha())
    total = sum(scripts.values())
    if not total:
        return None
    latin = scripts.pop("LATIN", 0)
    script, count = scripts.most_common(1)[0] if scripts else ("", 0)
    if script in _SCRIPTS and count + scripts["HIRAGANA"] + scripts["KATAKANA"] > max(0.3 * total, 2):
        if scripts["HIRAGANA"] + scripts["KATAKANA"] > 0.05 * total:
            return "ja"
        ukrainian = script == "CYRILLIC" and sum(sample.lower().count(c) for c in "іїє") > 0.02 * count
        return "uk" if ukrainian else _SCRIPTS[script]
    return _by_words(sample) if latin > 0.7 * total else None


def _by_words(sample: str) -> str | None:
    words = re.findall(r"[^\W\d_]+", sample.lower())
    if len(words) < _LEAST_WORDS:
        return None
    shares = sorted(((sum(w in common for w in words) / len(words), name) for name, common in _WORDS.items()))
    (second, _), (first, name) = shares[-2:]
    return name if first >= _LEAST_SHARE and first >= _LEAST_LEAD * second else None


_NAMES = {
    "english": "en", "chinese": "zh", "mandarin": "zh", "cantonese": "yue", "german": "de", "french": "fr",
    "spanish": "es", "italian": "it", "portuguese": "pt", "dutch": "nl", "swedish": "sv", "polish": "pl",
    "turkish": "tr", "russian": "ru", "ukrainian": "uk", "japanese": "ja", "korean": "ko", "arabic": "ar",
    "hebrew": "he", "greek": "el", "thai": "th", "hindi": "hi", "indonesian": "id", "vietnamese": "vi", "czech": "cs",
    "danish": "da", "finnish": "fi", "norwegian": "no", "hungarian": "hu", "romanian": "ro",
}  # fmt: skip
_THREE = {
    "eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es", "ita": "it", "por": "pt", "nld": "nl",
    "dut": "nl", "swe": "sv", "pol": "pl", "tur": "tr", "rus": "ru", "ukr": "uk", "jpn": "ja", "kor": "ko", "zho": "zh",
    "chi": "zh", "ara": "ar", "heb": "he", "ell": "el", "gre": "el", "tha": "th", "hin": "hi", "ind": "id",
}  # fmt: skip


def tag_of(stated: object) -> str | None:
    """What a file, a server or a model calls a language (``eng``, ``English``, ``zh-Hans``), in two letters; None for
    anything that is no such name.
    """
    if not isinstance(stated, str):
        return None
    name = stated.strip().lower()
    if name in _NAMES:
        return _NAMES[name]
    primary = re.split(r"[-_]", name)[0]
    if re.fullmatch(r"[a-z]{2}", primary):
        return primary
    return _THREE.get(primary)

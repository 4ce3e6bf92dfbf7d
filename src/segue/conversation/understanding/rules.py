"""What a turn asks for beside what a search reads: in a conversation a bare "comedy" or "French ones" is a wish.

Names are those of the vocabularies of a search and the genres that the catalogue has. What is refused is read before what
is asked for, and lists ("a western or a war film") before single names.
"""

# ruff: noqa: E501 - a pattern is one line

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from ...items import Credit, ItemKind
from ...pipeline.asking.ideas import ideas_of, single
from ...pipeline.asking.lexicon import ALSO, GENRES, KIND_NAMES, KINDS, LANGUAGES
from ...pipeline.asking.reading import Found, Reader, Rule
from ...pipeline.asking.rules.patterns import GENRE_EN, GENRE_ZH, LANGUAGE, LANGUAGE_EN, LANGUAGE_ZH, one_of
from ...pipeline.asking.titles import Names, simple
from ...pipeline.sources.words import folded
from ..dialogue import Dialogue
from .pointing import PLACE, THAT, last_pointed, places

_ADJECTIVES = frozenset(
    ["funny", "scary", "romantic", "suspense", "children", "kids", "family", "搞笑", "浪漫", "儿童", "亲子", "家庭"]
)
"""Words for genres that say a feeling or for whom where nothing stands behind them."""
_EVERYDAY = frozenset(
    [
        "live",
        "house",
        "sea",
        "space",
        "history",
        "travel",
        "food",
        "sport",
        "science",
        "health",
        "movies",
        "tv shows",
        "drinks",
        "cars",
        "services",
    ]
)
_CHINESE = {
    "音乐": "music", "真人秀": "reality", "独立": "independent", "青少年": "teen", "信仰": "faith", "英剧": "british",
    "邪典": "cult",
}  # fmt: skip
"""Chinese words for genres that catalogues have and no vocabulary names."""
_KIND_TAIL = r"(?:\s(?:movies?|films?|shows?|series|songs?|tracks?|music|videos?|podcasts?|games?|stuff|ones?|things?|pieces?|tunes?))?"
_TAIL_ZH = r"(?:(?:片子|电影|影片|片|类型?|题材|戏|元素|音乐|歌曲|歌|剧集|剧|游戏|内容|成分)的?|的)?"


@dataclass(frozen=True)
class Terms:
    """Names of genres, kinds and languages as a pattern each."""

    english: str
    chinese: str
    own: dict[str, tuple[str, ...]]
    """Genres of this catalogue that no vocabulary names: folded word → the genres."""

    @classmethod
    def of(cls, names: Names) -> Terms:
        own: dict[str, tuple[str, ...]] = {}
        for genre in names.catalogue.genre_names:
            for piece in {genre, *re.split(r"\s?[&/,]\s?|\sand\s", genre)}:
                word = single(folded(piece).replace("-", " "))
                bare = re.sub(r"^tv | (?:movie|film|tv show|series|show|feature|tv)$|(?:片|电影|剧)$", "", word)
                for form in {word, bare}:
                    if len(form) > 2 or not form.isascii():
                        own[form] = (*own.get(form, ()), genre)
        for word, english in _CHINESE.items():
            if english in own:
                own[word] = own[english]
        forms = {form for genre in GENRES for word in genre.english for form in (word, word.replace(" ", "-"))} | {
            form for word in own if word.isascii() for form in (word, word.replace(" ", "-"))
        }
        plurals = {f"{word[:-1]}ies" if word.endswith("y") else f"{word}s" for word in forms}
        kinds = {word for word in KINDS if word.isascii()}
        english = one_of(re.escape(word) for word in forms | plurals | kinds | {w for w in LANGUAGE if w.isascii()})
        chinese = one_of(
            {w for genre in GENRES for w in genre.chinese} | {re.escape(w) for w in own if not w.isascii()}
            | {w for w in KINDS if not w.isascii()} | {w for w in LANGUAGE if not w.isascii()}
        )  # fmt: skip
        return cls(english, chinese, own)

    @property
    def named_english(self) -> str:
        """One of the English names with what it may be a name of: "comedy films"."""
        return rf"(?:{self.english})(?:{_KIND_TAIL})(?![a-z])"

    def genres(self, word: str, reader: Reader) -> tuple[str, ...]:
        """The genres of this catalogue that a word names."""
        found = dict.fromkeys(name for genre in ideas_of(word) for name in reader.genre_names(genre))
        found.update(dict.fromkeys(self.own.get(single(word.replace("-", " ")), ())))
        if not found and any(idea.english[0] == "musical" for idea in ideas_of(word)):
            # Where musicals have no genre of their own, they lie among "Music".
            found.update(dict.fromkeys(self.own.get("music", ())))
        return tuple(found)


def told(word: str) -> tuple[str, str]:
    """What a genre is called in both languages."""
    ideas = ideas_of(word)
    if len(ideas) > 1:
        return " or ".join(idea.english[0] for idea in ideas), word
    return (ideas[0].english[0], ideas[0].chinese[0]) if ideas else (word, word)


def _refused(terms: Terms, match: re.Match[str], reader: Reader) -> Found | None:
    """None of the things that are named."""
    said = match.group("w")
    pattern = terms.english if said.isascii() else terms.chinese
    words = re.findall(rf"(?<![a-z])(?:{pattern})(?![a-z])|(?:{terms.chinese})" if said.isascii() else pattern, said)
    # "No music documentaries" among documentaries: what stands before the last name tells which of them.
    if len(words) == 2 and re.search(rf"{re.escape(words[0])}\s?{re.escape(words[1])}", said):
        words = words[:1]
    if any(terms.genres(word, reader) or ideas_of(word) for word in words):
        # "Nor a war film": films themselves are not refused.
        words = [word for word in words if word not in KINDS or not re.search(rf"\S\s?{re.escape(word)}$", said)]
    limits: dict[str, tuple[str, ...]] = {}
    english, chinese = [], []
    for word in dict.fromkeys(words):
        if word in LANGUAGE:
            name, _, zh = LANGUAGES[LANGUAGE[word]]
            tags = ALSO.get(LANGUAGE[word], (LANGUAGE[word],))
            limits["without_languages"] = (*limits.get("without_languages", ()), *tags)
            english.append(f"not in {name}")
            chinese.append(f"不要{zh[0]}")
            continue
        kind = KINDS.get(word)
        if kind is not None and reader.has_kind(kind):
            left = limits.get("kinds") or tuple(ItemKind)
            limits["kinds"] = tuple(one for one in left if one not in kind)
            english.append(f"no {KIND_NAMES[kind[0]][0]}")
            chinese.append(f"不要{KIND_NAMES[kind[0]][1]}")
            continue
        names = terms.genres(word, reader)
        if names or ideas_of(word):
            en, zh_ = told(word)
            also = (en, *(name for idea in ideas_of(word) for name in idea.chinese))
            limits["without_genres"] = tuple(dict.fromkeys((*limits.get("without_genres", ()), *names, *also)))
            english.append(f"not {en}")
            chinese.append(f"不要{zh_}")
    if not limits:
        return None
    what = "without" if "without_genres" in limits else "language" if "without_languages" in limits else "kind"
    return Found(what, ", ".join(english), "、".join(chinese), dict(limits))


def _phrase(match: re.Match[str], _: Reader) -> Found | None:
    words = match.group("w").strip()
    return Found("without", f"without “{words}”", f"不含“{words}”", {"without_words": (words,)})


def _any_genre(terms: Terms, match: re.Match[str], reader: Reader) -> Found | None:
    """At least one of the genres of a list."""
    said = match.group("w")
    words = re.findall(rf"(?<![a-z])(?:{terms.english})(?![a-z])" if said.isascii() else terms.chinese, said)
    kinds = [kind for word in words if (kind := KINDS.get(word)) and not terms.genres(word, reader)]
    words = [word for word in words if word not in LANGUAGE and terms.genres(word, reader)]
    if len(words) < 2:
        return None
    names = dict.fromkeys(name for word in words for name in terms.genres(word, reader))
    tells = [told(word) for word in dict.fromkeys(words)]
    limits: dict[str, object] = {"genres": tuple(names)}
    if kinds and reader.has_kind(kinds[-1]):
        limits["kinds"] = kinds[-1]
    return Found("genre", " or ".join(t[0] for t in tells), "或".join(t[1] for t in tells), limits)


def _genre(terms: Terms, match: re.Match[str], reader: Reader) -> Found | None:
    """One genre, as a filter where the catalogue has it."""
    word = match.group("g")
    if word in KINDS and reader.has_kind(KINDS[word]):
        return None
    names = terms.genres(word, reader)
    tail = match.groupdict().get("k")
    behind = re.match(rf"\s?(?:{terms.english}|{terms.chinese})", reader.plain[match.end() :])
    if not names or (not tail and not behind and (word in _ADJECTIVES or single(word) in _EVERYDAY)):
        return None
    english, chinese = told(word)
    kinds = KINDS.get(tail.strip()) if tail else None
    if kinds is not None and reader.has_kind(kinds):
        name = KIND_NAMES[kinds[0]]
        return Found("genre", f"{english} {name[0]}", f"{chinese}{name[1]}", {"genres": names, "kinds": kinds})
    return Found("genre", english, chinese, {"genres": names})


def _kind(match: re.Match[str], reader: Reader) -> Found | None:
    kinds = KINDS[match.group("k")]
    if not reader.has_kind(kinds):
        return None
    english, chinese = KIND_NAMES[kinds[0]]
    return Found("kind", f"only {english}", f"只要{chinese}", {"kinds": kinds})


def _tracks(_match: re.Match[str], reader: Reader) -> Found | None:
    """What is counted in 首."""
    kinds = KINDS["歌"]
    return Found("kind", "only tracks", "只要音乐", {"kinds": kinds}) if reader.has_kind(kinds) else None


def _language(match: re.Match[str], _: Reader) -> Found:
    tag = LANGUAGE[match.group("l")]
    english, _words, chinese = LANGUAGES[tag]
    return Found("language", f"in {english}", chinese[0], {"languages": ALSO.get(tag, (tag,))})


def _creator(match: re.Match[str], reader: Reader) -> Found | None:
    """Somebody who is named in full."""
    text, begin = match.group("c"), match.start("c")
    words = list(re.finditer(r"[^\s,，]+", text))[:4]
    for last in reversed(words):
        name = reader.names.creators.get(simple(text[words[0].start() : last.end()]))
        if name and (" " in name or not name.isascii()):
            span = (match.start(), begin + last.end())
            return Found("creator", f"with {name}", f"有{name}", {"creators": (Credit(name, ""),)}, span=span)
    return None


def _years(match: re.Match[str], _: Reader) -> Found:
    years = sorted({int(year) for year in re.findall(r"(?:1[89]|20)\d\d", match.group())})
    spans: list[tuple[int, int]] = []
    for year in years:
        if spans and spans[-1][1] + 1 == year:
            spans[-1] = (spans[-1][0], year)
        else:
            spans.append((year, year))
    shown = ", ".join(str(year) for year in years)
    return Found("year", f"from {shown}", f"{shown} 年", {"years": tuple(spans)})


def _bound(low: int | None, high: int | None, match: re.Match[str], _: Reader) -> Found:
    year = int(match.group("y"))
    if low is None:
        assert high is not None
        return Found("year", f"until {year + high}", f"{year + high} 年及以前", {"max_year": year + high})
    return Found("year", f"since {year + low}", f"{year + low} 年及以后", {"min_year": year + low})


def _children(_match: re.Match[str], _: Reader) -> Found:
    return Found("audience", "for children", "适合儿童", {"max_maturity": 12, "allow_explicit": False})


def _about(minutes: float, _match: re.Match[str], _: Reader) -> Found:
    seconds = minutes * 60
    limits = {"min_duration_s": round(0.85 * seconds), "max_duration_s": round(1.15 * seconds)}
    return Found("duration", f"about {minutes:g} minutes", f"大约{minutes:g} 分钟", limits)


_Y = r"(?P<y>(?:1[89]|20)\d\d)"
_NOT_EN = (
    r"(?:(?:\bi )?(?:do not|don't|dont|wouldn't|won't|never) (?:really )?(?:want|like|feel like|need|show me|give me|recommend)(?: to (?:see|watch|hear|listen to))?"
    r"|\b(?:that|which)(?:'s| is| are|'re) (?:not|neither)|\b(?:that |which |who )?(?:isn't|aren't|ain't|is not|are not|is neither|are neither)"
    r"|\b(?:but )?(?:not|no|no more|without|with no|nothing|neither|none of (?:that|the)|except(?: for)?|excluding|anything (?:but|except|other than)|everything (?:but|except)|other than|minus|skip|avoid|leave out|drop|remove|cut out|apart from|enough (?:of )?|too (?:many|much))|\bnon-)"
)
_FILL_EN = r"(?:\s?(?:in the mood for |up for |keen on |another |yet another |in |any |a |an |the |too much |that's |about |with |more |of |some |it's |is ))*"
_NOT_ZH = r"(?:但是|但|不过|也|都|就是|可|并且|而且)*(?:不要|不想看|不想听|不想要|不看|不听|不是|(?<!有)没有|不含|不带|别是|别放|别来|别给我|别推荐|别要|除了|除去|除开|排除|既不要|避开|不喜欢|别)\s?(?:太|再|有|讲|关于|带|看|听|放|要|那种|任何|什么)*\s?"
_SEP_EN = (
    r"(?:\s?(?:,(?=[^,.;!?]{1,40}\b(?:or|and|nor)\b)|/|&|,?\s?\b(?:or|and|nor)\b)\s?(?:in |any |a |an |the |also )*)"
)
_SEP_ZH = r"(?:\s?(?:、|和|与|跟|或者?|以及|[，,]?也不要|[，,]?也不想看|还有)\s?)"


def pointing_rules(names: Names, dialogue: Dialogue, here: int | None = None) -> Sequence[Rule]:
    """Like the second, 跟第二个类似: an item of the list to start from.

    Args:
        here: the place that another part of the same turn speaks of: "the first was great, more of that".
    """
    shown = dialogue.shown
    if shown is None:
        return ()

    def like(match: re.Match[str], reader: Reader) -> Found | None:
        place = match.groupdict().get("p") or ""
        numbers = places(place, len(shown.items)) if place and not re.fullmatch(THAT, place) else ()
        last = here or last_pointed(dialogue)
        numbers = numbers or ((last,) if last else ())
        ids = [shown.items[n - 1] for n in numbers if 1 <= n <= len(shown.items)]
        rows = [int(row) for row in names.catalogue.rows(ids) if row >= 0]
        if not rows:
            return None
        items = [item for row in rows if (item := names.catalogue.items[row]) is not None]
        reader.seed = rows[0]
        english = "like " + " and ".join(f"“{item.name}”" for item in items)
        chinese = "像" + "、".join(f"《{item.name}》" for item in items)
        return Found("seed", english, chinese, seeds=tuple(item.id for item in items))

    place = rf"(?P<p>{PLACE}|{THAT})"
    return (
        (re.compile(rf"\b(?:(?:show me |give me |i(?:'d| would)? (?:want|like) |more |something |anything |some |ones? |a (?:film|movie|song) |a bit |a little |just |exactly |very |much )*)(?:like|similar to|the same as|same as|along the lines of|close to|based on|in the style of)\s{place}"), like),
        (re.compile(rf"\b(?:i(?:'d| would)? (?:want|like)|(?:can i|i'll|let me) (?:get|have)|get me|give me|show me)\s{place}(?=,?\s(?:but|except|only)\b)"), like),
        (re.compile(r"\b(?:some |a few )?more (?:of|like) (?:that|this|it|the same)\b(?! \w+s\b)"), like),
        (re.compile(r"(?:再?(?:多)?来点|还要|多来些|再来些|想要更多)(?:这种|这样的|那种|那样的|同样的)"), like),
        (re.compile(rf"(?:要|来|想看|想听|找|推荐)?(?:一?个|一?部|一?首|点|些)?(?:像|类似于?|跟|和|与|按|按照|接近)\s?{place}\s?(?:一样|很?类似|差不多|相似|接近|那样|那种|似的|风格)?(?:的)?"), like),
    )  # fmt: skip


def refusals(terms: Terms) -> Sequence[Rule]:
    """What is not wanted, and bounds that are said by a refusal."""
    en, zh = terms.named_english, rf"(?:{terms.chinese})+{_TAIL_ZH}"
    refused = partial(_refused, terms)
    not_after = r"\b(?:nothing|not|none|nobody|no)\s(?:(?:films?|movies?|made|released|from|that(?:'s| is)|one)\s)*"
    return (
        (re.compile(rf"{not_after}(?:after|newer than|later than|more recent than|past)\s{_Y}\b"), partial(_bound, None, 0)),
        (re.compile(rf"{not_after}(?:before|older than|earlier than|prior to)\s{_Y}\b"), partial(_bound, 0, None)),
        (re.compile(rf"\b(?:from |in )?{_Y}\s(?:or|and) (?:later|newer|after|more recent|above|up)\b|\b(?:from|starting(?: in| from)?)\s(?P<z>(?:1[89]|20)\d\d)\s(?:on(?:wards?)?|and up)\b"), lambda m, r: _bound(0, None, m, r) if m.group("y") else None),
        (re.compile(rf"\b(?:from |in )?{_Y}\s(?:or|and) (?:earlier|older|before)\b"), partial(_bound, None, 0)),
        (re.compile(r"\b(?:from|in|of)?\s?(?:(?:1[89]|20)\d\d\s?,\s?)*(?:1[89]|20)\d\d\s?,?\sor\s(?:in |from )?(?:1[89]|20)\d\d\b"), _years),
        (re.compile(r"(?:(?:1[89]|20)\d\d年?(?:、|或者?|和|，))+(?:1[89]|20)\d\d年的?"), _years),
        (re.compile(r"(?:[,，]\s?)?(?:\bbut |\band )?\b(?:nothing|not(?: anything)?|no (?:films?|movies?|songs?|shows?|stories|ones)) (?:about|on|involving|featuring|to do with) (?P<w>[a-z][\w' -]{1,40}?)(?=\s?(?:$|[,.;!?\0]|\b(?:and|or|but|please)\b))"), _phrase),
        (re.compile(rf"(?:[,，]\s?)?{_NOT_EN}{_FILL_EN}(?:\s?)(?P<w>(?<![a-z]){en}(?:{_SEP_EN}{en})*)"), refused),
        (re.compile(rf"{_NOT_ZH}(?P<w>{zh}(?:{_SEP_ZH}{zh})*)(?:以外|之外|都行|都可以|就行|都好)*的?"), refused),
        (re.compile(rf"(?P<w>{zh}(?:{_SEP_ZH}{zh})*)(?:我|就|也)?(?:都|全|通通|统统|一概)?(?:不要|不想看|不想听|不看|不听|免了|不行|排除|别来)了?"), refused),
        (re.compile(r"(?:[,，]\s?)?\b(?:no|without|with no|nothing with|nothing about|not about|not with)\s(?!more|longer|later|less|problem|idea|thanks|need|matter|one|such|way)(?P<w>[a-z'-]+\s[a-z'-]+(?:\s[a-z'-]+)?)(?=\s?(?:$|[,，.;!\0]))"), _phrase),
    )  # fmt: skip


def lists(terms: Terms) -> Sequence[Rule]:
    """A western or a war film: any of them; a bare plural with "and" is a list, too."""
    en, zh = terms.named_english, rf"(?:{terms.chinese}){_TAIL_ZH}"
    any_genre = partial(_any_genre, terms)
    before = r"(?<!about )(?<!about a )(?<!about the )"
    return (
        (re.compile(r"\b(?:kids'?|children'?s?|child's) (?=movies?|films?|shows?|series|cartoons?|music|songs?|tv)|\b(?:for|with) (?:the |my |our |an? )?(?:two |three |small |young )?(?:little ones|kids|children|son|daughter|\w+[- ]year[- ]olds?)\b(?:,? (?:they are|who are|aged?) [\d, and]+)?"), _children),
        (re.compile(rf"{before}\b(?:either )?(?:a |an |some )?(?P<w>{en}(?:\s?,\s?(?:a |an |some )?{en})*(?:\s?,?\s?(?:\bor\b|/)\s?(?:maybe |perhaps |even )?(?:a |an |some )?{en})+)"), any_genre),
        (re.compile(rf"(?P<w>{zh}(?:\s?(?:、|，)\s?{zh})*(?:\s?(?:或者?是?|还是|/)\s?{zh})+)"), any_genre),
    )  # fmt: skip


def names_alone(terms: Terms) -> Sequence[Rule]:
    """Names without more, which are read last: "comedy", "French ones", "songs", "with Bill Murray"."""

    genre = partial(_genre, terms)
    own = one_of({*(re.escape(w) for w in terms.own if w.isascii()), *GENRE_EN.split("|")})
    plurals = one_of({f"{w[:-1]}ies" if w.endswith("y") else f"{w}s" for w in own.split("|")})
    own_zh = one_of({*GENRE_ZH.split("|"), *(re.escape(w) for w in terms.own if not w.isascii())})
    kinds_en = one_of(w for w in KINDS if w.isascii() and w not in ("clips", "streams", "shorts", "video"))
    kinds_zh = one_of(w for w in KINDS if not w.isascii() and len(w) > 1)
    free = r"(?<!about )(?<!about a )(?<!about the )(?<!on the )(?<!called )(?<![a-z'’-])"
    # "About crime" asks for a theme; "about true crime" can mean nothing but the genre.
    several = one_of(w for w in (*own.split("|"), *plurals.split("|")) if " " in w.replace("\\ ", " "))
    return (
        (re.compile(r"(?:with|by|featuring|from|directed by|starring)\s(?P<c>[^\0]{3,60})"), _creator),
        (re.compile(r"\b(?:two hours|2 hours|120 minutes) or so\b"), partial(_about, 120)),
        (re.compile(r"\b(?:an hour|one hour|60 minutes) or so\b"), partial(_about, 60)),
        (re.compile(rf"\b(?:only |just )?(?P<l>{LANGUAGE_EN})(?=\s(?:ones?|stuff|please|instead|cinema|only|speech|audio)\b|\s*$|\s?[,，.\0])"), _language),
        (re.compile(rf"(?:要|看|听|换成|改成|只要|来)?(?P<l>{LANGUAGE_ZH})的?(?=\s*$|[,，。\0])"), _language),
        (re.compile(rf"(?<![a-z'’-])(?:about )?(?P<g>{several})(?![a-z'’-])(?P<k>\s(?:films?|movies?|shows?|series|music|songs?|tracks?|pieces?|stuff|ones?|videos?|games?|podcasts?)\b)?"), genre),
        (re.compile(rf"{free}(?P<g>{own}|{plurals})(?![a-z'’-])(?P<k>\s(?:films?|movies?|shows?|series|music|songs?|tracks?|pieces?|stuff|ones?|videos?|game|games|podcasts?)\b)?"), genre),
        (re.compile(rf"(?P<g>{own_zh})(?P<k>片子|电影|片|类的?|题材的?|音乐|歌曲|歌|剧集|电视剧|剧)?的?"), genre),
        (re.compile(rf"{free}(?P<k>{kinds_en})(?![a-z'’-])"), _kind),
        (re.compile(rf"(?P<k>{kinds_zh})"), _kind),
        (re.compile(r"(?:听|首|唱|放点?|来点?)(?P<k>歌)"), _kind),
        (re.compile(r"(?:来|听|放|推荐|几|一)首"), _tracks),
    )  # fmt: skip


def cached(world_names: Names, derived: Callable[[str, Callable[[], Terms]], Terms]) -> Terms:
    """The terms of a world, made once."""
    return derived("terms of conversations", lambda: Terms.of(world_names))


def joined_rules(*parts: Iterable[Rule]) -> list[Rule]:
    """All of them, in this order."""
    return [rule for part in parts for rule in part]

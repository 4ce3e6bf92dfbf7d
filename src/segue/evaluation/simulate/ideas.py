"""What people call genres, plots and moods: a small vocabulary of the simulation's own, English and Chinese.

It was written without a look at the words that the reader of sentences knows, so that a simulated person is no echo of
it. How an idea shows in a catalogue is a pattern over what items state. The names of an idea come in two parts, as
everything that is said here: those of the part ``test`` are never used while anything is tuned.
"""

# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ...items import Item

Part = Literal["tuning", "test"]
PARTS: tuple[Part, ...] = ("tuning", "test")
Forms = tuple[tuple[str, ...], tuple[str, ...]]
"""What is said in the part ``tuning``, and what in the part ``test``."""


@dataclass(frozen=True)
class Idea:
    """One idea, how it shows, and what people call it."""

    name: str
    pattern: str
    """Over genres (of a genre), over description and tags (of a plot), without regard to case."""
    english: Forms
    chinese: Forms

    @cached_property
    def _shows(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.IGNORECASE)

    def in_genres(self, item: Item) -> bool:
        """Whether a genre of the item shows it."""
        return any(self._shows.search(genre) for genre in item.genres)

    def in_plot(self, item: Item) -> bool:
        """Whether what the item is about shows it."""
        return bool(self._shows.search(plot(item)))


def plot(item: Item) -> str:
    """What an item says it is about."""
    return " | ".join((item.description or "", *item.tags))


GENRES: tuple[Idea, ...] = (
    Idea("comedy", r"comed", (("a comedy", "something funny"), ("a comedy", "a funny one")), (("喜剧", "搞笑的片子"), ("喜剧片", "好笑的"))),
    Idea("horror", r"horror", (("a horror film", "something scary"), ("a horror movie", "a scary one")), (("恐怖片", "吓人的片子"), ("恐怖电影", "鬼片"))),
    Idea("thriller", r"thriller", (("a thriller",), ("a good thriller", "a suspenseful film")), (("惊悚片",), ("悬疑惊悚片", "紧张刺激的惊悚片"))),
    Idea("crime", r"\bcrime\b", (("a crime film", "something about crime"), ("a crime movie",)), (("犯罪片",), ("犯罪电影", "警匪片"))),
    Idea("romance", r"roman", (("a romance", "a love story"), ("a romantic film",)), (("爱情片",), ("爱情电影", "浪漫的片子"))),
    Idea("science fiction", r"science fiction|sci-fi", (("a sci-fi film", "science fiction"), ("a science fiction movie", "some SF")), (("科幻片",), ("科幻电影", "科幻类的"))),
    Idea("fantasy", r"fantasy", (("a fantasy film",), ("something with fantasy", "a fantasy movie")), (("奇幻片",), ("奇幻电影", "魔幻片"))),
    Idea("action", r"action", (("an action film",), ("an action movie", "something with lots of action")), (("动作片",), ("动作电影", "打斗多的片子"))),
    Idea("adventure", r"adventure", (("an adventure film",), ("an adventure", "an adventure movie")), (("冒险片",), ("冒险电影", "探险片"))),
    Idea("animation", r"animation|\banime\b", (("an animated film", "a cartoon"), ("an animation", "something animated")), (("动画片",), ("动画电影", "卡通片"))),
    Idea("family", r"family|kids", (("a family film",), ("something for the whole family",)), (("家庭片", "合家欢电影"), ("适合全家看的片子",))),
    Idea("documentary", r"documentar|docuseries", (("a documentary",), ("a documentary film", "a doc")), (("纪录片",), ("纪录电影", "纪实片"))),
    Idea("western", r"\bwestern", (("a western",), ("a cowboy movie",)), (("西部片",), ("西部电影", "牛仔片"))),
    Idea("war", r"\bwar\b", (("a war film",), ("a war movie",)), (("战争片",), ("战争电影", "打仗的片子"))),
    Idea("history", r"histor", (("a historical film",), ("a period piece", "something historical")), (("历史片",), ("历史题材的电影",))),
    Idea("mystery", r"myster", (("a mystery",), ("a mystery film", "a whodunit")), (("悬疑片",), ("推理片", "侦探片"))),
    Idea("music", r"music", (("a film about music",), ("a musical film",)), (("音乐片",), ("音乐电影",))),
    Idea("stand-up", r"stand-?up", (("stand-up comedy",), ("a stand-up special",)), (("脱口秀",), ("单口喜剧",))),
    Idea("reality", r"reality", (("a reality show",), ("reality TV",)), (("真人秀",), ("真人秀节目",))),
    Idea("sports", r"sport", (("a sports film",), ("something about sport",)), (("体育片",), ("运动题材的",))),
    Idea("drama", r"drama", (("a drama",), ("a serious drama",)), (("剧情片",), ("剧情电影", "正剧"))),
    # Of a library of music, games and short films.
    Idea("jazz", r"jazz|爵士", (("jazz",), ("some jazz music",)), (("爵士乐",), ("爵士",))),
    Idea("ambient", r"ambient|氛围", (("ambient music",), ("something ambient",)), (("氛围音乐",), ("环境音乐",))),
    Idea("metal", r"metal|金属", (("metal",), ("heavy metal",)), (("金属乐",), ("重金属",))),
    Idea("house", r"\bhouse|浩室", (("house music",), ("a house track",)), (("浩室音乐",), ("浩室舞曲",))),
    Idea("folk", r"\bfolk|民谣", (("folk music",), ("a folk song",)), (("民谣",), ("民谣歌曲",))),
    Idea("baroque", r"baroque|巴洛克", (("baroque music",), ("something baroque",)), (("巴洛克音乐",), ("巴洛克的曲子",))),
    Idea("lo-fi", r"lo-?fi|低保真", (("lo-fi",), ("lo-fi beats",)), (("低保真音乐",), ("lofi音乐",))),
    Idea("synthwave", r"synthwave|合成器", (("synthwave",), ("a synthwave track",)), (("合成器浪潮",), ("合成器音乐",))),
    Idea("chiptune", r"chiptune|芯片", (("chiptune",), ("8-bit music",)), (("芯片音乐",), ("8位音乐",))),
    Idea("afrobeat", r"afrobeat|非洲", (("afrobeat",), ("some afrobeat",)), (("非洲节拍",), ("非洲节奏的音乐",))),
    Idea("guofeng", r"guofeng|国风", (("guofeng music",), ("Chinese-style music",)), (("国风音乐",), ("古风的曲子",))),
    Idea("drum and bass", r"drum and bass|鼓打贝斯", (("drum and bass",), ("a drum and bass track",)), (("鼓打贝斯",), ("鼓打贝斯的曲子",))),
)  # fmt: skip

PLOTS: tuple[Idea, ...] = (
    Idea("spies", r"\bsp(?:y|ies)\b|espionage|secret agent|\bcia\b|\bmi6\b", (("spies", "a secret agent"), ("espionage", "someone who spies")), (("间谍",), ("特工", "谍战"))),
    Idea("zombies", r"zombie|undead", (("zombies",), ("the undead",)), (("僵尸",), ("丧尸",))),
    Idea("vampires", r"vampire", (("vampires",), ("a vampire",)), (("吸血鬼",), ("吸血鬼",))),
    Idea("aliens", r"\baliens?\b|extraterrestrial", (("aliens",), ("creatures from another planet",)), (("外星人",), ("外星生物",))),
    Idea("space", r"\bspace(?:ship|craft| )|outer space|astronaut", (("space travel", "astronauts"), ("people in outer space",)), (("太空",), ("宇航员", "宇宙飞船"))),
    Idea("time travel", r"time travel|time machine|time loop|back in time", (("time travel",), ("going back in time",)), (("时间旅行",), ("穿越时空",))),
    Idea("robots", r"\brobots?\b|android|artificial intelligence|cyborg", (("robots",), ("a machine that thinks",)), (("机器人",), ("人工智能",))),
    Idea("heist", r"\bheist|bank robber|\brobber(?:y|s)\b", (("a heist", "a bank robbery"), ("people who rob a bank",)), (("抢银行",), ("抢劫",))),
    Idea("serial killer", r"serial killer", (("a serial killer",), ("somebody who kills again and again",)), (("连环杀手",), ("连环杀人",))),
    Idea("prison", r"\bprison|\bjail|inmate", (("prison",), ("life behind bars",)), (("监狱",), ("坐牢",))),
    Idea("kidnapping", r"kidnap|abduct", (("a kidnapping",), ("a child who is kidnapped",)), (("绑架",), ("被绑架的人",))),
    Idea("world war two", r"world war ii|second world war|\bnazi|\bwwii", (("world war two",), ("the nazis", "WW2")), (("二战",), ("第二次世界大战", "纳粹"))),
    Idea("boxing", r"\bbox(?:er|ing)\b", (("boxing",), ("a boxer",)), (("拳击",), ("拳击手",))),
    Idea("football", r"\bfootball|soccer", (("football",), ("a football team",)), (("足球",), ("橄榄球", "球队"))),
    Idea("wedding", r"wedding|bridesmaid", (("a wedding",), ("people getting married",)), (("婚礼",), ("结婚",))),
    Idea("christmas", r"christmas|santa claus", (("Christmas",), ("the Christmas holidays",)), (("圣诞节",), ("圣诞老人",))),
    Idea("school", r"high school|\bschool\b|teenager", (("high school",), ("teenagers at school",)), (("高中",), ("校园", "高中生"))),
    Idea("superheroes", r"superhero|super power|marvel comic|dc comics", (("superheroes",), ("a hero with superpowers",)), (("超级英雄",), ("有超能力的英雄",))),
    Idea("martial arts", r"martial arts|kung fu|karate", (("martial arts",), ("kung fu",)), (("武术",), ("功夫",))),
    Idea("dinosaurs", r"dinosaur", (("dinosaurs",), ("a dinosaur",)), (("恐龙",), ("恐龙",))),
    Idea("dogs", r"\bdogs?\b|puppy", (("a dog",), ("dogs",)), (("狗",), ("小狗",))),
    Idea("magic", r"\bmagic|wizard|\bwitch", (("magic", "a wizard"), ("a witch",)), (("魔法",), ("巫师", "女巫"))),
    Idea("ghosts", r"\bghosts?\b|haunted", (("ghosts",), ("a haunted house",)), (("鬼魂",), ("闹鬼的房子",))),
    Idea("the mafia", r"mafia|gangster|\bmob(?:ster)?\b", (("the mafia", "gangsters"), ("the mob",)), (("黑手党",), ("黑帮",))),
    Idea("journalists", r"journalist|reporter|newspaper", (("a journalist",), ("reporters at a newspaper",)), (("记者",), ("新闻记者",))),
    Idea("a trial", r"lawyer|courtroom|\btrial\b", (("a lawyer",), ("a case in court",)), (("律师",), ("法庭",))),
    Idea("pirates", r"\bpirates?\b", (("pirates",), ("a pirate ship",)), (("海盗",), ("海盗船",))),
    Idea("survival", r"surviv|stranded", (("people fighting to survive",), ("being stranded",)), (("求生",), ("被困的人",))),
    Idea("dystopia", r"dystopia|post-apocalyptic|apocalyp", (("a dark future", "a dystopia"), ("the end of the world",)), (("反乌托邦",), ("世界末日",))),
    Idea("hitmen", r"hitman|assassin|contract killer", (("a hitman",), ("an assassin",)), (("杀手",), ("职业杀手", "刺客"))),
    Idea("drugs", r"drug (?:dealer|lord|cartel|traffic)|cartel|narco", (("drug dealers",), ("a drug cartel",)), (("毒贩",), ("贩毒集团",))),
    Idea("presidents", r"\bpresident\b|white house", (("a president",), ("the White House",)), (("总统",), ("白宫",))),
    Idea("divorce", r"divorce|marital|adulter|infidelity", (("a marriage that breaks",), ("a divorce",)), (("离婚",), ("婚外情",))),
    Idea("dancing", r"\bdanc(?:e|er|ing)\b|ballet", (("dancing",), ("a dancer",)), (("跳舞",), ("舞者", "芭蕾"))),
    Idea("bands", r"rock band|\bmusician|\bsinger|rock star", (("a musician",), ("a band",)), (("音乐家",), ("乐队", "歌手"))),
    Idea("cooking", r"\bchefs?\b|\bcook|restaurant|bak(?:er|ing)\b", (("cooking",), ("a chef",)), (("做菜",), ("厨师", "美食"))),
    Idea("revenge", r"reveng|vengeance", (("revenge",), ("someone taking revenge",)), (("复仇",), ("报仇",))),
    Idea("a road trip", r"road trip|road movie|cross-country", (("a road trip",), ("people driving across the country",)), (("公路旅行",), ("自驾旅行",))),
    Idea("nature", r"wildlife|\bnature\b|\bocean\b|animals", (("animals",), ("wildlife and nature",)), (("动物",), ("大自然",))),
    Idea("rain", r"\brain\b|雨", (("rain",), ("a rainy day",)), (("雨",), ("下雨天",))),
    Idea("night", r"\bnight drive|夜", (("driving at night",), ("the night",)), (("夜晚",), ("夜里",))),
    Idea("the sea", r"\bsea\b|海", (("the sea",), ("waves",)), (("大海",), ("海浪",))),
)  # fmt: skip

MOODS: tuple[Idea, ...] = (
    Idea("laugh", r"comed", (("I want to laugh", "I need cheering up"), ("make me laugh", "I had a rough day, something light please")), (("我想笑一笑", "想看点开心的"), ("今天很累，来点轻松的", "想找点能让我笑的"))),
    Idea("scare", r"horror", (("I want to be scared", "give me the creeps"), ("I want something to make me shiver",)), (("我想被吓一跳", "来点吓人的"), ("想看点毛骨悚然的",))),
    Idea("thrill", r"thriller", (("I want something tense", "keep me on the edge of my seat"), ("I want my heart to race",)), (("想看点紧张的", "来点刺激的"), ("想看让人屏住呼吸的",))),
    Idea("love", r"roman", (("I'm in a romantic mood", "something sweet for date night"), ("it's our anniversary, something about love",)), (("今晚约会，来点浪漫的", "想看点甜的"), ("想看谈恋爱的",))),
    Idea("thrills and spills", r"action|adventure", (("I want some excitement", "something with explosions"), ("I want a wild ride",)), (("想看点过瘾的", "来点热血的"), ("想看打得痛快的",))),
    Idea("wonder", r"fantasy|science fiction|sci-fi", (("take me to another world", "something imaginative"), ("I want to dream of other worlds",)), (("想看点有想象力的", "带我去另一个世界"), ("想看天马行空的",))),
    Idea("learn", r"documentar|docu|science", (("I want to learn something", "something true"), ("teach me something new",)), (("想学点东西", "想看真实的"), ("想长点知识",))),
    Idea("cry", r"drama", (("I want something moving", "something with depth"), ("I want a story that stays with me",)), (("想看点感人的", "来点有深度的"), ("想看能打动人的",))),
    Idea("together", r"family|kids|children", (("something to watch with the children", "we have kids here"), ("movie night with a six-year-old",)), (("想跟孩子一起看", "家里有小朋友"), ("陪孩子看的",))),
)  # fmt: skip

NOT_CALLED: dict[str, tuple[Forms, Forms]] = {
    "comedy": ((("comedy", "comedies"), ("comedies",)), (("喜剧",), ("喜剧片",))),
    "horror": ((("horror",), ("scary stuff",)), (("恐怖片",), ("恐怖的",))),
    "romance": ((("romance",), ("love stories",)), (("爱情片",), ("爱情的",))),
    "animation": ((("cartoons",), ("animation",)), (("动画片",), ("动画",))),
    "documentary": ((("documentaries",), ("documentaries",)), (("纪录片",), ("纪录片",))),
    "war": ((("war films",), ("war movies",)), (("战争片",), ("打仗的",))),
    "science fiction": ((("sci-fi",), ("science fiction",)), (("科幻片",), ("科幻",))),
    "music": ((("musicals",), ("films about music",)), (("音乐片",), ("音乐电影",))),
    "family": ((("family films",), ("family movies",)), (("家庭片",), ("家庭电影",))),
    "crime": ((("crime",), ("crime films",)), (("犯罪片",), ("犯罪的",))),
    "fantasy": ((("fantasy",), ("fantasy films",)), (("奇幻片",), ("奇幻",))),
    "western": ((("westerns",), ("cowboys",)), (("西部片",), ("西部",))),
    "metal": ((("metal",), ("heavy metal",)), (("金属乐",), ("重金属",))),
    "ambient": ((("ambient",), ("ambient music",)), (("氛围音乐",), ("氛围",))),
    "jazz": ((("jazz",), ("jazz",)), (("爵士乐",), ("爵士",))),
}
"""Genre → what it is called where it is not wanted, English and Chinese."""

TONGUES: dict[str, tuple[str, str]] = {
    "en": ("English", "英语"), "fr": ("French", "法语"), "es": ("Spanish", "西班牙语"), "zh": ("Chinese", "中文"),
    "cn": ("Cantonese", "粤语"), "de": ("German", "德语"), "hi": ("Hindi", "印地语"), "ja": ("Japanese", "日语"),
    "it": ("Italian", "意大利语"), "ru": ("Russian", "俄语"), "ko": ("Korean", "韩语"), "pt": ("Portuguese", "葡萄牙语"),
    "da": ("Danish", "丹麦语"), "sv": ("Swedish", "瑞典语"), "fa": ("Persian", "波斯语"),
}  # fmt: skip
"""Tag → what people call the language."""


def forms(of: Forms, part: Part) -> tuple[str, ...]:
    """What is said in a part."""
    return of[PARTS.index(part)]

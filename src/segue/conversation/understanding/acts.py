"""What a turn does besides asking for something: it greets, asks why, plays, tells what was seen, forgets, is rude …

Each act takes its stretch of the turn; what it leaves is read as wishes. The order of the table is that of reading.
"""

# ruff: noqa: E501 - a pattern is one line

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ...pipeline.sources.words import simplified
from .pointing import PLACE, THAT

What = Literal[
    "why", "why_not", "play", "like", "dislike", "seen", "about", "taste", "profile", "forget_taste", "memory",
    "forget", "take_back", "reset", "more", "playlist", "greet", "thanks", "help", "quiet", "others_data", "prompts",
    "rude", "off_topic", "yes", "no", "save", "surprise", "drop",
]  # fmt: skip
_P = rf"(?P<x>{PLACE}|{THAT})"
_PS = rf"(?P<x>(?:{PLACE}|{THAT})(?:\s?(?:,|and|&|、|和|跟)\s?(?:{PLACE}))*)"
_TITLE_EN = r"(?P<x>[^?!.;,\0]{1,80}?)"
_TITLE_ZH = r"《(?P<x>[^《》]{1,80})》"
_GOOD = r"(?:(?:really |also |very much |do )?(?:like|liked|love|loved|enjoy|enjoyed|adore|adored))"
_BAD = r"(?:(?:really )?(?:hate|hated|dislike|disliked|(?:do not|don't|didn't|did not) (?:really )?(?:like|care for|enjoy)|can't stand))"
_SEEN = r"(?:(?:have |'ve |had )?(?:already |just |both )?(?:seen|watched|heard|listened to|played|finished))"
_SOMEBODY_EN = (
    r"(?:(?!(?:i|you|we|it|this|that|everyone|everybody|people|someone|somebody|anyone|who|which|what|there|they|one|the film|the movie|does|did|is)\b)"
    r"(?:my |his |her |our |their |the )?(?:other )?[a-z][\w'-]*(?:\s(?!watch|like|listen|play|see|hear)[\w'-]+)?)"
)
_SOMEBODY_ZH = r"(?:用户\s?\w+|别人|别的用户|其他人|其他用户|他人|她|他(?!们都)|我?(?:老婆|老公|妻子|丈夫|妈妈?|爸爸?|儿子|女儿|朋友|同事|室友|邻居|男友|女友|哥哥|姐姐|弟弟|妹妹|老板)|小[\u4e00-\u9fff]|老[王李张刘陈杨赵黄周吴]|[A-Za-z][A-Za-z0-9_]{1,20})"


@dataclass(frozen=True)
class Spotted:
    """One act, as it stands in a turn."""

    what: What
    begin: int
    end: int
    place: str = ""
    """The stretch that names places of the list, or "that one"."""
    title: str = ""
    whole: bool = False
    """Nothing else is read from the turn."""
    kept: tuple[int, int] = (0, 0)
    """The stretch in it that says what is wanted: "half an hour of jazz" in "make me half an hour of jazz as a list"."""


_RULES: Sequence[tuple[What, str, bool]] = (
    # (act, pattern, whether the whole turn is about it)
    ("prompts", r"\b(?:ignore|disregard|forget|override) (?:all |any |the |your )*(?:previous|prior|above|earlier|system|former)? ?(?:instructions?|prompts?|rules|directives)|(?:your|the|system) (?:system |hidden |initial )?(?:prompts?|instructions)\b|\b(?:developer|jailbreak|dan) mode|\bact as (?:an? )?(?:system|root|admin)|忽略(?:之前|以上|上面|前面|所有)的?(?:所有)?(?:指令|指示|提示|规则)|系统提示词?|(?:你的|把)(?:系统)?(?:提示词?|指令)|提示词|开发者模式|越狱模式", True),
    ("others_data", rf"\bwhat (?:does|did|has|is|was|do|have) {_SOMEBODY_EN} (?:been )?(?:watch|watched|watching|like|liked|liking|listen|listened|listening|play|played|playing|see|seen|heard|hear|rate|rated|search|searched)\b(?! this)", True),
    ("others_data", r"\b(?:show|give|tell|read|open|list|export|what'?s|what is|see|delete|print|dump)\b.{0,24}\b(?!(?:what|it|that|let|today|tonight|he|she|there|here|who)'s)(?:[a-z][\w-]*'s|(?:other|another|every|all) (?:users?|persons?|people|persons?|accounts?|customers?)'?(?:s|s')?|user \w+'?s?) (?:\w+ )?(?:profiles?|histor(?:y|ies)|data|account|lists?|tastes?|conversations?|chats?|likes|ratings|playlists?|passwords?|emails?|address)\b|\b(?:other|another) (?:user|person|people|customer)s?'?s? (?:profile|history|data|account|tastes?|conversations?|likes)\b", True),
    ("others_data", rf"(?:看看|告诉我|给我看|查一?下|显示|导出|列出|打开)?{_SOMEBODY_ZH}(?:的(?:资料|数据|历史|记录|画像|口味|账号|对话|聊天记录|喜好|观看记录|密码|邮箱)|(?:最近|平时|昨天|都|今天|上周)*(?:在)?(?:看|听|喜欢|玩|搜)(?:了|过)?(?:些)?(?:什么|哪些|啥))", True),
    ("forget", r"\b(?:forget|delete|erase|clear|wipe|remove) (?:this|our|the|my) (?:whole |entire )?(?:conversation|chat|dialogue|talk)|\bforget (?:everything )?we(?:'ve)? (?:said|talked about|discussed)|(?:忘掉|忘记|删除|删掉|清除|清空)(?:这次|这个|我们的|本次|整个|这段)*(?:对话|聊天|会话|谈话)(?:记录)?", True),
    ("memory", r"\bwhat (?:did|have) (?:i|we) (?:just )?(?:ask(?:ed)?(?: for| you)?|said|say|talk(?:ed)? about|want(?:ed)?|look(?:ed)? for)|\bwhat (?:do you|are you) remember|\b(?:remind me|recap|summari[sz]e)(?: of)?(?: what| our| this| the (?:conversation|chat)|$)|我(?:刚才|之前|刚刚|前面)?(?:都)?(?:问|说|要)(?:了|过)(?:什么|哪些|啥)|你(?:还)?记得(?:什么|哪些|我说)|(?:总结|回顾)一?下(?:对话|聊天|我们)?|刚才(?:说|聊)到哪", True),
    ("forget_taste", r"\b(?:forget|don't remember|stop (?:thinking|assuming|believing)|unlearn|delete|remove from my profile) (?:that )?i (?:ever |really |once )?(?:like|liked|love|loved|hate|hated|dislike|disliked|enjoy|am into|watch(?:ed)?|prefer)d? (?P<x>[^.,;!?\0]{2,80})|\b(?:forget|ignore|disregard) (?:what|everything|anything) i(?:'ve| have)? (?:ever )?(?:said|told you) about (?P<x>[^.,;!?\0]{2,80})|(?:忘掉|忘记|别管|不要管|删掉)我(?:之前|刚才|以前)?(?:说过?的?)?(?:关于|有关)(?P<x>[^，。,.!！?？\0]{1,40}?)(?:的话|的)?(?=$|[，。,.!！\0])|(?:忘掉|忘记|别记得?|不要记得?|删掉|别再以为|不要再以为)我?(?:说过)?(?:我)?(?:喜欢|讨厌|不喜欢|爱看|爱听|爱)(?P<x>[^，。,.!！?？\0]{1,40})(?:这件事|这回事|了)?", True),
    ("profile", r"\bwhat (?:do|does|have) (?:you|segue|it) (?:know|think|learn(?:ed|t)?|believe|got|have) (?:about|of|on) me\b|\b(?:show|tell|read|what(?:'s| is)|see|open)(?: me)? my (?:profile|portrait|tastes?|preferences|likes)\b|\bwhat (?:do i|are my) (?:like|likes|tastes?|preferences)\b|\bwho am i\b|你(?:都)?(?:知道|了解|记得|记录了)我(?:的)?(?:什么|哪些|些什么|多少|啥)|(?:看看|显示|打开|查看|给我看)?我的(?:资料|画像|口味|偏好|档案)(?:是什么|是啥|怎么样)?|我(?:喜欢|爱看|爱听)(?:什么|哪些|啥)", True),
    ("quiet", r"\b(?:don't|do not|stop|no more|quit|without) (?:ask(?:ing)?|question(?:s|ing)?)(?: me)?(?: (?:any )?(?:more )?questions?| anything| again| so much)?|\bno (?:more )?questions\b|\bjust (?:pick|choose|decide)(?: something| one)?(?: for me)?|别(?:再)?问(?:我)?(?:了|问题)?|不要(?:再)?问(?:我)?(?:问题|了)?|少问(?:点|问题)?", False),
    ("reset", r"\b(?:let's |let us |please |can we |just )*(?:start (?:over|again|afresh|from scratch|fresh)|begin again|reset(?: (?:everything|all|that|it|the (?:filters|conversation|wishes)))?|clear (?:everything|all|that|(?:all )?(?:the |my )?(?:filters|wishes))|forget (?:all|everything)(?: (?:of )?(?:that|this|above|i said|so far))?|forget (?:it|what i said(?! about))|scrap (?:that|all that|everything)|from scratch|something completely different)\b(?: please)?|(?:我们)?(?:重新(?:来|开始)(?:吧|一遍|一次)?|从头(?:来|开始)(?:吧|过)?|(?:刚才|之前|前面)(?:说)?的?(?:全|都)(?:不算|忘掉|取消|作废)(?:了)?|重置|清空(?:条件|所有|全部)?|全部(?:取消|清除)|推倒重来)(?:[,，]\s?(?:从头来|重新来))?", False),
    ("reset", r"^(?:no,? |oh,? |ok(?:ay)?,? )?(?:never mind|nevermind|forget (?:it|that|about it)|scrap that)(?: that| it)?\s?[,.;:!-]\s?(?=\w{2,}\W+\w)|^(?:那)?(?:还是)?算了吧?[,，。；;\s]\s?(?=\w{2,})", False),
    ("take_back", r"(?:\b(?:never mind|nevermind|forget(?: about)?|drop|ignore|skip|scratch|lift|remove|undo|take back|relax|disregard|lose|don't (?:mind|care about)|doesn't matter|no need for)|^(?:drop|without):?)\s(?:the |my |that |any |all )*(?:[“\"](?P<x>[^”\"]{1,80})[”\"]|(?P<x>length|duration|time limit|running time|how long|year|years|date|era|decade|age|release date|language|languages|subtitles|genre|genres|kind|type|director|actor|actors|people|who|mood|fame|popularity|title|words?|last (?:one|thing|wish)|limit|restriction|that)\b)(?: (?:limit|restriction|of release|thing|filter|requirement|part))?(?:,? (?:then|please|now))?", False),
    ("take_back", r"\bany (?P<x>length|duration|year|era|decade|language|genre|kind|mood)(?: (?:is|will be|would be))?(?: (?:fine|ok|okay|good|do))?(?! of)|\b(?:the )?(?P<x>length|duration|year|era|decade|language|genre|kind|mood) (?:doesn't matter|does not matter|is not important|isn't important|is irrelevant)", False),
    ("take_back", r"(?:算了|那就?|还是|就|也)*[,，]?\s?(?:(?:不限|不管|不用管|不看|别管|取消|去掉|放宽|忽略|不要求|不要管|不在乎|随便什么|什么)\s?(?:“(?P<x>[^”]{1,80})”|(?P<x>时长|长度|片长|多长|年份|年代|时间|语言|类型|题材|种类|导演|演员|心情|情绪|知名度|热度|条件|限制))(?:的)?(?:限制|要求|条件)?(?:都(?:行|可以|好))?了?|(?P<x>时长|长度|片长|年份|年代|语言|类型|题材|导演|演员|心情|知名度)(?:就)?(?:无所谓|不限|随便|都行|都可以|不重要|不用管|随意)了?)", False),
    ("take_back", r"(?:算了|不要)“(?P<x>[^”]{1,80})”(?:了)?", False),
    ("take_back", r"^(?:no,? )?(?:never mind(?: (?:that|it))?|take (?:that|it) back|undo(?: that)?|(?:please )?(?:go |take me |get )?back(?: to (?:the )?(?:last|previous|earlier) (?:list|one|ones|results))?|(?:show me )?(?:the )?(?:previous|last|earlier) (?:list|results|ones)(?: again)?|(?:回到?|返回)(?:上一(?:步|个列表|批|页)|刚才(?:的列表|那批)?|之前(?:的列表)?)(?:吧)?|撤回|撤销|取消上一个|刚才那个不算)[.!。！]?$", True),
    ("save", rf"\b(?:save|bookmark) (?P<x>{PLACE}|{THAT})(?: for (?:later|me))?|\b(?:add|put) (?P<x>{PLACE}|{THAT}) (?:to|on|onto|in|into) (?:my |the |a )?(?:watch ?|play)?(?:list|later|queue|library|favou?rites)|把(?P<x>{PLACE})(?:收藏|存)(?:起来|下来|一下|了)?|收藏(?:一下)?(?P<x>{PLACE})", False),
    ("playlist", r"\b(?:make|create|build|give|prepare|put together)(?: me| us)? an? (?!new\b)(?P<k>[^.,;:!?\0]{2,60}?) ?\b(?:playlist|mixtape|channel)\b|(?:给我|帮我|为我)?(?:做|建|创建|生成|来|弄|整理)(?:一个|一份|个|份)(?!(?:播放列表|歌单|片单|列表|清单|频道))(?P<k>[^，。,.!！?？\0]{1,30}?)(?:播放列表|歌单|片单|清单|频道)", False),
    ("playlist", r"\b(?:make|create|build|save|turn)(?: me)?(?: (?:this|these|them|that|it))? (?:as |into )?(?:a |an |the |my )?(?:new )?(?:playlist|mixtape|channel|list of (?:them|these))\b(?: (?:called|named) [“\"]?(?P<x>[^”\"\0]{1,60})[”\"]?)?|\bsave (?:this|these|the list|it)\b|(?:把)?(?:这些|这个列表|它们)?(?:做|建|创建|生成|存|保存|整理)(?:成)?(?:一个|个|一份|为)?(?:播放列表|歌单|片单|列表|清单|频道)(?:叫“?(?P<x>[^”\0]{1,40})”?)?|(?:把)?(?:这些|这个列表)?(?:存|保存)(?:下来|成歌单|成片单)", False),
    ("why_not", rf"\bwhy (?:not|isn't|is not|didn't you (?:recommend|show|suggest)|don't you (?:recommend|show|suggest)|wasn't) (?:{_P}|{_TITLE_EN})(?: (?:here|there|shown|on (?:the|this|that) list|in (?:the|this|that) list|recommended))?\s?[?？]?$|为什么(?:没有?|不)(?:推荐|给我看|有|放|选)?(?:{_TITLE_ZH}|(?P<x>[^?？\0]{{1,40}}?))\s?[?？]?$|{_TITLE_ZH}(?:为什么|怎么)(?:不在|没有?)", True),
    ("why", rf"\b(?:but )?(?:why|how come|what makes you (?:recommend|suggest)|explain)\b(?: did you| do you| would you)?(?: (?:recommend|suggest|show|pick|choose)(?:ed)?)?(?: me)?(?: (?:is|was))?\s?(?:{_P})?(?: (?:here|there|in (?:the|this) list|recommended))?\s?[?？]?\s?$|(?:{_P})?(?:为什么|为啥|凭什么|怎么会)(?:会)?(?:推荐|给我|选|是|有)?(?:给我)?(?:{_P})?(?:这些)?(?:的)?\s?[?？]?\s?$|解释一?下(?P<x>{PLACE})?", True),
    ("why", r"\b(?:but )?why\s(?:did you (?:recommend|suggest|pick|choose|show)(?: me)?\s)?(?P<x>[A-Z0-9“\"《][^?？\0]{1,60}?)\s?[?？]\s?$", True),
    ("drop", rf"\b(?:remove|drop|take out|delete|without|hide|skip|lose) (?P<x>{PLACE}|{THAT})(?: from (?:the|this) list)?(?=\s?(?:$|[,，.!;]))|(?:把)?(?P<x>{PLACE})(?:去掉|删掉|移除|拿掉|删了)|(?:去掉|删掉|移除|拿掉)(?P<x>{PLACE})", False),
    ("about", rf"^(?:and |what about |how about )?(?P<x>{PLACE}|\d{{1,2}})\s?[.!?？]*$|\b(?:which|what)(?: one| of (?:these|those|them))? is (?P<x>the (?:shortest|longest|newest|latest|oldest)(?: one)?)\b|(?:哪一?(?:个|部|首|集|条|期|款)|谁)(?P<x>最[短长新老旧早])|\b(?:info(?:rmation)?|details?|more) (?:on|about|for) (?P<x>\d{{1,2}}|{PLACE})\b", True),
    ("about", rf"\b(?:what(?:'s| is| was)|tell me(?: more)?|more|info(?:rmation)?|details)(?: about)? {_P}(?: (?:about|like))?\s?[?？]?$|\b(?:what(?:'s| is)) {_P} about|\b(?:who(?:'s| is| are| was)?(?: (?:made|directed|wrote|in|on|behind|starring in|stars in|plays in|acts in|sings))?|(?:how long|how old|what year|what language|what genre) is|when (?:was|did|is|were)) (?P<x>{PLACE}|{THAT}).{{0,20}}$|\b(?:is|are|was) (?P<x>{PLACE}|{THAT}) (?:any good|good|bad|worth (?:it|watching|seeing|hearing)|(?:suitable|appropriate|okay|ok|fine|safe|right|good) for .{{1,30}}|(?:too |very )?(?:scary|violent|sad|long|old|new|funny|gory))\s?[?？]?$|{_P}(?:是)?(?:讲|关于|说|演)(?:的是|的|了)?(?:什么|啥)(?:的|故事|内容)?\s?[?？]?|(?:介绍|说说|讲讲|详细说)一?下(?P<x>{PLACE})|{_P}(?:怎么样|好看吗|好听吗|多长|多久)\s?[?？]?", True),
    ("seen", rf"(?:\b(?:i(?:'ve| have)?|we(?:'ve| have)?)\s)?\b{_SEEN} {_PS}(?: (?:already|before|too|twice))?|{_PS}(?:我)?(?:都|也|已经|早就)*(?:看|听|玩)过了?(?!没)|(?:我)?(?:已经)?(?:看|听|玩)过(?P<x>{PLACE})(?:了)?", False),
    ("dislike", rf"\bi(?:'m)? (?:also )?{_BAD} {_PS}|\b(?:hate|dislike|not interested in|thumbs down (?:for|on|to)|less like|not) (?P<x>{PLACE}|{THAT})(?=\s?(?:$|[,，.!;]))|{_PS}(?: (?:is|was|looks|sounds))(?: (?:really|so|very|too))? (?:bad|awful|terrible|boring|not for me|dull|rubbish)|(?:我)?(?:不喜欢|讨厌|不想看|不感兴趣|不要)(?P<x>{PLACE})|(?P<x>{PLACE})(?:我)?(?:不喜欢|讨厌|不感兴趣|没兴趣|不好看|不好听|不行|太烂|很烂|很无聊)了?", False),
    ("like", rf"\b(?:i|we) {_GOOD} {_PS}|\b(?:love|thumbs up (?:for|on|to)) (?P<x>{PLACE})(?=\s?(?:$|[,，.!;]))|{_PS}(?: (?:is|was|looks|sounds))(?: (?:really|so|very|pretty))? (?:good|great|nice|perfect|lovely|brilliant|excellent|fun)|(?:我)?(?:喜欢|很喜欢|超喜欢|爱)(?P<x>{PLACE})|(?P<x>{PLACE})(?:我)?(?:很|挺|真|不)?(?:喜欢|好看|好听|不错|棒)(?!吗|不)了?", False),
    ("about", r"^(?:please )?(?:tell me (?:more )?about|what do you know about|what(?:'s| is) (?=[^?]{1,60}\babout\b)) ?(?P<x>[^?!.;\0]{1,80}?)(?: about)?\s?[?.!]*$|^(?:介绍一?下|说说|讲讲)?《(?P<x>[^》]+)》(?:是?讲什么的|怎么样|好看吗|好听吗|讲了什么)?[?？]?$", True),
    ("seen", r"\b(?:i|we)(?:'ve| have)?\s(?:already |just |both )?(?:seen|watched|heard) (?P<x>[^,.;!?\0]{2,60}?)(?: (?:already|before|too|twice))?(?=\s?(?:$|[,.;!?\0]))|(?:我)?(?:已经)?(?:看|听)过(?:了)?《(?P<x>[^》]+)》|《(?P<x>[^》]+)》(?:我)?(?:都|已经)?(?:看|听)过了?", False),
    ("dislike", rf"\b(?:i|and|but) (?:also )?{_BAD} (?P<x>[^,.;!?\0]{{2,60}}?)(?=\s?(?:$|[,.;!?\0]))|(?:我)?(?:不喜欢|讨厌)《(?P<x>[^》]+)》", False),
    ("like", rf"\b(?:i|we) (?:also |both )?{_GOOD} (?P<x>[^,.;!?\0]{{2,60}}?)(?: too| a lot| so much)?(?=\s?(?:$|[,.;!?\0]|(?:and|but) (?:i )?{_BAD}))|(?:我)?(?:很|超|非常)?喜欢《(?P<x>[^》]+)》", False),
    ("play", rf"^(?:please |can you |could you |ok(?:ay)?,? |let's |just )*(?:play|start|put on|watch|listen to|open|begin|queue|i'll (?:take|watch|have|try)|let's (?:watch|go with|take)|go with) {_P}(?: (?:now|please|then))*[.!]?$|^(?:请|帮我|那就?|就|好的?[,，]?|直接)*(?:放|播放|播|看|听|打开|开始|来)(?:一下)?(?P<x>{PLACE}|这个|那个|它)(?:吧|好了)?[。！]?$|^就(?:看|听|选)?(?P<x>{PLACE})(?:吧|了)?$", True),
    ("play", r"^(?:please |can you |could you )*(?:play|start|put on) [“\"]?(?P<x>[^”\"\0]{2,80}?)[”\"]?(?: (?:now|please))*[.!]?$|^(?:请|帮我)?(?:播放|放|打开|播)\s?《(?P<x>[^》]+)》", False),
    ("more", r"^(?:(?:ok(?:ay)?|hmm+|well|no|please|and|yes)[,.]?\s)*(?:(?:show|give|find|get|suggest|recommend|tell)(?: me)?(?: some| a few)?\s)?(?:(?:some|any|a few|a couple(?: of)?|the) )?(?:more|others?|other ones?|different (?:ones?|films?|movies?|songs?|things?|options?)|another(?: one| few| list| batch)?|new ones|next(?: ones| page| batch)?|something else|anything else|what else(?: (?:is there|have you got|do you have))?|else|keep going|again|a few more|other (?:suggestions|options|ideas|films|movies|songs|recommendations))(?: (?:of (?:those|these|them)|like (?:these|those|that|this)|please|suggestions?|options?|then))*(?=\s?(?:$|[,，.!?;]|but\b|and\b|\bfrom\b))", False),
    ("more", r"^(?:(?:no|nah|hmm+|well|ugh|meh|they are|these are|those are|that's|all)[,.]?\s)*(?:(?:so |too |pretty |really |rather )?boring|meh|(?:not (?:really )?(?:great|good|impressed|convinced|(?:my|our) (?:thing|cup of tea|taste)|for (?:me|us)|interested|in the mood for (?:that|this|these|those|it)))|(?:(?:i|we)(?:'ve| have)?\s)?(?:already )?(?:seen|watched|heard|know|played) (?:all of |both of |most of )?(?:these|those|them|all)(?: already| all)?|none of (?:these|those|them|that)(?: (?:appeals?|works?|please))?|(?:i )?(?:don't|do not) (?:really )?(?:like|want) (?:any of )?(?:these|those|them))(?=\s?(?:$|[,，.!;]))|^(?:都|这些|全都)?(?:太|好|真|有点)?(?:无聊|没意思|没劲|一般般?)(?:了|啊)?(?=$|[,，。!！])|^(?:这些|都|全)(?:都)?(?:不(?:太)?(?:喜欢|好看|好听|行|想看|想听|感兴趣)|没兴趣|看过了|听过了)(?=$|[,，。!！])", False),
    ("more", r"(?:再)?换(?:一|几|点)?(?:批|些|个|部|首|组|几个|几部|几首|别的|其他)?(?:的)?(?:吧|看看|看)?(?!成)(?=$|[,，。！!?？\s])|(?:还)?有(?:没有)?(?:别的|其他的?|更多的?)(?:吗|么|嘛|推荐)?|(?:再)?(?:来|给|推荐|看)(?:我)?(?:点|些|几个|几部|几首|一批|一些)?(?:别的|其他的?|更多)(?:的)?(?:吧)?(?=$|[,，。！!?？\s])|再(?:来|推荐|给我?)(?:点|些|几个|几部|几首|一些|一批|一组)?(?:吧)?(?=$|[,，。！!?？\s])|更多(?=$|[,，。！\s])|下一(?:批|页|组)|还有吗|继续(?=$|[,，。！])|看点别的", False),
    ("taste", r"^(?:also,? |and |by the way,? |in general,? |generally,? )*i(?:'m)?(?: (?:really|always|absolutely|usually|generally|just|also|do|mostly|am))*\s(?:love|like|adore|enjoy|prefer|hate|detest|loathe|dislike|never (?:want|watch|listen to|like|enjoy)|don't like|do not like|can't stand|cannot stand|can't bear|a (?:big |huge )?fan of|not a fan of|allergic to|into|not into|tired of|fond of)\s(?!(?:to|it|that|this|these|those|them|the (?:first|second|third|last|fourth|fifth|idea))\b)(?P<x>[^\0]{2,200})$|^(?:我)(?:真的|一向|一直|从来|平时|向来|特别|非常|超级|超|最|很|都|也|其实|比较)*(?:喜欢|爱看|爱听|热爱|讨厌|不喜欢|不爱看|不爱听|受不了|从不看|从不听|从来不看|从来不听|不看|不听|恨|偏爱|痴迷)(?!第|这|那|它|什么|哪|吗)(?P<x>[^\0]{1,100})$|^(?P<x>(?:never|don't ever|please never) (?:show|recommend|suggest|give)(?: me)? (?:any )?[^\0]{2,100}|(?:以后|永远|从今)(?:都)?(?:不要|别)(?:再)?(?:给我|向我)?(?:推荐|放|看)?[^\0]{1,60})$", False),
    ("surprise", r"^(?:please |ok(?:ay)?,? |well,? |hmm+,? |just )*(?:(?:you |just )?surprise me|(?:you|your) (?:choose|pick|decide|choice|call)|dealer's choice|whatever(?: you (?:like|think|want))?|anything(?: goes| is fine| at all| good)?|up to you|(?:i(?:'m| am) not sure|i (?:really )?(?:don't|do not) know|no idea|dunno|idk)(?: what (?:i want|to (?:watch|see|listen to|hear|play)))?|i don't (?:mind|care))[\s.!?]*$|^(?:那就?|就)?(?:你来?定|你(?:来)?(?:决定|选|挑|推荐)吧?|听你的|随便(?:你|吧|来点|来一?个|推荐|什么都行)?(?:什么|吧)?|都行|都可以|什么都(?:行|可以)|给我(?:个|一个|点)?惊喜|(?:我)?(?:也)?不知道(?:想?(?:看|听|玩|要)(?:点)?什么)?|没(?:什么)?想法)(?:吧|了|啊)?[。！!？?~～]*$", True),
    ("help", r"^(?:help|what can (?:you|i) (?:do|ask|say)|how (?:does this|do you) work|what (?:are|is) (?:you|this)|who are you|are you (?:an? )?(?:ai|bot|robot|human|person|real|machine|language model|chatgpt)(?: (?:person|human|model))?)\s?[?？!.]*$|^(?:帮助|帮帮我|你(?:能|会|可以)(?:做|干)(?:什么|些什么|啥)|怎么用|你是谁|你是什么|你是(?:人|真人|机器人|人工智能|ai|机器)吗?)[?？!！。]*$", True),
    ("thanks", r"^(?:ok(?:ay)?[,.]? |great[,.!]? |perfect[,.!]? |cool[,.!]? |nice[,.!]? )*(?:thanks?(?: you)?(?: (?:so much|a lot|very much))?|thank you|thx|cheers|ta|bye|goodbye|see you|good night|that's all|great|nice|cool|perfect|awesome|lovely|excellent|wonderful|brilliant)[\s.!,]*$|^(?:太好了|太棒了|很好|真不错|不错|真棒|完美)[。！!～~]*$|^(?:好的?[,，]?|太好了[,，]?)?(?:谢谢|多谢|感谢|谢啦|谢了|再见|拜拜|晚安)(?:你|您|了|啦)?[。！!～~]*$", True),
    ("greet", r"^(?:hi|hello|hey|hiya|howdy|good (?:morning|evening|afternoon|day))(?: (?:there|segue|again|all))?\b[\s,.!]*|^(?:你好|您好|嗨|哈喽|喂|早上好|晚上好|下午好|大家好|在吗)(?:啊|呀)?[，,。！!～~\s]*", False),
    ("off_topic", r"\bweather\b|\b(?:write|compose|draft) (?:me )?(?:an? |some )?(?:poem|essay|email|code|program|letter|story|song lyrics)|\btranslate\b|\bwho (?:is|was) (?:the )?(?:president|prime minister|king|queen)|\b(?:stock|bitcoin|crypto) price|\bwhat(?:'s| is) \d+\s?(?:[-+*/x]|times|plus|minus|divided by|over)\s?\d+|^(?:please |can you )?tell (?:me|us) (?:a|some) (?:jokes?|story)|^(?:what(?:'s| is)(?: the)? time|what (?:time|day|date) is it|how old are you|where are you)(?: from| now)?\s?\??$|^(?:给我)?(?:讲|说)(?:一)?个(?:笑话|故事)|^(?:现在)?几点(?:了|钟)|^今天(?:几号|星期几)|^你(?:几岁|多大)|\bsolve\b|\bcapital of\b|天气|写(?:一首|首|一篇|篇|个|一段)?(?:诗|作文|邮件|代码|程序|文章)|翻译|股票|股价|汇率|总统|首都|等于几|\d+\s?[-+*/×]\s?\d+\s?(?:=|等于)", True),
)  # fmt: skip


def _numbered(pattern: str) -> str:
    """With each of its groups under a name of its own: x for what an act is about, k for what is read on."""
    count = itertools.count()
    return re.sub(r"\(\?P<([xk])>", lambda found: f"(?P<{found[1]}{next(count)}>", pattern)


_COMPILED = tuple((what, re.compile(_numbered(pattern), re.IGNORECASE), whole) for what, pattern, whole in _RULES)
_RUDE = re.compile(
    r"\b(?:fuck(?:ing|er|ed)?(?: you| off)?|shit(?:ty)?|asshole|bitch|bastard|idiot|moron|stupid|dumb(?:ass)?|useless|suck|sucks|crap|shut up|piss off|damn)\b"
    r"|傻[逼比屄叉子瓜]|[草操肏]你?妈?的?|他妈的?|妈的|滚(?:蛋|开)?|去死|垃圾|蠢(?:货|猪)?|白痴|智障|废物|王八蛋|混蛋|狗屎|笨蛋|闭嘴",
    re.IGNORECASE,
)
_YES = re.compile(
    r"^(?:yes|yeah|yep|sure|ok|okay|do it|please do|go ahead|是|是的|对|对的|好|好的|可以|行|嗯|确定)[\s.!。！]*$",
    re.IGNORECASE,
)
_NO = re.compile(r"^(?:no|nope|nah|no thanks|不|不了|不用|不用了|不要|算了)[\s.!。！]*$", re.IGNORECASE)


_TITLED = ("play", "seen", "like", "dislike", "about")
"""Acts that are none where the title that they name is not here."""
_WRITES = frozenset(("like", "dislike", "seen", "save", "taste", "forget_taste", "forget", "reset", "play"))
"""Acts that change something: only in a person's own words."""
_SAID_BY = re.compile(
    r"(?<!\bi )\b(?:said|says|saying|told (?:me|us)|tells (?:me|us)|thinks|wrote|writes)\b(?: that)?[\s,:：]*$"
    r"|(?<!我)(?:说|说过|写道|写着|表示)(?:了|过)?[\s,，:：]*$"
)
_QUOTES = (("“", "”"), ("「", "」"), ("『", "』"), ("«", "»"))


def _reported(before: str) -> bool:
    """Whether what comes next is quoted, or said by somebody else."""
    quoted = before.count('"') % 2 == 1 or any(before.count(a) > before.count(b) for a, b in _QUOTES)
    return quoted or _SAID_BY.search(before) is not None


def spotted(plain: str, listed: bool, here: Callable[[What, str], bool]) -> list[Spotted]:
    """The acts of a turn, in the order of the table.

    Args:
        plain: in lower case and simplified characters, each in its place.
        here: whether a title is one of the catalogue, for the act.
        listed: whether a list was shown: without one, there is nothing to be more of, and no places in it.
    """
    found: list[Spotted] = []
    left = plain
    for what, pattern, whole in _COMPILED:
        if what == "more" and not listed:
            continue
        match = pattern.search(left)
        if match is None or (what != "play" and "\0" in match.group()):
            continue
        if what in _WRITES and _reported(plain[: match.start()]):
            continue
        groups = {name: value for name, value in match.groupdict().items() if value and name.startswith("x")}
        kept = next((match.span(name) for name, value in match.groupdict().items() if value and name[0] == "k"), (0, 0))
        place = next(
            (v for v in groups.values() if re.fullmatch(rf"(?:{PLACE}|{THAT}|\d{{1,2}}$|最[短长新老旧早])(?:.*)", v)),
            "",
        )
        title = next((v for v in groups.values() if v != place), "")
        if place and not listed and what != "why":
            continue
        if what in _TITLED and not place and not (title and here(what, title)):
            continue
        found.append(Spotted(what, match.start(), match.end(), place, title, whole, kept))
        if whole:
            break
        left = left[: match.start()] + "\0" * (match.end() - match.start()) + left[match.end() :]
    return found


def rude(plain: str) -> tuple[bool, str]:
    """Whether a turn is abusive, and the turn without the rude words, which take no place of others."""
    softened = _RUDE.sub(lambda found: " " * len(found.group()), plain)
    return softened != plain, softened


def yes(plain: str) -> bool:
    """Whether the turn agrees."""
    return bool(_YES.match(plain))


def no(plain: str) -> bool:
    """Whether the turn says no and nothing else."""
    return bool(_NO.match(plain))


def plain(text: str) -> str:
    """In lower case and simplified characters, each in its place."""
    return simplified("".join(low if len(low := c.lower()) == 1 else c for c in text.replace("’", "'")))

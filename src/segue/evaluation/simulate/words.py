"""The ways in which simulated people talk: forms of many acts in English and Chinese, in two parts that share none."""

# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from .ideas import Forms

Language = Literal["en", "zh"]

ENGLISH: Mapping[str, Forms] = {
    "open": (
        ("I'm looking for {x}", "can you find me {x}?", "{x}", "I'd like {x} tonight", "recommend me {x}", "Hi! {x}, please", "any ideas? {x}"),
        ("got {x} for me?", "what have you got like this: {x}", "we're in the mood for {x}", "let me have {x}", "hey, I could do with {x}", "{x} would be nice", "hello there, help me pick {x}"),
    ),
    "vague": (
        ("what should I watch?", "recommend me something", "I don't know what I want", "surprise me"),
        ("what's good?", "I'm bored", "pick something for me", "I can't decide, help"),
    ),
    "something": (("something",), ("something good",)),
    "title": (
        ("I want to watch {x}", "{x}", "do you have {x}?", "the one called {x}"),
        ("is {x} there?", "put on {x}", "{x} please", "I've heard about {x}, is it here?"),
    ),
    # Behind what is looked for
    "with_decade": (("from the {x}", "made in the {x}"), ("out of the {x}", "a {x} one")),
    "with_after": (("made after {x}", "from after {x}", "newer than {x}"), ("no older than {x}", "that came out after {x}")),
    "with_before": (("from before {x}", "older than {x}"), ("that came out before {x}", "made earlier than {x}")),
    "with_longest": (("under {x} minutes", "shorter than {x} minutes"), ("of {x} minutes at most", "that's no longer than {x} minutes")),
    "with_shortest": (("over {x} minutes", "longer than {x} minutes"), ("of at least {x} minutes", "that runs {x} minutes or more")),
    "with_tongue": (("in {x}",), ("where they speak {x}", "in {x}")),
    "with_not_tongue": (("not in {x}",), ("that isn't in {x}",)),
    "with_creator": (("with {x}", "by {x}"), ("that {x} is in", "that {x} worked on")),
    "with_plot": (("about {x}", "with {x}"), ("that has to do with {x}", "where it's about {x}")),
    "with_like": (("like {x}", "similar to {x}"), ("in the vein of {x}", "along the lines of {x}")),
    "with_not_genre": (("but no {x}", "not {x}"), ("anything but {x}", "without {x}")),
    # On its own, later
    "tell_genre": (("{x}", "I mean {x}", "it should be {x}"), ("{x}, that's what I'd like", "I was thinking of {x}", "make it {x}")),
    "also_genre": (("it's also {x}", "and {x} as well"), ("{x} too", "at the same time {x}")),
    "tell_mood": (("{x}",), ("{x}",)),
    "tell_decade": (("from the {x}", "it's from the {x}", "{x} please"), ("I think it was the {x}", "must be the {x}", "only the {x}")),
    "tell_after": (("after {x}", "nothing older than {x}", "only after {x}"), ("it came out later than {x}", "no films from before {x}")),
    "tell_before": (("before {x}", "only from before {x}"), ("it's older than {x}", "nothing made after {x}")),
    "tell_longest": (("under {x} minutes", "I only have {x} minutes", "not longer than {x} minutes"), ("{x} minutes tops", "{x} minutes is all the time I've got", "it has to fit in {x} minutes")),
    "tell_shortest": (("over {x} minutes", "at least {x} minutes"), ("it takes more than {x} minutes", "{x} minutes or longer")),
    "tell_tongue": (("in {x}", "only {x} ones"), ("they speak {x} in it", "the language is {x}")),
    "tell_not_tongue": (("not in {x}", "nothing in {x}"), ("it's not {x}", "they don't speak {x} in it")),
    "tell_creator": (("with {x}", "{x} is in it", "it's by {x}"), ("{x} had a part in it", "that one with {x}", "I remember {x}")),
    "tell_plot": (("it's about {x}", "about {x}", "it has {x} in it"), ("{x} comes into it", "it has something to do with {x}", "the story turns on {x}")),
    "tell_like": (("something like {x}", "it's like {x}", "similar to {x}"), ("it reminds me of {x}", "if you know {x}, that sort of thing", "I loved {x}, more of that")),
    "tell_not_genre": (("no {x}", "not {x} please", "I don't want {x}", "leave out {x}"), ("{x} isn't for me tonight", "spare me the {x}", "skip the {x}", "anything except {x}")),
    "tell_kind": (("{x}", "only {x}"), ("I mean {x}", "just {x}")),
    # About the list
    "newer": (("newer ones", "these are too old", "something more recent"), ("a bit more modern", "haven't you got later ones?", "those are ancient")),
    "older": (("older ones", "too new", "something older please"), ("these are all too modern", "go further back", "earlier ones")),
    "shorter": (("shorter please", "too long", "these are too long"), ("I don't have that much time", "less long", "anything quicker to get through?")),
    "longer": (("longer ones", "too short"), ("these are over too quickly", "I've got more time than that")),
    "less_horror": (("less scary", "too scary"), ("these would give me nightmares", "not so frightening")),
    "less_drama": (("less sad", "too heavy"), ("these are a bit gloomy", "more cheerful please")),
    "less_action": (("calmer", "too loud"), ("less shooting", "these are too wild for me")),
    "like_nth": (("like the {n} one", "more like the {n}", "the {n} one is close, more of that"), ("number {i} goes in the right direction", "the {n} one comes close", "{i} is nearly it, others like that")),
    "like_nth_newer": (("like the {n} but newer", "like number {i}, but more recent"), ("the {n} one is good but too old", "something like {i}, only later")),
    "like_nth_older": (("like the {n} but older", "like number {i}, but older"), ("the {n} one, only earlier", "something like {i} from longer ago")),
    "like_nth_shorter": (("like the {n} but shorter", "like number {i} but not as long"), ("the {n} one is good but too long", "something like {i}, only shorter")),
    "not_nth": (("not the {n} one", "I've seen the {n} one"), ("I know number {i} already", "the {n} one is no good")),
    "more": (("more", "others please", "what else is there?", "none of these, show me more"), ("next", "keep going", "not what I meant, try again", "have you got any others?")),
    "any": (("I don't mind", "doesn't matter", "whatever"), ("no preference", "you choose", "it's all the same to me")),
    "change": (("actually, forget that. {x}", "no, something else: {x}", "on second thoughts, {x}"), ("scrap that, {x}", "let's start over: {x}", "changed my mind, {x}")),
}  # fmt: skip

CHINESE: Mapping[str, Forms] = {
    "open": (
        ("我想找{x}", "有没有{x}？", "推荐{x}", "今晚想看{x}", "{x}", "帮我找{x}", "你好，来点{x}"),
        ("给我推荐一下{x}", "能给我来{x}吗", "我们想要{x}", "想来一部{x}", "{x}有吗？", "麻烦找找{x}", "嗨，帮忙挑{x}"),
    ),
    "vague": (("看什么好？", "随便推荐点什么", "不知道想看什么", "给我个惊喜"), ("有什么好的？", "好无聊", "帮我选一个吧", "拿不定主意")),
    "something": (("片子",), ("好片子",)),
    "title": (("我想看{x}", "{x}", "有{x}吗？", "《{x}》"), ("想找《{x}》", "放{x}", "{x}有没有", "听说过{x}，这里有吗？")),
    "with_decade": (("{x}的", "{x}拍的"), ("{x}那会儿的", "出自{x}的")),
    "with_after": (("{x}年以后的", "{x}年之后拍的"), ("比{x}年新的", "{x}年后上映的")),
    "with_before": (("{x}年以前的", "{x}年之前拍的"), ("比{x}年老的", "{x}年前上映的")),
    "with_longest": (("{x}分钟以内的", "不到{x}分钟的"), ("不超过{x}分钟的", "最多{x}分钟的")),
    "with_shortest": (("{x}分钟以上的", "超过{x}分钟的"), ("至少{x}分钟的", "比{x}分钟长的")),
    "with_tongue": (("{x}的", "说{x}的"), ("讲{x}的", "{x}对白的")),
    "with_not_tongue": (("不是{x}的",), ("不要说{x}的", "不讲{x}的")),
    "with_creator": (("{x}的", "有{x}的"), ("{x}参与的", "跟{x}有关的")),
    "with_plot": (("关于{x}的", "讲{x}的"), ("跟{x}有关的", "里面有{x}的")),
    "with_like": (("像{x}那样的", "类似{x}的"), ("跟{x}差不多的", "和{x}一个路子的")),
    "with_not_genre": (("不要{x}的", "不是{x}的"), ("除了{x}都行的", "别是{x}的")),
    "tell_genre": (("{x}", "我是说{x}", "要{x}"), ("我想的是{x}", "最好是{x}", "来{x}")),
    "also_genre": (("也是{x}", "而且是{x}"), ("同时也算{x}", "又是{x}")),
    "tell_mood": (("{x}",), ("{x}",)),
    "tell_decade": (("{x}的", "是{x}的", "要{x}的"), ("好像是{x}的", "应该是{x}那会儿的", "只要{x}的")),
    "tell_after": (("{x}年以后的", "要{x}年之后的", "不要{x}年以前的"), ("比{x}年新", "{x}年后才上映的")),
    "tell_before": (("{x}年以前的", "要{x}年之前的"), ("比{x}年还老", "{x}年后的不要")),
    "tell_longest": (("{x}分钟以内", "我只有{x}分钟", "不要超过{x}分钟"), ("最多{x}分钟", "时间不多，{x}分钟以下", "{x}分钟能看完的")),
    "tell_shortest": (("{x}分钟以上", "至少{x}分钟"), ("要比{x}分钟长", "不少于{x}分钟")),
    "tell_tongue": (("{x}的", "只要{x}的"), ("里面说{x}", "语言是{x}")),
    "tell_not_tongue": (("不要{x}的", "不是{x}的"), ("里面不说{x}", "别给我{x}的")),
    "tell_creator": (("有{x}", "是{x}的", "{x}演的或者拍的"), ("{x}也参与了", "跟{x}有关的那部", "我记得有{x}")),
    "tell_plot": (("讲的是{x}", "关于{x}", "里面有{x}"), ("跟{x}有关", "故事跟{x}有关系", "有{x}出现")),
    "tell_like": (("像{x}那样的", "类似{x}", "跟{x}差不多"), ("让我想起{x}", "就是{x}那种", "我很喜欢{x}，再来点")),
    "tell_not_genre": (("不要{x}", "别给我{x}", "不想看{x}", "{x}就算了"), ("今天不想要{x}", "{x}免了", "除了{x}都行", "{x}跳过")),
    "tell_kind": (("{x}", "只要{x}"), ("我要的是{x}", "就要{x}")),
    "newer": (("新一点的", "太老了", "要更近期的"), ("有没有更现代的", "这些都太旧了", "再新些")),
    "older": (("老一点的", "太新了", "要更早的"), ("有没有年代更久的", "这些都太新了", "再老些")),
    "shorter": (("短一点的", "太长了", "要短的"), ("没那么多时间", "这些都太长", "再短些")),
    "longer": (("长一点的", "太短了"), ("这些都太短", "时间充裕，再长些")),
    "less_horror": (("别那么吓人", "太恐怖了"), ("会做噩梦的", "没那么可怕的")),
    "less_drama": (("别那么悲伤", "太沉重了"), ("这些有点压抑", "要开心一点的")),
    "less_action": (("安静一点的", "太吵了"), ("少点打斗", "太激烈了")),
    "like_nth": (("像第{n}个那样的", "跟第{n}个差不多的", "第{n}个接近了，多来点"), ("第{n}部方向对了", "第{n}个有点像", "差不多是{i}号那种")),
    "like_nth_newer": (("像第{n}个但是新一点的", "类似第{n}个，但要更新的"), ("第{n}部不错，就是太老", "像{i}号，只是要晚一些的")),
    "like_nth_older": (("像第{n}个但是老一点的", "类似第{n}个，但要更老的"), ("第{n}部那种，不过早一点的", "像{i}号，只是年代更久的")),
    "like_nth_shorter": (("像第{n}个但是短一点的", "类似第{n}个，但没那么长的"), ("第{n}部不错，就是太长", "像{i}号，只是要短些")),
    "not_nth": (("第{n}个不要", "第{n}个看过了"), ("{i}号我知道了", "第{n}部不行")),
    "more": (("还有吗", "换一批", "还有别的吗？", "都不是，再来"), ("下一批", "继续", "不是我要的，再试试", "再给几个")),
    "any": (("都可以", "无所谓", "随便"), ("没有要求", "你定吧", "都一样")),
    "change": (("算了，{x}", "不，换个别的：{x}", "我改主意了，{x}"), ("刚才的不算，{x}", "重新来：{x}", "还是{x}吧")),
}  # fmt: skip

TONGUE: Mapping[Language, Mapping[str, Forms]] = {"en": ENGLISH, "zh": CHINESE}

ORDINALS: Mapping[Language, tuple[str, ...]] = {
    "en": ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
    "zh": ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十"),
}
KINDS: Mapping[str, tuple[str, str]] = {
    "series": ("a series", "电视剧"),
    "podcast_episode": ("a podcast", "播客"),
    "track": ("music", "音乐"),
    "game": ("a game", "游戏"),
}
"""Kind → what people call it."""
DECADES: Mapping[int, tuple[Forms, Forms]] = {
    1920: ((("1920s",), ("twenties of the last century",)), (("二十年代",), ("1920年代",))),
    1930: ((("1930s", "30s"), ("thirties",)), (("三十年代",), ("1930年代",))),
    1940: ((("1940s", "40s"), ("forties",)), (("四十年代",), ("1940年代",))),
    1950: ((("1950s", "50s"), ("fifties",)), (("五十年代",), ("1950年代",))),
    1960: ((("1960s", "60s"), ("sixties",)), (("六十年代",), ("1960年代",))),
    1970: ((("1970s", "70s"), ("seventies",)), (("七十年代",), ("1970年代",))),
    1980: ((("1980s", "80s"), ("eighties",)), (("八十年代",), ("1980年代",))),
    1990: ((("1990s", "90s"), ("nineties",)), (("九十年代",), ("1990年代",))),
    2000: ((("2000s",), ("noughties",)), (("2000年代",), ("零零年代",))),
    2010: ((("2010s",), ("twenty-tens",)), (("2010年代",), ("一零年代",))),
    2020: ((("2020s",), ("2020s",)), (("2020年代",), ("二零年代",))),
}
"""First year → what people call the ten years, English and Chinese."""
SLIPS: Mapping[str, str] = {
    "恐怖": "恐布", "喜剧": "喜据", "纪录": "记录", "科幻": "科换", "推荐": "推建", "年代": "年待", "电影": "电景", "爱情": "爱晴",
    "再": "在", "以内": "已内", "动画": "动话", "看过": "看锅",
}  # fmt: skip
"""What is written in haste in Chinese: right → wrong."""

"""Words that a language model may say of itself in a talk: they tell of no item, and no name is among them.

Beside `segue.understanding.plain_words`: how one speaks with somebody, how a thing may feel, names of kinds, of genres
and of languages. A title that is made of nothing but these cannot be told by a word; it is told by its capitals, its
quotation marks, or by the catalogue (`segue.conversation.spoken`).
"""

# ruff: noqa: E501 - a table of words

from __future__ import annotations

from ..pipeline.asking.lexicon import GENRES, LANGUAGES
from ..understanding.plain_words import FUNCTION_ZH, PLAIN, PLAIN_ZH

_ENGLISH = """
    able above added again ago already alright alternative although always answer anything anyway anywhere appear
    apart ask asked asking asks because best better beyond bit brief broad broader but can cannot change changed check
    choice choices choose close closer closest come comes condition conditions could could've couldn't decide differ
    different didn't do doesn't don't drop dropped either else enjoy enjoyed enough entry even evening ever everything
    exactly fair fairly far feel feels felt few fewer filter filters fine first fit fits fitting five focus four
    further gave give given gives glad go going good gladly great hand happen hello help helpful hello here's hi hold
    holds hope i'd i'll i'm i've idea ideas if instead interested is isn't it's item items keep keeps kept kind kinds
    kindly know known knows last late later least leave less let's like liked likes limit list listed lists long longer
    longest look looked looking lot love made main make many match matches matching maybe mean meant mention mentioned
    middle might mind mood more most much narrow nearest need needed needs neither never new newer newest next nice no
    nobody none nor not note noted nothing number numbers offer offered offers often ok okay old older one ones only
    open option options order ought part perhaps pick picked picks please possible prefer preference preferred probably
    propose question quick quickly quite range rather read ready really reason reasons recent recommend recommended
    remove result results return right said same saved saying second see seem seems seen sense several shall short
    shorter shortest show showed shown shows side similar simple simply six slightly sorry sort spoken start starting
    still stay stays stop such suggest suggested suggestion suggestions suit suitable suited suits sure take taste tastes
    ten thank thanks that'll that's there's they're third though three tight tip tired today together tonight too top
    towards try two understand understood unless up useful usual usually very want wanted wants wasn't we'd we'll we've
    welcome well what's whatever whether which whichever whole why wish wished wishes without won't word words work works
    worth would wouldn't yes yet you'd you'll you're you've yourself
    afternoon bedtime breakfast commute dinner morning night sleep study weekend work
    boring bold bright calm calmer calmest calming cheerful chilled close cosy cozy dark darker dreamy easy easier
    emotional energetic exciting fast faster fierce friendly fun funny funnier gentle gentler happy happier hard heavy
    hopeful intense lighter light lively loud louder lovely melancholic mellow moody moving mysterious nostalgic
    peaceful pleasant playful quiet quieter quietest relaxed relaxing restful romantic sad sadder scary scarier serious
    silent slow slower slowest small soft softer soothing sombre spooky strange strong subtle sweet tender tense tired
    upbeat uplifting warm warmer weird wild
    about advert album albums animated animation audio book cartoon clip clips concert documentary episode episodes film
    films game games genre genres hour hours length live listen listening live minute minutes movie movies music opera
    piece pieces play played playing playlist playlists plays podcast podcasts recording recordings release released
    run runs running second seconds series shorts show song songs sound sounds stream theme themes title titles track
    tracks tune tunes video videos watch watched watching year years age children kids adults family families language
    languages century decade eighties fifties forties nineties seventies sixties thirties twenties
    january february march april may june july august september october november december monday tuesday wednesday
    thursday friday saturday sunday christmas halloween tv dvd ep lp pm am dj
"""
_CHINESE = """
    你好 您好 谢谢 不客气 抱歉 对不起 请 好的 没有 有的 找到 找不到 没找到 内容 列表 结果 编号 数字 条件 要求 限制 选项
    推荐 建议 可以 试试 试试看 试 看看 听听 玩玩 看 听 玩 想看 想听 想要 想 要 喜欢 偏好 口味 心情 感觉 觉得 适合 合适 符合
    满足 接近 相近 类似 相似 不同 最 更 比较 非常 很 挺 真 太 也 都 还 再 又 先 后 就 才 只 不 没 别 不错 不同 不太 不要 不用
    不是 好 好看 好听 值得 一试 今晚 今天 晚上 早上 下午 周末 睡前 现在 刚才 之前 以后 下次 首先 其次 最后 如果 因为 所以 但是
    不过 或者 还是 和 与 及 以及 并 并且 而 而且 既 又 那么 这样 那样 怎么样 如何 什么 哪个 哪些 哪种 为什么 多少 几 几个 几部
    几首 一些 一点 一下 一批 这些 那些 这里 那里 这个 那个 第一 第二 第三 第一个 第二个 第三个 个 部 首 集 条 期 款 张 项 种 段
    第 位 次 年 月 日 分 分钟 小时 秒 左右 以内 以上 以下 之内 大约 大概 短 长 短一点 长一点 新 旧 老 较 稍 稍微 安静 平静 舒缓
    轻松 温柔 温暖 温馨 柔和 欢快 快乐 开心 悲伤 忧郁 伤感 浪漫 紧张 刺激 激烈 热闹 有趣 幽默 好笑 治愈 放松 慢 慢一点 快 快一点
    明亮 黑暗 梦幻 神秘 怀旧 宁静 安宁 柔 暖 冷 深沉 轻快 电影 影片 片子 音乐 歌曲 歌 曲子 剧集 剧 视频 短视频 播客 节目 游戏
    直播 单集 类型 题材 风格 语言 年代 时长 长度 片长 主题 歌单 片单 去掉 放宽 取消 换 换成 换一批 改 调整 保留 其他 其余 别的
    另外 另一 另一个 多 少 更多 更少 一样 同样 相同 全部 所有 都是 其中 告诉 告诉我 说说 知道 了解 明白 帮 帮你 为你 给你 给
    记下 收藏 保存 决定 由你决定 选择 选 挑 挑选 挑了 开始 继续 说 问 回答 问题 希望 愿意 需要 可能 也许 或许 应该 一定 当然
    吗 呢 吧 呀 啊 哦 嗯 啦 嘛 么 了 着 过 的 地 得 是 有 在 从 到 把 被 让 对 向 跟 像 比 按 按照 根据 出来 起来 下来 作品
    儿童 孩子 大人 家庭 全家 朋友 一起 家人
"""
SPOKEN = (
    PLAIN
    | frozenset(_ENGLISH.split())
    | frozenset(
        word
        for name in (
            *(english for english, _, _ in LANGUAGES.values()),
            *(name for _, names, _ in LANGUAGES.values() for name in names),
            *(name for genre in GENRES for name in genre.english),
        )
        for word in name.lower().replace("-", " ").split()
    )
)
"""English words."""
SPOKEN_ZH = (
    PLAIN_ZH
    | FUNCTION_ZH
    | frozenset(_CHINESE.split())
    | frozenset(name for _, _, names in LANGUAGES.values() for name in names)
    | frozenset(name for genre in GENRES for name in genre.chinese)
)
"""Chinese words, and single characters that may stand between them."""

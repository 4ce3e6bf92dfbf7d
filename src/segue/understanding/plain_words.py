"""Plain words: English and Chinese words that state nothing which could be wrong of an item.

No number, praise, award, negation or relation of works is among them, and no name.
"""

from __future__ import annotations

_ENGLISH = """
    a about across after again against all along also am among an and another any anyone are around as at away back
    be became become becomes been before began begin begins being between both bring brings but by came can child
    children come comes could d day days did do does done down during each each's even evening every few find finds
    follow following follows for found friend friends from get gets go goes got had has have having he hear hearing
    her here hers herself him himself his home how i if in into is it its itself journey just keep keeps kept leave
    leaves left let lets life listen listening little lives ll look looks m made make makes man may me meet meets
    men might moment moments more must my night nights now of off on once one ones onto or other others our out over
    own people person piece place places put puts re s say says see seen sees self set sets she should since so some
    somebody someone something soon start starts still stories story t take takes tale tales tell tells than that
    the their theirs them themselves then there these they thing things this those through time times to together
    told tonight too took toward towards tried tries try turn turned turns under until up us ve was watch watching
    way ways we went were what when where which while who whom whose why will with within without woman women world
    would you your yours
"""
_CHINESE = """
    一 一个 一位 一同 一名 一场 一档 一款 一段 一起 一部 一集 一首 上映 世界 为了 为何 主人公
    之中 之旅 之间 于是 人们 人物 人生 什么 今晚 他们 以及 作品 你们 关于 其中 剧中 努力 发布
    发现 发生 发行 可以 可能 同时 回到 因此 围绕 地方 夜晚 女人 她们 如何 孩子 它们 对于 寻找
    将会 展开 属于 带着 开始 当 影片 必须 怎样 成为 我们 推出 故事 旅程 日子 时刻 时长 时间 曾经
    有人 朋友 来到 来自 正在 此刻 然后 片中 片长 生活 由于 男人 直到 相遇 离开 类型 经历 而且
    自己 讲述 试图 谁 走向 走进 跟随 这个 这款 这段 这部 这集 这首 通过 遇见 随着 面对
"""
PLAIN = frozenset(_ENGLISH.split())
PLAIN_ZH = frozenset(_CHINESE.split())
FUNCTION_ZH = frozenset(
    "上下与且个中为之也了于人从他以们会但位你使做其则到前即去又及叫名后向听和在地她如它对将就年并往得您想我或所把时是有来段片由的看着而能被要让说过还这那部都里间集首"
)
"""Single characters that may stand between words."""

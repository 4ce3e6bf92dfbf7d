"""Words of judgement in Chinese, counted by family: what a head knows of opinions before it has seen one example.

N-grams learn a word from the examples that hold it, and of a rare class there are few. A family pools words that say
the same (boring, sleepy, fast-forward), so that one which no example held still counts. Before a family of praise,
a negation turns it ("不好看"); behind the last "but", words count once more, since there the verdict stands.
English needs none of this: there the encoder brings such knowledge.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from ..arrays import Floats
from .ngrams import plain

_CHARACTERS = 2_000
"""Read of one text."""
BLAME = {
    "bad": "烂 烂片 烂尾 难看 差 太差 差劲 糟 糟糕 渣 垃圾 屎 破 败笔 失败 不堪 拙劣 劣质 粗糙 粗制滥造 "
    "惨不忍睹 一塌糊涂 不行 不怎么样 不咋地 不咋样 最差 最烂 毁 毁了 崩 崩坏 崩了 糟蹋",
    "boring": "无聊 沉闷 闷 乏味 无趣 枯燥 冗长 拖沓 啰嗦 缓慢 太慢 催眠 睡着 睡了 睡过去 犯困 困 瞌睡 "
    "快进 看不下去 没看完 弃 弃了 煎熬 坐不住 没劲 没意思 无感 没感觉 平淡 平庸 寡淡 味同嚼蜡",
    "let_down": "失望 遗憾 可惜 后悔 落差 不如 不及 不值 不过如此 过誉 高估 虚高 名不副实 徒有其表 "
    "言过其实 期待太高 期望太高 没有想象 没那么好 不配 凭什么 评分过高 分太高 评分这么高 分这么高 对不起",
    "phoney": "尴尬 狗血 做作 造作 矫情 矫揉造作 浮夸 夸张 虚假 假 生硬 牵强 刻意 煽情 说教 装逼 装b "
    "故弄玄虚 无病呻吟 自恋 意淫 俗套 老套 套路 庸俗 恶俗 低俗 俗气 土 肤浅 空洞 苍白 幼稚 低幼 小儿科 "
    "过时 老旧 炒冷饭 抄袭 山寨 玛丽苏",
    "flawed": "漏洞 硬伤 逻辑 bug 莫名其妙 不知所云 不明所以 看不懂 没看懂 混乱 凌乱 散乱 乱七八糟 扯 "
    "扯淡 胡扯 离谱 荒唐 不合理 不真实 没有逻辑 毫无 单薄 脸谱化 工具人 强行 敷衍 虎头蛇尾 五毛 廉价",
    "angry": "恶心 反感 讨厌 厌恶 受不了 忍 忍受 智商 弱智 脑残 白痴 傻 傻逼 蠢 有病 神经病 变态 猥琐 骗 "
    "骗钱 圈钱 忽悠 侮辱 浪费 浪费时间 无语 呵呵 雷 雷人 坑 三观 歧视 厌女 物化 洗白 意识形态 生气 愤怒 "
    "吐槽 槽点 毛病 丑",
    "mild": "一般 一般般 还行 还可以 还好 凑合 勉强 中规中矩 马马虎虎 普通 及格 不功不过 无功无过 就那样 "
    "也就那样 中等 稍弱 略 有点 有些 稍微 差点 欠缺 不足 不够 弱 缺点",
    "few_stars": "一星 1星 两星 二星 2星 一分 两分 零分 负分 0分 给一分 差评 不推荐 别看 不要看 扣一星 减一星 三星 3星",
}
PRAISE = {
    "great": "神作 杰作 佳作 经典 完美 伟大 大师 巅峰 不朽 永恒 传奇 史诗 教科书 无与伦比 不愧 封神 绝了 "
    "满分 最好 最佳 最棒 无敌 天才 震撼 惊艳 叹为观止 里程碑 殿堂",
    "good": "好看 精彩 优秀 出色 赞 棒 好棒 太棒 不错 很好 真好 太好 牛 牛逼 牛b 厉害 过瘾 爽 惊喜 值得 "
    "推荐 必看 强大 好片 好电影 好评 成功 高级 有意思 有趣 nice good 高分 良心",
    "moved": "感动 动人 感人 泪 哭 流泪 泪目 热泪 哽咽 心碎 心疼 温暖 温馨 治愈 共鸣 触动 打动 难忘 回味 泪流满面",
    "loved": "喜欢 最爱 爱 百看不厌 看了很多遍 好多遍 无数遍 重温 重看 二刷 三刷 再看 依然 童年 回忆 怀念 "
    "青春 致敬 女神 男神 永远 经久不衰 还是那么",
    "fun": "搞笑 好笑 笑死 幽默 哈哈 可爱 萌 欢乐 轻松 开心 快乐 刺激 紧张 燃 热血 酷 帅 聪明",
    "craft": "演技 细腻 流畅 紧凑 深刻 节奏 镜头 画面 配乐 音乐 台词 剧本 细节 结构 唯美 美 漂亮 浪漫 "
    "好听 原声 长镜头 反转 层次 隐喻 克制 张力 精致 巧妙 扎实 真实 真诚",
    "thought": "人生 自由 希望 梦想 勇气 力量 人性 善良 幸福 生命 世界 时代 社会 命运 信仰 救赎 灵魂 孤独 "
    "爱情 成长 英雄 启发 思考 尊严 正义 智慧 平凡 温柔",
    "many_stars": "五星 5星 五颗星 四星 4星 十分 10分 满星 加一星 一百分 100分",
}
_NOT = "不 没 没有 不够 不太 不算 毫无 算不上 谈不上 并不 并非 无法 难以 称不上 缺乏 少了"
_BUT = re.compile("但是|可是|不过|然而|但|可惜|只是|除了|却")
_MARKS = {
    "asks": re.compile("[?？]|为什么|凭什么|怎么|难道|居然|竟然"),
    "exclaims": re.compile("[!！]"),
    "trails": re.compile("…|[.。]{2,}"),
    "denies": re.compile("[不没无非]"),
    "much": re.compile("太|非常|特别|超|极|最|真|很"),
    "even": re.compile("根本|完全|实在|简直|到底|究竟|也就|而已|罢了"),
    "but": _BUT,
    "score": re.compile("[星分]"),
}


def _any(words: str) -> str:
    """Longest first, so that a longer word is not read as a shorter one."""
    return "|".join(sorted(map(re.escape, set(words.split())), key=len, reverse=True))


_FAMILIES = {name: re.compile(_any(words)) for name, words in (BLAME | PRAISE).items()}
_PRAISED = _any(" ".join(PRAISE[name] for name in ("great", "good", "moved", "loved", "fun", "craft")))
_DENIED = re.compile(rf"(?:{_any(_NOT)})[^，。！？；,!?\s]{{0,2}}(?:{_PRAISED})")
_BLAMED = re.compile(_any(" ".join(words for name, words in BLAME.items() if name != "mild")))
_PRAISING = re.compile(_PRAISED)
NAMES = (*_FAMILIES, *_MARKS, "denied", "blame_share", "praise_share", "balance", "last_blame", "last_praise", "length")
"""Of the columns of `measure`."""


def measure(texts: Sequence[str]) -> Floats:
    """(len(texts), len(NAMES)) logarithms of counts, shares by length, and the length itself."""
    return np.array([_one(plain(text[:_CHARACTERS]).casefold()) for text in texts], np.float32).reshape(-1, len(NAMES))


def speaks(measured: Floats, share: float = 0.2) -> bool:
    """Whether so many of the texts hold words of the families that it is worth to learn from them."""
    return bool(len(measured)) and float((measured[:, : len(_FAMILIES)] > 0).any(axis=1).mean()) >= share


def _one(text: str) -> list[float]:
    families = [len(found.findall(text)) for found in _FAMILIES.values()]
    marks = [len(found.findall(text)) for found in _MARKS.values()]
    denied, blame, praise = (len(found.findall(text)) for found in (_DENIED, _BLAMED, _PRAISING))
    *_, last = _BUT.split(text)
    behind = [len(found.findall(last)) if last != text else 0 for found in (_BLAMED, _PRAISING)]
    size = max(1.0, len(text) / 20)
    balance = (praise - blame - 2 * denied) / np.sqrt(len(text) + 5)
    counted = np.log1p([*families, *marks, denied]).tolist()
    return [*counted, blame / size, praise / size, balance, *np.log1p(behind), np.log1p(len(text))]

"""What decides the order of recommendations, in plain words, from the live settings (EU DSA, articles 27 and 38)."""

from __future__ import annotations

from typing import Any

from ..phrases import is_chinese
from ..pipeline.recipes.best import untaught
from ..pipeline.rerankers.advised import MOST
from ..settings import Settings

_WHAT = {
    "popular_all": ("how many people liked an item at any time", "历来有多少人喜欢"),
    "popular_recent": ("how many people liked an item lately", "近来有多少人喜欢"),
    "item_knn": ("items that the same people liked", "喜欢同样内容的人还喜欢什么"),
    "user_knn": ("what people with a history like yours liked", "与你历史相近的人喜欢什么"),
    "als": ("shared patterns in what people like (matrix factorisation)", "众人喜好中的共同模式（矩阵分解）"),
    "bpr": ("which items people prefer to others (pairwise ranking)", "人们更偏爱哪些内容（成对排序）"),
    "ease": ("how strongly each item of your history points to another", "你历史中的每项内容指向另一项的程度"),
    "content": ("likeness in words, sound and picture to what you liked", "与你喜欢的内容在文字、声音、画面上的相似"),
    "session": ("fit with what you are doing right now", "与你此刻的收听或观看是否合拍"),
    "interests": ("nearness to any one of your interests, small ones too", "与你某一项兴趣的接近程度，小众兴趣也算"),
    "across": (
        "what you like in other media, for media that are new to you",
        "你在其他媒介中的喜好（用于你还没有接触过的媒介）",
    ),
    "said": ("what you said you like, in comments and searches", "你在评论和搜索中说过喜欢什么"),
    "mood": ("fit with the mood that you asked for", "与你此刻想要的氛围是否相符"),
    "answers": ("what people turn to who answered as you did", "与你回答相近的人会选择什么"),
    "prior": (
        "what people of your age or gender turn to, only if you agreed to that",
        "与你年龄或性别相近的人会选择什么（仅在你同意时）",
    ),
    "words": ("the words you typed", "你输入的词"),
    "meaning": ("the meaning of what you typed", "你输入内容的含义"),
    "neighbors": (
        "likeness in words, sound and picture to the item you named",
        "与你提到的内容在文字、声音、画面上的相似",
    ),
    "leaning": ("the direction you asked for (“but calmer”)", "你要求的方向（“但更安静”）"),
    "taste": ("what you like, in a search that asks for it", "你的口味（仅当搜索要求时）"),
    "knowledge": ("people, works and places that both have in common", "共同的人物、作品与地点"),
}

_TEXT = {
    "en": {
        "intro": "Every list is the weighted sum of the signals below. The owner of this service sets the weights.",
        "signal": "{what}: {share:.0%} of the weight",
        "unknown": "the signal “{name}”",
        "filters": "Whether something may be shown at all (age rating, availability, what you blocked or have "
        "already seen) is decided apart and never changes a rank.",
        "diversity": "Lists are spread out on purpose: {share:.0%} of the choice of each next entry goes to being "
        "unlike the entries before it.",
        "early": "On the home page, while you have done little here, what everybody likes, what people like who "
        "answered as you did or, if you agreed, are of your age or gender, and what is popular or close to your "
        "likings in media that are new to you, counts for more; that fades after about {events:.0f} events.",
        "advised": "On the home page, while you are new here and have said or done something, a language model helps "
        "to order the first {most} entries by that: {share:.0%} of their order.",
        "choose": "You can like, dislike, hide or exclude any item; the next answer follows. With personal=false "
        "nothing about you is read.",
    },
    "zh": {
        "intro": "每个列表都是下列信号的加权和，权重由本服务的所有者设定。",
        "signal": "{what}：占权重的 {share:.0%}",
        "unknown": "信号“{name}”",
        "filters": "内容能否展示（年龄分级、上架时间、你屏蔽的或已看过的）另行决定，从不影响排序。",
        "diversity": "列表会有意拉开差异：挑选每一项时，{share:.0%} 取决于它与前面各项的不同。",
        "early": "在首页，当你在这里的记录还少时，大家的喜好、与你回答相近者的喜好，"
        "与你年龄或性别相近者的喜好（若你同意），以及你尚未接触过的媒介中受欢迎或合你口味的内容占比更高；"
        "大约 {events:.0f} 次事件后逐渐减弱。",
        "advised": "在首页，当你刚来到这里、并且说过或做过些什么时，"
        "语言模型会据此帮助排列前 {most} 项（占 {share:.0%}）。",
        "choose": "你可以对任何内容点赞、点踩、隐藏或排除，下一次推荐即随之改变。"
        "使用 personal=false 时不读取任何关于你的信息。",
    },
}


def transparency(settings: Settings, version: str | None, language: str) -> dict[str, Any]:
    """The main parameters of each recipe with their share of the weight, and how a person can change the outcome."""
    chinese = is_chinese(language)
    text = _TEXT["zh" if chinese else "en"]
    advised = settings.llm.cold_start
    recipes: dict[str, list[dict[str, Any]]] = {}
    for recipe, stated in settings.ranking.blend.items():
        besides = untaught(settings, recipe) if recipe == "best" or recipe.startswith("best_") else {}
        weights = {**stated, **besides}
        total = sum(abs(weight) for weight in weights.values()) or 1.0
        recipes[recipe] = [
            {
                "signal": name,
                "weight": weight,
                "text": text["signal"].format(
                    what=_WHAT[name][chinese] if name in _WHAT else text["unknown"].format(name=name),
                    share=abs(weight) / total,
                ),
            }
            for name, weight in sorted(weights.items(), key=lambda pair: -abs(pair[1]))
        ]
    return {
        "language": "zh" if chinese else "en",
        "version": version,
        "text": [
            text["intro"],
            text["filters"],
            text["diversity"].format(share=settings.ranking.diversity),
            *([text["early"].format(events=settings.ranking.early_events)] if settings.ranking.early_events else []),
            *([text["advised"].format(most=MOST, share=advised)] if settings.llm.url and advised else []),
            text["choose"],
        ],
        "recipes": recipes,
    }

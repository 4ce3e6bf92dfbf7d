"""The vocabularies of the sentence reader, English and Chinese side by side; Chinese in simplified characters."""

# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

from dataclasses import dataclass, field

from ...items import ItemKind

KINDS: dict[str, tuple[ItemKind, ...]] = {
    **dict.fromkeys(("movies", "movie", "films", "film", "电影", "影片", "片子"), (ItemKind.MOVIE,)),
    **dict.fromkeys(
        ("tv series", "tv shows", "series", "shows", "电视剧", "连续剧", "剧集"), (ItemKind.SERIES, ItemKind.EPISODE)
    ),
    **dict.fromkeys(("episodes", "单集"), (ItemKind.EPISODE,)),
    **dict.fromkeys(("podcasts", "podcast", "播客"), (ItemKind.PODCAST, ItemKind.PODCAST_EPISODE)),
    **dict.fromkeys(("songs", "song", "tracks", "music", "歌曲", "歌", "音乐", "曲子"), (ItemKind.TRACK,)),
    **dict.fromkeys(("videos", "video", "视频"), (ItemKind.VIDEO, ItemKind.SHORT)),
    **dict.fromkeys(("short videos", "shorts", "clips", "短视频"), (ItemKind.SHORT,)),
    **dict.fromkeys(("games", "game", "游戏"), (ItemKind.GAME,)),
    **dict.fromkeys(("live streams", "livestreams", "streams", "直播"), (ItemKind.LIVE,)),
}
"""Words for kinds. Read where they are the head of the sentence, never inside what it is about."""

KIND_NAMES: dict[ItemKind, tuple[str, str]] = {
    ItemKind.MOVIE: ("films", "电影"),
    ItemKind.SERIES: ("series", "剧集"),
    ItemKind.EPISODE: ("episodes", "单集"),
    ItemKind.VIDEO: ("videos", "视频"),
    ItemKind.SHORT: ("shorts", "短视频"),
    ItemKind.LIVE: ("live streams", "直播"),
    ItemKind.TRACK: ("tracks", "音乐"),
    ItemKind.PODCAST: ("podcasts", "播客"),
    ItemKind.PODCAST_EPISODE: ("podcast episodes", "播客单集"),
    ItemKind.GAME: ("games", "游戏"),
    ItemKind.AD: ("adverts", "广告"),
}


@dataclass(frozen=True)
class Genre:
    """One idea of a genre under all its names."""

    english: tuple[str, ...]
    """The first is how it is told; the others are further names, in the singular."""
    chinese: tuple[str, ...]


GENRES: tuple[Genre, ...] = (
    Genre(("horror", "scary"), ("恐怖", "惊悚")),
    Genre(("comedy", "funny"), ("喜剧", "搞笑")),
    Genre(("drama",), ("剧情",)),
    Genre(("romance", "romantic", "love story"), ("爱情", "浪漫", "言情")),
    Genre(("thriller", "suspense"), ("惊悚", "悬疑")),
    Genre(("crime", "gangster"), ("犯罪", "黑帮")),
    Genre(("mystery", "detective", "whodunit"), ("悬疑", "推理", "侦探")),
    Genre(("action", "martial art", "kung fu"), ("动作", "武侠", "功夫")),
    Genre(("adventure",), ("冒险",)),
    Genre(("science fiction", "sci fi", "scifi"), ("科幻",)),
    Genre(("fantasy",), ("奇幻", "魔幻")),
    Genre(("war", "military"), ("战争",)),
    Genre(("western", "cowboy"), ("西部",)),
    Genre(("animation", "animated", "cartoon", "anime"), ("动画", "动漫", "卡通")),
    Genre(("documentary", "docuseries", "docu"), ("纪录", "记录")),
    Genre(("family", "children", "kids"), ("家庭", "儿童", "亲子")),
    Genre(("history", "historical"), ("历史",)),
    Genre(("musical",), ("歌舞", "音乐剧")),
    Genre(("sport",), ("体育", "运动")),
    Genre(("biography", "biopic", "biographical"), ("传记",)),
    Genre(("true crime",), ("真实犯罪",)),
    Genre(("stand up", "standup"), ("脱口秀",)),
    Genre(("jazz",), ("爵士",)),
    Genre(("classical", "baroque"), ("古典", "巴洛克")),
    Genre(("rock",), ("摇滚",)),
    Genre(("metal",), ("金属",)),
    Genre(("folk",), ("民谣",)),
    Genre(("house", "techno", "electronic"), ("浩室", "电子")),
    Genre(("drum and bass", "dnb"), ("鼓打贝斯",)),
    Genre(("ambient",), ("氛围",)),
    Genre(("lo fi", "lofi"), ("低保真",)),
    Genre(("synthwave",), ("合成器浪潮",)),
    Genre(("chiptune", "8 bit"), ("芯片音乐",)),
    Genre(("hip hop", "rap"), ("嘻哈", "说唱")),
    Genre(("guofeng",), ("国风", "古风")),
    Genre(("afrobeat",), ("非洲节拍",)),
    Genre(("science",), ("科学", "科普")),
    Genre(("food", "cooking"), ("美食", "做饭")),
    Genre(("travel",), ("旅行", "旅游")),
)

LANGUAGES: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "en": ("English", ("english",), ("英语", "英文")),
    "zh": ("Chinese", ("chinese", "mandarin"), ("汉语", "中文", "国语", "普通话", "华语", "中国")),
    "yue": ("Cantonese", ("cantonese",), ("粤语", "广东话")),
    "fr": ("French", ("french",), ("法语", "法文", "法国")),
    "de": ("German", ("german",), ("德语", "德文", "德国")),
    "es": ("Spanish", ("spanish",), ("西班牙语", "西班牙文", "西班牙")),
    "it": ("Italian", ("italian",), ("意大利语", "意大利")),
    "pt": ("Portuguese", ("portuguese", "brazilian"), ("葡萄牙语", "巴西")),
    "ja": ("Japanese", ("japanese",), ("日语", "日文", "日本")),
    "ko": ("Korean", ("korean",), ("韩语", "韩文", "韩国")),
    "ru": ("Russian", ("russian",), ("俄语", "俄文", "俄罗斯")),
    "hi": ("Hindi", ("hindi", "bollywood"), ("印地语", "宝莱坞")),
    "ta": ("Tamil", ("tamil",), ("泰米尔语",)),
    "ar": ("Arabic", ("arabic",), ("阿拉伯语",)),
    "tr": ("Turkish", ("turkish",), ("土耳其语", "土耳其")),
    "sv": ("Swedish", ("swedish",), ("瑞典语", "瑞典")),
    "da": ("Danish", ("danish",), ("丹麦语", "丹麦")),
    "no": ("Norwegian", ("norwegian",), ("挪威语", "挪威")),
    "fi": ("Finnish", ("finnish",), ("芬兰语", "芬兰")),
    "nl": ("Dutch", ("dutch",), ("荷兰语", "荷兰")),
    "pl": ("Polish", ("polish",), ("波兰语", "波兰")),
    "th": ("Thai", ("thai",), ("泰语", "泰国")),
    "vi": ("Vietnamese", ("vietnamese",), ("越南语", "越南")),
    "fa": ("Persian", ("persian", "farsi", "iranian"), ("波斯语", "伊朗")),
    "he": ("Hebrew", ("hebrew",), ("希伯来语",)),
}
"""Tag → its English name, words for it in English, words for it (and for its country, before a kind) in Chinese."""

ALSO: dict[str, tuple[str, ...]] = {"zh": ("zh", "cn", "cmn", "yue"), "yue": ("yue", "cn")}
"""Tags that catalogues use for the same language."""


@dataclass(frozen=True)
class Leaning:
    """A direction away from an item: what it is called, what it is made of."""

    english: tuple[str, ...]
    """As typed after "but"; the first is how it is told."""
    chinese: tuple[str, ...]
    towards: tuple[str, ...] = ()
    """Words of what lies there."""
    away: tuple[str, ...] = ()
    measures: dict[str, float] = field(default_factory=dict)
    """Facts that the encoders measure, and whether they rise (> 0) or fall."""


LEANINGS: dict[str, Leaning] = {
    "calmer": Leaning(
        (
            "calmer",
            "quieter",
            "softer",
            "gentler",
            "more calm",
            "more relaxed",
            "more relaxing",
            "more quiet",
            "mellower",
        ),
        ("安静", "平静", "舒缓", "柔和", "温和", "轻柔", "放松", "宁静"),
        ("calm", "quiet", "slow", "gentle", "peaceful", "relaxing", "平静", "安静", "放松", "舒缓"),
        ("fierce", "loud", "fast", "energetic", "violent", "tense", "猛烈", "紧张", "激烈"),
        {"energy": -1.0, "tempo_bpm": -0.5, "loudness_lufs": -0.5, "onsets_per_s": -0.5, "motion": -0.5},
    ),
    "livelier": Leaning(
        ("livelier", "louder", "wilder", "heavier", "more energetic", "more intense", "more upbeat", "harder"),
        ("热闹", "激烈", "有活力", "吵", "劲爆", "带劲", "燃", "激情"),
        ("energetic", "loud", "fierce", "intense", "dance", "猛烈", "热闹", "激烈"),
        ("calm", "quiet", "slow", "gentle", "平静", "安静"),
        {"energy": 1.0, "tempo_bpm": 0.5, "loudness_lufs": 0.5, "onsets_per_s": 0.5, "motion": 0.5},
    ),
    "faster": Leaning(
        ("faster", "quicker"),
        ("快",),
        ("fast", "speed", "快", "速度"),
        ("slow", "慢"),
        {"tempo_bpm": 1.0, "onsets_per_s": 0.5, "motion": 0.3, "shots_per_minute": 0.3},
    ),
    "slower": Leaning(
        ("slower",),
        ("慢",),
        ("slow", "慢"),
        ("fast", "speed", "快", "速度"),
        {"tempo_bpm": -1.0, "onsets_per_s": -0.5, "motion": -0.3, "shots_per_minute": -0.3},
    ),
    "darker": Leaning(
        ("darker", "grimmer", "gloomier", "bleaker"),
        ("黑暗", "阴暗", "沉重", "阴郁", "暗黑"),
        ("dark", "grim", "death", "night", "bleak", "黑暗", "死亡", "忧郁"),
        ("bright", "cheerful", "happy", "warm", "明亮", "欢快", "温暖"),
        {"brightness": -1.0, "brightness_hz": -0.3},
    ),
    "brighter": Leaning(
        ("brighter", "lighter", "warmer", "more cheerful", "happier", "more joyful"),
        ("明亮", "轻松", "温暖", "欢快", "开心", "快乐"),
        ("bright", "cheerful", "happy", "warm", "joyful", "明亮", "欢快", "温暖"),
        ("dark", "grim", "death", "sad", "黑暗", "死亡", "忧郁"),
        {"brightness": 1.0, "brightness_hz": 0.3},
    ),
    "sadder": Leaning(
        ("sadder", "more melancholic", "more melancholy"),
        ("悲伤", "忧郁", "伤感", "难过"),
        ("sad", "melancholic", "melancholy", "grief", "忧郁", "悲伤"),
        ("joyful", "funny", "欢快", "搞笑"),
    ),
    "funnier": Leaning(
        ("funnier", "more funny", "sillier"),
        ("搞笑", "好笑", "幽默", "有趣"),
        ("funny", "comedy", "humour", "hilarious", "playful", "喜剧", "搞笑", "俏皮"),
        ("serious", "tragic", "严肃", "悲剧"),
    ),
    "more serious": Leaning(
        ("more serious",),
        ("严肃", "正经", "深刻"),
        ("serious", "drama", "true story", "剧情", "严肃"),
        ("funny", "comedy", "silly", "搞笑", "喜剧"),
    ),
    "scarier": Leaning(
        ("scarier", "creepier", "more frightening"),
        ("恐怖", "吓人", "惊悚"),
        ("horror", "terrifying", "scary", "ghost", "恐怖", "惊悚"),
        ("family", "funny", "亲子", "搞笑"),
    ),
    "less scary": Leaning(
        ("less scary", "less violent", "tamer"),
        ("不那么恐怖", "没那么恐怖", "不那么吓人", "没那么吓人"),
        ("family", "gentle", "亲子", "温暖"),
        ("horror", "violent", "scary", "恐怖", "惊悚"),
    ),
    "more romantic": Leaning(
        ("more romantic",),
        ("浪漫",),
        ("romance", "romantic", "love", "爱情", "浪漫"),
        ("war", "crime", "战争", "犯罪"),
    ),
    "newer": Leaning(("newer", "more recent", "more modern"), ("新", "现代")),
    "older": Leaning(("older", "earlier"), ("老", "旧", "早")),
    "shorter": Leaning(("shorter",), ("短",)),
    "longer": Leaning(("longer",), ("长",)),
}
"""The last four become limits of year and length beside those of the item that was named."""

FILLERS_EN = (
    r"show me|find me|give me|recommend me|recommend|i(?:'d| would)? (?:want|like)(?: to)?(?: watch| see| hear| listen to| play)?"
    r"|looking for|please|something|anything|some|any"
)
FILLERS_ZH = "我想要|我想看|我想听|我想|想看|想听|请推荐|推荐|帮我找|给我找|给我|来点|来一首|来一部|有没有|一部|一首|一些|几部|几首|找"
JOINTS_EN = (
    r"about|on|that are|that is|which are|which is|who|but|and|or|with|from|in|by|of|the|a|an|is|are|also|it|them|be"
)
JOINTS_ZH = "关于|有关|讲述|讲|但是|但|不过|并且|而且|的|和|跟|与|而|要|请"

STOP = frozenset(
    ["a", "an", "the", "of", "and", "or", "in", "on", "for", "to", "with", "about", "is", "are", "was", "that", "this", "it",
     "at", "by", "from", "as", "be", "i", "me", "my", "you", "your", "some"]
)  # fmt: skip
"""Words that say nothing about an item where others stand beside them."""

TRADITIONAL = (
    "愛爱罷罢備备貝贝筆笔畢毕邊边變变標标別别賓宾補补產产倉仓蒼苍滄沧測测層层嘗尝長长場场車车徹彻塵尘陳陈稱称遲迟齒齿沖冲蟲虫醜丑礎础觸触處处傳传創创純纯詞词叢丛錯错達达帶带單单擔担彈弹當当黨党導导島岛燈灯"
    "鄧邓敵敌遞递電电釣钓調调丟丢東东動动凍冻鬥斗獨独讀读賭赌斷断對对隊队頓顿奪夺墮堕兒儿爾尔發发髮发罰罚閥阀飛飞廢废費费紛纷憤愤奮奋豐丰風风瘋疯馮冯鳳凤膚肤婦妇復复複复負负賦赋該该蓋盖趕赶幹干剛刚鋼钢閣阁"
    "個个給给宮宫鞏巩貢贡溝沟構构購购夠够顧顾關关觀观館馆慣惯廣广規规歸归龜龟軌轨貴贵櫃柜滾滚鍋锅國国過过漢汉號号賀贺紅红後后護护滬沪戶户華华畫画劃划話话懷怀壞坏歡欢環环還还換换黃黄輝辉會会匯汇穢秽繪绘葷荤"
    "渾浑夥伙獲获擊击機机積积極极級级輯辑幾几計计記记紀纪際际繼继濟济夾夹價价駕驾監监堅坚間间艱艰揀拣撿捡簡简減减檢检薦荐見见鍵键劍剑漸渐將将獎奖講讲醬酱膠胶嬌娇驕骄腳脚較较階阶節节潔洁結结傑杰緊紧僅仅進进"
    "盡尽勁劲驚惊經经靜静鏡镜舊旧劇剧據据懼惧捲卷覺觉決决絕绝軍军開开凱凯殼壳課课懇恳誇夸塊块寬宽礦矿況况虧亏來来賴赖蘭兰攔拦籃篮藍蓝爛烂濫滥勞劳樂乐類类離离裡里裏里禮礼麗丽歷历曆历厲厉勵励倆俩聯联連连臉脸"
    "練练戀恋糧粮兩两輛辆療疗遼辽獵猎臨临鄰邻靈灵齡龄領领劉刘龍龙樓楼錄录陸陆驢驴亂乱論论羅罗蘿萝邏逻媽妈馬马罵骂買买麥麦賣卖滿满貓猫貿贸沒没門门們们夢梦彌弥祕秘綿绵麵面廟庙滅灭憫悯鳴鸣銘铭謀谋畝亩納纳難难"
    "惱恼腦脑鬧闹內内擬拟鳥鸟寧宁農农濃浓諾诺歐欧盤盘賠赔噴喷鵬鹏騙骗飄飘貧贫蘋苹憑凭評评潑泼鋪铺樸朴譜谱齊齐騎骑豈岂啟启氣气棄弃牽牵鉛铅遷迁謙谦錢钱潛潜淺浅槍枪牆墙強强搶抢橋桥喬乔親亲輕轻傾倾頃顷慶庆窮穷"
    "瓊琼區区驅驱趨趋權权勸劝確确讓让擾扰熱热認认榮荣軟软銳锐閏闰潤润灑洒賽赛傘伞喪丧掃扫殺杀紗纱曬晒閃闪陝陕傷伤賞赏燒烧紹绍設设攝摄紳绅審审腎肾勝胜聖圣師师獅狮詩诗時时識识實实蝕蚀駛驶勢势視视試试適适釋释"
    "壽寿獸兽書书輸输屬属術术樹树豎竖數数帥帅雙双誰谁順顺說说絲丝飼饲鬆松慫怂頌颂訴诉蘇苏肅肃雖虽隨随歲岁孫孙損损縮缩鎖锁臺台態态貪贪攤摊談谈譚谭湯汤濤涛討讨騰腾題题體体條条鐵铁聽听廳厅統统頭头圖图塗涂團团"
    "頹颓脫脱彎弯灣湾萬万網网違违圍围為为維维偉伟偽伪衛卫聞闻穩稳問问無无務务霧雾犧牺襲袭習习戲戏細细蝦虾俠侠嚇吓鮮鲜閒闲顯显險险現现縣县線线鄉乡詳详響响項项蕭萧銷销曉晓協协寫写謝谢興兴兇凶脩修鬚须須须許许"
    "續续選选懸悬學学尋寻訊讯遜逊壓压鴨鸭啞哑亞亚煙烟嚴严鹽盐顏颜豔艳驗验陽阳楊杨養养樣样搖摇謠谣藥药爺爷葉叶業业頁页醫医儀仪遺遗億亿憶忆藝艺異异義义議议陰阴銀银飲饮隱隐應应櫻樱鷹鹰營营蠅蝇贏赢擁拥詠咏憂忧"
    "優优郵邮遊游猶犹誘诱魚鱼漁渔餘余與与嶼屿語语獄狱預预禦御譽誉園园員员圓圆遠远願愿約约躍跃嶽岳閱阅雲云運运韻韵雜杂災灾載载暫暂讚赞髒脏棗枣則则責责擇择賊贼贈赠閘闸債债戰战張张漲涨帳帐賬账趙赵這这針针偵侦"
    "診诊陣阵爭争徵征鄭郑證证隻只織织職职執执紙纸誌志質质製制鐘钟終终種种眾众週周晝昼豬猪諸诸燭烛貯贮築筑駐驻專专磚砖轉转賺赚裝装莊庄壯壮狀状錐锥綴缀準准濁浊資资總总縱纵鄒邹組组鑽钻"
)
"""Pairs: a traditional character and the simplified one that it is read as."""

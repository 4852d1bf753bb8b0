"""The classes of words that remarks among trigger words are made of, in the languages that authors write.

`words/remarks.txt` has them, and says what each class is.
"""

from __future__ import annotations

import re
from pathlib import Path

from stylus_core.word_lists import read_words

_WORDS = {name: frozenset(words) for name, words in read_words(Path(__file__).parent / "words" / "remarks.txt").items()}

NOTHING = _WORDS["nothing"]
FOREIGN_NOTHING = _WORDS["foreign nothing"]
NEGATION = _WORDS["negation"]
WAKE = _WORDS["wake"]
NEED = _WORDS["need"]
MODELS = _WORDS["models"]
BE = _WORDS["be"]
ABOUT = _WORDS["about"]
PERSONAL = _WORDS["personal"]
POLITE = _WORDS["polite"]
READ = _WORDS["read"]
REFERRING = _WORDS["referring"]
SOURCE = _WORDS["source"]
ADAPTERS = _WORDS["adapters"]
WRITTEN = _WORDS["written"]
BASES = _WORDS["bases"]
COUNTED = _WORDS["counted"]
BESIDE_BASES = _WORDS["beside bases"]
STANDS_FOR = _WORDS["stands for"]
MARKS = _WORDS["marks"]
PREPOSITIONS = _WORDS["prepositions"]
GIVEN = _WORDS["given"]
ORDERS = _WORDS["orders"]
CONTINUES = _WORDS["continues"]
META = WAKE | _WORDS["meta"]
TALK = WAKE | _WORDS["talk"]
PLACE = SOURCE | _WORDS["place"]
NO_NAME = ADAPTERS | _WORDS["no name"]

#: Scripts without spaces, and sentences whose words are inflected too much for classes.
_ZH_WORD = r"(?:触发|觸發|激活|启动|唤醒|提示|关键|關鍵)(?:词|詞|語|语|字)?"
FOREIGN_DENIAL = re.compile(
    rf"(?:无|無|没有?|沒有?|不|非|免|勿)(?:需要?|用|必要?|须|須|是必[须需要])?(?:任何|特定|特别|特殊|专门|固定|额外|输入|使用|添加|加)*{_ZH_WORD}"
    rf"|{_ZH_WORD}\s*(?:[:：]\s*)?(?:无|無|没有|不需要|不用|非必[须需要])"
    r"|特に(?:必要|指定)?(?:は|も)?(?:なし|無し|ない|ありません)"
    r"|トリガー?(?:ワード|ワーズ|プロンプト)?\s*(?:[はがも:：]\s*)?(?:不要|なし|無し|無い|ない|ありません|必要(?:ありません|ない|なし)|いりません|要りません)"
    r"|트리거\s?(?:워드|단어)?\s?(?:는|가|은)?\s*(?:없|불필요|필요\s?(?:없|하지))"
    r"|(?:без|нет|не\s(?:нуж\w{1,4}|треб\w{1,6}|обязат\w{1,6}))\s(?:\w{1,15}\s)?(?:триггер|ключев|активатор)"
    r"|(?:триггер|активатор)\w{0,5}(?:\s\w{1,8})?\s(?:не\s|нет|отсутств)"
)
FOREIGN_REFERRAL = re.compile(
    r"(?:见|看|查看|参考|參考|参见|参阅|参照|阅读|閱讀|請看|说明在|写在)[^,，]{0,8}(?:简介|簡介|描述|说明|說明|介绍|介紹|详情|詳情|例图|示例|页面|正文|下方|评论|文档|图)"
    r"|(?:简介|簡介|描述|说明|說明|介绍|介紹)(?:里|中|内|裡)"
    r"|(?:触发|提示|关键|觸發)(?:词|詞|字)[^,，]{0,4}(?:见|在|看)"
    r"|(?:説明|概要|サンプル|例|紹介|ページ)[^、,]{0,8}(?:参照|参考|見て|見る|読んで|ご覧|確認)"
    r"|(?:설명|예시|본문|샘플)[^,]{0,6}(?:참조|참고|보세요|확인|읽)"
    r"|(?:смотр|чита|прочит|прочт|указан|загляни|см\.?\s)\w{0,8}\s?(?:\w{1,8}\s){0,2}(?:описан|пример|страниц|картин)"
)

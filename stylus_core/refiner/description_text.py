"""Finds what a description says of the adapter itself, among links, donations, licences and instructions."""

from __future__ import annotations

import html
import re
from collections.abc import Collection
from pathlib import Path

from stylus_core.word_lists import read_words

_TAG = re.compile(r"<[^<>]{0,500}>")
_LINKED = re.compile(r"//|www|@|\.(?:com|net|org|io|co|gg|tv|me)")
#: The numbers are the longest that such names may be.
_LINK = re.compile(
    r"(?:https?://|www\.)\S+|\b[\w.-]{1,64}@[\w-]{1,63}\.\w+\b|(?<!\w)@\w{3,}"
    r"|\b[\w-]{1,63}\.(?:com|net|org|io|co|gg|tv|me)\b(?:/\S*)?"
)

#: A sentence with one of these is not about what the adapter draws.
_NOISE = re.compile(
    r"""(?x)
    \b(?:ko-?fi|patreon|buy\ me|coffees?|donat\w*|paypal|support(?:ing|s|ed)?\ (?:me|my|us)|subscri\w+
    |discord|twitter|instagram|pixiv|fanbox|follow\ me|commission\w*|tip\ jar|sponsor\w*|boosty|youtube
    |telegram|tumblr|deviantart|reddit|weibo|bilibili|rentry|hugging\ ?face|civitai|github
    |google\ (?:forms?|drive)|qq|wechat|afdian|saweria|trakteer|shop|merch|like\ (?:and|this|it|my|me)
    |reviews?|rat(?:e|ing)s?|\d\ ?stars?|feedback|comments?|post\ your|share\ your|upload\w*
    |(?:let\ me|lemme)\ know|thank\w*|enjoy\w*|hope\ (?:you|it|this)|hello|hi\ (?:all|every\w+)|welcome|everyone
    |sorry|apolog\w+|grateful|appreciate\w*|click\w*|licen[cs]e\w*|permissions?|credits?|copyrights?
    |commercial\w*|redistribut\w+|sell(?:ing)?|resale|prohibit\w*|forbidden|disclaimer|responsib\w+
    |legal\w*|use\ at\ your|change\ ?log|updated?|updates|v\d+(?:\.\d+)*|new\ version|version\ \d
    |re-?train\w*|re-?upload\w*|beta|wip|work\ in\ progress|next\ version|to\ ?do|download\w*|install\w*
    |folders?|automatic ?1111|a1111|auto1111|web-?ui|comfy\w*|extensions?|safetensors|ckpts?
    |checkpoints?|base\ models?|trained|training|datasets?|data\ set|epochs?|steps?|samplers?|sampling
    |cfg|hi-?res\w*|upscal\w+|denois\w+|clip\ ?skip|vae|dim|rank|learning\ rate|batch|kohya\w*|colab
    |dreambooth|embeddings?|textual\ inversion|controlnet|inpaint\w*|img2img|txt2img|recommend\w*
    |strengths?|weigh\w*|works?\ (?:best|well|fine|great|with|at)|settings?|parameters?|seeds?
    |resolutions?|request\w*|overfit\w*|my\ (?:first|other|page|second|new)|examples?|previews?|samples?
    |showcase|images?\ (?:above|below)|see\ below|description|prompt\w*|trigger\w*|keywords?|activat\w+
    |tokens?|metadata|tags?|merged?|mixes|anylora|nai|anything\ ?v\d|abyss\w*|counterfeit|orangemix
    |aom\d?|test(?:ed|s|ing)|expensive|guidelines?|faq|tutorial|video|note|notice|attention|warning
    |tips?|usage|features?|compatibility)\b|爱发电|愛發電|赞助|打赏|交流群|粉丝|关注|点赞|评论|评价|好评
    |收藏|支持|下载|更新|版本|权重|權重|推荐|推薦|建议|触发|觸發|训练|訓練|模型|请|感谢|谢谢|商用|授权
    |转载|禁止|群号|加群|大模型|底模|参数|提示词|正面|负面|采样|步数|高清|例图|预览图|喜欢|反馈|声明
    |免责|侵权|咨询|教程|测试|注意|链接|网站|主页|支援|フォロー|コメント|更新|学習|推奨|強度|トリガー
    |ダウンロード|ください|お願い|利用規約|禁止|モデル|バージョン|ありがとう|サンプル|プロンプト|重み
    |후원|팔로우|댓글|업데이트|학습|추천|가중치|강도|트리거|다운로드|버전|모델|감사|금지|프롬프트
    |поддерж|подпис|обновл|скача|рекоменд|обуч|версия|спасибо|модел|коммент|промпт|донат"""
)
_WORDS = read_words(Path(__file__).parent / "words" / "sentences.txt")
#: How authors say what an adapter is or does: the first five letters of their words.
_DEFINES = frozenset(_WORDS["defines"])
_DEFINES_ELSEWHERE = re.compile(
    "风格|風格|画风|角色|人物|用于|用来|生成|出自|来自|增加|添加|效果|服装|场景|姿势|表情|改善|调节|增强|画师"
    "|キャラ|イラスト|再現|画風|衣装|作風|背景|ポーズ|登場|캐릭터|스타일|의상|배경|персонаж|стил"
)
_PERSONAL = frozenset(_WORDS["personal"])
_ORDER = re.compile(
    r"^(?:use|try|add|check|don'?t|do not|set|put|if|make sure|remember|just|when|for better|to get|also|but|and|so"
    r"|some|it'?s|it can|can|should|may|will|there|only|please|see|images?|pictures?|made|by the way|used|because"
    r"|although|not|now)\b"
)
#: What parts sentences. It begins with one of few letters, over all else a search goes quickly;
_PARTS = r"[\s=—-](?:(?<=[.!?]\s)\s*(?=[^a-z])|(?<=[\n\r])[\n\r]*|(?<=\s)[•*·▪●★☆]\s*|(?<==)={2,}|(?<=-)-{2,}|(?<=—)—+)"
#: only what stands between two letters does not, and no text in ASCII has that.
_SENTENCE = {True: re.compile(_PARTS), False: re.compile(f"(?<=[。！？；])|{_PARTS}")}
_DECORATION = re.compile(r"[^\w\s.,;:'\"()/&%+!?\-–—、。，！？「」（）]+")
_WORD = re.compile(r"[^\W_]+")

_MOST = 20_000  # characters of a description that are looked at
_ACCOUNT = 3_000  # of them for sentences: what it is stands near the top
_SENTENCES = 40
_ENOUGH = 1.5
#: In a description of few words a sentence will do that names what is shown ("A lamp of blue glass."), or, of an
#: adapter whose name tells nothing, any that is no noise, advice or list of tags.
_SHORT, _FAIR, _TELLING = 300, 0.6, 4
_NAMES = re.compile(r"(?:an?|two|three|several)\s(?!.*\b(?:will|would|should|could|may|might|bit|few|lot)\b)")


def plain(text: str) -> str:
    """Without HTML and links, line breaks kept."""
    text = text[:_MOST]
    if "<" in text:
        text = _TAG.sub("\n", text)
    if "&" in text:
        text = html.unescape(text)
    return _LINK.sub(" ", text) if _LINKED.search(text) else text


def sentences(text: str) -> list[str]:
    """The sentences of a plain text; a line's end ends one, too."""
    return [found for raw in _SENTENCE[text.isascii()].split(text) if (found := " ".join(raw.split()))]


def is_noise(sentence: str) -> bool:
    """Whether a sentence is about links, donations, licences and instructions, and not about what the adapter draws."""
    return bool(_NOISE.search(sentence.lower()))


def best_sentence(text: str, about: Collection[str], longest: int = 200) -> str:
    """The sentence of a description that says best what the adapter adds; empty if none does.

    Args:
        text: the author's, noise included.
        about: words, in lower case, of the adapter's name and tags: a sentence that has them is about it.
        longest: characters; a longer sentence is cut at a word.
    """
    text = plain(text)[:_ACCOUNT].strip()
    short, nameless = len(text) <= _SHORT, all(len(word) < _TELLING for word in about)
    best, found, fair = _ENOUGH, "", ""
    for position, raw in enumerate(_SENTENCE[text.isascii()].split(text)[:_SENTENCES]):
        if len(raw) < 6:
            continue
        sentence = " ".join(_DECORATION.sub(" ", raw).split()).strip(" -–—:,;./")
        if len(sentence) < (16 if sentence.isascii() else 6):
            continue
        score = _score(sentence, about) - 0.02 * position
        if score > best and not is_noise(sentence):
            best, found = score, sentence
        elif short and not fair and score > _FAIR and (nameless or _NAMES.match(sentence.lower())):
            fair = "" if is_noise(sentence) else sentence
    found = found or fair
    if len(found) > longest:
        found = found[:longest].rsplit(" ", 1)[0].rstrip(" ,;:-(") + " ..."
    return found[:1].upper() + found[1:]


def _score(sentence: str, about: Collection[str]) -> float:
    low = sentence.lower()
    words = _WORD.findall(low)
    different = set(words)
    known = len(different.intersection(about))
    if len(different) - known < 2 and low.isascii():
        return 0.0  # the title once more
    score = 0.4 + 0.5 * min(known, 3)
    if not _DEFINES.isdisjoint([w[:5] for w in different]) or (not low.isascii() and _DEFINES_ELSEWHERE.search(low)):
        score += 1.3
    if low.isascii():
        score += 0.3
    if not _PERSONAL.isdisjoint(different):
        score -= 1.0
    if _ORDER.match(low):
        score -= 1.0
    if low.count(",") + low.count("，") + low.count("、") > max(3, len(words) // 5):
        score -= 1.5  # a list of tags
    return score

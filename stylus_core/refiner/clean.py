"""Takes authors' noise out of descriptions: links, handles, donations, licences, change logs, install hints."""

from __future__ import annotations

import html
import re

_TAG = re.compile(r"<[^<>]{0,500}>")
_LINK = re.compile(
    r"(?:https?://|www\.)\S+|\b[\w.-]+@[\w-]+\.\w+\b|(?<!\w)@\w{3,}|\b\w+\.(?:com|net|org|io|co|gg|tv|me)(?:/\S*)?\b"
)
_LINKED = re.compile(r"//|www|@|\.(?:com|net|org|io|co|gg|tv|me)")
_NOISE = re.compile(
    r"""(?ix)
    \b(?:ko-?fi|patreon|buy\ me\ a|coffee|donat|paypal|support\ me|subscribe|discord|twitter|instagram|pixiv|fanbox|follow\ me
    |commission|tip\ jar|sponsor|boosty|youtube|telegram|qq\ ?群|weibo|bilibili|rentry|hugging\ ?face|civitai|github
    |like\ (?:and|this|if)|review|rate|rating|5\ ?stars?|feedback|comment|post\ your|share\ your|upload|let\ me\ know|thank|enjoy|hope\ you
    |licen[cs]e|permission|credit|copyright|commercial|merge|redistribut|sell|resale|prohibit|forbidden|disclaimer
    |change\ ?log|update[sd]?\b|version|v\d+(?:\.\d+)*\b|new\ in|fixed|retrain|re-?upload|beta|wip
    |download|install|put\ (?:it|the\ file)|place\ (?:it|the)|folder|automatic1111|a1111|webui|comfy|extension|safetensors
    |checkpoint|base\ model|trained\ (?:on|with|using|by)|training|dataset|epoch|steps?|sampler|cfg|hires|upscal|denois|clip\ ?skip|vae|dim\b|rank
    |recommend|strength|weight|works?\ (?:best|well)|use\ it\ (?:with|at)|settings?|negative|embedding|seed|resolution|request|sorry|my\ (?:first|other|page)
    |example\ (?:image|prompt|picture)|prompt|trigger|keyword|activation|metadata|lora\b|locon|lycoris)
    |爱发电|赞助|打赏|交流群|关注|点赞|评论|下载|更新|版本|权重|推荐|触发词|训练|模型|请|感谢|商用|授权|转载|禁止
    |支援|フォロー|更新|学習|推奨|強度|トリガー|ダウンロード|ください|利用|禁止|モデル
    |후원|업데이트|학습|추천|가중치|트리거|다운로드
    |поддерж|обновлен|скача|рекоменд|обуч|вес\b|версия"""
)
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|(?<=[。！？])|[\n\r]+|\s[•*·▪●★☆]\s*")
_DECORATION = re.compile(r"[^\w\s.,;:'\"()/&%+!?\-–—、。，！？「」（）]+")
_LETTERS = re.compile(r"[^\W\d_]")

_MOST = 20_000  # characters of a description that are looked at


def plain(text: str) -> str:
    """Without HTML and links, line breaks kept."""
    text = text[:_MOST]
    if "<" in text:
        text = _TAG.sub("\n", text)
    if "&" in text:
        text = html.unescape(text)
    return _LINK.sub(" ", text) if _LINKED.search(text) else text


def sentences(text: str, most: int = 2, chars: int = 240) -> list[str]:
    """The first sentences that say something about the adapter itself."""
    out: list[str] = []
    left = chars
    for raw in _SENTENCE.split(plain(text)):
        sentence = " ".join(_DECORATION.sub(" ", raw).split()).strip(" -–—:,;.")
        if len(_LETTERS.findall(sentence)) < 8 or _NOISE.search(sentence):
            continue
        if not sentence.isascii() and len(sentence) < 6:
            continue
        if len(sentence) > left:
            if out:
                break
            sentence = sentence[:left].rsplit(" ", 1)[0]
        out.append(sentence)
        left -= len(sentence)
        if len(out) == most or left < 20:
            break
    return out

"""What an adapter is for. The composer holds characters to their names and styles to two, so this has to be right."""

from __future__ import annotations

import re

from stylus_core.types import Metadata

#: What the model site calls its categories, and the words that people use for them.
_TAGS = {
    "person": "celebrity celebrities actress actor real_person real_people idol singer influencer model_(person) k-pop kpop",
    "character": "character characters anime_character game_character video_game_character fictional_character original_character "
    "oc vtuber girl_character female_character male_character pokemon_character comic_character cartoon_character",
    "pose": "poses pose action actions posing gesture sex_position facial_expression expression expressions camera_angle",
    "clothing": "clothing clothes outfit outfits costume dress fashion lingerie swimsuit uniform shoes jewelry bikini cosplay armor",
    "vehicle": "vehicle vehicles car cars motorcycle aircraft ship spaceship tank train",
    "building": "buildings building architecture house architecture_design building_complex",
    "background": "background backgrounds scenery landscape landscapes interior location environment room scene interior_design",
    "animal": "animal animals dog cat horse bird",
    "object": "objects object assets weapon weapons food drinks item items icon furniture instrument product product_design tool_(object)",
    "style": "style styles art_style artstyle artist artist_style illustration_style painting_style photography_style",
    "quality": "tool tools detail details enhancer slider quality tweaker utility enhancement",
    "concept": "concept concepts effect effects",
}
_BY_TAG = {t.replace("_", " "): kind for kind, tags in _TAGS.items() for t in tags.split()}

#: The site's own categories: stronger than words that merely describe.
_CATEGORIES = {
    "character": "character", "style": "style", "celebrity": "person", "concept": "concept", "clothing": "clothing",
    "poses": "pose", "action": "pose", "background": "background", "buildings": "building", "vehicle": "vehicle",
    "objects": "object", "assets": "object", "animal": "animal", "tool": "quality",
}  # fmt: skip

_QUALITY = re.compile(
    r"""(?ix)\b(?:detail(?:s|ed)?\s*(?:tweaker|enhancer|maker|slider|er\b|booster)|(?:add|more)\s*(?:more\s*)?detail|tweaker|enhancer|
    noise\s*-?\s*offset|offset\s*noise|low\s*ra|high\s*key|contrast|saturation|sharp(?:ness|en)|brightness|exposure|
    better\s*(?:hands?|eyes?|faces?|skin)|(?:hands?|eyes?|face|anatomy)\s*fix|perfect\s*(?:hands?|eyes?|fingers)|consistency|slider|
    add\s*detail|wowifier|refiner|quality|lcm|turbo|lightning|hyper\s*sd|fix(?:er)?\b|denois|upscal|hdr\b|diffcons|difconsistency)"""
)
_STYLE = re.compile(
    r"(?i)(?<!hair)(?<!hair )(?<!life)\bstyles?\b|style(?:lora|$|[_\s\d])|画风|畫風|画風|风格|風格|\bart ?by\b|\bartist\b|painting|watercolor|sketch"
    r"|line ?art|pixel ?art|ukiyo|impressionis|anime screencap|vhs|film (?:look|grain)|aesthetic|\bmanga\b|\bcomic\b|\bpunkai\b|punk ?ai\b|cel ?shad|3d render|polaroid|analog"
)
_LIKENESS = re.compile(r"(?i)\blikeness\b|\bdoll ?likeness|\bface\b(?! ?sit)|\bactress\b|\bcelebrity\b|\bmodel \(real|\bcosplayer\b")
_POSE = re.compile(r"(?i)\bposes?\b|\bposing\b|\bview\b|\bpov\b|\bgesture|\bsitting\b|\bstanding\b|\bangle\b|\briding\b|\bholding\b|\blying\b|动作|姿势")
_CLOTHES = re.compile(
    r"(?i)\b(?:dress|outfit|costume|uniform|clothes|clothing|bikini|swimsuit|kimono|hanfu|lingerie|armou?r|skirt|jacket|hoodie|shoes|boots|"
    r"stockings|socks|thighhighs|sweater|suit|cheongsam|qipao|leotard|bodysuit|hat|glasses|mask|jewelry|necklace|corset|gown)\b|服|汉服|漢服|旗袍"
)
_CHARACTER = re.compile(
    r"(?i)\bcharacter\b|\((?:[^()]{2,40})\)|\bfrom (?:the )?[A-Z]|\b(?:azur lane|genshin|arknights|fate|kancolle|blue archive|honkai|pok[eé]mon|"
    r"idolm|hololive|nijisanji|one piece|naruto|bleach|dragon ball|danganronpa|fire emblem|touhou|league of legends|overwatch|vtuber)\b|角色"
)
_PEOPLE_TAGS = frozenset("girl woman 1girl female male man 1boy boy anime_girl waifu girls women men anime game video_game".replace("_", " ").split())
_SUBJECT_TAGS = frozenset("1girl 1boy solo girl female woman male man long_hair short_hair".split())


def kind(metadata: Metadata, stem: str, subject: str) -> str:
    """One of `types.KINDS`."""
    title = metadata.title or metadata.alias or stem
    tags = [t.lower().strip() for t in metadata.tags]
    if _QUALITY.search(title) and "character" not in tags:
        return "quality"
    stated = [_CATEGORIES[t] for t in tags if t in _CATEGORIES]
    found = _stated(stated, title)
    if found:
        return found
    described = [_BY_TAG[t] for t in tags if t in _BY_TAG]
    if _STYLE.search(title):
        return "style"
    if "person" in described or (_LIKENESS.search(title) and "character" not in described):
        return "person"
    if "character" in described:
        return "character"
    if _CLOTHES.search(subject) and not _CHARACTER.search(title):
        return "clothing"
    if _POSE.search(subject) and not _CHARACTER.search(title):
        return "pose"
    if described and not (_CHARACTER.search(title) and _PEOPLE_TAGS & set(tags)):
        return described[0]
    return _guess(metadata, title, tags)


def _stated(stated: list[str], title: str) -> str:
    """Of the site's categories; authors tick several."""
    kinds = set(stated)
    if not kinds:
        return ""
    if "person" in kinds:
        return "person"
    if "style" in kinds and _STYLE.search(title):
        return "style"
    if "character" in kinds:
        return "character"
    for specific in ("pose", "clothing", "vehicle", "building", "animal", "background", "object"):
        if specific in kinds:
            return specific
    if "quality" in kinds and "style" not in kinds:
        return "quality"
    return "style" if "style" in kinds else "concept"


def _guess(metadata: Metadata, title: str, tags: list[str]) -> str:
    """Nothing says it: a name with a series, or pictures of one person, mean a character."""
    trained = [t for t, _ in metadata.training_tags[:25]]
    people = bool(_PEOPLE_TAGS & set(tags)) or bool(_SUBJECT_TAGS & {t.replace(" ", "_") for t in trained})
    if _CHARACTER.search(title) and (people or metadata.trigger_words):
        return "character"
    about = metadata.description[:400].lower()
    if re.search(r"\bcharacter\b|\bfrom the (?:anime|game|manga|series|movie|show)\b", about):
        return "character"
    if re.search(r"\bstyle\b|\bartist\b|art of\b", about):
        return "style"
    return "concept"

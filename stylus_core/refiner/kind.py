"""What an adapter is for. The composer holds characters to their names and styles to two, so this has to be right.

Every source votes: the site's category, what the title calls it, where it comes from, its other tags, its training tags
and its description. Authors tick one category in haste, so a title that says otherwise outweighs it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from stylus_core.prompt.english import rarity
from stylus_core.prompt.fast_alternation import factor_prefixes
from stylus_core.refiner.compound_words import apart
from stylus_core.refiner.members import told_members
from stylus_core.refiner.series import is_series
from stylus_core.refiner.subject_phrase import phrase
from stylus_core.refiner.title import Title
from stylus_core.types import KINDS, Metadata
from stylus_core.word_lists import read_words

#: The site's own categories; an author ticks one.
_CATEGORIES = {
    "character": "character", "style": "style", "celebrity": "person", "concept": "concept", "clothing": "clothing",
    "poses": "pose", "action": "pose", "background": "background", "buildings": "building", "vehicle": "vehicle",
    "objects": "object", "assets": "object", "animal": "animal", "tool": "quality",
}  # fmt: skip
_CATEGORY = 3.0
_UNSUPPORTED = 2.0  # "character" where nothing else speaks of one
#: Categories that are ticked for want of a better one.
_WEAK = {"concept": 1.6, "quality": 1.4, "object": 2.2}

_WORDS = read_words(Path(__file__).parent / "words" / "site_tags.txt")
_TAG = {tag: kind for kind in KINDS for tag in _WORDS[kind]}
_TAG_VOTE, _MOST_TAG_VOTES = 0.7, 1.4

_LABEL = 3.2
_SECOND = 0.5  # of a title's vote, for what stands in brackets or behind a bar

#: (kind, votes, what the title says in lower case). The first match of a kind counts.
_TITLE: tuple[tuple[str, float, re.Pattern[str]], ...] = tuple(
    (kind, votes, re.compile(factor_prefixes("".join(pattern.split("\n")))))
    for kind, votes, pattern in (
        (
            "quality",
            5.0,
            r"""\bdetail(?:s|ed)?[\s_]*(?:tweaker|enhancer|maker|slider|adjuster|er\b|booster)
|\b(?:add|more)[\s_]*(?:more[\s_]*)?detail|\btweak(?:er|e)?\b|\benhancer\b|noise[\s_-]*offset
|offset[\s_]*noise|\b(?:high|low)[\s_]key\b|\b(?:contrast|saturation|sharpness|brightness|exposure)\b
|\bfix(?:ed|ing)?[\s_-]*(?:hands?|eyes?|faces?|anatomy|feet|fingers)
|\b(?:hands?|eyes?|faces?|anatomy|feet)[\s_-]*(?:fix(?:er)?|mix)\b
|\b(?:better|perfect)[\s_]*(?:hands?|eyes?|faces?|skin|fingers|anatomy|feet)\b|\bgood hands?\b
|\bslider\b|\b(?:back|rim|studio)[\s_-]?lighting\b
|\b(?:lcm|hyper ?sd|(?:sdxl|sd) (?:turbo|lightning))\b|\brefiner\b|画质|質感|细节""",
        ),
        (
            "style",
            4.0,
            r"""(?<!hair )(?<!hair)(?<!life)(?<!life )\bstyles?\b(?! (?:weapon|armors?|hair|jacket|dress|outfit))
|(?<=\w{3})style(?:\s|$)|art ?styles?\b|画风|畫風|画師|画师|风格|風格|\bart(?:work)? (?:by|of)\b|\bartist\b""",
        ),
        (
            "style",
            1.9,
            r"""\bpainting|\bwatercolou?r|\bsketch|line ?art\b|pixel ?art|\bukiyo|impressionis|screencap|\bvhs\b
|\bfilm (?:look|grain)\b|\baesthetic|\bmanga\b|\bcomics?\b|punk ?ai\b|\bai$|cel ?shad|3d render|polaroid
|\banalog|photography|\bdiffusion\b|flat colou?r|\bpixel\b|\bicons?\b|\blogo|collage|graphic design
|cinematic|low[ _-]?poly|movie stills?\b|splash ?art|插画|水墨""",
        ),
        (
            "person",
            3.2,
            r"""\bliken+es+s*|\bdoll ?liken|\bface of\b|\bactress\b|\bcelebrity\b|\bcosplayer\b|◯|girlfriend|\bulzzang
|\bidol face|网红|女友|女孩|小姐姐|女士
|\b(?:chinese|korean|japanese|asian|russian|thai|indian|beautiful|cute|pretty|realistic
|beauty)(?: \w+)? girl(?:s|[-_ ]\w+)?\b|doll ?face""",
        ),
        (
            "pose",
            3.0,
            r"""\bposes?\b|\bstance\b
|\bposing\b|\bpov\b|\bgesture|\bsquat|\bsitting|\bstanding on|\b(?:top|side|back|front) view
|\briding\b|\bholding\b|\blying\b|动作|姿势|姿勢|ポーズ|视角|\bcrossed legs\b|\bfacial expression|\bsmile\b|\bcrying\b
|\bdrooling|middle finger|peace sign|\bincoming (?:kiss|hug)|\bhead ?pat|angle from|\bsmoking\b|\blicking\b
|\bselfie\b|\baiming\b""",
        ),
        (
            "clothing",
            3.0,
            r"""\b(?:dress(?:es)?|outfits?|costumes?|uniforms?|clothes|clothing|bikini|swimsuit|kimono|hanfu
|hanbok|lingerie|armou?rs?|skirt|jacket|hoodies?|shoes|boots|heels|stockings?|socks
|thighhighs|sweater|cheongsam|qipao|leotard|bodysuit|hats?|helmet|glasses|mask|jewelry
|necklace|corset|gown|serafuku|bodychain|raincoat|suit)\b|汉服|漢服|旗袍|服装|制服|丝袜|黑丝|连体衣|体操服""",
        ),
        (
            "background",
            2.6,
            r"""\b(?:landscapes?|scenery|backgrounds?|interiors?|room|station|sky|forest|city|cityscape|world
|ruins|cockpit|scene|library|street|park|beach|wallpaper)\b|背景|风景|風景|場景|场景|駅$""",
        ),
        ("building", 2.6, r"""\b(?:architectur\w*|building|apartment|house|castle|temple|garden)s?\b|建筑|建築"""),
        (
            "object",
            2.6,
            r"""\b(?:rifle|sniper|shotgun|pistol|gun|gatling|carbine|katana|swords?|ak-?47|m4a1|weapons?
|syringe|umbrella|wheelchair|chair|furniture|food|drinks?|burger|camera|phone
|figma|figures?)\b""",
        ),
        (
            "vehicle",
            3.0,
            r"""\b(?:cars?|motorbike|motorcycle|spaceships?|fighter jet|airship|aircraft|tanks
|train)\b(?! (?:interior|bridge))""",
        ),
        (
            "animal",
            2.6,
            r"""\b(?:cats?|dogs?|horses?|capybara|animals?|birds?|dinosaurs?|corgi|furry)\b
(?! ?(?:girl|eyes|boy|ears))|猫|动物""",
        ),
        (
            "concept",
            2.2,
            r"""\b(?:concept|pupils?|eyes?|ears?|hair(?:style)?s?|ponytail|bangs|horns?|wings|tail|tattoo|makeup
|lamia|centaur|harpy|mermaid|slime|golems?|dragons?|goblin|vampire|monsters?|creatures?
|vfx|smoke|fire|water|magic|tongues?|mouths?|teeth|skin|sheet|multiview|emot(?:ion|icon)
|meme|tachie|maps?|mechanical|mecha|stamp)\b""",
        ),
    )
)

_PEOPLE, _REAL, _EMPTY = (frozenset(_WORDS[name]) for name in ("people", "real", "empty"))
_TRAITS = re.compile(
    r"\b(?:(?:blue|red|green|brown|black|white|blonde|pink|purple|orange|yellow|silver|gr[ae]y|aqua) (?:hair|eyes)"
    r"|bangs|ponytail|twintails|braid|ahoge|horns|halo|animal ears|side up|hair (?:ornament|ribbon|bow)|hairband"
    r"|hairclip)\b"
)
_WORN = re.compile(
    r"skirt|dress|uniform|jacket|gloves|thighhighs|shirt|sleeves|boots|\bhat\b|armou?r|bodysuit|pantyhose"
)
_WORD = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]{3,}")
_NAMED, _PARTLY_NAMED, _WORDS_ONLY = 1.1, 0.5, -0.5
_ABOUT_CHARACTER = re.compile(
    factor_prefixes(
        r"\bcharacter\b|\bfrom (?:the )?(?:anime|game|manga|series|movie|show|visual novel)\b"
        r"|\bher (?:outfit|default|hair|eyes)|\bversion of (?:her|him)\b|角色|キャラ"
    )
)
_ABOUT_STYLE = re.compile(
    factor_prefixes(r"\b(?:art ?|drawing )?style\b|\bartist\b|\bart of\b|画风|風格|风格|画師|画师|絵柄")
)
_ABOUT_PERSON = re.compile(
    factor_prefixes(
        r"\breal(?:istic)? (?:person|people|girl|woman)|\bface model\b|chilloutmix|真人|脸模|网红|\bactress\b"
        r"|\binstagram\b|\bmodel(?:ed)? after a\b|likeness"
    )
)


def kind(metadata: Metadata, title: Title) -> str:
    """One of `types.KINDS`."""
    votes: dict[str, float] = defaultdict(float)
    own = phrase(metadata.own_words) if metadata.own_words else ""
    tags = [t.lower().strip() for t in metadata.tags]
    category = next((_CATEGORIES[t] for t in tags if t in _CATEGORIES), "")
    about = metadata.description[:500].lower()
    of_character = bool(_ABOUT_CHARACTER.search(about))
    supported = bool(title.series or title.tagged or title.second or of_character)
    supported = supported or any(_TAG.get(t) == "character" for t in tags) or _calls_series(metadata)
    supported = supported or bool(told_members(metadata.description))
    if category:
        votes[category] += _UNSUPPORTED if category == "character" and not supported else _WEAK.get(category, _CATEGORY)
    if title.label:
        votes[title.label] += _WEAK.get(title.label, _LABEL)
    _by_tags(votes, tags)
    _by_title(votes, title, of_character=category == "character" and supported)
    if own and own != title.name:
        _by_title(votes, Title(own, raw=own), of_character=False)
    _by_origin(votes, metadata, title, tags, category)
    _by_texts(votes, about, bool(category), of_character=of_character)
    if not tags:  # fitted where nothing else was known
        _by_training(votes, metadata, title)
    if not metadata.title and not tags and not own:
        _by_name(votes, title)
    # of equals the one that stands first in KINDS, where the ones that need a name are in front
    best = max(KINDS, key=lambda k: votes[k])
    return best if votes[best] >= 1.0 else "concept"


def _by_tags(votes: dict[str, float], tags: list[str]) -> None:
    given: dict[str, float] = defaultdict(float)
    for tag in tags:
        one = _TAG.get(tag) or ("style" if tag.endswith(" style") else "")
        if one:
            given[one] += _TAG_VOTE
    for one, sum_ in given.items():
        votes[one] += min(sum_, _MOST_TAG_VOTES)


def _by_title(votes: dict[str, float], title: Title, *, of_character: bool) -> None:
    raw, name, second = title.raw.lower(), title.name.lower(), title.second.lower()
    name = f"{name} {apart(name)}".strip()
    seen: set[str] = set()
    for one, worth, pattern in _TITLE:
        whole = one in ("quality", "person")
        if one in seen:
            continue
        if not pattern.search(raw if whole else name):
            if not second or whole or not pattern.search(second):
                continue
            worth *= _SECOND
        seen.add(one)
        # "Foo in swimsuit", "Foo holding a sword": a character's title tells what it wears and does
        votes[one] += worth * (0.35 if of_character and one not in ("style", "quality") else 1.0)
    if "style" not in seen and re.search(r"\bstyle\b", raw):
        votes["style"] += 1.0


def _by_origin(votes: dict[str, float], metadata: Metadata, title: Title, tags: list[str], category: str) -> None:
    """A name with a series, or a person's traits, mean a character; a photograph's a person."""
    people = any(t in _PEOPLE for t in tags)
    said = {w.strip().lower().replace("_", " ") for entry in metadata.trigger_words for w in entry.split(",")}
    named = bool(title.name) and any(w and (w in title.name.lower() or title.name.lower() in w) for w in said)
    if (title.series or title.tagged) and not is_series(title.name):
        votes["character"] += 1.6 + 0.6 * named + 0.4 * people
    elif not category and "anime" in tags and (named or people):
        votes["character"] += 1.4 if named and people else 0.8
    elif not category and _calls_series(metadata):
        votes["character"] += 1.5
    if people and not category and "anime" not in tags:
        votes["person"] += 0.7 + 0.8 * any(t in _REAL for t in tags)


def _calls_series(metadata: Metadata) -> bool:
    """A trigger word such as "marin_(my dress-up darling)"."""
    words = [w for entry in metadata.trigger_words[:4] for w in entry.split(",")[:3]]
    return any(
        re.fullmatch(r"[\w .'-]{2,40}\s*\\?\([\w .'/:-]{3,40}\\?\)?", w.strip().replace("_", " ")) for w in words
    )


def _by_texts(votes: dict[str, float], about: str, categorised: bool, *, of_character: bool) -> None:
    weight = 0.5 if categorised else 1.0
    if of_character:
        votes["character"] += 1.1 * weight
    if _ABOUT_STYLE.search(about):
        votes["style"] += 0.9 * weight
    if not categorised and _ABOUT_PERSON.search(about):
        votes["person"] += 1.1


def _by_name(votes: dict[str, float], title: Title) -> None:
    """Where only the file's name is known: most of what has a name that is no English word is a character."""
    words = _LETTERS.findall(title.name.lower())
    names = sum(rarity(w) == 1.0 and not apart(w) for w in words)
    if words:
        votes["character"] += _NAMED if names == len(words) else _PARTLY_NAMED if names else _WORDS_ONLY


def _by_training(votes: dict[str, float], metadata: Metadata, title: Title) -> None:
    """Pictures that share a name, a dress and a hair colour are of a character; without people they are of a place.

    The votes follow a logistic regression over the training tags of 800 adapters of which nothing else was known: of
    characters it finds two in three, and of those that it takes for one, two in three are.
    """
    tags = [(t.lower().replace("_", " "), n) for t, n in metadata.training_tags]
    if not tags:
        return
    most = tags[0][1]
    steady = [t for t, n in tags[:60] if 2 * n >= most]
    if not _PEOPLE.isdisjoint(t for t, _ in tags[:80]) or any(t == "solo" for t, _ in tags[:80]):
        # a scene's or a garment's pictures share its name as well, but that is an English word
        called = f"{title.name} {' '.join(metadata.training_concepts[:1])}".lower()
        named = {w for w in _LETTERS.findall(called) if rarity(w) == 1.0 and not apart(w)}
        own = any(not named.isdisjoint(_WORD.findall(t)) for t in steady[:14] if t not in _PEOPLE)
        votes["character"] += 0.6 + 0.7 * own + 0.3 * min(4, sum(bool(_WORN.search(t)) for t in steady))
        votes["character"] += 0.2 * min(4, sum(bool(_TRAITS.search(t)) for t in steady))
        if metadata.training_captions or any(t in _REAL for t, _ in tags):
            votes["character"] -= 1.2
    elif sum(t in _EMPTY for t in steady[:12]) >= 2:
        votes["background"] += 1.4

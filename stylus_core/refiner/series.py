"""Names of games, shows, comics and groups that characters come from, as titles and tags write them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_NAMES = """
a certain magical index|a certain scientific railgun|ace attorney|adventure time|akame ga kill|among us
|animal crossing|ao no kiseki|apex legends|arcane|arknights|assassin's creed|atelier ryza|attack on titan
|avatar the last airbender|azur lane|azure lane|baldur's gate|ben 10|berserk|bible black|black clover
|blade runner|blazblue|bleach|blend s|bloodborne|blue archive|blue lock|bnha|bocchi the rock
|boku no hero academia|bravely default|bungou stray dogs|captain tsubasa|cardcaptor sakura|castlevania
|chainsaw man|chuunibyou|classroom of the elite|code geass|counter side|cowboy bebop|cyberpunk 2077
|cyberpunk edgerunners|danganronpa|danmachi|darkstalkers|darling in the franxx|date a live|dc comics
|dead by daylight|dead or alive|death note|demon slayer|destiny 2|detective conan|devil may cry|digimon|disgaea
|disney|doa|doki doki literature club|doraemon|dota 2|douluo dalu|drag-on dragoon|dragon age|dragon ball
|dragon ball super|dragon ball z|dragon quest|dragon's crown|durarara|elden ring|elder scrolls|eromanga sensei
|evangelion|fairy tail|fallout|fatal fury|fate|fate grand order|fate series|fate stay night|ffxiv|fgo
|final fantasy|fire emblem|fire emblem three houses|fire force|frieren|fruits basket|fullmetal alchemist
|gabriel dropout|game of thrones|genshin|genshin impact|ggo|ghibli|ghost in the shell|gintama|girls band party
|girls frontline|girls und panzer|goblin slayer|god eater|god of war|goddess of victory nikke
|gotoubun no hanayome|granblue fantasy|gravity falls|guilty gear|gundam|gurren lagann|haikyuu|half-life
|harry potter|haruhi suzumiya|hatsune miku|hayate no gotoku|hazbin hotel|hellsing|helltaker|hetalia
|hibike euphonium|high school dxd|higurashi|himouto umaru-chan|hololive|honkai|honkai impact|honkai impact 3rd
|honkai star rail|honor of kings|horimiya|hotd|how to train your dragon|hunter x hunter|hyouka
|hyperdimension neptunia|idolmaster|idolmaster cinderella girls|idolmaster million live|idolmaster shiny colors
|infinite stratos|inuyasha|is the order a rabbit|isekai ojisan|jojo|jojo's bizarre adventure|jujutsu kaisen|k-on
|kaguya-sama|kancolle|kantai collection|keroro gunsou|kill la kill|kimetsu no yaiba|king of fighters
|kingdom hearts|kizuna ai|kof|komi-san|konosuba|kungfu panda|last origin|league of legends|legend of korra
|legend of zelda|little busters|little witch academia|little witch nobeta|lord of the rings|love live
|love live nijigasaki|love live sunshine|love plus|lovelive|lucky star|lupin iii|lycoris recoil|macross
|made in abyss|madoka magica|magia record|magical girl lyrical nanoha|mahou shoujo madoka magica
|majo no tabitabi|mario|marvel|mass effect|mega man|megami tensei|melty blood|metal gear|metroid|mha|minecraft
|miraculous ladybug|mob psycho 100|mobile suit gundam|monogatari|monogatari series|monster hunter|monster musume
|mortal kombat|mushoku tensei|my dress-up darling|my hero academia|my little pony|my teen romantic comedy
|nanatsu no taizai|naruto|naruto shippuden|needy girl overdose|neon genesis evangelion|new game|nichijou|nier
|nier automata|nijisanji|nikke|ninja gaiden|nisekoi|no game no life|non non biyori|ojamajo doremi|omori
|one piece|one punch man|one-punch man|ore no imouto|oregairu|oreimo|oshi no ko|ouran|overlord|overwatch
|panty & stocking|path to nowhere|persona 3|persona 4|persona 5|phantasy star|pokemon|pokemon scarlet violet
|pokemon sword shield|precure|pretty cure|princess connect|princess principal|project sekai
|puella magi madoka magica|punishing gray raven|queen's blade|quintessential quintuplets|ragnarok online|rance
|ranking of kings|ranma|re zero|re:zero|red dead redemption|rent-a-girlfriend|resident evil|rick and morty
|rozen maiden|rurouni kenshin|rwby|saekano|sailor moon|samurai shodown|samurai spirits|sao|senran kagura
|seraph of the end|seven deadly sins|shaman king|shantae|shin megami tensei|shingeki no kyojin|shokugeki no soma
|silent hill|skullgirls|skyrim|slam dunk|sonic|sono bisque doll|soul eater|soulcalibur|space battleship yamato
|splatoon|spongebob|spy x family|star rail|star trek|star wars|starcraft|stardew valley|steins gate
|steven universe|street fighter|strike witches|studio ghibli|suicide squad|super mario|super smash bros
|suzumiya haruhi|sword art online|symphogear|tales of|tekken|tenchi muyo|tensei shitara slime
|that time i got reincarnated as a slime|the boys|the eminence in shadow|the idolmaster|the incredibles
|the king of fighters|the last of us|the legend of korra|the legend of zelda|the matrix
|the melancholy of haruhi suzumiya|the owl house|the promised neverland|the rising of the shield hero
|the simpsons|the walking dead|the witcher|to heart 2|to love ru|toaru|toaru kagaku no railgun
|toaru majutsu no index|tokyo ghoul|tokyo revengers|tomb raider|toradora|touhou|touhou project|touken ranbu
|tower of fantasy|toy story|trails of cold steel|trigun|tsukihime|ultraman|uma musume|umamusume|undertale
|urusei yatsura|valkyria chronicles|valorant|vampire survivors|violet evergarden|virtual youtuber|vocaloid
|voiceroid|voltron|vtuber|wakfu|warcraft|warframe|warhammer|warhammer 40000|warhammer 40k|world of warcraft
|x-men|xenoblade|xenoblade chronicles|xenosaga|yakuza|yosuga no sora|yowamushi pedal|yu-gi-oh|yugioh
|yuki yuna is a hero|yuru camp|yuru yuri|zelda|zenless zone zero|zombie land saga|アズールレーン|アークナイツ
|ウマ娘|グランブルーファンタジー|ブルーアーカイブ|ポケモン|东方|勝利の女神|原神|命运冠位指定|少女前线|崩坏|崩坏3
|崩坏星穹铁道|崩壊スターレイル|我推的孩子|推しの子|明日方舟|星穹铁道|東方|海贼王|火影忍者|王者荣耀|碧蓝档案
|碧蓝航线|绝区零|胜利女神|艦これ|英雄联盟|蔚蓝档案|鬼灭之刃
"""
#: Series of one word that is nobody's name: they part from a name behind ("NIKKE Foo", not "Naruto Foo").
_NOBODY = frozenset(
    """arknights danganronpa danmachi digimon doa evangelion ffxiv fgo genshin gundam hololive
    honkai idolmaster kancolle konosuba lovelive madoka mha mlp nijisanji nikke overwatch
    pokemon persona rwby sao tekken touhou umamusume undertale valorant vocaloid warcraft warframe""".split()
)
_BEHIND = re.compile(
    r"\s?\d{1,4}$|\s(?:[ivx]{1,4}|remake|royal|series|anime|game|movie|project|online|classic|reborn)$"
)


def normal(text: str) -> str:
    """A name as the list has it: lower case, punctuation and "the" in front out."""
    text = unicodedata.normalize("NFKD", text.lower())
    text = "".join(c for c in text if not unicodedata.combining(c)).replace("@", "a")
    return re.sub(r"^the ", "", " ".join(re.sub(r"[^\w&]+", " ", text.replace("'", "")).replace("_", " ").split()))


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(n for name in " ".join(_NAMES.split("\n")).split("|") if (n := normal(name)))


@lru_cache(maxsize=1)
def _longest() -> int:
    return max(len(n.split()) for n in _known())


@lru_cache(maxsize=20_000)
def is_series(text: str) -> bool:
    """True for "Genshin Impact", "genshin_impact", "The King of Fighters XV", "Fate/Grand Order"."""
    name = normal(text)
    if name in _known() or name.replace(" ", "") in _run_together():
        return True
    # a number or a subtitle behind: "Final Fantasy XIV", "Persona 5 Royal"
    head = _BEHIND.sub("", name)
    return head != name and head in _known()


def series_at_end(text: str) -> tuple[str, str]:
    """(what is before, the series) of "Yunjin Genshin Impact"; the series is empty where the text ends with none."""
    words = text.split()
    for count in range(min(_longest() + 1, len(words) - 1), 0, -1):
        tail = " ".join(words[-count:]).strip("()[]")
        if (len(tail) > 4 or count > 1) and is_series(tail):
            return " ".join(words[:-count]).strip(" -–:,("), tail
    return text, ""


def series_at_start(text: str) -> tuple[str, str]:
    """(the series, what is behind) of "Blue Archive Rio"; empty where the text starts with none."""
    words = text.split()
    for count in range(min(_longest() + 1, len(words) - 1), 0, -1):
        head = " ".join(words[:count]).strip("()[]")
        if is_series(head) if count > 1 else normal(head) in _NOBODY:
            return head, " ".join(words[count:]).strip(" -–:,)")
    return "", text


@lru_cache(maxsize=1)
def _run_together() -> frozenset[str]:
    return frozenset(n.replace(" ", "") for n in _known() if " " in n)

"""Names of games, shows, comics and groups that characters come from, as titles and tags write them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_NAMES = """
a certain magical index|a certain scientific railgun|ace attorney|adventure time|ah my goddess|akame ga kill
|among us|animal crossing|ao no kiseki|apex legends|arcane|aria the scarlet ammo|arknights|asobi asobase
|assassin's creed|atelier ryza|attack on titan|avatar the last airbender|avengers|azur lane|azure lane
|baldur's gate|batman|ben 10|berserk|bible black|bioshock|black clover|black lagoon|blade and soul|blade runner
|blazblue|bleach|blend s|bloodborne|blue archive|blue lock|bnha|bocchi the rock|boku no hero academia
|boku no kokoro no yabai yatsu|borderlands|boruto|bravely default|brown dust|bungou stray dogs|captain tsubasa
|cardcaptor sakura|castlevania|castlevania symphony|cells at work|chainsaw man|chuunibyou|classroom of the elite
|closers|code geass|cookie run|counter side|cowboy bebop|cuphead|cyberpunk 2077|cyberpunk edgerunners|dandadan
|danganronpa|danmachi|darkstalkers|darling in the franxx|date a live|dc comics|dead by daylight|dead or alive
|death note|delicious in dungeon|demon slayer|destiny 2|detective conan|devil may cry|digimon|disgaea|disney|doa
|doaxvv|doki doki literature club|doraemon|dota 2|douluo dalu|drag-on dragoon|dragon age|dragon ball
|dragon ball super|dragon ball z|dragon quest|dragon's crown|dungeon meshi|durarara|elden ring|elder scrolls
|eromanga sensei|evangelion|fairy tail|fallout|fatal fury|fate|fate grand order|fate series|fate stay night
|ffxiv|fgo|final fantasy|fire emblem|fire emblem three houses|fire force|five nights at freddy's|frieren
|fruits basket|fullmetal alchemist|gabriel dropout|game of thrones|genshin|genshin impact|ggo|ghibli
|ghost in the shell|gintama|girls band party|girls frontline|girls und panzer|girls' frontline 2|goblin slayer
|gochiusa|gochuumon wa usagi desu ka|god eater|god of war|goddess of victory nikke|gotoubun no hanayome
|granblue fantasy|grand blue|gravity falls|great pretender|guilty gear|gundam|gurren lagann|hades|haikyu|haikyuu
|half-life|harry potter|haruhi suzumiya|hataraku maou-sama|hataraku saibou|hatsune miku|hayate no gotoku
|hazbin hotel|hellsing|helltaker|hetalia|hibike euphonium|high school dxd|higurashi|himouto umaru-chan
|hollow knight|hololive|honkai|honkai impact|honkai impact 3rd|honkai star rail|honor of kings|horimiya
|horizon zero dawn|hotd|how to train your dragon|howl's moving castle|hunter x hunter|hyouka
|hyperdimension neptunia|idolmaster|idolmaster cinderella girls|idolmaster million live|idolmaster shiny colors
|inazuma eleven|infinite stratos|inuyasha|is the order a rabbit|isekai ojisan|jojo|jojo's bizarre adventure
|jujutsu kaisen|k-on|kaguya-sama|kaguya-sama love is war|kaiju no 8|kamen rider|kancolle|kantai collection
|keroro gunsou|kids on the slope|kill la kill|kimetsu no yaiba|kimi no na wa|king of fighters|kingdom hearts
|kizuna ai|kobayashi-san chi no maid dragon|kof|komi-san|konosuba|kungfu panda|last origin|league of legends
|legend of korra|legend of zelda|library of ruina|life is strange|limbus company|little busters
|little witch academia|little witch nobeta|lord of the rings|love is war|love live|love live nijigasaki
|love live sunshine|love plus|lovelive|lucky star|lupin iii|lycoris recoil|macross|made in abyss|madoka magica
|magia record|magical girl lyrical nanoha|mahjong soul|mahou shoujo madoka magica|majo no tabitabi|maplestory
|mario|marvel|mass effect|mega man|megami tensei|melty blood|metal gear|metroid|mha|minecraft|miraculous ladybug
|miss kobayashi's dragon maid|mob psycho 100|mobile suit gundam|monogatari|monogatari series|monster hunter
|monster musume|mortal kombat|mushoku tensei|my dress-up darling|my hero academia|my little pony
|my neighbor totoro|my teen romantic comedy|nanatsu no taizai|naruto|naruto shippuden|needy girl overdose
|neon genesis evangelion|new game|nichijou|nier|nier automata|nijisanji|nikke|ninja gaiden|nisekoi
|no game no life|non non biyori|ojamajo doremi|omori|one piece|one punch man|one-punch man|ore no imouto
|oregairu|oreimo|oshi no ko|ouran|overlord|overwatch|panty & stocking|path to nowhere|persona 3|persona 4
|persona 5|phantasy star|pokemon|pokemon scarlet violet|pokemon sword shield|poppy playtime|precure|pretty cure
|princess connect|princess mononoke|princess principal|project sekai|puella magi madoka magica
|punishing gray raven|queen's blade|quintessential quintuplets|ragnarok online|rance|ranking of kings|ranma
|ranma 1/2|re zero|re:zero|red dead redemption|rent-a-girlfriend|resident evil|reverse 1999|rick and morty
|rozen maiden|rurouni kenshin|rwby|saekano|sailor moon|saint seiya|saints row|samurai shodown|samurai spirits
|sao|senran kagura|seraph of the end|seven deadly sins|shaman king|shantae|shin megami tensei|shingeki no kyojin
|shokugeki no soma|silent hill|skullgirls|skyrim|slam dunk|smile precure|solo leveling|sonic|sono bisque doll
|soul eater|soulcalibur|space battleship yamato|spice and wolf|spider-man|spirited away|splatoon|spongebob
|spy x family|star rail|star trek|star wars|starcraft|stardew valley|steins gate|steven universe|street fighter
|strike witches|studio ghibli|suicide squad|super mario|super smash bros|superman|suzume|suzumiya haruhi
|sword art online|symphogear|tales of|teen titans|tekken|tenchi muyo|tensei shitara slime
|that time i got reincarnated as a slime|the boys|the eminence in shadow|the idolmaster|the incredibles
|the king of fighters|the last of us|the legend of korra|the legend of zelda|the matrix
|the melancholy of haruhi suzumiya|the owl house|the promised neverland|the rising of the shield hero
|the simpsons|the walking dead|the witcher|to heart 2|to love ru|toaru|toaru kagaku no railgun
|toaru majutsu no index|tokyo ghoul|tokyo mew mew|tokyo revengers|tomb raider|toradora|touhou|touhou project
|touken ranbu|tower of fantasy|toy story|trails of cold steel|transformers|trigun|tron|tsukihime|ultraman
|uma musume|umamusume|undertale|urusei yatsura|valkyria chronicles|valorant|vampire survivors|violet evergarden
|virtual youtuber|vividred operation|vocaloid|voiceroid|voltron|vtuber|wakfu|warcraft|warframe|warhammer
|warhammer 40000|warhammer 40k|watamote|weathering with you|world of warcraft|wuthering waves|x-men|xenoblade
|xenoblade chronicles|xenosaga|yahari ore no seishun love come wa machigatteiru|yakuza|yosuga no sora
|yowamushi pedal|yu-gi-oh|yugioh|yuki yuna is a hero|yuru camp|yuru yuri|zelda|zenless zone zero
|zombie land saga|アズールレーン|アークナイツ|ウマ娘|グランブルーファンタジー|ブルーアーカイブ|ポケモン|东方
|勝利の女神|原神|命运冠位指定|少女前线|崩坏|崩坏3|崩坏星穹铁道|崩壊スターレイル|我推的孩子|推しの子|明日方舟
|星穹铁道|東方|海贼王|火影忍者|王者荣耀|碧蓝档案|碧蓝航线|绝区零|胜利女神|艦これ|英雄联盟|蔚蓝档案|鬼灭之刃
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
_NOT_NAME = re.compile(r"[^\w&]+|_+")


def normal(text: str) -> str:
    """A name as the list has it: lower case, punctuation and "the" in front out."""
    text = text.lower()
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    text = _NOT_NAME.sub(" ", text.replace("@", "a").replace("'", ""))
    return " ".join(text.split()).removeprefix("the ")


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

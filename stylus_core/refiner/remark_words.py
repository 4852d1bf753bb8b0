"""The classes of words that remarks among trigger words are made of, in the languages that authors write."""

from __future__ import annotations

import re


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Remarks by themselves.
NOTHING = frozenset(
    (
        "none|no|nope|null|nil|nothing|empty|undefined|not applicable|not available|not required|not needed|"
        "not necessary|unnecessary|no need|tba|tbd|todo|trigger|triggers|trigger word|trigger words|triggerword|"
        "triggerwords|trigger phrase|keyword|keywords|activation|activation word|activation words|activation text|"
        "prompt|prompts|lora|locon|lycoris|triggerless|automatic|activated automatically|always active|always on|"
        "etc|and more|and so on|optional|unknown|any|anything|whatever|not sure|no idea|idk|"
        "natural language|sd|sd15|sd1.5|sd 1.5|sd1.4|sd 1.4|sd2.1|sd 2.1|sd3.5|sd 3.5|"
        "stable diffusion|123|1233|12333|1234|12345"
    ).split("|")
)
FOREIGN_NOTHING = frozenset(
    """无 無 没有 沒有 暂无 暫無 触发词 觸發詞 无触发 なし 無し 特になし 不要 ありません 없음 없다 нет отсутствует
    отсутствуют ninguna ninguno ningunas nada nenhum nenhuma aucun aucune rien keine keines nichts nessuno
    nessuna niente brak yok geen ingen""".split()
)

NEGATION = _set(
    """no not none non without zero nothing never n't don't dont doesn't doesnt didn't isn't isnt aren't arent
    won't needn't neednt cannot can't haven't hasn't hasnt free sin ningún ningun ninguna ninguno sem nenhum
    nenhuma não nao aucun aucune sans pas kein keine keinen keiner nicht ohne nessuno nessuna senza brak bez
    nie без нет не geen zonder ingen yok tidak tanpa không khong"""
)
#: What wakes an adapter, as authors call it.
WAKE = _set(
    """trigger triggers triggerword triggerwords trigger-word triggerphrase tigger triger trigge triggered
    triggering keyword keywords activation activator activators activate activated activates triggerwort
    triggerwörter auslöser auslösewort schlüsselwort schlüsselwörter activador activadores activación
    activacion disparador gatillo gatilho gatilhos ativação ativacao palabra palabras palavra palavras clave
    déclencheur déclencheurs declencheur parola parole attivazione trigery słowo słowa słów wyzwalacz
    wyzwalacza триггер триггера триггеры триггеров триггерное триггерных триггерные mot mots clé clés chave
    chaves chiave wort wörter kluczowe kluczowych слово слова слов ключевых ключевые активатор tetikleyici"""
)
NEED = _set(
    """need needs needed require requires required requirement requirements necessary necessarily must mandatory
    essential obligatory use used using uses specified specific special have has having exist exists apply
    applicable work works require necesita necesitan necesario necesaria requiere requieren hace falta precisa
    preciso necessário necessario necessária nécessaire nécessaires requis besoin nötig notwendig erforderlich
    benötigt gebraucht serve servono richiesto richiesta wymaga wymagane potrzebne нужен нужно нужны требуется
    требуются обязательно обязателен gerek gerekmez perlu ada cần có nécessite"""
)
#: What people write into a prompt, and the prompt.
META = WAKE | _set(
    """word words wording prompt prompts prompting promt promts prompted tag tags tagging token tokens weight
    weights strength strengths negative negatives sampler samplers steps cfg adetailer hires denoise denoising
    controlnet vae clip embedding embeddings civitai lora loras locon locons lycoris webui comfyui a1111"""
)
MODELS = _set("model models checkpoint checkpoints version versions base loras lora sdxl pony illustrious flux")
BE = _set(
    """is are was were be been being it its it's one ones there there's that this these those they any all at by as so
    é è"""
)
ABOUT = _set(
    """the a an for to of in on with or and but also just only really very much special specific particular
    certain extra additional other own real actual main key unique single explicit needed at all yet anymore
    here now always generally basically simply probably mostly usually works work working use using used run
    try best perfectly fine well good great will can may should would could does do did done get gets like la
    le les el los de du del der die das des una un para pour per für y et e o und oder ist est es são sono на
    для"""
)
#: Of these, what no picture shows: hair has clips, a soldier tags, a house steps.
TALK = WAKE | _set(
    """prompt prompts prompting promt promts weight weights strength strengths model models version versions
    checkpoint checkpoints lora loras locon lycoris civitai webui comfyui"""
)
#: Whoever speaks to somebody.
PERSONAL = _set("you your yours you'll you're u ur i i'm i've i'd my me mine we our")

POLITE = _set(
    """please pls plz kindly just also always and or but so then first simply you should must can could may might
    to be sure make remember don't forget do not dont for more info details important note i we would highly
    strongly recommend bitte por favor пожалуйста"""
)
READ = _set(
    """see read check checkout refer consult look view find visit go reference siehe lies lesen schau voir voyez
    lire lisez consulter consultez regardez ver vea mira mire leer lee lea consulta consulte revisa revise veja
    leia confira vedi leggi guarda controlla zobacz sprawdź patrz przeczytaj lihat baca bak oku zie см смотри
    смотрите смотреть читай читайте прочитай прочитайте прочтите прочти"""
)
#: Of these, those that pictures are described by as well.
REFERRING = _set("look view find go visit reference mira ver")
#: Where authors write what there is to say.
SOURCE = _set(
    """description descriptions desc descr discription descripton desciption readme instruction instructions
    beschreibung modellbeschreibung descripción descripcion descrição descricao descrizione opis opisie opisu
    описание описании описания deskripsi açıklama beskrivning beschrijving"""
)
PLACE = SOURCE | _set(
    """page pages example examples sample samples image images picture pictures pics preview previews gallery info
    introduction introductions intro information detail details notes note guide post article metadata card
    link links site website comment comments below above list version versions text infos more following tab
    showcase seite beispiel beispiele beispielbilder página pagina ejemplo ejemplos exemple exemples exemplo
    exemplos esempio esempi imágenes imagens immagini strona przykłady пример примеры примеров примерах
    странице страницу картинки civitai"""
)
#: What adapters are called as such, and words that say no more beside them: "just lora", "style lora".
ADAPTERS = _set("lora loras locon lycoris loha lokr adapter adapters")
NO_NAME = ADAPTERS | _set(
    """only just style styles character characters concept concepts model models for use using my the a an this with
    it is file name tag trigger word anime test new sdxl pony illustrious flux sd"""
)
#: What prompts are made of: "no tags".
WRITTEN = _set("tag tags prompt prompts token tokens words keyword keywords")
#: What files are made for, and how versions are counted; the latter are words of their own without a number.
BASES = _set(
    """sdxl xl pony ponyxl illustrious illustriousxl il ilxl noob noobai noobaixl flux qwen animagine hunyuan chroma
    lumina ltx ltxv"""
)
COUNTED = _set("v ver version wan z anima krea kontext")
BESIDE_BASES = _set("xl v ver version d s b dev schnell diffusion image video turbo edit base il lora only model dit")
#: Who stands for whoever is meant.
STANDS_FOR = _set(
    "name names character characters outfit outfits costume series your any of the girl color colour subject"
)
#: Words between a preposition and its noun.
MARKS = _set(
    """the a an my this that model models version full page long lora author author's creator's example sample
    preview showcase civitai site our above below tab your generated la el le las der die das dem des na no nas
    della nella dello modell modelo modèle modello about more detailed main its each every all"""
)
PREPOSITIONS = _set(
    "in on at from under per by within inside below above to into out through of via for en dans na w в nella im"
)
#: Said of words that stand elsewhere.
GIVEN = _set(
    """listed included written described mentioned provided shown explained found given posted stated specified
    detailed documented available"""
)
ORDERS = _set(
    """use using used add put try set run include combine type write insert enter apply adjust lower increase
    reduce raise change keep replace delete start begin activate load works work best recommended recommend
    suggested suggest avoid don't must should can need needs requires require remember prompt experiment play
    tweak works better describe generate optimal works trained training"""
)
#: How what goes on behind a comma begins.
CONTINUES = _set(
    """it its it's just this these that those and but or so you your only use simply then they there which for to
    if as since because try add i we also see when where while instead otherwise everything whatever works
    should can will is are was has have depending especially e.g i.e like"""
)

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

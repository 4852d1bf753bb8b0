"""The words with which authors of many languages say how strong an adapter should be, and what other numbers measure.

Each name is the source of a pattern without groups, for text in lower case. Every repetition is bounded.
"""

from __future__ import annotations

from stylus_core.prompt.fast_alternation import factor_prefixes

#: Letters of alphabets with spaces between words.
LETTER = "a-z\u00df-\u024f\u0370-\u052f\u1e00-\u1eff"
BEGIN, END = f"(?<![{LETTER}])", f"(?![{LETTER}])"


def any_of(words: str, scripts: str = "", signs: str = "") -> str:
    """Words of alphabets, of scripts without spaces, and patterns that begin with anything else."""
    return factor_prefixes("|".join(filter(None, (f"{BEGIN}(?:{words})", scripts, signs))))


_WEIGHT_WORDS = (
    rf"weigh?ts?|weigh{END}|weigths?|wieghts?|wights?{END}|streng(?:th|h?t|ht|h)s?|str{END}|multiplier"
    rf"|intensit(?:y|ies)|power{END}"
    r"|(?:lora|adapter)[ _-]?(?:value|scale|power|set|range|level|slider|strength|weight|ratio)s?(?:\s?range)?"
    r"|influence"
    rf"|(?:values?|ratio)(?=\s?(?:[:=]|of|around|about|between|from|is)?\s?[01]?[.]\d)"
    # German, Dutch, Swedish, Danish, Norwegian, Finnish
    rf"|(?:lora)?gewicht(?:e|ung|ungen|et)?{END}|(?:lora)?stärken?{END}|staerke|intensität|sterkte"
    rf"|vikt(?:en)?{END}|styrk[ae]n?{END}|vægt|vekt{END}"
    rf"|paino{END}|voimakkuu"
    # French, Italian, Spanish, Portuguese, Romanian
    rf"|poids{END}|force{END}|intensité|puissance|pondération|pes[oi]{END}|forza{END}|intensità|potenza"
    rf"|fuerzas?{END}|intensidad|potencia|ponderación"
    rf"|força{END}|potência|greutate|putere"
    # Polish, Czech, Slovak, Hungarian, Turkish
    rf"|wag[aięą]{END}|wadze{END}|sił[aęyą]{END}|sile{END}|moc[yą]?{END}|intensywnoś|váh[auyo]|síl[auy]{END}"
    rf"|sil[auy]{END}|súly|erősség|ağırlı[kğ]"
    rf"|güc[üeu]|güç{END}|yoğunlu[kğ]|kuvvet"
    # Indonesian, Malay, Vietnamese
    rf"|bobot|kekuatan|intensitas|berat{END}|trọng số|cường độ|độ mạnh|sức mạnh"
    # Russian, Ukrainian, Bulgarian, Serbian, Greek
    rf"|вес(?:а|у|е|ом|ами?|ах|ов)?{END}|сил(?:а|ы|у|е|и|і|ой|ою)?{END}|интенсивност|мощност|ваг(?:а|и|у"
    rf"|ою)?{END}|вазі{END}|інтенсивн|потужн"
    rf"|тегло{END}|тежин|βάρος|ένταση"
    # Arabic, Hebrew
    r"|الوزن|وزن|القوة|قوة|משקל|עוצמה"
)
_WEIGHT_SCRIPTS = (
    r"(?<![宽寬面横縱纵高])(?:比例|数值|數值)(?=\s?[:为為在是]?\s?[01]?[.]\d)|权重|權重|权值|權值|强度|強度|比重|重み|強さ|ウェイト|ウエイト|ウェート|適用度|適用量"
    r"|적용도|가중치|강도|웨이트|세기|น้ําหนัก|ความแรง"
)
#: What is measured: the adapter's weight.
WEIGHT = any_of(_WEIGHT_WORDS, _WEIGHT_SCRIPTS, r"[\"']scale[\"']")
_ENCODER = rf"(?:clip|te|t-?enc(?:oder)?|text[ _-]?encoders?(?:['’]s)?){END}"
_DECIMAL = r"(?=\s?[:=@]?\s?-?[012]?[.,]\d)"
#: The same, of the text encoder alone.
CLIP = any_of(
    rf"(?:strength|weight|scale)[ _]?\(?{_ENCODER}|{_ENCODER}[ _](?:strength|weight|multiplier|scale)s?"
    rf"|text[ _-]?encoders?{END}|t-?enc{END}"
    rf"|(?:te|clip){_DECIMAL}|encodeur de texte|textencoder|codificador de texto|codificatore di testo"
    r"|текстов\w{2,4} (?:энк|эн|ен)кодер",
    rf"(?:文本编码器|文本編碼器|テキスト?エンコーダー?|텍스트 ?인코더)(?:的|の)?\s?(?:{_WEIGHT_SCRIPTS})?",
)
#: The same, of the picture's model alone.
UNET = any_of(
    rf"(?:strength|weight|scale)[ _]?\(?(?:model|unet|dit){END}|(?:u-?net|dit)(?:[ _](?:strength|weight"
    rf"|multiplier)s?|{END})"
    rf"|model[ _](?:strength|weight)s?|model(?=\s?[:=@]?\s?[012]?[.,]\d{{1,2}}[^\n\d]{{1,20}}(?:clip|te){END})"
)
_NOISE = (
    r"de-?nois\w{0,6}|hi-?res\w{0,4}|high-?res\w{0,6}|redraw\w{0,4}|(?:ent)?rausch\w{0,12}|d[eé]bruitage|bruit"
    r"|rumore|ruido|ruído|odszum\w{0,6}|szum\w{0,3}"
    r"|gürültü\w{0,4}|giảm nhiễu|nhiễu|шумо\w{0,12}|шум[аду]?|дено\w{0,8}"
)
_MODULE = (
    r"control(?:[ -]?nets?)?|ip-?adapter|face-?id|openpose|depth|canny|block|tags?|tokens?|prompts?|keywords?|words?"
    r"|negatives?|embeddings?|img2img|i2i|in-?paint\w{0,3}"
    r"|reference|style transfer|attention|loss|mask|tile|refiner|lineart|upscaler|noise|motion|vae|prior"
    r"|промпт\w{0,3}|mots?[- ]clés?|palabras? clave|trigger"
)
_OF_IT = (
    rf"[\s\-_']{{0,3}}(?:\w{{1,20}}\s)?(?:{_WEIGHT_WORDS}|{_WEIGHT_SCRIPTS}|values?|ratio|level|setting|amount|range)"
)
#: Numbers that are not the adapter's weight, with a word for weight if one belongs to them.
OTHER = any_of(
    rf"(?:{_NOISE})(?:{_OF_IT})?|(?:{_MODULE}){_OF_IT}|control-?nets?{END}|ip-?adapter{END}|noise{END}"
    rf"|refiner{END}|embeddings?{END}|merg(?:e|ed|ing)(?: ratio| weight)?{END}|opacity|emphasi[sz]"
    r"|weight[ _](?:decay|norm)"
    rf"|cfg\w{{0,6}}(?:[ _-]?(?:scale|value|strength|range))?|clip[\s_-]{{0,3}}skip|steps?{END}|upscal\w{{1,6}}"
    r"|guidance(?:[ _-]?(?:scale|strength))?"
    rf"|eta{END}|ensd{END}|seeds?{END}|resolution|repeats?{END}|images?\s?:|epochs?|(?:network[ _]?)?dim{END}"
    rf"|rank{END}|(?:network[ _]?)?alpha{END}|learning"
    rf"|(?:unet|te|text[ _]encoder)?[ _]?lr{END}|batch|threshold|confidence|aspect|size{END}|sampler\w{{0,3}}"
    r"|scale\s?by|resize"
    rf"|(?:time|flow|sigma|model)?[ _]?shift{END}|fps{END}|frames?{END}|sharpness|temperature{END}|blur{END}"
    rf"|padding|dropout|snr{END}|gamma{END}|sigma"
    rf"|tile{END}|height{END}|age{END}|rating{END}|score{END}|price{END}|freeu{END}|schritte{END}"
    rf"|étapes?{END}|pas(?:os|sos|si){END}|krok(?:ów|i){END}|adım"
    rf"|langkah|bước|шаг|крок(?:ів|и)",
    r"高清修复|高清修復|高清|修复|ハイレゾ|リペア|再描画|再絵|降噪|去噪|重绘(?:强度|幅度)?|重繪(?:強度|幅度)?|デノイズ(?:強度)?"
    r"|ノイズ(?:除去)?(?:強度|の強さ)?|디노이(?:즈|징) ?(?:강도)?"
    r"|노이즈 ?(?:강도)?"
    r"|(?:触发词|提示词|关键词|プロンプト|프롬프트)(?:的|の)?\s?(?:权重|強度|重み|가중치)"
    r"|放大|步数|步數|迭代|采样|採樣|引导|引導|分辨率|尺寸|学习率|噪声|噪點|身高|年龄|ステップ|スケール|解像度|サイズ|ガイダンス|스텝|스케일|해상도|샘플러",
)

#: Between the two ends of a range.
JOIN_SIGNS = r"-{1,2}|[–—~〜∼∽⁓/&→]|[-=]>|\.{2,3}|…|至|到|から|より|と|か|或|에서|부터|또는|ถึง"
JOIN_WORDS = (
    r"to|and|through|thru|until|till?|up to|or|und|bis|oder|et|à|a|ou|e|ad?|al|o|y|hasta|até|do|lub|ile|ve|veya|ila"
    r"|dan|sampai|hingga|s/d|atau|đến|tới|và|hoặc"
    r"|tot|en|of|och|til|og|do|až|и|до|или|та|і|або"
)

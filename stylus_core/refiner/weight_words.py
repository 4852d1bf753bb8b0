"""The words with which authors of many languages say how strong an adapter should be, and what other numbers measure.

Each name is the source of a pattern without groups, for text in lower case. What begins a word of an alphabet comes
first, behind one test for that; what stands anywhere, in scripts without spaces, is looked for only behind another:
so that a search is over most of a text in one step a letter. Every repetition is bounded.
"""

from __future__ import annotations

#: Letters of alphabets with spaces between words.
LETTER = "a-z\u00df-\u024f\u0370-\u052f\u1e00-\u1eff"
_BEGIN, _END = f"(?<![{LETTER}])", f"(?![{LETTER}])"


def _any(words: str, scripts: str = "", signs: str = "") -> str:
    """Words of alphabets, of scripts without spaces, and patterns that begin with anything else."""
    parts = [f"{_BEGIN}(?:{words})"] if words else []
    parts += [f"(?=[^\x00-\u024f])(?:{scripts})"] if scripts else []
    return "|".join([*parts, *([signs] if signs else [])])


_WEIGHT_WORDS = (
    rf"weigh?ts?|weigh{_END}|weigths?|wieghts?|wights?{_END}|streng(?:th|h?t|ht|h)s?|str{_END}|multiplier|intensit(?:y|ies)|power{_END}"
    r"|(?:lora|adapter)[ _-]?(?:value|scale|power|set|range|level|slider|strength|weight|ratio)s?(?:\s?range)?|influence"
    rf"|(?:values?|ratio)(?=\s?(?:[:=]|of|around|about|between|from|is)?\s?[01]?[.]\d)"
    # German, Dutch, Swedish, Danish, Norwegian, Finnish
    rf"|(?:lora)?gewicht(?:e|ung|ungen|et)?{_END}|(?:lora)?stärken?{_END}|staerke|intensität|sterkte|vikt(?:en)?{_END}|styrk[ae]n?{_END}|vægt|vekt{_END}"
    rf"|paino{_END}|voimakkuu"
    # French, Italian, Spanish, Portuguese, Romanian
    rf"|poids{_END}|force{_END}|intensité|puissance|pondération|pes[oi]{_END}|forza{_END}|intensità|potenza|fuerzas?{_END}|intensidad|potencia|ponderación"
    rf"|força{_END}|potência|greutate|putere"
    # Polish, Czech, Slovak, Hungarian, Turkish
    rf"|wag[aięą]{_END}|wadze{_END}|sił[aęyą]{_END}|sile{_END}|moc[yą]?{_END}|intensywnoś|váh[auyo]|síl[auy]{_END}|sil[auy]{_END}|súly|erősség|ağırlı[kğ]"
    rf"|güc[üeu]|güç{_END}|yoğunlu[kğ]|kuvvet"
    # Indonesian, Malay, Vietnamese
    rf"|bobot|kekuatan|intensitas|berat{_END}|trọng số|cường độ|độ mạnh|sức mạnh"
    # Russian, Ukrainian, Bulgarian, Serbian, Greek
    rf"|вес(?:а|у|е|ом|ами?|ах|ов)?{_END}|сил(?:а|ы|у|е|и|і|ой|ою)?{_END}|интенсивност|мощност|ваг(?:а|и|у|ою)?{_END}|вазі{_END}|інтенсивн|потужн"
    rf"|тегло{_END}|тежин|βάρος|ένταση"
    # Arabic, Hebrew
    r"|الوزن|وزن|القوة|قوة|משקל|עוצמה"
)
_WEIGHT_SCRIPTS = (
    r"(?<![宽寬面横縱纵高])(?:比例|数值|數值)(?=\s?[:为為在是]?\s?[01]?[.]\d)|权重|權重|权值|權值|强度|強度|比重|重み|強さ|ウェイト|ウエイト|ウェート|適用度|適用量"
    r"|적용도|가중치|강도|웨이트|세기|น้ําหนัก|ความแรง"
)
#: What is measured: the adapter's weight.
WEIGHT = _any(_WEIGHT_WORDS, _WEIGHT_SCRIPTS, r"[\"']scale[\"']")
_ENCODER = rf"(?:clip|te|t-?enc(?:oder)?|text[ _-]?encoders?(?:['’]s)?){_END}"
_DECIMAL = r"(?=\s?[:=@]?\s?-?[012]?[.,]\d)"
#: The same, of the text encoder alone.
CLIP = _any(
    rf"(?:strength|weight|scale)[ _]?\(?{_ENCODER}|{_ENCODER}[ _](?:strength|weight|multiplier|scale)s?|text[ _-]?encoders?{_END}|t-?enc{_END}"
    rf"|(?:te|clip){_DECIMAL}|encodeur de texte|textencoder|codificador de texto|codificatore di testo|текстов\w{{2,4}} (?:энк|эн|ен)кодер",
    "文本编码器|文本編碼器|テキスト?エンコーダー?|텍스트 ?인코더",
)
#: The same, of the picture's model alone.
UNET = _any(
    rf"(?:strength|weight|scale)[ _]?\(?(?:model|unet|dit){_END}|(?:u-?net|dit)(?:[ _](?:strength|weight|multiplier)s?|{_END})"
    rf"|model[ _](?:strength|weight)s?|model(?=\s?[:=@]?\s?[012]?[.,]\d{{1,2}}[^\n\d]{{1,20}}(?:clip|te){_END})"
)
_NOISE = (
    r"de-?nois\w{0,6}|hi-?res\w{0,4}|high-?res\w{0,6}|redraw\w{0,4}|(?:ent)?rausch\w{0,12}|d[eé]bruitage|bruit|rumore|ruido|ruído|odszum\w{0,6}|szum\w{0,3}"
    r"|gürültü\w{0,4}|giảm nhiễu|nhiễu|шумо\w{0,12}|шум[аду]?|дено\w{0,8}"
)
_MODULE = (
    r"control[ -]?nets?|ip-?adapter|face-?id|openpose|depth|canny|block|tags?|tokens?|prompts?|keywords?|words?|negatives?|embeddings?|img2img|i2i|in-?paint\w{0,3}"
    r"|reference|style transfer|attention|loss|mask|tile|refiner|lineart|upscaler|noise|motion|vae|prior|промпт\w{0,3}|mots?[- ]clés?|palabras? clave|trigger"
)
_OF_IT = rf"[\s\-_']{{0,3}}(?:\w{{1,20}}\s)?(?:{_WEIGHT_WORDS}|{_WEIGHT_SCRIPTS}|values?|ratio|level|setting|amount|range)"
#: Numbers that are not the adapter's weight, with a word for weight if one belongs to them.
OTHER = _any(
    rf"(?:{_NOISE})(?:{_OF_IT})?|(?:{_MODULE}){_OF_IT}|control-?nets?{_END}|ip-?adapter{_END}|noise{_END}|refiner{_END}|embeddings?{_END}|opacity|emphasi[sz]|weight[ _](?:decay|norm)"
    rf"|cfg\w{{0,6}}(?:[ _-]?(?:scale|value|strength|range))?|clip[\s_-]{{0,3}}skip|steps?{_END}|upscal\w{{1,6}}|guidance(?:[ _-]?(?:scale|strength))?"
    rf"|eta{_END}|ensd{_END}|seeds?{_END}|resolution|repeats?{_END}|images?\s?:|epochs?|(?:network[ _]?)?dim{_END}|rank{_END}|(?:network[ _]?)?alpha{_END}|learning"
    rf"|(?:unet|te|text[ _]encoder)?[ _]?lr{_END}|batch|threshold|confidence|aspect|size{_END}|sampler\w{{0,3}}|scale\s?by|resize"
    rf"|(?:time|flow|sigma|model)?[ _]?shift{_END}|fps{_END}|frames?{_END}|sharpness|temperature{_END}|blur{_END}|padding|dropout|snr{_END}|gamma{_END}|sigma"
    rf"|tile{_END}|height{_END}|age{_END}|rating{_END}|score{_END}|price{_END}|freeu{_END}|schritte{_END}|étapes?{_END}|pas(?:os|sos|si){_END}|krok(?:ów|i){_END}|adım"
    rf"|langkah|bước|шаг|крок(?:ів|и)",
    r"高清修复|高清修復|高清|修复|ハイレゾ|降噪|去噪|重绘(?:强度|幅度)?|重繪(?:強度|幅度)?|デノイズ(?:強度)?|ノイズ(?:除去)?(?:強度|の強さ)?|디노이(?:즈|징) ?(?:강도)?|노이즈 ?(?:강도)?"
    r"|(?:触发词|提示词|关键词|プロンプト|프롬프트)(?:的|の)?\s?(?:权重|強度|重み|가중치)"
    r"|放大|步数|步數|迭代|采样|採樣|引导|引導|分辨率|尺寸|学习率|噪声|噪點|身高|年龄|ステップ|スケール|解像度|サイズ|ガイダンス|스텝|스케일|해상도|샘플러",
)

#: The author advises this very number.
ADVISED = _any(
    rf"rec(?:s|c?om{{1,2}}[ea]n?d\w{{0,7}})?{_END}|recommend|suggest|best{_END}|ideal|optim(?:al|um)|sweet[ -]?spots?|prefer|normal(?:ly)?{_END}"
    rf"|usual(?:ly)?{_END}|generally|typical(?:ly)?{_END}|start(?:s|ing)?{_END}|advi[sc]e|perfect|mostly{_END}|complete{_END}|(?:designed|trained) for{_END}|intended"
    rf"|i (?:\w{{1,12}} )?(?:use|run|prefer|like|go with|stick|stay|leave|keep){_END}"
    # German, Dutch, Scandinavian, Finnish
    r"|empf(?:ehl|ohl|iehl)|am besten|vorschlag|vorgeschlagen|normalerweise|aanbevolen|aangeraden|rekommend|anbefal|bäst|bedst|suosit"
    # French, Italian, Spanish, Portuguese, Romanian
    rf"|recommand|conseill|préconis|suggér|idéal|meilleur|mieux{_END}|consigli|raccomand|sugger|ottimal|meglio{_END}|miglior|recom[ei]|aconsej|suger|óptim"
    rf"|mejor|aconselh|melhor|indicad[oa]|recomand"
    # Polish, Czech, Slovak, Hungarian, Turkish
    r"|zalec|poleca|rekomend|sugerow|najlepi|optymaln|doporuč|odporúč|ajánl|javasol|öner|tavsiye|en iyi"
    # Indonesian, Malay, Vietnamese
    rf"|(?:di)?saran|direkomendasi|terbaik|sebaiknya|khuyến|khuyên|đề xuất|đề nghị|nên{_END}|tốt nhất|gợi ý"
    # Russian, Ukrainian, Greek
    rf"|рекоменд|совет|лучш|оптимал|идеал|желател|обычно|раджу|радимо|найкращ|краще|бажан|зазвичай|συνιστ|προτειν"
    # Arabic, Hebrew
    r"|ينصح|(?:ال)?موصى|يفضل|نوصي|מומלץ|ממליץ",
    "推荐|推薦|建议|建議|最佳|最好|合适|合適|适合|適合|适中|一般|通常|首选|首選|最优|推奨|おすすめ|オススメ|お勧め|お薦め|最適|適正|目安|ベスト|ちょうど|丁度"
    "|추천|권장|최적|적정|적당|보통|แนะนํา",
)
#: The author says that it works, or does it.
USED = _any(
    rf"works?{_END}|should be{_END}|good{_END}|great{_END}|fine{_END}|better{_END}|tested{_END}|use[ds]?{_END}|using{_END}|about{_END}|around{_END}|between{_END}"
    rf"|ok(?:ay)?{_END}|nice{_END}|(?:looks? )?right{_END}|benutz|verwend|nutz|funktionier|ungefähr|zwischen|utilis|fonctionne|environ{_END}|entre{_END}|usar?e?{_END}|usate?{_END}|utiliz"
    rf"|funziona|funciona|circa{_END}|tra{_END}|używ|działa|około|między|kullan|gunakan|pakai|dùng|sử dụng|использ|работа|використ|около|между|примерно|близько",
    "左右|使用|即可|为宜|為宜|不错|不錯|效果|くらい|ぐらい|程度|前後|適|約|いい感じ|良い|정도|사용|좋",
)
#: Enough for a number that the sentence before has announced.
SAYS = _any(
    rf"(?:i|my|mine|we|our|it|try|set|keep|put|approx\w{{0,8}}|roughly|ca|is|ich|je|yo|eu|uso|я){_END}", "默认|まず", "[±~≈]"
)

#: The number is a limit, not to be taken for what is advised if anything else is.
AT_MOST = _any(
    rf"(?:up to|max(?:imum|imal\w?|imo|imum of)?|at most|no(?:t)? more than|below|under|less than|lower than|höchstens|unter|bis zu|jusqu['’]à"
    rf"|au (?:plus|maximum)|hasta|máximo|até|fino a|massimo|maksymalnie|najwyżej|en fazla|maksim\w{{1,3}}|tối đa|до|ниже|меньше|не (?:больше|более|выше)|максим\w{{1,4}})"
    rf"{_END}",
    "最高|最大|至多|최대|低于|小于",
    "[≤<]=?",
)
AT_MOST_BEHIND = (
    r"\(?max\b|maximum\b|or (?:lower|less|below|under)|and (?:below|lower)|tops\b|oder weniger|ou moins|ou menos|o (?:menos|meno)|(?:и|или) (?:ниже|меньше)"
    r"|以下|以内|이하"
)
AT_LEAST = _any(
    rf"(?:at least|min(?:imum|imal|imo)?|no(?:t)? (?:less|lower) than|mindestens|au (?:moins|minimum)|al menos|mínimo|almeno|minimo|co najmniej|en az|minim\w{{1,3}}"
    rf"|tối thiểu|ao menos|pelo menos|не (?:меньше|менее|ниже)|миним\w{{1,4}}){_END}",
    "最低|最小|至少|최소|高于|大于",
    "(?<![-=])[≥>]=?",
)
AT_LEAST_BEHIND = (
    r"or (?:more|higher|above|greater|over)|and (?:up|above|higher|more)|upwards?\b|oder mehr|ou plus|ou mais|o (?:más|più)|(?:и|или) (?:выше|больше)|以上|이상"
    r"|\+(?!\s?\d)"
)
#: Beyond the number it is too much, unless it is advised to go there.
OVER = _any(
    rf"(?:above|over|exceed\w{{0,3}}|more than|higher than|beyond|past|greater than|too\s\w{{1,8}}|nicht (?:über|mehr als|höher als)|über|ne pas dépasser|pas plus de"
    r"|au-dessus de|non superare|oltre|no (?:superar|exceder|pasar)\w{0,3}|por encima de|não (?:ultrapass|exced|pass)\w{0,4}|acima de|nie przekracza\w{0,2}|powyżej"
    rf"|не превыша\w{{0,4}}|выше|больше|більше|не перевищу\w{{0,4}}){_END}",
    r"超过|超過|不要|不宜|超え\w{0,2}",
)
_TO_USE = r"(?:use|using|go|going|set|put|run|recommend\w{0,3}|push|crank|raise|try|exceed)"
#: The number is not to be used.
NOT = _any(
    rf"(?:(?:don['’]?t|do not|never|avoid|should(?:n['’]t| not)|would(?:n['’]t| not)|not)\s{_TO_USE}|avoid){_END}"
)
#: It spoils the picture.
TOO_MUCH = _any(
    r"too (?:strong|high|much|weak|low|heavy|large)|over-?(?:fit|bak|cook|power)|burn|fr(?:y|ies)\b|br(?:eaks?|oken)\b|artifacts|distort|odd\b|bad\b|weird\b"
    r"|zu (?:stark|viel|hoch)|trop|troppo|demasiad|demais|za (?:dużo|mocn)|слишком|занадто|ломает|çok fazla|terlalu|quá",
    "太|过拟合|過擬合|过头|すぎ|過ぎ|너무|과하|과합|과해",
)
#: What may stand between a number and that.
SPOILS = (
    r"[\s,]{0,2}(?:(?:which|that|it|this|is|are|was|can|may|might|will|be|gets?|looks?|seems?|usually|often|already|a|bit|little|way|far|just|weight|strength|and"
    r"|ist|sind|est|è|es|é)\s){0,6}的?(?:权重|權重|強度|重み)?(?:は|だと|都|会|會|就|有点|有點|少し){0,3}"
)
#: The number is for a special case.
SOMETIMES = _any(
    rf"(?:if|unless|original one"
    r"|when (?:combin|mix|us|stack)\w{1,4}|combin\w{1,5}|mix(?:ing|ed)?|together|for (?:a )?(?:subtle|slight|close-?ups?)|wenn|falls|si (?:vous|tu|quieres|usas|el|la|le|l)"
    rf"|se (?:usi|vuoi|você|quiser|il|la)|если|якщо|jeśli|eğer|jika|kalau|nếu){_END}",
    "不能|如果|想要|若|もし|場合|만약|경우",
)
#: The number is where to go from another one.
MOVED = _any(
    rf"(?:lower(?:ing|ed)?|down|reduc\w{{1,3}}|decreas\w{{1,3}}|rais(?:e|ing)|increas\w{{1,3}}|bump\w{{0,4}}|boost\w{{0,3}}|turn\w{{0,3}}|go(?:ing)? up){_END}",
    "降低|提高到|下げ|上げ|낮추|높이",
)
_VERSION = r"(?:version|one|release|model|lora|v)"
#: Of another version of the adapter, and of this one.
OLD = _any(
    rf"(?:(?:old(?:er)?|prev(?:ious)?|earlier|legacy|former) {_VERSION}|(?:first|prior|original) (?:version|release)|previously|used to be|ancienne version"
    r"|alte[rn]? version|vecchia versione|versión anterior|versão (?:antiga|anterior)|star(?:a|ej|szej) wersj\w|eski sürüm|versi lama|phiên bản cũ"
    rf"|стар\w{{2}} верс\w{{2}}){_END}|old\s?[:)]",
    "旧版|舊版|老版|前版|上一?版|旧バージョン|구버전|이전 버전",
)
NEW = _any(
    rf"(?:(?:this|new(?:er|est)?|current|latest|present) {_VERSION}|now|(?:cette|nouvelle) version|(?:diese[r]?|neue[rn]?) version|(?:questa|nuova) versione"
    r"|(?:esta|nueva) versión|(?:esta|nova) versão|t[ae]j? wersj\w|nowa wersja|(?:bu|yeni) sürüm|versi (?:ini|baru)|phiên bản (?:này|mới)|(?:эт|нов)\w{2} верс\w{2}"
    rf"|(?:ц|нов)\w{{1,2}} верс\w{{2}}){_END}|new\s?[:)]",
    "该版本|本版|此版|新版|当前版本|现版本|このバージョン|新バージョン|本バージョン|이 버전|새 버전|현재 버전",
)
#: How much of it is seen, where an author names a number for each.
FAINT = _any(
    rf"(?:subtle|faint|light(?:er)?|slight|weak(?:er)?|mild|soft(?:er)?|gentle|hint|small|leicht\w{{0,2}}|schwach\w{{0,2}}|léger|subtil|sutil|leggero|delicado"
    rf"|слаб\w{{2,3}}|лёгк\w{{2,3}}){_END}",
    "轻微|弱め|약하게",
)
STRONG = _any(
    rf"(?:strong(?:er)?|full|heavy|heavier|intense|bold|pronounced|powerful|maximum|stark\w{{0,2}}|kräftig\w{{0,2}}|forte?|fuerte|сильн\w{{2,3}}|полн\w{{2,3}}){_END}",
    "强烈|強め|강하게",
)

#: Between the two ends of a range.
JOIN_SIGNS = r"-{1,2}|[–—~〜∼∽⁓/&→]|[-=]>|\.{2,3}|…|至|到|から|より|と|か|或|에서|부터|또는|ถึง"
JOIN_WORDS = (
    r"to|and|through|thru|until|till?|up to|or|und|bis|oder|et|à|a|ou|e|ad?|al|o|y|hasta|até|do|lub|ile|ve|veya|ila|dan|sampai|hingga|s/d|atau|đến|tới|và|hoặc"
    r"|tot|en|of|och|til|og|do|až|и|до|или|та|і|або"
)

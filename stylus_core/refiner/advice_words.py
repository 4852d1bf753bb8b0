"""The words with which authors of many languages advise a number, limit it, or say when it counts.

Patterns without groups for text in lower case, as those of `weight_words`.
"""

from __future__ import annotations

from stylus_core.refiner.weight_words import END, any_of

#: The author advises this very number.
ADVISED = any_of(
    rf"rec(?:s|c?om{{1,2}}[ea]n?d\w{{0,7}})?{END}|recommend|suggest|best{END}|ideal|optim(?:al|um)"
    rf"|sweet[ -]?spots?|prefer|normal(?:ly)?{END}"
    rf"|usual(?:ly)?{END}|generally|typical(?:ly)?{END}|start(?:s|ing)?{END}|advi[sc]e|perfect|mostly{END}"
    rf"|complete{END}|(?:designed|trained) for{END}|intended"
    rf"|i (?:\w{{1,12}} )?(?:use|run|prefer|like|go with|stick|stay|leave|keep){END}"
    # German, Dutch, Scandinavian, Finnish
    r"|empf(?:ehl|ohl|iehl)|am besten|vorschlag|vorgeschlagen|normalerweise|aanbevolen|aangeraden|rekommend|anbefal"
    r"|bäst|bedst|suosit"
    # French, Italian, Spanish, Portuguese, Romanian
    rf"|recommand|conseill|préconis|suggér|idéal|meilleur|mieux{END}|consigli|raccomand|sugger|ottimal"
    rf"|meglio{END}|miglior|recom[ei]|aconsej|suger|óptim"
    rf"|mejor|aconselh|melhor|indicad[oa]|recomand"
    # Polish, Czech, Slovak, Hungarian, Turkish
    r"|zalec|poleca|rekomend|sugerow|najlepi|optymaln|doporuč|odporúč|ajánl|javasol|öner|tavsiye|en iyi"
    # Indonesian, Malay, Vietnamese
    rf"|(?:di)?saran|direkomendasi|terbaik|sebaiknya|khuyến|khuyên|đề xuất|đề nghị|nên{END}|tốt nhất|gợi ý"
    # Russian, Ukrainian, Greek
    rf"|рекоменд|совет|лучш|оптимал|идеал|желател|обычно|раджу|радимо|найкращ|краще|бажан|зазвичай|συνιστ|προτειν"
    # Arabic, Hebrew
    r"|ينصح|(?:ال)?موصى|يفضل|نوصي|מומלץ|ממליץ",
    "推荐|推薦|建议|建議|最佳|最好|合适|合適|适合|適合|适中|一般|通常|首选|首選|最优|推奨|おすすめ|オススメ|お勧め|お薦め|最適|適正|目安|ベスト|ちょうど|丁度"
    "|추천|권장|최적|적정|적당|보통|แนะนํา",
)
#: The author says that it works, or does it.
USED = any_of(
    rf"works?{END}|should be{END}|good{END}|great{END}|fine{END}|better{END}|tested{END}|use[ds]?{END}"
    rf"|using{END}|about{END}|around{END}|between{END}"
    rf"|ok(?:ay)?{END}|nice{END}|(?:looks? )?right{END}|benutz|verwend|nutz|funktionier|ungefähr|zwischen|utilis"
    rf"|fonctionne|environ{END}|entre{END}|usar?e?{END}|usate?{END}|utiliz"
    rf"|funziona|funciona|circa{END}|tra{END}|używ|działa|około|między|kullan|gunakan|pakai|dùng|sử dụng|использ"
    r"|работа|використ|около|между|примерно|близько",
    "左右|使用|即可|为宜|為宜|不错|不錯|效果|くらい|ぐらい|程度|前後|適|約|いい感じ|良い|정도|사용|좋",
)
#: Enough for a number that the sentence before has announced.
SAYS = any_of(
    rf"(?:i|my|mine|we|our|it|try|set|keep|put|approx\w{{0,8}}|roughly|ca|is|ich|je|yo|eu|uso|я){END}",
    "默认|まず",
    "[±~≈]",
)

#: The number is a limit, not to be taken for what is advised if anything else is.
AT_MOST = any_of(
    r"(?:up to|max(?:imum|imal\w?|imo|imum of)?|at most|no(?:t)? more than|below|under|less than|lower than"
    r"|höchstens|unter|bis zu|jusqu['’]à"
    r"|au (?:plus|maximum)|hasta|máximo|até|fino a|massimo|maksymalnie|najwyżej|en fazla|maksim\w{1,3}|tối đa|до"
    r"|ниже|меньше|не (?:больше|более|выше)|максим\w{1,4})"
    rf"{END}",
    "最高|最大|至多|최대|低于|小于",
    "[≤<]=?",
)
AT_MOST_BEHIND = (
    r"\(?max\b|maximum\b|or (?:lower|less|below|under)|and (?:below|lower)|tops\b|oder weniger|ou moins|ou menos"
    r"|o (?:menos|meno)|(?:и|или) (?:ниже|меньше)"
    r"|以下|以内|이하"
)
AT_LEAST = any_of(
    r"(?:at least|min(?:imum|imal|imo)?|no(?:t)? (?:less|lower) than|mindestens|au (?:moins|minimum)|al menos"
    r"|mínimo|almeno|minimo|co najmniej|en az|minim\w{1,3}"
    rf"|tối thiểu|ao menos|pelo menos|не (?:меньше|менее|ниже)|миним\w{{1,4}}){END}",
    "最低|最小|至少|최소|高于|大于",
    "(?<![-=])[≥>]=?",
)
AT_LEAST_BEHIND = (
    r"or (?:more|higher|above|greater|over)|and (?:up|above|higher|more)|upwards?\b|onwards?\b|oder mehr|ou plus"
    r"|ou mais"
    r"|o (?:más|più)|(?:и|или) (?:выше|больше)|以上|이상"
    r"|\+(?!\s?\d)"
)
#: Beyond the number it is too much, unless it is advised to go there.
OVER = any_of(
    r"(?:above|over|exceed\w{0,3}|more than|higher than|beyond|past|greater than|too\s\w{1,8}|nicht (?:über"
    r"|mehr als|höher als)|über|ne pas dépasser|pas plus de"
    r"|au-dessus de|non superare|oltre|no (?:superar|exceder|pasar)\w{0,3}|por encima de|não (?:ultrapass|exced"
    r"|pass)\w{0,4}|acima de|nie przekracza\w{0,2}|powyżej"
    rf"|не превыша\w{{0,4}}|выше|больше|більше|не перевищу\w{{0,4}}){END}",
    r"超过|超過|不要|不宜|超え\w{0,2}",
)
_TO_USE = r"(?:use|using|go|going|set|put|run|recommend\w{0,3}|push|crank|raise|try|exceed)"
#: The number is not to be used.
NOT = any_of(
    rf"(?:(?:don['’]?t|do not|never|avoid|should(?:n['’]t| not)|would(?:n['’]t| not)|not)\s{_TO_USE}|avoid){END}"
)
#: It spoils the picture.
TOO_MUCH = any_of(
    r"too (?:strong|high|much|weak|low|heavy|large)|over-?(?:fit|bak|cook|power)|burn|fr(?:y|ies)\b|br(?:eaks?"
    r"|oken)\b|artifacts|distort|odd\b|bad\b|weird\b"
    r"|zu (?:stark|viel|hoch)|trop|troppo|demasiad|demais|za (?:dużo|mocn)|слишком|занадто|ломает|çok fazla|terlalu"
    r"|quá",
    "太|过拟合|過擬合|过头|すぎ|過ぎ|너무|과하|과합|과해",
)
#: What may stand between a number and that.
SPOILS = (
    r"[\s,]{0,2}(?:(?:which|that|it|this|is|are|was|can|may|might|will|be|gets?|looks?|seems?|usually|often|already"
    r"|a|bit|little|way|far|just|weight|strength|and"
    r"|ist|sind|est|è|es|é)\s){0,6}的?(?:权重|權重|強度|重み)?(?:は|だと|은|는|이|가|都|会|會|就|有点|有點|少し){0,3}\s?"
)
#: The number is for a special case.
SOMETIMES = any_of(
    rf"(?:if|unless|original one"
    r"|when (?:combin|mix|us|stack)\w{1,4}|combin\w{1,5}|mix(?:ing|ed)?|together|for (?:a )?(?:subtle|slight"
    r"|close-?ups?)|wenn|falls|si (?:vous|tu|quieres|usas|el|la|le|l)"
    rf"|se (?:usi|vuoi|você|quiser|il|la)|если|якщо|jeśli|eğer|jika|kalau|nếu){END}",
    "不能|如果|想要|若|もし|場合|만약|경우",
)
#: The number is where to go from another one.
MOVED = any_of(
    r"(?:lower(?:ing|ed)?|down|reduc\w{1,3}|decreas\w{1,3}|rais(?:e|ing)|increas\w{1,3}|bump\w{0,4}"
    rf"|boost\w{{0,3}}|turn\w{{0,3}}|go(?:ing)? up){END}",
    "降低|提高到|下げ|上げ|낮추|높이",
)
_VERSION = r"(?:version|one|release|model|lora|v)"
#: Of another version of the adapter, and of this one.
OLD = any_of(
    rf"(?:(?:old(?:er)?|prev(?:ious)?|earlier|legacy|former) {_VERSION}|(?:first|prior|original) (?:version"
    r"|release)|previously|used to be|ancienne version"
    r"|alte[rn]? version|vecchia versione|versión anterior|versão (?:antiga|anterior)|star(?:a|ej|szej) wersj\w"
    r"|eski sürüm|versi lama|phiên bản cũ"
    rf"|стар\w{{2}} верс\w{{2}}){END}|old\s?[:)]",
    "旧版|舊版|老版|前版|上一?版|旧バージョン|구버전|이전 버전",
)
NEW = any_of(
    rf"(?:(?:this|new(?:er|est)?|current|latest|present) (?:version|one|release|v)|now|(?:cette|nouvelle) version"
    r"|(?:diese[r]?|neue[rn]?) version|(?:questa|nuova) versione"
    r"|(?:esta|nueva) versión|(?:esta|nova) versão|t[ae]j? wersj\w|nowa wersja|(?:bu|yeni) sürüm|versi (?:ini|baru)"
    r"|phiên bản (?:này|mới)|(?:эт|нов)\w{2} верс\w{2}"
    rf"|(?:ц|нов)\w{{1,2}} верс\w{{2}}){END}|new\s?[:)]",
    "该版本|本版|此版|新版|当前版本|现版本|このバージョン|新バージョン|本バージョン|이 버전|새 버전|현재 버전",
)
#: How much of it is seen, where an author names a number for each.
FAINT = any_of(
    r"(?:subtle|faint|light(?:er)?|slight|weak(?:er)?|mild|soft(?:er)?|gentle|hint|small|leicht\w{0,2}"
    r"|schwach\w{0,2}|léger|subtil|sutil|leggero|delicado"
    rf"|слаб\w{{2,3}}|лёгк\w{{2,3}}){END}",
    "轻微|弱め|약하게",
)
STRONG = any_of(
    r"(?:strong(?:er)?|full|heavy|heavier|intense|bold|pronounced|powerful|maximum|stark\w{0,2}|kräftig\w{0,2}"
    rf"|forte?|fuerte|сильн\w{{2,3}}|полн\w{{2,3}}){END}",
    "强烈|強め|강하게",
)

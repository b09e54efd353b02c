//! Words that carry grammar, not a subject: they count little in a query, are not marked, and make no answer confident.

use indexer::language::Language;

/// Says whether a lower-case word is a function word of a language. Languages without a list here have none.
pub fn contains(language: &Language, word: &str) -> bool {
    of(language).is_some_and(|own| own.contains(word))
}

/// The list of a language, whatever its region.
pub fn of(language: &Language) -> Option<&'static FunctionWords> {
    let tag = match language.primary() {
        "nb" | "nn" => "no",
        tag => tag,
    };
    ALL.iter().find(|list| list.language == tag)
}

/// The function words of a language.
#[derive(Debug)]
pub struct FunctionWords {
    /// Its primary subtag.
    pub language: &'static str,
    words: &'static [&'static str],
}

impl FunctionWords {
    /// Says whether a lower-case word is among them.
    pub fn contains(&self, word: &str) -> bool {
        self.words.binary_search(&word).is_ok()
    }
}

/// All lists.
pub static ALL: [FunctionWords; 17] = [
    FunctionWords { language: "en", words: ENGLISH },
    FunctionWords { language: "de", words: GERMAN },
    FunctionWords { language: "es", words: SPANISH },
    FunctionWords { language: "fr", words: FRENCH },
    FunctionWords { language: "it", words: ITALIAN },
    FunctionWords { language: "pt", words: PORTUGUESE },
    FunctionWords { language: "nl", words: DUTCH },
    FunctionWords { language: "sv", words: SWEDISH },
    FunctionWords { language: "da", words: DANISH },
    FunctionWords { language: "no", words: NORWEGIAN },
    FunctionWords { language: "fi", words: FINNISH },
    FunctionWords { language: "pl", words: POLISH },
    FunctionWords { language: "ru", words: RUSSIAN },
    FunctionWords { language: "tr", words: TURKISH },
    FunctionWords { language: "ja", words: JAPANESE },
    FunctionWords { language: "zh", words: CHINESE },
    FunctionWords { language: "ko", words: KOREAN },
];

// Sorted, since they are searched by halving; a test checks it. Question words are among them: help centres are asked questions.
#[rustfmt::skip]
const ENGLISH: &[&str] = &[
    "a", "about", "after", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "because", "been", "before", "being",
    "but", "by", "can", "can't", "could", "did", "do", "does", "doesn't", "doing", "don't", "for", "from", "get", "had", "has",
    "have", "having", "he", "her", "here", "his", "how", "i", "i'm", "i've", "if", "in", "into", "is", "isn't", "it", "it's", "its",
    "just", "me", "mean", "means", "my", "no", "not", "of", "on", "or", "our", "please", "she", "should", "so", "some", "such", "than", "that", "the",
    "their", "them", "then", "there", "these", "they", "this", "those", "through", "to", "too", "us", "very", "was", "we", "were",
    "what", "what's", "when", "where", "which", "while", "who", "why", "will", "with", "would", "you", "your",
];
#[rustfmt::skip]
const GERMAN: &[&str] = &[
    "aber", "alle", "als", "am", "an", "auch", "auf", "aus", "bei", "bin", "bitte", "das", "dass", "dem", "den", "der", "des", "die",
    "dies", "diese", "diesem", "diesen", "dieser", "du", "durch", "ein", "eine", "einem", "einen", "einer", "eines", "er", "es",
    "für", "haben", "hat", "hier", "ich", "ihr", "ihre", "im", "in", "ist", "kann", "man", "mein", "meine", "meinem", "meinen", "meiner", "mich",
    "mir", "mit", "nach", "nicht", "noch", "nur", "ob", "oder", "sein", "sich", "sie", "sind", "so", "um", "und", "uns", "unser", "unsere",
    "von", "vor", "wann", "warum", "was", "welche", "welcher", "welches", "wenn", "wer", "werden", "wie", "wir", "wird", "wo", "zu", "zum", "zur", "über",
];
#[rustfmt::skip]
const SPANISH: &[&str] = &[
    "a", "al", "algo", "como", "con", "cual", "cuando", "cuál", "cuándo", "cómo", "de", "del", "desde", "donde", "dónde", "el", "en",
    "entre", "es", "esta", "estas", "este", "esto", "estos", "está", "están", "fue", "ha", "hay", "la", "las", "le", "les", "lo", "los",
    "me", "mi", "mis", "más", "ni", "no", "nos", "o", "para", "pero", "por", "porque", "puede", "puedo", "que", "quién", "qué", "se",
    "ser", "si", "sin", "sobre", "son", "su", "sus", "sí", "también", "te", "tengo", "tiene", "tu", "un", "una", "unos", "y", "ya", "yo",
];
#[rustfmt::skip]
const FRENCH: &[&str] = &[
    "a", "ai", "ainsi", "alors", "après", "au", "aucun", "aussi", "autre", "aux", "avant", "avec", "avez", "avoir", "avons",
    "bien", "c", "car", "ce", "ceci", "cela", "celle", "celui", "ces", "cet", "cette", "ceux", "chez", "combien", "comme",
    "comment", "d", "dans", "de", "depuis", "des", "dois", "doit", "donc", "du", "elle", "elles", "en", "encore", "entre",
    "es", "est", "et", "eu", "fait", "font", "il", "ils", "j", "je", "jusqu", "l", "la", "laquelle", "le", "lequel", "les",
    "leur", "leurs", "lors", "lorsque", "lui", "m", "ma", "mais", "me", "mes", "moi", "mon", "même", "n", "ne", "ni", "nos",
    "notre", "nous", "on", "ont", "ou", "où", "par", "parce", "pas", "pendant", "peut", "peuvent", "peux", "plus", "pour",
    "pourquoi", "puis", "puis-je", "puisque", "qu", "quand", "que", "quel", "quelle", "quelles", "quels", "qui", "quoi", "s",
    "sa", "sans", "se", "sera", "ses", "si", "son", "sont", "sous", "suis", "sur", "t", "ta", "te", "tes", "tous", "tout",
    "toute", "toutes", "tu", "un", "une", "vers", "veux", "vos", "votre", "vous", "y", "à", "été", "être",
];
#[rustfmt::skip]
const ITALIAN: &[&str] = &[
    "a", "ad", "agli", "ai", "al", "alla", "alle", "allo", "anche", "c", "che", "chi", "ci", "come", "con", "cosa", "cui", "d",
    "da", "dal", "dalla", "dalle", "degli", "dei", "del", "della", "delle", "dello", "di", "dopo", "dove", "e", "ed", "era",
    "gli", "ha", "hanno", "ho", "i", "il", "in", "io", "l", "la", "le", "lo", "loro", "ma", "mi", "mia", "mio", "ne", "nei",
    "nel", "nella", "nelle", "noi", "non", "o", "per", "perché", "più", "posso", "può", "qual", "quale", "quali", "quando",
    "questa", "queste", "questi", "questo", "se", "si", "sono", "sta", "su", "sua", "sui", "sul", "sulla", "suo", "ti", "tra",
    "tu", "tua", "tuo", "un", "una", "uno", "vi", "voi", "è",
];
#[rustfmt::skip]
const PORTUGUESE: &[&str] = &[
    "a", "ao", "aos", "as", "até", "com", "como", "da", "das", "de", "depois", "do", "dos", "e", "ela", "ele", "em", "entre",
    "era", "essa", "esse", "esta", "este", "estou", "está", "eu", "foi", "há", "isso", "isto", "já", "lhe", "mais", "mas",
    "me", "meu", "meus", "minha", "minhas", "muito", "na", "nas", "nem", "no", "nos", "num", "numa", "não", "o", "onde", "os",
    "ou", "para", "pela", "pelo", "pode", "por", "porque", "posso", "quais", "qual", "quando", "que", "quem", "se", "sem",
    "ser", "seu", "seus", "sim", "sobre", "sua", "suas", "são", "também", "te", "tem", "tenho", "um", "uma", "você", "vocês",
    "à", "às", "é",
];
#[rustfmt::skip]
const DUTCH: &[&str] = &[
    "aan", "al", "als", "bij", "dan", "dat", "de", "der", "deze", "die", "dit", "doe", "door", "dus", "een", "en", "er",
    "geen", "had", "heb", "hebben", "heeft", "het", "hier", "hij", "hoe", "hun", "iets", "ik", "in", "is", "je", "kan", "kun",
    "kunnen", "maar", "me", "met", "mij", "mijn", "moet", "na", "naar", "niet", "nog", "nu", "of", "om", "omdat", "onder",
    "ons", "ook", "op", "over", "te", "tot", "u", "uit", "uw", "van", "veel", "voor", "waar", "waarom", "wanneer", "was",
    "wat", "we", "wel", "welk", "welke", "wie", "wij", "worden", "wordt", "ze", "zich", "zij", "zijn", "zo",
];
#[rustfmt::skip]
const SWEDISH: &[&str] = &[
    "att", "av", "de", "den", "det", "dig", "din", "du", "där", "efter", "eller", "en", "ett", "från", "får", "för", "ha",
    "han", "har", "hon", "hur", "i", "in", "inte", "jag", "kan", "med", "men", "mig", "min", "mitt", "mot", "när", "någon",
    "något", "och", "om", "på", "ska", "som", "så", "till", "upp", "ut", "vad", "var", "varför", "vart", "vi", "vid", "vilka",
    "vilken", "än", "är",
];
#[rustfmt::skip]
const DANISH: &[&str] = &[
    "af", "alle", "at", "da", "de", "den", "der", "deres", "det", "dig", "din", "du", "eller", "en", "er", "et", "for", "fra",
    "får", "ham", "han", "har", "hun", "hvad", "hvem", "hvilke", "hvilken", "hvis", "hvor", "hvordan", "hvorfor", "hvornår",
    "i", "ikke", "jeg", "kan", "man", "med", "men", "mig", "min", "mit", "når", "og", "om", "op", "på", "sig", "sin", "skal",
    "som", "så", "til", "ud", "var", "vi", "vil", "være",
];
#[rustfmt::skip]
const NORWEGIAN: &[&str] = &[
    "alle", "at", "av", "da", "de", "den", "der", "det", "dette", "din", "du", "eller", "en", "er", "et", "for", "fra", "få",
    "får", "han", "har", "hun", "hva", "hvem", "hvilke", "hvilken", "hvis", "hvor", "hvordan", "hvorfor", "i", "ikke", "jeg",
    "kan", "man", "med", "meg", "men", "min", "mitt", "nå", "når", "og", "om", "opp", "på", "seg", "sin", "skal", "som", "så",
    "til", "ut", "var", "vi", "vil", "være", "å",
];
#[rustfmt::skip]
const FINNISH: &[&str] = &[
    "ei", "en", "että", "he", "hän", "ja", "joka", "jos", "jotka", "kanssa", "kuin", "kuinka", "kun", "me", "mihin", "miksi",
    "mikä", "milloin", "minun", "minä", "missä", "mistä", "mitä", "mutta", "myös", "ne", "niin", "nyt", "on", "ovat", "se",
    "sen", "sinä", "tai", "tämä", "voi", "voiko", "voin", "voinko",
];
#[rustfmt::skip]
const POLISH: &[&str] = &[
    "a", "aby", "ale", "bez", "być", "co", "czy", "czym", "dla", "do", "gdy", "gdzie", "go", "i", "ich", "ile", "ja", "jak",
    "jaka", "jaki", "jakie", "jest", "jestem", "jeśli", "już", "kiedy", "kto", "która", "które", "który", "ma", "mam", "mi",
    "mnie", "mogę", "moje", "może", "można", "mój", "na", "nad", "nie", "o", "od", "oraz", "po", "pod", "przez", "przy", "się",
    "są", "tak", "ten", "to", "tu", "twój", "w", "we", "z", "za", "ze", "że",
];
#[rustfmt::skip]
const RUSSIAN: &[&str] = &[
    "а", "без", "бы", "быть", "в", "вам", "вас", "во", "вот", "вы", "где", "для", "до", "его", "если", "есть", "ещё", "же",
    "за", "и", "из", "или", "им", "их", "к", "как", "какая", "какие", "какой", "когда", "кто", "ли", "мне", "могу", "мой",
    "моя", "мы", "на", "над", "не", "нет", "но", "о", "об", "он", "она", "они", "от", "по", "под", "почему", "при", "с",
    "свой", "себя", "со", "так", "то", "тоже", "у", "уже", "что", "чтобы", "это", "этот", "я",
];
#[rustfmt::skip]
const TURKISH: &[&str] = &[
    "ama", "ben", "bir", "bu", "da", "daha", "de", "gibi", "hangi", "ile", "için", "ki", "mi", "mu", "mü", "mı", "nasıl", "ne",
    "neden", "nerede", "niçin", "o", "olan", "olarak", "sen", "siz", "ve", "veya", "ya", "çok",
];
#[rustfmt::skip]
const JAPANESE: &[&str] = &[
    "あっ", "あり", "ありません", "ある", "あれ", "い", "いい", "いう", "いか", "いつ", "いる", "う", "か", "かた", "から", "が", "く", "くだ", "ください", "け",
    "けど", "こと", "この", "これ", "さ", "さい", "され", "し", "した", "して", "しまう", "す", "する", "すれ", "ず", "せ", "そう", "その", "それ", "た", "たい",
    "たく", "ため", "たら", "だ", "だけ", "だっ", "つい", "ついて", "て", "てく", "てください", "で", "でき", "できない", "できる", "です", "では", "でも", "と", "とか",
    "とき", "ところ", "として", "との", "どう", "どうすれ", "どうやっ", "どこ", "どの", "どれ", "な", "ない", "なかっ", "なく", "なけれ", "なぜ", "など", "なに", "なら",
    "なり", "なる", "なん", "に", "について", "にて", "には", "の", "ので", "のに", "は", "ば", "へ", "べき", "ほしい", "ま", "まし", "ました", "ましょう", "ます",
    "ません", "まで", "も", "もう", "や", "やっ", "よ", "よい", "よう", "より", "られ", "られる", "れ", "れる", "を", "ん", "下さい", "何", "場合", "方", "方法",
    "時",
];
#[rustfmt::skip]
const CHINESE: &[&str] = &[
    "一", "一个", "下", "不", "与", "个", "中", "为", "为什么", "么", "也", "了", "什么", "他", "以", "会", "但", "何", "你", "你们", "做", "其", "则",
    "到", "办", "及", "可", "可以", "吗", "吧", "呢", "和", "哪", "哪个", "哪些", "哪里", "嗎", "在", "地", "多少", "她", "如", "如何", "它", "对", "将",
    "就", "已", "并", "很", "得", "怎么", "怎么办", "怎么样", "怎样", "怎麼", "您", "想", "我", "我们", "或", "把", "时", "是", "有", "来", "来自", "次", "此",
    "没", "没有", "為什麼", "用", "由", "的", "着", "给", "能", "能否", "被", "要", "让", "请", "请问", "这", "这个", "这些", "那", "都", "里",
];
#[rustfmt::skip]
const KOREAN: &[&str] = &[
    "가", "것", "그", "나", "내", "는", "대한", "도", "를", "무엇", "무엇인가요", "방법", "수", "어디", "어디서", "어떤", "어떻게", "언제", "에", "에서", "와",
    "왜", "은", "을", "의", "이", "있나요", "하는", "할",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_so_that_every_word_is_found() {
        for FunctionWords { language, words } in &ALL {
            let unsorted = words.windows(2).find(|pair| pair[0] > pair[1]);
            assert!(!words.is_empty() && unsorted.is_none(), "{language}: {unsorted:?}");
        }
    }

    #[test]
    fn a_regional_language_uses_the_list_of_its_language() {
        let tag = |tag| Language::parse(tag).expect("a tag");
        assert!(contains(&tag("en-gb"), "how"));
        assert!(!contains(&tag("en-gb"), "invoice"));
        assert!(!contains(&tag("xx"), "how"));
        assert!(contains(&tag("nb"), "hvordan") && contains(&tag("no"), "hvordan"));
    }
}

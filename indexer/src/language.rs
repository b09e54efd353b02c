//! Languages: names, and the one that a text is written in.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// A language as a lower-case BCP 47 tag, primary subtag first: `en`, `de`, `pt-br`, `zh-cn`; `und` when unknown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Language(String);

impl Language {
    /// Reads a tag; `None` if it is not letters, digits and hyphens of the form of BCP 47.
    pub fn parse(tag: &str) -> Option<Self> {
        let tag = tag.trim().to_ascii_lowercase().replace('_', "-");
        let ok = |i: usize, part: &str| {
            let length = if i == 0 { 2..=3 } else { 1..=8 };
            length.contains(&part.len())
                && part.bytes().all(|b| b.is_ascii_alphanumeric() && (i > 0 || b.is_ascii_alphabetic()))
        };
        tag.split('-').enumerate().all(|(i, part)| ok(i, part)).then_some(Self(tag))
    }

    /// The language of a text of which nothing is known: `und`.
    pub fn unknown() -> Self {
        Self("und".to_owned())
    }

    /// The tag, such as `en`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tag's first part: `pt` of `pt-br`.
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or(&self.0)
    }

    /// Whether it is written in Latin letters; nothing else is known of some.
    pub fn is_in_latin(&self) -> bool {
        let in_both = self.primary() == "sr";
        in_both || whatlang_of(self).is_none_or(|known| whatlang::Script::Latin.langs().contains(&known))
    }
}

/// Whether a character is a letter of another script than Latin (and the marks that Latin shares with others).
pub fn is_beyond_latin(c: char) -> bool {
    c.is_alphabetic() && c > '\u{0370}' && !matches!(c, '\u{1e00}'..='\u{1eff}')
}

/// The languages that a model was trained on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KnownLanguages {
    /// Nothing is said of them: any.
    #[default]
    All,
    /// These alone, whatever their region.
    Only(Arc<[Language]>),
}

impl KnownLanguages {
    /// Whether a language is among them; one of which nothing is known may be.
    pub fn has(&self, language: &Language) -> bool {
        *language == Language::unknown() || self.has_primary(language.primary())
    }

    /// [`Self::has`] by a tag's first part.
    pub fn has_primary(&self, primary: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(known) => known.iter().any(|known| known.primary() == primary),
        }
    }

    /// Whether texts of one language find those of another.
    pub fn are_several(&self) -> bool {
        match self {
            Self::All => true,
            Self::Only(known) => known.windows(2).any(|two| two[0].primary() != two[1].primary()),
        }
    }
}

/// Least confidence at which a detected language is believed. Of single lines of help in English and German, 30 to 60 letters long
/// and read as one of 15 languages, 1 % are read wrongly at 0.9, 3 % at 0.5; longer texts hardly ever are at either.
const BELIEVED: f64 = 0.9;
/// The same for Han, which Kana among it makes Japanese: half a confidence is as much as the detector has where they are few.
const BELIEVED_OF_HAN: f64 = 0.5;
/// Share of a text's letters from which on another script than Latin is its own.
const OWN_SCRIPT: f32 = 0.1;
/// Bytes of a text that detection looks at.
const LOOKED_AT: usize = 4_000;

/// The one of `languages` that a text is written in, by its script and letters; `None` when there is too little text to tell.
pub fn detect<'a>(text: &str, languages: &'a [Language]) -> Option<&'a Language> {
    let known = languages.iter().filter_map(whatlang_of).collect();
    let text = without_borrowed_letters(&text[..text.floor_char_boundary(LOOKED_AT)]);
    let found = whatlang::Detector::with_allowlist(known).detect(&text)?;
    if found.confidence() < if found.script() == whatlang::Script::Mandarin { BELIEVED_OF_HAN } else { BELIEVED } {
        return None;
    }
    languages.iter().find(|language| whatlang_of(language) == Some(found.lang()))
}

fn whatlang_of(language: &Language) -> Option<whatlang::Lang> {
    let place = CODES.binary_search_by_key(&language.primary(), |(two, _)| two).ok()?;
    whatlang::Lang::from_code(CODES[place].1)
}

/// A text in another script without its Latin letters: articles in Japanese or Russian name products, commands and addresses in
/// them, often with more letters than they have themselves, while texts in Latin letters seldom borrow others.
fn without_borrowed_letters(text: &str) -> Cow<'_, str> {
    let others = text.chars().filter(|c| is_beyond_latin(*c)).count();
    if others as f32 >= OWN_SCRIPT * text.chars().filter(|c| c.is_alphabetic()).count().max(1) as f32 {
        text.chars().filter(|c| !c.is_alphabetic() || is_beyond_latin(*c)).collect::<String>().into()
    } else {
        text.into()
    }
}

/// ISO 639-1 → the code by which whatlang knows the language (ISO 639-3), sorted.
const CODES: [(&str, &str); 67] = [
    ("af", "afr"),
    ("am", "amh"),
    ("ar", "ara"),
    ("az", "aze"),
    ("be", "bel"),
    ("bg", "bul"),
    ("bn", "ben"),
    ("ca", "cat"),
    ("cs", "ces"),
    ("cy", "cym"),
    ("da", "dan"),
    ("de", "deu"),
    ("el", "ell"),
    ("en", "eng"),
    ("eo", "epo"),
    ("es", "spa"),
    ("et", "est"),
    ("fa", "pes"),
    ("fi", "fin"),
    ("fr", "fra"),
    ("gu", "guj"),
    ("he", "heb"),
    ("hi", "hin"),
    ("hr", "hrv"),
    ("hu", "hun"),
    ("hy", "hye"),
    ("id", "ind"),
    ("it", "ita"),
    ("ja", "jpn"),
    ("jv", "jav"),
    ("ka", "kat"),
    ("km", "khm"),
    ("kn", "kan"),
    ("ko", "kor"),
    ("la", "lat"),
    ("lt", "lit"),
    ("lv", "lav"),
    ("mk", "mkd"),
    ("ml", "mal"),
    ("mr", "mar"),
    ("my", "mya"),
    ("nb", "nob"),
    ("ne", "nep"),
    ("nl", "nld"),
    ("no", "nob"),
    ("or", "ori"),
    ("pa", "pan"),
    ("pl", "pol"),
    ("pt", "por"),
    ("ro", "ron"),
    ("ru", "rus"),
    ("si", "sin"),
    ("sk", "slk"),
    ("sl", "slv"),
    ("sn", "sna"),
    ("sr", "srp"),
    ("sv", "swe"),
    ("ta", "tam"),
    ("te", "tel"),
    ("th", "tha"),
    ("tl", "tgl"),
    ("tr", "tur"),
    ("uk", "ukr"),
    ("ur", "urd"),
    ("uz", "uzb"),
    ("vi", "vie"),
    ("zh", "cmn"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn languages(tags: &[&str]) -> Vec<Language> {
        tags.iter().filter_map(|tag| Language::parse(tag)).collect()
    }

    #[test]
    fn tags_are_read_in_every_usual_spelling() {
        for (tag, read) in [
            ("en", Some("en")),
            ("pt_BR", Some("pt-br")),
            (" zh-CN ", Some("zh-cn")),
            ("", None),
            ("e", None),
            ("en/..", None),
            ("1a", None),
        ] {
            assert_eq!(Language::parse(tag).as_ref().map(Language::as_str), read, "{tag:?}");
        }
    }

    #[test]
    fn a_model_knows_the_languages_that_are_named_in_any_region_or_all() {
        let tag = |tag| Language::parse(tag).expect("a tag");
        assert!(KnownLanguages::All.has(&tag("fr")));
        let known = KnownLanguages::Only(languages(&["en", "pt-br"]).into());
        assert!(known.has(&tag("en-gb")) && known.has(&tag("pt")) && known.has(&Language::unknown()));
        assert!(!known.has(&tag("fr")));
        assert!(known.are_several() && KnownLanguages::All.are_several());
        assert!(!KnownLanguages::Only(languages(&["en", "en-gb"]).into()).are_several());
    }

    #[test]
    fn every_code_is_one_that_the_detector_knows_and_stands_in_order() {
        assert!(CODES.is_sorted());
        for (_, three) in CODES {
            assert!(whatlang::Lang::from_code(three).is_some(), "{three}");
        }
    }

    #[test]
    fn a_text_is_found_to_be_in_one_of_the_languages_offered() {
        let offered = languages(&["en", "es", "de", "zh-cn"]);
        let found = |text: &str| detect(text, &offered).map(Language::as_str);
        assert_eq!(found("Open the settings and choose which of your employees may see their payslips."), Some("en"));
        assert_eq!(found("Abra la configuración y elija qué empleados pueden ver sus recibos de nómina."), Some("es"));
        assert_eq!(found("Öffnen Sie die Einstellungen und wählen Sie, wer die Abrechnungen sehen darf."), Some("de"));
        assert_eq!(found("打开设置并选择哪些员工可以查看他们的工资单。"), Some("zh-cn"));
        assert_eq!(found(""), None);
        assert_eq!(found("404"), None);
        assert_eq!(found("Il était une fois"), None, "a guess is not believed");
    }

    #[test]
    fn a_script_of_its_own_tells_more_than_the_latin_names_in_it() {
        let offered = languages(&["en", "ja", "zh", "ru", "th"]);
        let found = |text: &str| detect(text, &offered).map(Language::as_str);
        assert_eq!(found("Settings API の Webhook Endpoint を PostgreSQL に設定します。"), Some("ja"));
        assert_eq!(found("请在 Settings API 的页面中设置 PostgreSQL Webhook Endpoint。"), Some("zh"));
        assert_eq!(found("Откройте Settings и выберите Webhook Endpoint Configuration."), Some("ru"));
        assert_eq!(found("เปิด Settings แล้วเลือก Webhook Endpoint Configuration"), Some("th"));
        assert_eq!(found("Choose the font 明朝 in the settings of the document and save it."), Some("en"));
    }

    #[test]
    fn languages_and_letters_are_latin_or_not() {
        for tag in ["ja", "zh-cn", "ko", "ru", "uk", "el", "ar", "he", "th", "hi"] {
            assert!(!Language::parse(tag).expect("a tag").is_in_latin(), "{tag}");
        }
        for tag in ["en", "de-at", "tr", "vi", "pt-br", "sr", "und", "tlh"] {
            assert!(Language::parse(tag).expect("a tag").is_in_latin(), "{tag}");
        }
        assert!("日本語ひらカナ한국РусскийΩعربית".chars().all(is_beyond_latin));
        assert!(!"Straße naïve Đổi mật khẩu, 404: _!".chars().any(is_beyond_latin));
    }
}

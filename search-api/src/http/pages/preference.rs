//! Which of a portal's languages a reader wants: the address says, else what was chosen before, else the browser.

use axum::http::{HeaderMap, header};
use indexer::language::Language;

/// Cookie that remembers a language once chosen by `?lang=`.
pub(super) const LANGUAGE_COOKIE: &str = "signpost_lang";

/// The language of `offered` that a reader wants, the first if they want none of them; `None` if there is none.
pub(super) fn language<'a>(offered: &'a [Language], query: Option<&str>, headers: &HeaderMap) -> Option<&'a Language> {
    let chosen = parameter(query, "lang").or_else(|| cookie(headers, LANGUAGE_COOKIE));
    let chosen = chosen.and_then(Language::parse).into_iter();
    let accepted =
        headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).map(accepted).unwrap_or_default();
    let wanted = chosen.chain(accepted).find_map(|wanted| among(offered, &wanted));
    wanted.or(offered.first())
}

/// The offered language that serves a wanted one: itself, else one of the same primary subtag.
pub(super) fn among<'a>(offered: &'a [Language], wanted: &Language) -> Option<&'a Language> {
    let primary = |language: &Language| language.as_str().split('-').next().map(str::to_owned);
    offered.iter().find(|one| *one == wanted).or_else(|| offered.iter().find(|one| primary(one) == primary(wanted)))
}

/// A cookie's value; browsers send the one of the most specific path first.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name && !value.is_empty()).then_some(value))
}

/// The plain value of a parameter of an address, as it stands there: for names and tags, which need no decoding.
pub(super) fn parameter<'a>(query: Option<&'a str>, name: &str) -> Option<&'a str> {
    query?.split('&').filter_map(|pair| pair.split_once('=')).find_map(|(key, value)| (key == name).then_some(value))
}

/// Languages of an Accept-Language header, most wanted first (RFC 9110, 12.5.4); those of weight 0 are left out.
fn accepted(header: &str) -> Vec<Language> {
    let mut weighted: Vec<(f32, Language)> = header
        .split(',')
        .filter_map(|entry| {
            let (tag, parameters) = entry.split_once(';').unwrap_or((entry, ""));
            let weight = parameters.trim().strip_prefix("q=").map_or(Some(1.0), |weight| weight.trim().parse().ok())?;
            (weight > 0.0).then_some((weight, Language::parse(tag)?))
        })
        .collect();
    weighted.sort_by(|a, b| b.0.total_cmp(&a.0));
    weighted.into_iter().map(|(_, language)| language).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn wanted(query: Option<&str>, headers: &[(header::HeaderName, &'static str)]) -> String {
        let offered = ["en", "es", "pt-br"].map(|tag| Language::parse(tag).unwrap());
        let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        language(&offered, query, &headers).unwrap().as_str().to_owned()
    }

    #[test]
    fn the_address_is_stronger_than_the_choice_before_and_that_than_the_browser() {
        let headers = [(header::COOKIE, "a=b; signpost_lang=es"), (header::ACCEPT_LANGUAGE, "pt-BR")];
        assert_eq!(wanted(Some("q=x&lang=pt-br"), &headers), "pt-br");
        assert_eq!(wanted(Some("q=x"), &headers), "es");
        assert_eq!(wanted(None, &headers[1..]), "pt-br");
    }

    #[test]
    fn the_browsers_weights_are_heeded_and_regions_served_by_their_language() {
        assert_eq!(wanted(None, &[(header::ACCEPT_LANGUAGE, "en;q=0.5, es-MX;q=0.9, fr")]), "es");
        assert_eq!(wanted(None, &[(header::ACCEPT_LANGUAGE, "es;q=0, en;q=0.1")]), "en");
        assert_eq!(wanted(None, &[(header::ACCEPT_LANGUAGE, "pt")]), "pt-br");
    }

    #[test]
    fn what_cannot_be_read_or_is_not_offered_gives_the_portals_first() {
        for header in ["", ";;;", "xx", "es;q=nan", "*", "es;q=-1"] {
            assert_eq!(wanted(Some("lang=%00"), &[(header::ACCEPT_LANGUAGE, header)]), "en", "{header}");
        }
    }
}

//! What a mail to the writer of a ticket says: how far it is, in the words of its page, and nothing that anybody typed.

use super::status::stage_words;
use super::words::{self, fill};
use crate::http::address;
use crate::store::{OutgoingMail, Stage};
use indexer::language::Language;
use indexer::portal::Portal;

/// A mail's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Subject, one line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// Tag of the language that it is written in.
    pub language: &'static str,
}

/// Writes a mail in the language of its ticket if the pages speak it, else in the portal's. `pages` is the whole address of what stands
/// before the path of each page of the portal.
pub fn letter(portal: &Portal, pages: &str, mail: &OutgoingMail) -> Letter {
    let of_ticket = mail.language.as_deref().and_then(Language::parse);
    let words = words::words(of_ticket.iter().chain(&portal.languages));
    let (said, status) = (&words.mail, &words.status);
    let now = mail.stages.last().map_or(Stage::Received, |(stage, _)| *stage);
    let now = stage_words(words, now);
    let reached = |(stage, at): &(Stage, i64)| {
        format!("- {}: {}\n", stage_words(words, *stage).name, words.minute(*at, &portal.zone()))
    };
    let stages: String = mail.stages.iter().map(reached).collect();
    let page =
        format!("{pages}/tickets/{}?{}", address::segment(&mail.id), address::query(&[("secret", &mail.secret)]));
    let text = format!(
        "{lead}\n\n{stage}:\n{stages}\n{who}: {acts}\n{expected}: {next}\n\n{see}\n{page}\n\n{why}\n",
        lead = fill(&said.lead, &[("id", &mail.id), ("portal", &portal.name)]),
        stage = status.stage,
        who = status.who,
        acts = now.who,
        expected = status.expected,
        next = now.expected,
        see = said.page,
        why = said.why,
    );
    let subject = fill(&said.subject, &[("id", &mail.id), ("stage", &now.name)]);
    Letter { subject, text, language: words.tag }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portal() -> Portal {
        Portal::parse("acme", "name = \"Acme\"\nlanguages = [\"es\", \"en\"]\ntime_zone = \"America/Lima\"\n")
            .0
            .unwrap()
    }

    fn mail(language: Option<&str>) -> OutgoingMail {
        OutgoingMail {
            portal: "acme".into(),
            id: "T-1".into(),
            number: 2,
            since: 0,
            attempts: 0,
            address: "ana@example.org".into(),
            language: language.map(str::to_owned),
            stages: vec![(Stage::Received, 1_780_000_000_000), (Stage::Solved, 1_780_003_600_000)],
            secret: "s+/=".into(),
            message: "m".into(),
        }
    }

    #[test]
    fn a_mail_says_number_stages_who_acts_next_what_to_expect_and_where_the_page_is() {
        let Letter { subject, text, language } =
            letter(&portal(), "https://help.example.com/acme", &mail(Some("en-gb")));
        assert_eq!((subject.as_str(), language), ("Your request T-1: Solved", "en"));
        let expected = "This is about your request T-1 to Acme.\n\n\
            Where it stands:\n- Received: May 28, 2026, 15:26\n- Solved: May 28, 2026, 16:26\n\n\
            Who acts next: Nobody\nWhat to expect: If it is not solved after all, write to us again.\n\n\
            Its page shows how far it is at any time:\nhttps://help.example.com/acme/tickets/T-1?secret=s%2B%2F%3D\n\n\
            You get this because your address was given with the request. If that was not you, ignore it.\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_mail_is_written_in_the_tickets_language_else_the_portals() {
        for (language, subject) in [
            (Some("en"), "Your request T-1: Solved"),
            (Some("fr"), "Su solicitud T-1: Resuelta"),
            (None, "Su solicitud T-1: Resuelta"),
        ] {
            assert_eq!(letter(&portal(), "https://a", &mail(language)).subject, subject);
        }
    }
}

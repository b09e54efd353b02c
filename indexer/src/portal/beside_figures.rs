//! What `portal.toml` says beside the figures of its reports: days that explain a change, and what a ticket costs.

use super::values::{Entries, get};
use crate::problem::Findings;
use crate::tree::Node;
use jiff::civil::Date;

/// Something that happened on a day and may explain why figures changed: a release, a campaign.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Annotation {
    /// The day, in the portal's time zone.
    pub date: Date,
    /// What happened.
    pub text: String,
}

/// What it costs to answer a ticket.
#[derive(Clone, Debug, PartialEq)]
pub struct TicketCost {
    /// How much, above 0.
    pub amount: f64,
    /// Of what: an ISO 4217 code.
    pub currency: String,
}

/// Reads an entry of `[[annotations]]`, which begins in this line. `None`: it has no effect, and why is named.
pub(super) fn annotation(line: u32, entry: Entries, findings: &mut Findings) -> Option<Annotation> {
    let text = |key: &str| get(entry, key).and_then(Node::text);
    let date = text("date").and_then(|date| date.parse().ok());
    let said = text("text").map(str::trim).filter(|text| !text.is_empty() && text.chars().count() <= 120);
    let Some((date, said)) = date.zip(said) else {
        let mend = "Write `date = 2026-05-31` and `text = \"What happened\"`, of at most 120 characters; until then it has no effect.";
        findings.error(Some(line), "portal-annotation", "the annotation does not say what happened on which day", mend);
        return None;
    };
    Some(Annotation { date, text: said.to_owned() })
}

/// Reads `[ticket_cost]`. `None`: there is none, or it cannot be read, which is named.
pub(super) fn ticket_cost(table: Entries, findings: &mut Findings) -> Option<TicketCost> {
    let node = |key: &str| get(table, key);
    let line = node("amount").or_else(|| node("currency"))?.line;
    let amount = node("amount").and_then(Node::text).and_then(|text| text.parse::<f64>().ok());
    let amount = amount.filter(|amount| amount.is_finite() && *amount > 0.0 && *amount <= 1e6);
    let is_code = |code: &&str| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    let Some((amount, currency)) = amount.zip(node("currency").and_then(Node::text).filter(is_code)) else {
        let mend = "Write `amount = 12.5` and `currency = \"EUR\"`; until then no cost is shown.";
        findings.error(Some(line), "portal-value", "the cost of a ticket is no amount of a currency", mend);
        return None;
    };
    Some(TicketCost { amount, currency: currency.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portal::Portal;
    use jiff::civil::date;

    /// Reads a portal with these lines; the portal, and the lines of its problems.
    fn read(lines: &str) -> (Portal, Vec<Option<u32>>) {
        let (portal, problems) = Portal::parse("a", &format!("name = \"A\"\n{lines}"));
        (portal.unwrap(), problems.iter().map(|problem| problem.line).collect())
    }

    #[test]
    fn annotations_are_read_in_order_of_time_and_a_bad_one_costs_no_other() {
        let (portal, problems) = read(
            "[[annotations]]\ndate = 2026-05-02\ntext = \"Release 2\"\n[[annotations]]\ntext = \"When?\"\n\
             [[annotations]]\ndate = \"2026-05-01\"\ntext = \"Campaign\"\n",
        );
        let annotation = |day, text: &str| Annotation { date: date(2026, 5, day), text: text.into() };
        assert_eq!(portal.annotations, [annotation(1, "Campaign"), annotation(2, "Release 2")]);
        assert_eq!(problems, [Some(5)]);
    }

    #[test]
    fn a_cost_is_an_amount_of_a_currency() {
        let (portal, problems) = read("[ticket_cost]\namount = 12.5\ncurrency = \"EUR\"\n");
        assert_eq!(
            (portal.ticket_cost, problems.len()),
            (Some(TicketCost { amount: 12.5, currency: "EUR".into() }), 0)
        );
        for wrong in
            ["amount = 12.5", "amount = 0\ncurrency = \"EUR\"", "amount = 1\ncurrency = \"euro\"", "currency = \"EUR\""]
        {
            let (portal, problems) = read(&format!("[ticket_cost]\n{wrong}\n"));
            assert_eq!((portal.ticket_cost, problems.len()), (None, 1), "{wrong}");
        }
    }
}

//! Each provider's payloads, written after its public documentation, and what is read from them.

use super::*;
use crate::store::Reason;
use serde_json::json;

/// The moment of every call.
const AT: Millis = 1_800_000_000_000;

const ZENDESK: &str = include_str!("fixtures/zendesk_created.json");
const HUBSPOT: &str = include_str!("fixtures/hubspot_events.json");
const FRESHDESK: &str = include_str!("fixtures/freshdesk_simple.json");
const FRESHDESK_CONTACT: &str = include_str!("fixtures/freshdesk_contact.json");
const PLAIN: &str = include_str!("fixtures/plain_created.json");

fn notices(provider: Provider, body: &str) -> Vec<Result<Notice, String>> {
    let told = read(provider, body.as_bytes(), AT).unwrap_or_else(|problem| panic!("{problem:?}"));
    told.into_iter().map(|told| told.map(|told| told.notice)).collect()
}

/// The fixture with other values at its keys.
fn changed(fixture: &str, values: &[(&str, Value)]) -> String {
    let mut body: Value = serde_json::from_str(fixture).unwrap();
    for (path, value) in values {
        *body.pointer_mut(path).unwrap_or_else(|| panic!("{path}")) = value.clone();
    }
    body.to_string()
}

fn other(reason: Reason, word: &str) -> Notice {
    Notice::Other { reason, word: word.into() }
}

#[test]
fn zendesks_creation_is_a_ticket_with_its_own_time() {
    let made = Notice::Made(SourceTicket {
        id: "5158".into(),
        at: AT - 90_000,
        subject: Some("Invoice is wrong, call +1 415 555 0132".into()),
        ..SourceTicket::default()
    });
    assert_eq!(notices(Provider::Zendesk, ZENDESK), [Ok(made)]);
    let told = read(Provider::Zendesk, ZENDESK.as_bytes(), AT).ok().unwrap().remove(0).ok().unwrap();
    assert_eq!(told.description, "The invoice of December shows the old seat count.");
}

#[test]
fn zendesks_other_events_make_no_ticket() {
    let event = |kind: &str| changed(ZENDESK, &[("/type", json!(format!("zen:event-type:ticket.{kind}")))]);
    let word = "ff8a5ad0-66a5-43ef-a1a1-5ae0a3b8a2f4";
    let updated = notices(Provider::Zendesk, &event("comment_added"));
    assert_eq!(updated, [Ok(other(Reason::Updated, word))]);
    for (kind, reason) in [("merged", Reason::Merged), ("marked_as_spam", Reason::Spam)] {
        let withdrawn = Notice::Withdrawn { id: "5158".into(), reason };
        assert_eq!(notices(Provider::Zendesk, &event(kind)), [Ok(withdrawn)]);
    }
    let by_staff = changed(ZENDESK, &[("/detail/submitter_id", json!("77"))]);
    assert_eq!(notices(Provider::Zendesk, &by_staff), [Ok(other(Reason::Staff, "5158"))]);
    let by_api = changed(ZENDESK, &[("/detail/submitter_id", json!("77")), ("/detail/via/channel", json!("api"))]);
    assert!(matches!(notices(Provider::Zendesk, &by_api)[0], Ok(Notice::Made(_))), "a program wrote for the customer");
    for (before, after, reason) in [("SOLVED", "OPEN", Reason::Reopened), ("OPEN", "SOLVED", Reason::Updated)] {
        let status = json!({"previous": before, "current": after});
        let status = [("/event", status), ("/type", json!("zen:event-type:ticket.status_changed"))];
        assert_eq!(notices(Provider::Zendesk, &changed(ZENDESK, &status)), [Ok(other(reason, word))]);
    }
}

#[test]
fn of_hubspots_events_each_is_read_by_itself() {
    let read = notices(Provider::HubSpot, HUBSPOT);
    let made = Notice::Made(SourceTicket { id: "1148487704".into(), at: AT - 90_000, ..SourceTicket::default() });
    let merged = |id: &str| Notice::Withdrawn { id: id.into(), reason: Reason::Merged };
    assert_eq!(
        read[..5],
        [
            Ok(made),
            Ok(other(Reason::Staff, "1148487705")),
            Ok(other(Reason::Updated, "3181526811")),
            Ok(merged("1148487701")),
            Ok(merged("1148487702")),
        ]
    );
    assert!(read[5].as_ref().unwrap_err().contains("contact.creation") && read.len() == 6);
}

#[test]
fn freshdesks_simple_content_is_a_ticket_unless_something_else_triggered_it() {
    let Ok(Notice::Made(ticket)) = &notices(Provider::Freshdesk, FRESHDESK)[0] else { panic!("no ticket") };
    assert_eq!((ticket.id.as_str(), ticket.at, ticket.email.as_deref()), ("2041", AT, Some("ana@example.org")));
    assert_eq!(ticket.form_id.as_deref(), Some("form-1"));
    let mut body: Value = serde_json::from_str(FRESHDESK).unwrap();
    body["freshdesk_webhook"]["triggered_event"] = json!("{status:{from:Open,to:Closed}}");
    let read = notices(Provider::Freshdesk, &body.to_string());
    assert!(matches!(&read[0], Ok(Notice::Other { reason: Reason::Updated, .. })), "{read:?}");
}

#[test]
fn whoever_asks_in_freshdesk_is_found_by_either_name_of_theirs() {
    let Ok(Notice::Made(ticket)) = &notices(Provider::Freshdesk, FRESHDESK_CONTACT)[0] else { panic!("no ticket") };
    assert_eq!((ticket.id.as_str(), ticket.email.as_deref()), ("2042", Some("ana@example.org")));
    assert_eq!((ticket.person.as_deref(), ticket.form_id.as_deref()), (Some("ana"), Some("form-1")));
}

#[test]
fn the_plain_form_is_read_from_every_provider() {
    for provider in Provider::ALL {
        let Ok(Notice::Made(ticket)) = &notices(provider, PLAIN)[0] else { panic!("no ticket") };
        assert_eq!((ticket.id.as_str(), ticket.at, ticket.person.as_deref()), ("T-17", AT - 60_000, Some("ana")));
        assert_eq!(ticket.search_id, None, "a field that customers fill in holds whatever they like");
    }
    let event =
        |event: &str| notices(Provider::Generic, &json!({"id": 9, "event": event, "event_id": "e"}).to_string());
    assert_eq!(event("updated"), [Ok(other(Reason::Updated, "e"))]);
    assert_eq!(event("reopened"), [Ok(other(Reason::Reopened, "e"))]);
    assert_eq!(event("staff"), [Ok(other(Reason::Staff, "9"))]);
    assert_eq!(event("spam"), [Ok(Notice::Withdrawn { id: "9".into(), reason: Reason::Spam })]);
    assert_eq!(event("merged"), [Ok(Notice::Withdrawn { id: "9".into(), reason: Reason::Merged })]);
    assert!(event("ping").is_empty() && notices(Provider::Generic, " \n").is_empty(), "a heartbeat says nothing");
    assert!(event("deleted")[0].as_ref().unwrap_err().contains("created, updated"));
}

#[test]
fn faults_are_named_and_times_bounded() {
    let fault = |body: Value| notices(Provider::Generic, &body.to_string())[0].clone().unwrap_err();
    assert!(fault(json!({"subject": "x"})).contains("`id`"));
    assert!(fault(json!([])).contains("object") && fault(json!({"id": "x".repeat(101)})).contains("1 to 100"));
    assert!(fault(json!({"id": 1, "created_at": "yesterday"})).contains("`created_at`"));
    assert!(read(Provider::Generic, b"{", AT).is_err() && read(Provider::Zendesk, b"\xff", AT).is_err());
    let Ok(Notice::Made(ticket)) =
        notices(Provider::Generic, &json!({"id": 1, "created_at": AT + 1}).to_string()).remove(0)
    else {
        panic!("no ticket")
    };
    assert_eq!(ticket.at, AT, "no ticket was made after it was told");
}

//! A ticket as each help desk's API takes it.

use crate::config::{Forward, Provider};
use crate::http::outward::Request;
use crate::http::webhooks::signature::sign;
use crate::store::{OURS, Outgoing};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

/// The call that hands a ticket over; the same each time, but for the moment that is signed.
pub fn request(target: &Forward, sent: &Outgoing, now: i64) -> Option<Request> {
    let ticket = &sent.ticket;
    let external_id = format!("{OURS}{}", sent.id);
    let fields = ticket.fields.iter().map(|(name, value)| format!("\n{name}: {value}"));
    let written = format!("{}\n{}", ticket.body, fields.collect::<String>()).trim_end().to_owned();
    let secret = target.secret.bytes();
    let basic = |credentials: &[u8]| format!("Basic {}", STANDARD.encode(credentials));
    let (path, authorization, body) = match target.provider {
        // https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#create-ticket; the secret is
        // ADDRESS/token:TOKEN, as in https://developer.zendesk.com/api-reference/introduction/security-and-auth/.
        Provider::Zendesk => {
            let mut body = json!({"subject": ticket.subject, "comment": {"body": written}, "external_id": external_id});
            if let Some(email) = &ticket.email {
                // The name is needed for people who are new there.
                body["requester"] = json!({"email": email, "name": email});
            }
            ("/api/v2/tickets.json", Some(basic(secret)), json!({"ticket": body}))
        }
        // https://developers.freshdesk.com/api/#create_ticket; the secret is an API key. A requester must be named: without an address,
        // one whom only we know. Status 2 is open, priority 1 low, source 2 a portal.
        Provider::Freshdesk => {
            let mut body = json!({
                "subject": ticket.subject, "description": html(&written), "status": 2, "priority": 1, "source": 2,
            });
            match &ticket.email {
                Some(email) => body["email"] = json!(email),
                None => {
                    body["unique_external_id"] = json!(external_id);
                    body["name"] = json!("Without address");
                }
            }
            ("/api/v2/tickets", Some(basic(&[secret, b":X"].concat())), body)
        }
        // https://developers.hubspot.com/docs/api-reference/crm-tickets-v3/guide; the secret is an access token. The first stage of the
        // first pipeline. Tickets name contacts by ids of HubSpot's, so the address stands in the text.
        Provider::HubSpot => {
            let from = ticket.email.as_ref().map(|email| format!("{email}\n\n")).unwrap_or_default();
            let properties = json!({
                "subject": ticket.subject, "content": format!("{from}{written}"), "hs_pipeline": "0", "hs_pipeline_stage": "1",
            });
            let bearer = format!("Bearer {}", std::str::from_utf8(secret).ok()?);
            ("/crm/v3/objects/tickets", Some(bearer), json!({"properties": properties}))
        }
        Provider::Generic => {
            let body = json!({
                "id": external_id, "created_at": Timestamp::from_millisecond(sent.since).ok()?.to_string(), "subject": ticket.subject,
                "description": ticket.body, "requester_email": ticket.email, "fields": ticket.fields,
            });
            ("", None, body)
        }
    };
    let body = body.to_string().into_bytes();
    let mut headers = vec![("content-type", "application/json".to_owned()), ("idempotency-key", external_id)];
    match authorization {
        Some(authorization) => headers.push(("authorization", authorization)),
        None => headers.push(("signpost-signature", sign(&target.secret, now, &body)?)),
    }
    Some(Request { url: format!("{}{path}", target.url.trim_end_matches('/')), headers, body })
}

/// The id that an answer gives a ticket.
pub fn their_id(provider: Provider, answer: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let id = if provider == Provider::Zendesk { &answer["ticket"]["id"] } else { &answer["id"] };
    match id {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', "<br>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;
    use crate::store::NewTicket;

    fn asked(provider: Provider, email: Option<&str>) -> (Request, Value) {
        let url = "https://desk.example.com/".to_owned();
        let target = Forward {
            provider,
            portal: "acme".into(),
            secret: Secret::new("a secret of enough characters").unwrap(),
            url,
        };
        let ticket = NewTicket {
            subject: "Card <lost>".into(),
            body: "It & I\nare apart".into(),
            email: email.map(str::to_owned),
            fields: [("plan".to_owned(), "gold".to_owned())].into(),
            ..NewTicket::default()
        };
        let sent = Outgoing { portal: "acme".into(), id: "t1".into(), since: 1_800_000_000_000, attempts: 0, ticket };
        let request = request(&target, &sent, 1_800_000_000_000).unwrap();
        let body = serde_json::from_slice(&request.body).unwrap();
        assert!(request.headers.contains(&("idempotency-key", "signpost:t1".into())), "{provider}");
        (request, body)
    }

    fn header<'a>(request: &'a Request, name: &str) -> &'a str {
        request.headers.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    #[test]
    fn each_help_desk_is_asked_as_it_publishes() {
        let (request, body) = asked(Provider::Zendesk, Some("ana@example.org"));
        assert_eq!(request.url, "https://desk.example.com/api/v2/tickets.json");
        assert_eq!(header(&request, "authorization"), "Basic YSBzZWNyZXQgb2YgZW5vdWdoIGNoYXJhY3RlcnM=");
        assert_eq!(body["ticket"]["external_id"], "signpost:t1");
        assert_eq!(body["ticket"]["comment"]["body"], "It & I\nare apart\n\nplan: gold");
        assert_eq!(body["ticket"]["requester"]["email"], "ana@example.org");
        assert_eq!(asked(Provider::Zendesk, None).1["ticket"]["requester"], Value::Null);

        let (request, body) = asked(Provider::Freshdesk, None);
        assert_eq!(request.url, "https://desk.example.com/api/v2/tickets");
        assert_eq!(header(&request, "authorization"), "Basic YSBzZWNyZXQgb2YgZW5vdWdoIGNoYXJhY3RlcnM6WA==");
        assert_eq!(body["description"], "It &amp; I<br>are apart<br><br>plan: gold");
        assert_eq!((body["unique_external_id"].clone(), body["status"].clone()), (json!("signpost:t1"), json!(2)));
        assert_eq!(asked(Provider::Freshdesk, Some("a@b.c")).1["email"], "a@b.c");

        let (request, body) = asked(Provider::HubSpot, Some("a@b.c"));
        assert_eq!(request.url, "https://desk.example.com/crm/v3/objects/tickets");
        assert_eq!(header(&request, "authorization"), "Bearer a secret of enough characters");
        assert_eq!(body["properties"]["content"], "a@b.c\n\nIt & I\nare apart\n\nplan: gold");

        let (request, body) = asked(Provider::Generic, Some("a@b.c"));
        assert_eq!(request.url, "https://desk.example.com");
        assert!(header(&request, "signpost-signature").starts_with("t=1800000000,v1="));
        assert_eq!(
            (body["id"].clone(), body["created_at"].clone()),
            (json!("signpost:t1"), json!("2027-01-15T08:00:00Z"))
        );
    }

    #[test]
    fn the_id_that_it_has_there_is_read_if_it_is_told() {
        assert_eq!(their_id(Provider::Zendesk, b"{\"ticket\": {\"id\": 3}}").as_deref(), Some("3"));
        assert_eq!(their_id(Provider::Freshdesk, b"{\"id\": 5}").as_deref(), Some("5"));
        assert_eq!(their_id(Provider::HubSpot, b"{\"id\": \"7\"}").as_deref(), Some("7"));
        assert_eq!(their_id(Provider::Generic, b"thanks"), None);
    }
}

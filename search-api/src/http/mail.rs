//! Mails to those who wrote tickets: told of each stage once the relay takes it, across restarts, at least once.

mod relay;

use super::App;
use super::pages::letter::{Letter, letter};
use super::tickets::is_address;
use crate::config::Mailing;
use crate::store::{OutgoingMail, StoreError};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::{Address, error};
use relay::{DeliveryError, deliver};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::task::JoinSet;

/// How often it is looked for mails that are due.
const LOOK: Duration = Duration::from_secs(1);

/// Why a mail could not be sent this time. Says nothing of the address, nor what a relay may repeat of it.
#[derive(Debug, thiserror::Error)]
enum MailError {
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    #[error("no --mail-from of this server names the portal")]
    Nobody,
    #[error("the portal is not there, or no address of its pages is known")]
    Nowhere,
    #[error("what was typed as an address is none")]
    NoAddress,
    #[error("it could not be put together: {0}")]
    Message(#[from] error::Error),
}

impl MailError {
    /// Whether it would be of no use to try again.
    fn is_final(&self) -> bool {
        match self {
            Self::Delivery(cause) => cause.is_final(),
            Self::NoAddress | Self::Message(_) => true,
            // Another server of the same database may know.
            Self::Nobody | Self::Nowhere => false,
        }
    }
}

/// Sends mails for as long as it is polled. Without a way to send them those that wait are given up in time, so that no address outlives
/// its ticket.
pub async fn keep_mailing(app: Arc<App>, mailing: Option<Mailing>) {
    let mailing = mailing.map(Arc::new);
    loop {
        if let Err(cause) = mail_due(&app, mailing.as_ref()).await {
            tracing::warn!(%cause, "mails that are due cannot be looked up");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Tries each mail that is due once, all at the same time: each is ours alone for longer than one attempt may take.
///
/// # Errors
/// The database cannot be read or written.
pub async fn mail_due(app: &Arc<App>, mailing: Option<&Arc<Mailing>>) -> Result<(), StoreError> {
    let mut tries = JoinSet::new();
    for mail in app.store.outgoing_mails().await? {
        tries.spawn(send(Arc::clone(app), mailing.cloned(), mail));
    }
    while let Some(tried) = tries.join_next().await {
        // One that broke off is tried again when it is nobody's any more.
        tried.unwrap_or(Ok(()))?;
    }
    Ok(())
}

/// Tries a mail once and notes what came of it.
async fn send(app: Arc<App>, mailing: Option<Arc<Mailing>>, mail: OutgoingMail) -> Result<(), StoreError> {
    let (portal, id) = (&mail.portal, &mail.id);
    let Err(cause) = attempt(&app, mailing.as_deref(), &mail).await else {
        app.store.end_mail(&mail).await?;
        metrics::counter!("signpost_mails_sent_total").increment(1);
        tracing::info!(portal, id, "whoever wrote a ticket was told of it");
        return Ok(());
    };
    metrics::counter!("signpost_mail_failures_total").increment(1);
    if cause.is_final() {
        app.store.end_mail(&mail).await?;
        tracing::warn!(portal, id, %cause, "whoever wrote a ticket cannot be told of it");
    } else if app.store.postpone_mail(&mail).await?.is_some() {
        tracing::warn!(portal, id, %cause, "whoever wrote a ticket could not be told of it; it will be tried again");
    } else {
        tracing::error!(portal, id, %cause, "whoever wrote a ticket could not be told of it for three days; it is given up");
    }
    Ok(())
}

async fn attempt(app: &App, mailing: Option<&Mailing>, mail: &OutgoingMail) -> Result<(), MailError> {
    let sender = mailing.and_then(|mailing| Some((mailing, mailing.from.get(&mail.portal)?)));
    let (mailing, from) = sender.ok_or(MailError::Nobody)?;
    let message = compose(app, from, mail)?;
    Ok(deliver(mailing, &message).await?)
}

fn compose(app: &App, from: &Address, mail: &OutgoingMail) -> Result<Message, MailError> {
    let snapshot = app.library.snapshot();
    let portal = snapshot.portal(&mail.portal).ok_or(MailError::Nowhere)?;
    let pages = app.config.pages_url(&mail.portal).ok_or(MailError::Nowhere)?;
    // Not every address that could be written into a header could be typed into the form.
    let to = Some(&mail.address).filter(|address| is_address(address)).and_then(|address| address.parse().ok());
    let to = to.ok_or(MailError::NoAddress)?;
    Ok(message(letter(portal, &pages, mail), (&portal.name, from), to, mail, app.now())?)
}

/// A mail as it goes over the wire; the same each time, but for its date.
fn message(
    letter: Letter,
    (name, from): (&str, &Address),
    to: Address,
    mail: &OutgoingMail,
    now: i64,
) -> Result<Message, error::Error> {
    let header = |name, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
    let date = SystemTime::UNIX_EPOCH + Duration::from_millis(now.unsigned_abs());
    Message::builder()
        .from(Mailbox::new(Some(name.to_owned()), from.clone()))
        .to(Mailbox::new(None, to))
        .date(date)
        .message_id(Some(format!("<{}@{}>", mail.message, from.domain())))
        // Nobody's absence is to be answered to (RFC 3834, 5; the other is what Exchange goes by).
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "All"))
        .raw_header(header("Content-Language", letter.language))
        .header(ContentType::TEXT_PLAIN)
        .subject(letter.subject)
        .body(letter.text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(to: Address, name: &str) -> Result<String, error::Error> {
        let mail = OutgoingMail {
            portal: "acme".into(),
            id: "T-1".into(),
            number: 1,
            since: 0,
            attempts: 0,
            address: to.to_string(),
            language: None,
            stages: Vec::new(),
            secret: "s".into(),
            message: "0123".into(),
        };
        let letter =
            Letter { subject: "Su solicitud: ¿qué?".into(), text: "Él dijo:\n.\nsí\n".into(), language: "es" };
        let from = "help@example.com".parse().unwrap();
        let message = message(letter, (name, &from), to, &mail, 1_800_000_000_000)?;
        Ok(String::from_utf8(message.formatted()).unwrap())
    }

    /// Names of the headers of a mail; a line that goes on is part of the one before.
    fn names(mail: &str) -> Vec<&str> {
        let (head, _) = mail.split_once("\r\n\r\n").unwrap();
        let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
        lines.map(|line| line.split_once(':').unwrap_or_else(|| panic!("{line:?}")).0).collect()
    }

    const HEADERS: [&str; 10] = [
        "From",
        "To",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "Content-Language",
        "Content-Type",
        "Subject",
        "Content-Transfer-Encoding",
    ];

    #[test]
    fn a_mail_says_that_a_machine_wrote_it_and_is_ascii() {
        let mail = written("ana@example.org".parse().unwrap(), "Acme, \"Ltd\"").unwrap();
        assert_eq!(names(&mail), HEADERS);
        for line in [
            "Message-ID: <0123@example.com>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "To: ana@example.org\r\n",
            "Content-Language: es\r\n",
            "Date: Fri, 15 Jan 2027 08:00:00 +0000\r\n",
            "<help@example.com>\r\n",
        ] {
            assert!(mail.contains(line), "{line}{mail}");
        }
        assert!(mail.is_ascii(), "{mail}");
    }

    proptest! {
        #[test]
        fn no_address_and_no_portal_adds_a_header_or_a_command(
            to in prop_oneof![any::<String>(), "\"[\\x00-\\x7f]{0,12}\"@example\\.org", "[ -~\r\n]{1,12}@[ -~\r\n]{1,12}"],
            name in any::<String>(),
        ) {
            let to = to.parse::<Address>().ok().filter(|_| is_address(&to));
            let to = to.unwrap_or_else(|| "ana@example.org".parse().unwrap());
            prop_assert!(!to.to_string().contains(['\r', '\n', ' ']));
            // Some that are addresses the library does not write.
            if let Ok(mail) = written(to, &name) {
                prop_assert_eq!(names(&mail), HEADERS);
            }
        }
    }
}

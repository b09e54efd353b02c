//! Word of a ticket's stages to whoever wrote it: noted with the stage, told once, never more than some a day to one address, and with the
//! address that lies in the sealed ticket alone.

use super::names::Named;
use super::outbox::{Way, next_mail};
use super::tickets::{self, Told, Written};
use super::work::{Done, Work};
use super::{NewTicket, Stage, Store, StoreError, hex};
use crate::deflection::log::{Hash, Millis};
use crate::deflection::question::DAY;
use sqlx::{AnyConnection, query};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Most mails to one address in any 24 hours, from all portals: the form takes whatever address is typed into it.
const MOST_A_DAY: i64 = 10;

/// A mail to be sent.
#[derive(Clone, Debug)]
pub struct OutgoingMail {
    /// Portal.
    pub portal: String,
    /// The ticket that it tells of.
    pub id: String,
    /// Number of the stage that it tells of.
    pub number: i64,
    /// Since when it is on its way.
    pub since: Millis,
    /// Attempts before this one.
    pub attempts: u32,
    /// To whom, as it was typed.
    pub address: String,
    /// Tag of the language in which the ticket was written.
    pub language: Option<String>,
    /// Each stage that the ticket reached and since when, oldest first; never empty.
    pub stages: Vec<(Stage, Millis)>,
    /// What opens the ticket's page without what was written.
    pub secret: String,
    /// The same for the same stage of the same ticket, however often it is sent; tells nothing of it.
    pub message: String,
}

/// A mail on its way.
#[derive(Debug)]
pub struct Mailing {
    portal: String,
    id: String,
    /// Number of the stage that it tells of.
    number: i64,
    /// What stays of a ticket that was handed over, once its writer was told.
    emptied: Vec<u8>,
}

/// Whether a mail may be sent: few were sent to its address, and nobody has erased it since it was taken. Counts it the first time.
pub async fn admit(db: &mut AnyConnection, mail: &Mailing, address: &Hash, now: Millis) -> Result<bool, sqlx::Error> {
    let counted = query(
        "INSERT INTO mailed (portal, id, stage, address, at) SELECT $1, $2, $3, $4, $5 \
         WHERE (SELECT COUNT(*) FROM mailed WHERE address = $4 AND at > $6) < $7 \
         AND EXISTS (SELECT 1 FROM outbox WHERE portal = $1 AND id = $2 AND way = $8 AND stage = $3) \
         ON CONFLICT (portal, id, stage) DO NOTHING",
    );
    let counted = counted.bind(&mail.portal).bind(&mail.id).bind(mail.number).bind(&address[..]).bind(now);
    counted.bind(now - DAY).bind(MOST_A_DAY).bind(Way::Mail.name()).execute(&mut *db).await?;
    let admitted = query("SELECT 1 AS one FROM mailed WHERE portal = $1 AND id = $2 AND stage = $3");
    let admitted = admitted.bind(&mail.portal).bind(&mail.id).bind(mail.number);
    Ok(admitted.fetch_optional(db).await?.is_some())
}

/// Notes that a mail was sent, or is not to be sent any more. Of a ticket that was handed over the address goes with it.
pub async fn end(db: &mut AnyConnection, mail: &Mailing) -> Result<(), sqlx::Error> {
    let ended = query("DELETE FROM outbox WHERE portal = $1 AND id = $2 AND way = $3 AND stage = $4");
    let ended = ended.bind(&mail.portal).bind(&mail.id).bind(Way::Mail.name()).bind(mail.number);
    if ended.execute(&mut *db).await?.rows_affected() == 0 {
        // The next stage is still to be told, or another server was faster.
        return Ok(());
    }
    let emptied = query(
        "UPDATE ticket SET sealed = $1 WHERE portal = $2 AND id = $3 AND EXISTS \
         (SELECT 1 FROM ticket_stage WHERE portal = $2 AND id = $3 AND stage = $4)",
    );
    let emptied = emptied.bind(&mail.emptied[..]).bind(&mail.portal).bind(&mail.id);
    emptied.bind(Stage::HandedOver.name()).execute(db).await.map(drop)
}

/// An address without what mail providers let its owner put after a plus sign, and without the case of its letters: it reaches the same
/// person.
fn base(address: &str) -> String {
    let address = address.trim().to_lowercase();
    match address.rsplit_once('@') {
        Some((user, host)) => format!("{}@{host}", user.split('+').next().unwrap_or_default()),
        None => address,
    }
}

impl Store {
    /// The same, whose writers of tickets of these portals are told of them by e-mail.
    pub fn mailing(self, portals: BTreeSet<String>) -> Self {
        Self { mailed: Arc::new(portals), ..self }
    }

    /// Whether the writer of a ticket is told of it.
    pub(super) fn tells(&self, portal: &str, ticket: &NewTicket) -> Told {
        if self.mailed.contains(portal) && ticket.email.is_some() { Told::Yes } else { Told::No }
    }

    /// Takes mails that are to be sent now, for a minute and a half. Those that cannot be sent any more are given up.
    pub async fn outgoing_mails(&self) -> Result<Vec<OutgoingMail>, StoreError> {
        let mut outgoing = Vec::new();
        for claimed in self.claim(Way::Mail).await? {
            let (portal, id, number) = (claimed.portal, claimed.id, claimed.stage);
            let plain = claimed.sealed.and_then(|sealed| self.keys.unseal(&portal, &id, &sealed));
            let written = plain.and_then(|plain| serde_json::from_slice::<Written>(&plain).ok());
            let mut stages = tickets::stages(self.archive.pool(), &portal, &id).await?;
            // A later one is a mail of its own.
            stages.truncate(usize::try_from(number).unwrap_or_default());
            let mailing = self.on_its_way(&portal, &id, number)?;
            let written = written.map(NewTicket::from).filter(|_| !stages.is_empty());
            let Some(NewTicket { email: Some(address), language, .. }) = written else {
                tracing::warn!(portal, id, "whoever wrote a ticket that is gone cannot be told of it");
                self.write(Work::EndMail(mailing)).await?;
                continue;
            };
            let counted = self.keys.content(&["mail", &base(&address)]);
            let Done::Admitted(admitted) = self.write(Work::Admit(mailing, counted)).await? else {
                return Err(StoreError::Stopped);
            };
            if !admitted {
                tracing::warn!(
                    portal,
                    id,
                    "whoever wrote a ticket is not told of it: too many mails to one address, or it is gone"
                );
                self.write(Work::EndMail(self.on_its_way(&portal, &id, number)?)).await?;
                continue;
            }
            outgoing.push(OutgoingMail {
                secret: self.keys.word_secret(&portal, &id),
                message: hex(&self.keys.content(&["message", &portal, &id, &number.to_string()])),
                since: claimed.since,
                attempts: claimed.attempts,
                portal,
                id,
                number,
                address,
                language,
                stages,
            });
        }
        Ok(outgoing)
    }

    /// Notes that a mail was sent, or that it is given up. Durable when it returns.
    pub async fn end_mail(&self, sent: &OutgoingMail) -> Result<(), StoreError> {
        let mailing = self.on_its_way(&sent.portal, &sent.id, sent.number)?;
        self.write(Work::EndMail(mailing)).await.map(drop)
    }

    /// Notes that a mail could not be sent: when it is tried again, or `None` if it is given up.
    pub async fn postpone_mail(&self, sent: &OutgoingMail) -> Result<Option<Millis>, StoreError> {
        let due = next_mail((self.clock)(), sent.since, sent.attempts);
        if due.is_none() {
            self.end_mail(sent).await?;
            return Ok(None);
        }
        let (portal, id) = (sent.portal.clone(), sent.id.clone());
        self.write(Work::Postpone { portal, id, way: Way::Mail, stage: sent.number, due }).await?;
        Ok(due)
    }

    fn on_its_way(&self, portal: &str, id: &str, number: i64) -> Result<Mailing, StoreError> {
        let emptied = tickets::seal(&self.keys, portal, id, &NewTicket::default())?;
        Ok(Mailing { portal: portal.into(), id: id.into(), number, emptied })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_reach_the_same_person_are_one() {
        for address in ["ana@example.org", " Ana@Example.org ", "ana+a+b@example.org"] {
            assert_eq!(base(address), "ana@example.org");
        }
        assert_eq!(base("\"a@b\"@example.org"), "\"a@b\"@example.org");
        assert_eq!(base("nowhere"), "nowhere");
    }
}

//! One mail to the relay: a conversation that ends in time, and what a refusal in it means.

use crate::config::{Mailing, Relay, Security};
use lettre::message::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters, TlsParametersBuilder};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::timeout;

/// How long a relay may take from the first byte to its word that it has the mail; shorter than a mail is ours alone.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long it may take to say good-bye: nothing depends on it.
const PARTING: Duration = Duration::from_secs(1);

/// Why a mail did not get to the relay.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// It is not there, does not let us in, or does not take mails from us: whatever it says, of this mail or any, is for the operator.
    #[error("the relay: {}", chain(.0))]
    Relay(#[source] Error),
    /// It took too long.
    #[error("the relay did not answer in time")]
    Late,
    /// It takes none for this address, or not this mail.
    #[error("the relay refused it with {code}")]
    Refused {
        /// Code of its answer.
        code: String,
    },
    /// It takes none for this address, or not this mail, now; or broke off.
    #[error("the relay put it off{}", .code.as_ref().map(|code| format!(" with {code}")).unwrap_or_default())]
    PutOff {
        /// Code of its answer, if it gave one.
        code: Option<String>,
    },
    /// The address has letters that it does not know.
    #[error("the relay knows only ASCII addresses (no SMTPUTF8)")]
    Ascii,
}

impl DeliveryError {
    /// Whether it would be of no use to try again.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Ascii)
    }

    /// What an answer means that may repeat the address: only its code is told.
    fn of(answer: &Error) -> Self {
        let code = answer.status().map(|code| code.to_string());
        match code {
            Some(code) if answer.is_permanent() => Self::Refused { code },
            code => Self::PutOff { code },
        }
    }
}

/// Hands a mail to the relay.
///
/// # Errors
/// The relay does not have it, or did not say so in time.
pub async fn deliver(mailing: &Mailing, message: &Message) -> Result<(), DeliveryError> {
    timeout(PATIENCE, converse(mailing, message)).await.unwrap_or(Err(DeliveryError::Late))
}

async fn converse(mailing: &Mailing, message: &Message) -> Result<(), DeliveryError> {
    let mut connection = connect(mailing).await.map_err(DeliveryError::Relay)?;
    let told = tell(&mut connection, message).await;
    // What it said of the mail holds, however it parts.
    let _ = timeout(PARTING, connection.quit()).await;
    told
}

async fn connect(mailing: &Mailing) -> Result<AsyncSmtpConnection, Error> {
    let Relay { host, port, security, .. } = &mailing.relay;
    let name = match mailing.host.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(mailing.host.clone()),
    };
    let tls = |security: Security| match security {
        Security::Plain => Ok(None),
        Security::Tls | Security::StartTls => {
            let tls = TlsParameters::builder(host.clone());
            let tls = mailing.authority.iter().cloned().fold(tls, TlsParametersBuilder::add_root_certificate);
            tls.build_rustls().map(Some)
        }
    };
    let at_once = if *security == Security::Tls { tls(*security)? } else { None };
    let server = (host.as_str(), *port);
    let mut connection = AsyncSmtpConnection::connect_tokio1(server, Some(PATIENCE), &name, at_once, None).await?;
    if *security == Security::StartTls
        && let Some(tls) = tls(*security)?
    {
        connection.starttls(tls, &name).await?;
    }
    if let Some(credentials) = &mailing.credentials {
        connection.auth(DEFAULT_MECHANISMS, credentials).await?;
    }
    Ok(connection)
}

async fn tell(connection: &mut AsyncSmtpConnection, message: &Message) -> Result<(), DeliveryError> {
    let (envelope, text) = (message.envelope(), message.formatted());
    let mut options = Vec::new();
    if !envelope.to().iter().all(|to| to.to_string().is_ascii()) {
        options.push((Extension::SmtpUtfEight, MailParameter::SmtpUtfEight));
    }
    if !text.is_ascii() {
        options.push((Extension::EightBitMime, MailParameter::Body(MailBodyParameter::EightBitMime)));
    }
    if !options.iter().all(|(extension, _)| connection.server_info().supports_feature(*extension)) {
        return Err(DeliveryError::Ascii);
    }
    let options = options.into_iter().map(|(_, parameter)| parameter).collect();
    // A sender that it does not know is no fault of the mail's.
    connection.command(Mail::new(envelope.from().cloned(), options)).await.map_err(DeliveryError::Relay)?;
    for to in envelope.to() {
        connection.command(Rcpt::new(to.clone(), Vec::new())).await.map_err(|answer| DeliveryError::of(&answer))?;
    }
    connection.command(Data).await.map_err(|answer| DeliveryError::of(&answer))?;
    connection.message(&text).await.map_err(|answer| DeliveryError::of(&answer))?;
    Ok(())
}

/// An error and what caused it, on one line.
fn chain(error: &Error) -> String {
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        let more = next.to_string();
        if !said.contains(&more) {
            said = format!("{said}: {more}");
        }
        cause = next.source();
    }
    said.chars().filter(|c| !c.is_control()).take(300).collect()
}

//! A relay for tests: takes one conversation of SMTP, answers as it is told to, and says what it heard.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// A certificate of `localhost` and 127.0.0.1 that nobody but tests trusts, good until 2126.
pub const CERTIFICATE: &str = include_str!("fixtures/relay_certificate.pem");
const KEY: &str = include_str!("fixtures/relay_key.pem");

/// What a relay heard.
#[derive(Debug, Default)]
pub struct Heard {
    /// Each command, without the line's end.
    pub commands: Vec<String>,
    /// The mail, if it came to that; with the lines' ends.
    pub mail: Option<String>,
}

/// A connection, in the open or not.
trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

impl Heard {
    /// The arguments of the last command of a name, such as `RCPT`.
    pub fn said(&self, command: &str) -> Option<&str> {
        self.commands.iter().rev().find_map(|said| said.strip_prefix(command)).map(str::trim)
    }

    /// The text of the mail, as it was written.
    pub fn text(&self) -> String {
        let (head, body) = self.mail.as_deref().unwrap().split_once("\r\n\r\n").unwrap();
        let body = body.replace("\r\n", "\n");
        if !head.contains("quoted-printable") {
            return body;
        }
        let mut bytes = Vec::new();
        let mut rest = body.replace("=\n", "").into_bytes().into_iter();
        while let Some(byte) = rest.next() {
            if byte == b'=' {
                let hex = [rest.next().unwrap(), rest.next().unwrap()];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
            } else {
                bytes.push(byte);
            }
        }
        String::from_utf8(bytes).unwrap()
    }
}

/// Takes the next conversation. `answers` are to commands of these beginnings (`connect` is before the first, `.` the end of a mail); to
/// others it says yes.
pub fn converse(listener: &TcpListener, answers: &[(&str, &str)]) -> Heard {
    let stream = listener.accept().unwrap().0;
    talk(Box::new(stream.try_clone().unwrap()), &stream, answers)
}

/// The same of a relay that speaks TLS from the first byte.
pub fn converse_in_private(listener: &TcpListener, answers: &[(&str, &str)]) -> Heard {
    let stream = listener.accept().unwrap().0;
    talk(secured(&stream), &stream, answers)
}

fn talk(mut wire: Box<dyn Wire>, stream: &TcpStream, answers: &[(&str, &str)]) -> Heard {
    let mut heard = Heard::default();
    let say = |wire: &mut Box<dyn Wire>, command: &str, usual: &str| {
        let told = answers.iter().find(|(of, _)| command.starts_with(of)).map_or(usual, |(_, answer)| answer);
        // Whoever has gone hears nothing.
        let _ = wire.write_all(format!("{told}\r\n").as_bytes()).and_then(|()| wire.flush());
        told.starts_with(['2', '3'])
    };
    say(&mut wire, "connect", "220 relay.test");
    while let Some(command) = line(&mut wire) {
        heard.commands.push(command.clone());
        match command.as_str() {
            "STARTTLS" => {
                say(&mut wire, "STARTTLS", "220 go on");
                wire = secured(stream);
            }
            "DATA" => {
                if say(&mut wire, "DATA", "354 go on") {
                    let mail = std::iter::from_fn(|| line(&mut wire)).take_while(|line| line != ".");
                    heard.mail = Some(mail.map(|line| format!("{line}\r\n")).collect());
                    say(&mut wire, ".", "250 2.0.0 queued");
                }
            }
            "QUIT" => {
                say(&mut wire, "QUIT", "221 bye");
                break;
            }
            _ => _ = say(&mut wire, &command, "250 relay.test"),
        }
    }
    heard
}

fn secured(stream: &TcpStream) -> Box<dyn Wire> {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    let connection = ServerConnection::new(Arc::new(config)).unwrap();
    Box::new(StreamOwned::new(connection, stream.try_clone().unwrap()))
}

/// The next line without its end; `None` if there is none.
fn line(wire: &mut Box<dyn Wire>) -> Option<String> {
    let mut bytes = Vec::new();
    while bytes.last() != Some(&b'\n') {
        let mut byte = [0];
        wire.read_exact(&mut byte).ok()?;
        bytes.extend(byte);
    }
    Some(String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned())
}

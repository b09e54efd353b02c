//! A small HTTP client for drivers: one kept-alive connection, requests written whole, answers read whole.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One connection, with the bytes of its last answer.
pub struct Connection {
    address: String,
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects to `host:port`.
    pub async fn open(address: &str) -> Self {
        let stream = Self::connect(address).await;
        Self { address: address.to_owned(), stream, buffer: Vec::new() }
    }

    /// Sends a GET and reads the answer to its end; returns the status, or the error that ended the connection.
    pub async fn get(&mut self, path: &str) -> std::io::Result<u16> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        loop {
            self.read_more().await?;
            let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&self.buffer[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
            while self.buffer.len() < end + 4 + length {
                self.read_more().await?;
            }
            return Ok(head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0));
        }
    }

    /// Connects again after an error.
    pub async fn reopen(&mut self) {
        self.stream = Self::connect(&self.address).await;
    }

    /// The last answer, head and body.
    pub fn answer(&self) -> &[u8] {
        &self.buffer
    }

    async fn connect(address: &str) -> TcpStream {
        let stream = TcpStream::connect(address).await.expect("connect");
        stream.set_nodelay(true).expect("a connected socket");
        stream
    }

    async fn read_more(&mut self) -> std::io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

//! HTTP by hand: what a client that does not behave can send.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How long a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// An answer taken apart.
pub(super) struct Answer {
    pub(super) status: u16,
    head: String,
    pub(super) body: String,
}

impl Answer {
    /// A header's value.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(is, _)| is.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }
}

/// The head of a request.
pub(super) fn head(method: &str, target: &str, headers: &[(&str, &str)]) -> String {
    let mut lines =
        format!("{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n");
    for (name, value) in headers {
        lines.push_str(&format!("{name}: {value}\r\n"));
    }
    lines + "\r\n"
}

pub(super) fn get(target: &str, headers: &[(&str, &str)]) -> String {
    head("GET", target, headers)
}

pub(super) fn post(target: &str, headers: &[(&str, &str)], body: &str) -> String {
    let length = body.len().to_string();
    let mut all = headers.to_vec();
    all.push(("Content-Length", &length));
    head("POST", target, &all) + body
}

pub(super) fn with_host(
    method: &str,
    target: &str,
    host: &str,
    headers: &[(&str, String)],
) -> String {
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    head(method, target, &headers).replace("Host: 127.0.0.1", &format!("Host: {host}"))
}

/// Sends bytes and reads the answer to its end.
pub(super) async fn send(address: SocketAddr, request: &str) -> Answer {
    tokio::time::timeout(PATIENCE, exchange(address, request))
        .await
        .expect("an answer in time")
}

async fn exchange(address: SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let (mut from, mut to) = stream.split();
    let mut bytes = Vec::new();
    let mut part = [0_u8; 4096];
    // The endpoint may answer and close before it has read everything; what it said still counts.
    let (_sent, ()) = tokio::join!(to.write_all(request.as_bytes()), async {
        while let Ok(count @ 1..) = from.read(&mut part).await {
            bytes.extend_from_slice(&part[..count]);
        }
    });
    let text = String::from_utf8(bytes).expect("an answer in UTF-8");
    let (head, body) = text.split_once("\r\n\r\n").expect("a whole head");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Answer {
        status: status.expect("a status"),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

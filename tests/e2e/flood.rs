//! More connections at once than a process could hold both ends of.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tests::harness::{Emulators, Plan};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const CONNECTIONS: usize = 10_000;

/// What the emulators' process may take for so many connections, in MiB.
const MEMORY_MIB: u64 = 600;

/// Files that the other tests of this process have open meanwhile, at most.
const OTHERS: usize = 1_000;

/// How many files this process may have open, where the system says it.
fn files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().nth(3));
    soft.and_then(|soft| soft.parse().ok()).unwrap_or(1_024)
}

/// The status of the answer that comes.
async fn status(stream: &mut TcpStream) -> u16 {
    let mut head = [0; 12];
    stream.read_exact(&mut head).await.expect("an answer");
    let text = String::from_utf8_lossy(&head);
    text.split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_connections_at_once_are_served_in_bounded_memory() {
    let emulators = Emulators::bare(&Plan::new(10, 41)).await;
    let text = |name: &str| {
        emulators.first["jira"][name]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let host = text("url")
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    let credentials = STANDARD.encode(format!("{}:{}", text("user"), text("token")));
    let request = format!(
        "GET /rest/api/3/myself HTTP/1.1\r\nhost: {host}\r\nauthorization: Basic {credentials}\r\n\r\n"
    );
    let count = files().saturating_sub(OTHERS).min(CONNECTIONS);
    let before = emulators.resident_mib();
    let mut streams = Vec::with_capacity(count);
    for _ in 0..count {
        streams.push(TcpStream::connect(&host).await.expect("a connection"));
    }
    for stream in &mut streams {
        stream.write_all(request.as_bytes()).await.expect("sent");
    }
    let mut answered = 0;
    for stream in &mut streams {
        answered += usize::from(status(stream).await == 200);
    }
    let grown = emulators.resident_mib().saturating_sub(before);
    eprintln!("{answered} of {count} connections were served at once, +{grown} MiB");
    assert_eq!(answered, count);
    assert!(grown < MEMORY_MIB, "{grown} MiB for {count} connections");
    drop(emulators.end());
}

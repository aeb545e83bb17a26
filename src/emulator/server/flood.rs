//! What hostile clients can do to a server: be refused, and not much else. Every claim ends with a
//! request that is served as if nothing had happened.

use std::time::Instant;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::jira::Cloud;
use crate::offline::outbox::Sender;

/// alice@acme.example:alice-token
const ALICE: &str = "Authorization: Basic YWxpY2VAYWNtZS5leGFtcGxlOmFsaWNlLXRva2Vu\r\n";

async fn server(items: u32, allowance: Allowance) -> Running {
    let options = Options {
        allowance,
        ..Options::live(items, 7)
    };
    let site = Box::new(Cloud::new(options.clone()));
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    Server::bind(address, site, options)
        .await
        .expect("a free port")
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n{ALICE}\r\n")
}

fn post(headers: &str) -> String {
    let kind = "Content-Type: application/json\r\n";
    format!("POST /rest/api/3/issue HTTP/1.1\r\nHost: x\r\n{ALICE}{kind}{headers}\r\n")
}

async fn connect(running: &Running) -> TcpStream {
    let address = running.url().trim_start_matches("http://");
    TcpStream::connect(address).await.expect("a connection")
}

/// Everything that arrives until the connection ends, or nothing came for a while.
async fn rest(stream: &mut TcpStream) -> String {
    let mut all = BytesMut::new();
    let quiet = Duration::from_secs(5);
    while let Ok(Ok(1..)) = tokio::time::timeout(quiet, stream.read_buf(&mut all)).await {}
    String::from_utf8_lossy(&all).into_owned()
}

/// The first answer's status; 0 when the connection ends without.
async fn status(stream: &mut TcpStream) -> u16 {
    let mut head = Vec::new();
    while head.len() < 12 {
        match stream.read_buf(&mut head).await {
            Ok(1..) => {}
            Ok(0) | Err(_) => return 0,
        }
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    text.split(' ')
        .nth(1)
        .and_then(|it| it.parse().ok())
        .unwrap_or(0)
}

async fn told(running: &Running, request: &str) -> u16 {
    let mut stream = connect(running).await;
    // A refusal may come before everything is sent.
    let _sent = stream.write_all(request.as_bytes()).await;
    status(&mut stream).await
}

async fn still_serves(running: &Running) {
    assert_eq!(told(running, &get("/rest/api/3/myself")).await, 200);
}

#[tokio::test]
async fn heads_that_are_too_large_are_431() {
    let running = server(0, Allowance::default()).await;
    let large = format!("X-Large: {}\r\n", "a".repeat(2 * limit::HEAD_BYTES_MAX));
    let many = "X-Many: a\r\n".repeat(limit::HEADERS_MAX + 1);
    assert_eq!(told(&running, &post(&large)).await, 431);
    assert_eq!(told(&running, &post(&many)).await, 431);
    let long = get(&format!(
        "/rest/api/3/myself?{}",
        "a".repeat(2 * limit::HEAD_BYTES_MAX)
    ));
    assert!(matches!(told(&running, &long).await, 414 | 431));
    assert_eq!(
        told(&running, "GET / HTTP/1.1\r\nHost : x\r\n\r\n").await,
        400
    );
    assert_eq!(told(&running, "\u{0}\u{1}\u{2}\r\n\r\n").await, 400);
    still_serves(&running).await;
}

#[tokio::test]
async fn a_body_that_is_declared_too_long_is_413_before_it_is_sent() {
    let running = server(0, Allowance::default()).await;
    let length = format!("Content-Length: {}\r\n", limit::REQUEST_BODY_BYTES_MAX + 1);
    let waiting = post(&format!("{length}Expect: 100-continue\r\n"));
    assert_eq!(told(&running, &waiting).await, 413);
    let absurd = post("Content-Length: 99999999999999999999999\r\n");
    assert_eq!(told(&running, &absurd).await, 400);
    still_serves(&running).await;
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_to_go_on() {
    let running = server(0, Allowance::default()).await;
    let mut stream = connect(&running).await;
    let asks = post("Content-Length: 2\r\nExpect: 100-continue\r\n");
    stream.write_all(asks.as_bytes()).await.expect("sent");
    let mut part = [0; 64];
    let count = stream.read(&mut part).await.expect("an answer");
    assert!(part[..count].starts_with(b"HTTP/1.1 100 Continue"));
    stream.write_all(b"{}").await.expect("sent");
    assert_eq!(status(&mut stream).await, 400);
}

#[tokio::test]
async fn an_endless_body_is_413_and_held_by_nobody() {
    let running = server(0, Allowance::default()).await;
    let (mut reading, mut writing) = connect(&running).await.into_split();
    let begin = post("Transfer-Encoding: chunked\r\n");
    writing.write_all(begin.as_bytes()).await.expect("sent");
    let chunk = format!("100000\r\n{}\r\n", "a".repeat(0x0010_0000));
    for _ in 0..=limit::REQUEST_BODY_BYTES_MAX / 0x0010_0000 {
        writing.write_all(chunk.as_bytes()).await.expect("sent");
    }
    writing.write_all(b"0\r\n\r\n").await.expect("sent");
    let mut head = [0; 12];
    reading.read_exact(&mut head).await.expect("an answer");
    assert_eq!(&head, b"HTTP/1.1 413");
    still_serves(&running).await;
}

#[tokio::test]
async fn bodies_that_together_hold_too_much_are_503_and_small_ones_pass() {
    let running = server(
        1,
        Allowance {
            bodies_bytes: 1_000_000,
            ..Allowance::default()
        },
    )
    .await;
    let begin = post("Content-Length: 900000\r\n");
    let body = vec![b'a'; 800_000];
    let mut slow = connect(&running).await;
    slow.write_all(begin.as_bytes()).await.expect("sent");
    slow.write_all(&body).await.expect("sent");
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut other = connect(&running).await;
    other.write_all(begin.as_bytes()).await.expect("sent");
    other.write_all(&[b'a'; 900_000]).await.expect("sent");
    assert_eq!(status(&mut other).await, 503);
    let comment = r#"{"body":{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"a"}]}]}}"#;
    let small = format!(
        "Content-Length: {}\r\nContent-Type: application/json\r\n",
        comment.len()
    );
    let small = post(&small).replace("/issue", "/issue/WEB-1/comment") + comment;
    assert_eq!(told(&running, &small).await, 201);
    drop(slow);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut again = connect(&running).await;
    again.write_all(begin.as_bytes()).await.expect("sent");
    again.write_all(&[b'a'; 900_000]).await.expect("sent");
    assert_eq!(status(&mut again).await, 400, "there is room again");
}

#[tokio::test]
async fn who_is_slow_to_send_is_let_go() {
    let running = server(
        0,
        Allowance {
            head_ms: 300,
            body_ms: 300,
            ..Allowance::default()
        },
    )
    .await;
    let mut head = connect(&running).await;
    head.write_all(b"GET /rest/api/3/mys").await.expect("sent");
    let mut body = connect(&running).await;
    let begin = post("Content-Length: 100\r\n");
    body.write_all(begin.as_bytes()).await.expect("sent");
    let began = Instant::now();
    let dripping = async {
        for _ in 0..40 {
            if body.write_all(b"a").await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        status(&mut body).await
    };
    let (dripped, silent) = tokio::join!(dripping, rest(&mut head));
    assert_eq!(dripped, 408);
    assert!(!silent.contains(" 200 "), "{silent}");
    assert!(began.elapsed() < Duration::from_secs(4));
    still_serves(&running).await;
}

#[tokio::test]
async fn who_is_slow_to_read_is_let_go_and_holds_nothing() {
    let options = Options {
        allowance: Allowance {
            answer_ms: 300,
            answers_bytes: 40_000_000,
            ..Allowance::default()
        },
        ..Options::live(0, 1)
    };
    let (site, _) = Sender::new([]);
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let running = Server::bind(address, Box::new(site), options).await;
    let running = running.expect("a free port");
    let mut stream = connect(&running).await;
    let large = get("/large/30000000");
    stream.write_all(large.as_bytes()).await.expect("sent");
    assert_eq!(status(&mut stream).await, 200);
    assert_eq!(told(&running, &large).await, 503, "one such answer is held");
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let mut bytes = 0;
    let mut part = vec![0; 1 << 20];
    while let Ok(count @ 1..) = stream.read(&mut part).await {
        bytes += count;
    }
    assert!(bytes < 30_000_000, "all arrived in spite of the wait");
    assert_eq!(
        told(&running, &large).await,
        200,
        "nothing is held any more"
    );
}

#[tokio::test]
async fn broken_chunks_are_400() {
    let running = server(0, Allowance::default()).await;
    for chunks in [
        "xyz\r\n",
        "5\r\nabcdefgh\r\n",
        "ffffffffffffffffff\r\n",
        "-1\r\n",
    ] {
        let begin = post("Transfer-Encoding: chunked\r\n");
        let answered = told(&running, &format!("{begin}{chunks}")).await;
        assert_eq!(answered, 400, "{chunks:?}");
    }
    still_serves(&running).await;
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let running = server(3, Allowance::default()).await;
    let mut stream = connect(&running).await;
    let mut requests = String::new();
    for number in (1..=60).map(|it| it % 3 + 1) {
        requests.push_str(&get(&format!(
            "/rest/api/3/issue/WEB-{number}?fields=labels"
        )));
    }
    requests.push_str(&get("/rest/api/3/myself").replace(ALICE, "Connection: close\r\n"));
    stream.write_all(requests.as_bytes()).await.expect("sent");
    let answers = rest(&mut stream).await;
    let keys: Vec<&str> = answers
        .match_indices("\"key\":\"WEB-")
        .map(|(at, _)| &answers[at + 11..at + 12])
        .collect();
    let expected = ["2", "3", "1"].repeat(20);
    assert_eq!(keys, expected);
    assert!(answers.contains("HTTP/1.1 401"));
}

#[tokio::test]
async fn a_flood_of_requests_is_answered_to_the_last() {
    let running = server(1, Allowance::default()).await;
    let last = get("/rest/api/3/myself").replace(ALICE, &format!("{ALICE}Connection: close\r\n"));
    let requests = get("/rest/api/3/myself").repeat(29) + &last;
    let mut clients = JoinSet::new();
    for _ in 0..60 {
        let mut stream = connect(&running).await;
        let requests = requests.clone();
        clients.spawn(async move {
            stream.write_all(requests.as_bytes()).await.expect("sent");
            rest(&mut stream).await.matches("HTTP/1.1 200 ").count()
        });
    }
    let answered = clients.join_all().await;
    assert_eq!(answered, vec![30; 60]);
    still_serves(&running).await;
}

#[tokio::test]
async fn a_head_is_a_get_without_its_body() {
    let running = server(1, Allowance::default()).await;
    let mut stream = connect(&running).await;
    let head = get("/rest/api/3/issue/WEB-1").replace("GET ", "HEAD ");
    let close = head.replace(ALICE, &format!("{ALICE}Connection: close\r\n"));
    stream.write_all(close.as_bytes()).await.expect("sent");
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    let lower = answer.to_ascii_lowercase();
    let length = lower.split("content-length: ").nth(1).expect("a length");
    assert!(length.split("\r\n").next() > Some("100"), "{answer}");
    assert!(lower.contains("\r\ndate: ") && lower.contains("\r\nx-arequestid: "));
}

#[tokio::test]
async fn a_connection_too_many_is_503() {
    let running = server(
        0,
        Allowance {
            connections: 3,
            ..Allowance::default()
        },
    )
    .await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(&running).await;
        let request = get("/rest/api/3/myself");
        stream.write_all(request.as_bytes()).await.expect("sent");
        assert_eq!(status(&mut stream).await, 200);
        held.push(stream);
    }
    let mut extra = connect(&running).await;
    assert_eq!(status(&mut extra).await, 503);
    drop(held);
    tokio::time::sleep(Duration::from_millis(100)).await;
    still_serves(&running).await;
}

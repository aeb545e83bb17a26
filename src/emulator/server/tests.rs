//! Claims about servers, made over sockets.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::fault::{Fault, Faults, Rule};
use crate::jira::Cloud;

async fn server() -> Running {
    let options = Options::live(3, 7);
    let site = Box::new(Cloud::new(options.clone()));
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    Server::bind(address, site, options)
        .await
        .expect("a free port")
}

fn get(path: &str) -> String {
    // alice@acme.example:alice-token
    let token = "YWxpY2VAYWNtZS5leGFtcGxlOmFsaWNlLXRva2Vu";
    format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {token}\r\n\r\n")
}

async fn connect(running: &Running) -> TcpStream {
    let address = running.url().trim_start_matches("http://");
    TcpStream::connect(address).await.expect("a connection")
}

/// One answer with a body of known length; fewer bytes when the connection closes before.
async fn exchange(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    loop {
        let count = stream.read(&mut part).await.unwrap_or(0);
        answer.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&answer).into_owned();
        if count == 0 || complete(&text) {
            return text;
        }
    }
}

fn complete(text: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|it| it.strip_prefix("content-length: "));
    length
        .and_then(|it| it.parse().ok())
        .is_some_and(|it: usize| body.len() >= it)
}

#[tokio::test]
async fn a_connection_serves_many_requests_and_stopping_is_graceful() {
    let running = server().await;
    let mut stream = connect(&running).await;
    for _ in 0..3 {
        let answer = exchange(&mut stream, &get("/rest/api/3/myself")).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains("Alice Abara"));
        assert!(
            answer.contains(running.url()),
            "links name the address that was used"
        );
    }
    assert_eq!(running.handle().with(|offline| offline.counts().total()), 3);
    let begun = std::time::Instant::now();
    running.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert_eq!(exchange(&mut stream, &get("/rest/api/3/myself")).await, "");
}

#[tokio::test]
async fn a_fault_closes_the_connection_or_cuts_the_body() {
    let running = server().await;
    let set = |rule: Rule| {
        running
            .handle()
            .with(|offline| offline.set_faults(&Faults::of([rule])))
    };
    set(Rule::always(Fault::Dropped));
    let mut stream = connect(&running).await;
    assert_eq!(exchange(&mut stream, &get("/rest/api/3/myself")).await, "");
    set(Rule::always(Fault::TruncatedBody));
    let mut stream = connect(&running).await;
    let answer = exchange(&mut stream, &get("/rest/api/3/myself")).await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && !complete(&answer),
        "{answer}"
    );
    let mut stream = connect(&running).await;
    let control = exchange(&mut stream, &get("/_emulator/requests")).await;
    assert!(control.contains("\"total\":2"), "{control}");
}

#[tokio::test]
async fn files_come_from_another_port_with_the_token_alone() {
    let running = server().await;
    let body = "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhello\r\n--XX--\r\n";
    let head = get("/rest/api/3/issue/WEB-1/attachments").replace("GET ", "POST ");
    let upload = format!(
        "{}X-Atlassian-Token: no-check\r\nContent-Type: multipart/form-data; boundary=XX\r\nContent-Length: {}\r\n\r\n{body}",
        head.trim_end_matches("\r\n").to_owned() + "\r\n",
        body.len()
    );
    let mut stream = connect(&running).await;
    let answer = exchange(&mut stream, &upload).await;
    let after = answer
        .split_once("/attachment/content/")
        .expect("an address")
        .1;
    let id: String = after.chars().take_while(char::is_ascii_digit).collect();
    let path = format!("/rest/api/3/attachment/content/{id}");
    let answer = exchange(&mut stream, &get(&path)).await;
    let location = answer
        .lines()
        .find_map(|it| it.strip_prefix("location: "))
        .expect("an address");
    assert!(!location.starts_with(running.url()), "{location}");
    let rest = location.strip_prefix("http://").expect("an address");
    let (host, path) = rest.split_once('/').expect("a path");
    let mut media = TcpStream::connect(host).await.expect("a connection");
    let bare = format!("GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(exchange(&mut media, &bare).await.ends_with("\r\n\r\nhello"));
    let leaks = |running: &Running| running.handle().with(|it| it.credentials_leaked());
    assert_eq!(leaks(&running), 0);
    let careless = get(&format!("/{path}"));
    assert!(
        exchange(&mut media, &careless)
            .await
            .starts_with("HTTP/1.1 200")
    );
    assert_eq!(leaks(&running), 1);
    let control = exchange(&mut media, &get("/_emulator/ledger")).await;
    assert!(control.starts_with("HTTP/1.1 404"), "{control}");
    running.stop().await;
}

#[tokio::test]
async fn what_is_applied_late_is_applied_without_a_further_request() {
    let running = server().await;
    let late = Rule {
        delay_ms: Some(50),
        ..Rule::always(Fault::LateApply)
    };
    running
        .handle()
        .with(|offline| offline.set_faults(&Faults::of([late])));
    let mut stream = connect(&running).await;
    let delete = get("/rest/api/3/issue/WEB-1").replace("GET ", "DELETE ");
    assert_eq!(exchange(&mut stream, &delete).await, "");
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let left = running
            .handle()
            .with(|offline| offline.site().items().len());
        if left == 2 {
            return;
        }
    }
    panic!("the late request was never applied");
}

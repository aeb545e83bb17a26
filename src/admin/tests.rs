//! Claims about the endpoint, over real sockets with a node that is made up.

mod fake;
mod raw;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use model::Side;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::backend::{Command, Query, Readiness, Refusal};
use crate::client::{Client, ClientError};
use crate::server::{ServeError, serve};
use crate::token::Token;
use crate::{limit, reply};
use fake::Fake;
use raw::{Answer, get, post, send};

const SECRET: &str = "a-token-that-is-long-enough-for-a-test";

/// An endpoint at work.
struct Node {
    address: SocketAddr,
    token: Token,
    fake: Arc<Fake>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), ServeError>>,
}

impl Node {
    async fn start() -> Node {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let address = listener.local_addr().expect("an address");
        let token = token(SECRET);
        let fake = Arc::new(Fake::default());
        let (stop, stopped) = oneshot::channel();
        let (backend, given) = (Arc::clone(&fake), token.clone());
        let task = tokio::spawn(async move {
            serve(listener, backend, given, async {
                let _stopped = stopped.await;
            })
            .await
        });
        Node {
            address,
            token,
            fake,
            stop,
            task,
        }
    }

    async fn get(&self, target: &str) -> Answer {
        send(self.address, &get(target, &[("Authorization", &bearer())])).await
    }

    async fn ask(&self, query: Query) -> Result<serde_json::Value, ClientError> {
        Client::query(self.address, &self.token, &query).await
    }

    async fn stop(self) -> Result<(), ServeError> {
        self.stop.send(()).expect("still running");
        self.task.await.expect("no panic")
    }
}

fn token(text: &str) -> Token {
    match Token::new(text) {
        Ok(token) => token,
        Err(error) => panic!("{error}"),
    }
}

fn bearer() -> String {
    format!("Bearer {SECRET}")
}

#[tokio::test]
async fn a_node_that_can_be_reached_from_outside_is_refused() {
    let listener = TcpListener::bind("0.0.0.0:0").await.expect("a listener");
    let backend = Arc::new(Fake::default());
    let served = serve(listener, backend, token(SECRET), std::future::pending()).await;
    let error = served.expect_err("not a loopback address");
    assert!(matches!(error, ServeError::NotLoopback(_)));
    assert!(error.to_string().contains("HTTPS"), "{error}");
}

#[tokio::test]
async fn health_needs_no_token_and_readiness_says_why_not() {
    let node = Node::start().await;
    let health = send(node.address, &get("/healthz", &[])).await;
    assert_eq!((health.status, health.body.as_str()), (200, "ok\n"));
    let ready = send(node.address, &get("/readyz", &[])).await;
    assert_eq!(ready.status, 200);
    node.fake
        .set_ready(Readiness::Waiting("web: credential".to_owned()));
    let waiting = send(node.address, &get("/readyz", &[])).await;
    assert_eq!(
        (waiting.status, waiting.body.as_str()),
        (503, "web: credential\n")
    );
}

#[tokio::test]
async fn nothing_is_told_without_the_token() {
    let node = Node::start().await;
    let wrong = format!("Bearer {SECRET}x");
    let basic = format!("Basic {SECRET}");
    for target in [
        "/api/v1/status",
        "/api/v1/pairs",
        "/api/v1/pairs/WEB-1",
        "/api/v1/pairs/WEB-1/why",
        "/api/v1/problems",
        "/api/v1/openapi.json",
        "/metrics",
        "/",
    ] {
        for headers in [
            &[][..],
            &[("Authorization", wrong.as_str())],
            &[("Authorization", basic.as_str())],
            &[("Authorization", "Bearer ")],
            &[("Cookie", "counterpart_1=x")],
        ] {
            let answer = send(node.address, &get(target, headers)).await;
            assert_eq!(answer.status, 401, "{target} with {headers:?}");
            assert!(
                !answer.body.contains("acme"),
                "{target} told a tenant's name"
            );
        }
    }
    for target in ["/api/v1/pairs/WEB-1/park", "/api/v1/tickets"] {
        let answer = send(node.address, &post(target, &[], "")).await;
        assert_eq!(answer.status, 401, "{target}");
    }
    assert_eq!(node.fake.asked(), [], "the node was not even asked");
}

#[tokio::test]
async fn every_question_of_the_client_arrives_as_it_was_asked() {
    let node = Node::start().await;
    let some = |text: &str| Some(text.to_owned());
    let id = || "WEB-12".to_owned();
    let queries = [
        Query::Status,
        Query::Pairs {
            tenant: some("acme"),
            profile: some("web & co"),
            after: some("a/b?c=d+ü%"),
            limit: 7,
        },
        Query::Pairs {
            tenant: None,
            profile: None,
            after: None,
            limit: limit::PAGE_MAX,
        },
        Query::Pair {
            id: id(),
            tenant: some("acme"),
            profile: some("web & co"),
        },
        Query::Pair {
            id: id(),
            tenant: None,
            profile: None,
        },
        Query::Why {
            id: "4711".to_owned(),
            tenant: None,
            profile: some("web"),
        },
        Query::Problems {
            tenant: some("acme"),
            all: true,
        },
        Query::Problems {
            tenant: None,
            all: false,
        },
        Query::Backups,
        Query::BackUp { tenant: None },
        Query::BackUp {
            tenant: some("acme"),
        },
        Query::Order {
            id: id(),
            tenant: some("acme"),
            profile: some("web"),
            command: Command::Park,
        },
        Query::Order {
            id: id(),
            tenant: None,
            profile: None,
            command: Command::Resume,
        },
        Query::Order {
            id: id(),
            tenant: some("acme"),
            profile: None,
            command: Command::Resync,
        },
        Query::Extended {
            tenant: "a.b-c".to_owned(),
            minutes: 30,
        },
        Query::Extended {
            tenant: "acme".to_owned(),
            minutes: 0,
        },
    ];
    for query in &queries {
        let answer = node.ask(query.clone()).await;
        assert!(answer.is_ok(), "{query:?}: {answer:?}");
    }
    assert_eq!(node.fake.asked(), queries);
}

#[tokio::test]
async fn a_refusal_of_the_node_reaches_the_client_as_it_is() {
    let node = Node::start().await;
    for refusal in [
        Refusal::Invalid("one".to_owned()),
        Refusal::Unknown("no pair WEB-9".to_owned()),
        Refusal::Conflict("three".to_owned()),
        Refusal::Unavailable("four".to_owned()),
    ] {
        node.fake.refuse(refusal.clone());
        let answer = node.ask(Query::Status).await;
        let error = answer.expect_err("refused");
        assert!(
            matches!(&error, ClientError::Refused(said) if *said == refusal),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn the_client_says_what_is_wrong_with_where_it_asks() {
    let node = Node::start().await;
    let other = token("another-token-that-is-long-enough");
    let error = Client::query(node.address, &other, &Query::Status).await;
    assert!(matches!(error, Err(ClientError::Token(_))), "{error:?}");

    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let nobody = closed.local_addr().expect("an address");
    drop(closed);
    let error = Client::query(nobody, &other, &Query::Status).await;
    assert!(
        matches!(error, Err(ClientError::Unreachable { .. })),
        "{error:?}"
    );

    let outside = "192.0.2.1:80".parse().expect("an address");
    let error = Client::query(outside, &other, &Query::Status).await;
    assert!(
        matches!(error, Err(ClientError::NotLoopback(_))),
        "{error:?}"
    );
}

#[tokio::test]
async fn wrong_questions_are_told_how_to_mend_them() {
    let node = Node::start().await;
    for (target, status, part) in [
        ("/api/v1/pairs?limit=0", 400, "from 1 to"),
        ("/api/v1/pairs?limit=1001", 400, "from 1 to"),
        ("/api/v1/pairs?limit=x", 400, "from 1 to"),
        ("/api/v1/pairs?tenent=acme", 400, "known: tenant, profile"),
        ("/api/v1/pairs?tenant=a&tenant=b", 400, "twice"),
        ("/api/v1/pairs?tenant=%ff", 400, "UTF-8"),
        ("/api/v1/pairs?tenant=%00", 400, "control"),
        ("/api/v1/problems?all=maybe", 400, "switch"),
        ("/api/v1/pairs/%3Cscript%3E", 400, "WEB-12"),
        ("/api/v1/pairs/..%2F..", 400, "WEB-12"),
        ("/api/v1/pairs/WEB-1/explode", 404, "openapi.json"),
        ("/api/v1/pairs/WEB-1/park", 405, "POST"),
        ("/nothing", 404, "openapi.json"),
        ("//healthz", 404, "openapi.json"),
    ] {
        let answer = node.get(target).await;
        assert_eq!(answer.status, status, "{target}: {}", answer.body);
        assert!(answer.body.contains(part), "{target}: {}", answer.body);
    }
    assert_eq!(node.fake.asked(), []);
    let long = format!("/api/v1/pairs?after={}", "a".repeat(limit::TARGET_BYTES));
    assert_eq!(node.get(&long).await.status, 414);
}

#[tokio::test]
async fn a_name_made_to_resolve_here_is_not_served() {
    let node = Node::start().await;
    for host in ["evil.example", "127.0.0.1.evil.example", "10.0.0.1"] {
        let headers = [("Authorization", bearer())];
        let request = raw::with_host("GET", "/api/v1/status", host, &headers);
        assert_eq!(send(node.address, &request).await.status, 421, "{host}");
    }
    let foreign = [
        ("Authorization", bearer()),
        ("Origin", "https://evil.example".to_owned()),
    ];
    let request = raw::with_host("GET", "/api/v1/status", "localhost", &foreign);
    assert_eq!(send(node.address, &request).await.status, 403);
    assert_eq!(node.fake.asked(), []);
}

#[tokio::test]
async fn a_webhook_wakes_its_profile_and_its_content_goes_nowhere() {
    let node = Node::start().await;
    let body = json!({ "issue": { "key": "WEB-1", "summary": "secret" } }).to_string();
    let answer = send(node.address, &post("/hooks/web/jira?x=y", &[], &body)).await;
    assert_eq!(answer.status, 202);
    let answer = send(node.address, &post("/hooks/web/azure", &[], "")).await;
    assert_eq!(answer.status, 202);
    assert_eq!(node.fake.woken(), [Side::Jira, Side::Azure]);
    for target in ["/hooks/other/jira", "/hooks/web/github", "/hooks/web"] {
        assert_eq!(
            send(node.address, &post(target, &[], "")).await.status,
            404,
            "{target}"
        );
    }
    assert_eq!(
        send(node.address, &get("/hooks/web/jira", &[]))
            .await
            .status,
        405
    );
    assert_eq!(node.fake.woken().len(), 2);
    assert_eq!(node.fake.asked(), []);
}

#[tokio::test]
async fn a_body_is_bounded_whether_or_not_it_says_how_long_it_is() {
    let node = Node::start().await;
    let length = (limit::HOOK_BYTES + 1).to_string();
    let said = raw::head("POST", "/hooks/web/jira", &[("Content-Length", &length)]);
    assert_eq!(send(node.address, &said).await.status, 413);

    let mut chunked = raw::head(
        "POST",
        "/hooks/web/jira",
        &[("Transfer-Encoding", "chunked")],
    );
    let size = limit::HOOK_BYTES + 1;
    chunked.push_str(&format!("{size:x}\r\n{}", "x".repeat(size)));
    assert_eq!(send(node.address, &chunked).await.status, 413);

    let whole = "x".repeat(limit::HOOK_BYTES);
    assert_eq!(
        send(node.address, &post("/hooks/web/jira", &[], &whole))
            .await
            .status,
        202
    );
    assert_eq!(node.fake.woken(), [Side::Jira]);
}

#[tokio::test]
async fn a_head_is_bounded() {
    let node = Node::start().await;
    let long = "x".repeat(limit::HEAD_BYTES + 1);
    let answer = send(node.address, &get("/healthz", &[("X-Long", &long)])).await;
    assert_eq!(answer.status, 431);
    let many = [("X-Many", "1"); limit::HEADERS + 1];
    assert_eq!(
        send(node.address, &get("/healthz", &many)).await.status,
        431
    );
}

#[tokio::test]
async fn metrics_are_what_the_node_measures() {
    let node = Node::start().await;
    let text = node.get("/metrics").await.body;
    for line in [
        "counterpart_pairs_parked{tenant=\"acme\",profile=\"web\"} 2",
        "# TYPE counterpart_effects_total counter",
    ] {
        assert!(text.lines().any(|is| is == line), "{line}\n{text}");
    }
}

#[tokio::test]
async fn a_console_link_works_once_and_becomes_a_cookie() {
    let node = Node::start().await;
    let link = format!("/?token={}", node.token.ticket());
    let first = send(node.address, &get(&link, &[])).await;
    assert_eq!(first.status, 303);
    let cookie = first.header("set-cookie").expect("a cookie");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains(node.token.ticket()) && !cookie.contains(SECRET));

    let again = send(node.address, &get(&link, &[])).await;
    assert_eq!(again.status, 401);
    assert!(again.header("set-cookie").is_none());

    let pair = cookie.split(';').next().expect("name and value");
    let page = send(node.address, &get("/", &[("Cookie", pair)])).await;
    assert_eq!(page.status, 200);
    // The cookie opens the page that only shows, not the API that also orders.
    let api = send(
        node.address,
        &post("/api/v1/pairs/WEB-1/park", &[("Cookie", pair)], ""),
    )
    .await;
    assert_eq!(api.status, 401);

    let next = Client::console(node.address, &node.token)
        .await
        .expect("a link");
    let target = next
        .split_once(&node.address.to_string())
        .expect("our address")
        .1;
    assert_eq!(send(node.address, &get(target, &[])).await.status, 303);
    assert_eq!(send(node.address, &get(target, &[])).await.status, 401);
}

#[tokio::test]
async fn the_console_shows_everything_escaped_and_loads_nothing_foreign() {
    let node = Node::start().await;
    let page = node.get("/").await;
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    for part in [
        "w&quot;e\\b",
        "credential on Jira",
        "put a valid token where the configuration points",
        "WEB-7",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "It failed too often",
        "http-equiv=\"refresh\"",
    ] {
        assert!(page.body.contains(part), "{part}\n{}", page.body);
    }
    assert!(!page.body.contains("<script"), "{}", page.body);
    assert!(!page.body.contains("http://") && !page.body.contains("https://"));
    let style = send(node.address, &get("/console.css", &[])).await;
    assert_eq!(style.status, 200);
    assert!(style.body.contains("prefers-color-scheme: dark"));
    assert!(!style.body.contains("url("));
}

#[tokio::test]
async fn the_console_says_so_when_the_node_cannot_tell() {
    let node = Node::start().await;
    node.fake
        .refuse(Refusal::Unavailable("the store is <closed>".to_owned()));
    let page = node.get("/").await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("the store is &lt;closed&gt;"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn a_stop_ends_in_time_though_connections_hang() {
    let node = Node::start().await;
    let hanging = tokio::net::TcpStream::connect(node.address)
        .await
        .expect("a connection");
    let request = raw::head("POST", "/hooks/web/jira", &[("Content-Length", "10")]);
    let mut half = tokio::net::TcpStream::connect(node.address)
        .await
        .expect("a connection");
    tokio::io::AsyncWriteExt::write_all(&mut half, request.as_bytes())
        .await
        .expect("sent");
    assert_eq!(send(node.address, &get("/healthz", &[])).await.status, 200);
    let in_time = Duration::from_millis(limit::STOP_MS + 2_000);
    let ended = tokio::time::timeout(in_time, node.stop())
        .await
        .expect("in time");
    assert!(ended.is_ok(), "{ended:?}");
    drop((hanging, half));
}

#[tokio::test]
async fn more_connections_than_there_is_room_for_wait_their_turn() {
    let node = Node::start().await;
    let mut idle = Vec::new();
    for _ in 0..limit::CONNECTIONS {
        idle.push(
            tokio::net::TcpStream::connect(node.address)
                .await
                .expect("a connection"),
        );
    }
    let request = get("/healthz", &[]);
    let waiting = tokio::spawn(async move { send(node.address, &request).await.status });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished(), "there was room for one more");
    idle.pop();
    assert_eq!(waiting.await.expect("no panic"), 200);
}

#[test]
fn a_token_that_is_no_secret_is_refused() {
    for text in [
        "",
        "short",
        "has a space in it but is long enough",
        "line\nbreak-and-long-enough-to-pass",
    ] {
        assert!(Token::new(text).is_err(), "{text:?}");
    }
    let (one, two) = (Token::random().ok(), Token::random().ok());
    let (one, two) = (one.expect("random"), two.expect("random"));
    assert_ne!(one.expose(), two.expose());
    assert_ne!(one.ticket(), one.expose());
}

#[test]
fn every_answer_forbids_what_a_browser_could_be_misled_to() {
    let answers = [
        reply::text(http::StatusCode::OK, "x"),
        reply::unauthorised(),
        reply::signed_in("a=b"),
        reply::refusal(&Refusal::Unknown("x".to_owned())),
    ];
    for answer in answers {
        for name in [
            "content-security-policy",
            "x-content-type-options",
            "cache-control",
        ] {
            assert!(answer.headers().contains_key(name), "{name}");
        }
    }
}

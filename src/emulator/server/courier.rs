//! Carries what a site sends: POSTs over HTTP/1.1 to loopback addresses, a few at once, each on a
//! connection of its own. Looks often at virtual time, and by that also applies what a fault held
//! back.

use std::time::Duration;

use bytes::Bytes;
use http::header;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Handle;
use crate::clock::system_ms;
use crate::limit;
use crate::offline::Sending;
use crate::post::Posted;

/// How often virtual time is looked at.
const TICK: Duration = Duration::from_millis(20);

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
enum Broken {
    /// Nobody listens there.
    #[error("no connection: {0}")]
    Connect(#[from] std::io::Error),
    /// The connection broke.
    #[error("{0}")]
    Http(#[from] hyper::Error),
    /// The site made a request that HTTP cannot carry.
    #[error("not a request: {0}")]
    Request(#[from] http::Error),
}

/// Carries posts until the server stops.
pub(super) async fn run(
    handle: Handle,
    at_once: usize,
    patience: Duration,
    mut stopped: watch::Receiver<bool>,
) {
    let mut carried = JoinSet::new();
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            Some(_) = carried.join_next() => {}
            _ = tick.tick() => {}
        }
        let room = at_once.saturating_sub(carried.len());
        let due = handle.with(|offline| offline.due_posts(system_ms(), room));
        for sending in due {
            let handle = handle.clone();
            carried.spawn(async move {
                let outcome = carry(&sending, patience).await;
                handle.with(|offline| offline.posted(sending.attempt, outcome, system_ms()));
            });
        }
    }
}

async fn carry(sending: &Sending, patience: Duration) -> Posted {
    let url = &sending.post.url;
    match tokio::time::timeout(patience, exchange(sending)).await {
        Ok(Ok(status)) => Posted::Answered(status),
        Ok(Err(error)) => {
            tracing::debug!(%url, %error, "a post got no answer");
            Posted::Unanswered
        }
        Err(_) => {
            tracing::debug!(%url, "a post got no answer in time");
            Posted::Unanswered
        }
    }
}

async fn exchange(sending: &Sending) -> Result<u16, Broken> {
    let request = request(sending)?;
    let stream = TcpStream::connect(sending.target.addresses.as_slice()).await?;
    let (mut sender, connection) = http1::Builder::new()
        // The products write names as `Content-Type`, and a careless receiver relies on it.
        .title_case_headers(true)
        .handshake(TokioIo::new(stream))
        .await?;
    let asking = async {
        let response = sender.send_request(request).await?;
        let (head, body) = response.into_parts();
        // The status is all that counts; the body is read so that the receiver can finish.
        let _ignored = Limited::new(body, limit::POST_ANSWER_BYTES_MAX)
            .collect()
            .await;
        Ok(head.status.as_u16())
    };
    tokio::pin!(asking, connection);
    let mut open = true;
    loop {
        tokio::select! {
            biased;
            answer = asking.as_mut() => return answer,
            ended = connection.as_mut(), if open => {
                open = false;
                if let Err(error) = ended {
                    tracing::debug!(%error, "the connection of a post ended early");
                }
            }
        }
    }
}

fn request(sending: &Sending) -> Result<http::Request<Full<Bytes>>, http::Error> {
    let mut builder = http::Request::post(&sending.target.path)
        .header(header::HOST, &sending.target.authority)
        .header(header::CONNECTION, "close");
    for (name, value) in &sending.post.headers {
        builder = builder.header(name, value);
    }
    builder.body(Full::new(sending.post.body.clone()))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::offline::outbox::{Heard, Sender, post};
    use crate::options::{Allowance, Options};
    use crate::post::Post;
    use crate::server::{Running, Server};

    async fn server(posts: Vec<Post>, at_once: usize, post_ms: u64) -> (Running, Heard) {
        let (sender, heard) = Sender::new(posts.into_iter().map(|post| (0, post)));
        let options = Options {
            posts_at_once: at_once,
            allowance: Allowance {
                post_ms,
                ..Allowance::default()
            },
            ..Options::live(0, 1)
        };
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let running = Server::bind(address, Box::new(sender), options).await;
        (running.expect("a free port"), heard)
    }

    async fn receiver() -> (TcpListener, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        (
            listener,
            format!("http://localhost:{}/hook?a=b", address.port()),
        )
    }

    /// Reads one request and answers it.
    async fn receive(listener: &TcpListener, answer: &str) -> String {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut all = Vec::new();
        while !all.ends_with(b"}") {
            let count = stream.read_buf(&mut all).await.expect("readable");
            assert!(count > 0, "it ended early");
        }
        stream.write_all(answer.as_bytes()).await.expect("sent");
        String::from_utf8(all).expect("text")
    }

    async fn outcomes(heard: &Heard, count: usize) -> Vec<(u64, Posted)> {
        for _ in 0..500 {
            let so_far = heard.lock().expect("not poisoned").clone();
            if so_far.len() >= count {
                return so_far;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("fewer than {count} outcomes");
    }

    #[tokio::test]
    async fn posts_arrive_in_order_with_their_headers_and_bodies() {
        let (listener, url) = receiver().await;
        let posts = (1..=5).map(|id| {
            let mut post = post(id, &url);
            let signature = ("X-Hub-Signature".to_owned(), format!("sha256={id}"));
            post.headers.push(signature);
            post
        });
        let (running, heard) = server(posts.collect(), 1, 5_000).await;
        for id in 1..=5 {
            let status = if id == 3 { "503 Busy" } else { "202 Accepted" };
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nok");
            let request = receive(&listener, &answer).await;
            assert!(
                request.starts_with("POST /hook?a=b HTTP/1.1\r\n"),
                "{request}"
            );
            assert!(request.contains(&format!("X-Hub-Signature: sha256={id}\r\n")));
            assert!(
                request.ends_with(&format!("{{\"number\":{id}}}")),
                "{request}"
            );
        }
        let outcomes = outcomes(&heard, 5).await;
        let expected = [202, 202, 503, 202, 202].map(Posted::Answered);
        assert_eq!(outcomes, (1..).zip(expected).collect::<Vec<_>>());
        let shown = running.handle().with(|offline| offline.posts());
        assert_eq!(shown["posts"][2]["status"], 503);
    }

    #[tokio::test]
    async fn who_does_not_answer_holds_up_nobody_else() {
        let (silent, deaf) = receiver().await;
        let (listener, url) = receiver().await;
        let closed = "http://127.0.0.1:1/hook";
        let posts = vec![post(1, &deaf), post(2, closed), post(3, &url)];
        let began = Instant::now();
        let (_running, heard) = server(posts, 3, 400).await;
        receive(&listener, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        assert!(
            began.elapsed() < Duration::from_millis(390),
            "it had to wait"
        );
        let mut outcomes = outcomes(&heard, 3).await;
        outcomes.sort_unstable_by_key(|it| it.0);
        let (none, good) = (Posted::Unanswered, Posted::Answered(200));
        assert_eq!(outcomes, [(1, none), (2, none), (3, good)]);
        drop(silent);
    }

    #[tokio::test]
    async fn a_post_goes_out_when_virtual_time_is_moved() {
        let (listener, url) = receiver().await;
        let due_ms = crate::clock::system_ms() + 3_600_000;
        let (sender, heard) = Sender::new([(due_ms, post(1, &url))]);
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let running = Server::bind(address, Box::new(sender), Options::live(0, 1)).await;
        let running = running.expect("a free port");
        tokio::time::sleep(Duration::from_millis(100)).await;
        let shown = running.handle().with(|offline| offline.posts());
        assert_eq!(shown["posts"], serde_json::json!([]));
        let now_ms = crate::clock::system_ms();
        let handle = running.handle();
        handle.with(|offline| offline.advance_clock(3_600_000, now_ms));
        receive(&listener, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        assert_eq!(outcomes(&heard, 1).await, [(1, Posted::Answered(200))]);
    }
}

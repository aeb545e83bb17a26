//! Claims about posts without sockets, and the site that only sends, by which they are made.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::fault::{Fault, Faults, Match, Rule};
use crate::offline::{Offline, Sending};
use crate::options::Options;
use crate::post::{Post, Posted};
use crate::site::{Credentials, Moment, Request, Response, Site};
use crate::throttle::{Flavor, Throttle};

/// What a site that only sends has heard of its posts.
pub(crate) type Heard = Arc<Mutex<Vec<(u64, Posted)>>>;

/// A site that sends the posts it was given, each at its moment, and answers `/large/{bytes}` with
/// so many bytes.
pub(crate) struct Sender {
    waiting: VecDeque<(i64, Post)>,
    heard: Heard,
}

impl Sender {
    /// The posts by the moments at which they are due, ascending.
    pub(crate) fn new(posts: impl IntoIterator<Item = (i64, Post)>) -> (Self, Heard) {
        let heard = Heard::default();
        let sender = Self {
            waiting: posts.into_iter().collect(),
            heard: Arc::clone(&heard),
        };
        (sender, heard)
    }
}

impl Site for Sender {
    fn handle(&mut self, request: &Request, _: &mut Moment<'_>) -> Response {
        let bytes = request.path.strip_prefix("/large/");
        match bytes.and_then(|it| it.parse().ok()) {
            Some(bytes) => Response::empty(200).with_body(vec![b'a'; bytes]),
            None => Response::empty(404),
        }
    }

    fn items_after(&self, _: u64, _: usize, _: &mut dyn FnMut(u64, Value)) {}

    fn reset(&mut self) {
        self.waiting.clear();
    }

    fn due_posts(&mut self, now_ms: i64, most: usize) -> Vec<Post> {
        let due = self.waiting.iter().take_while(|it| it.0 <= now_ms).count();
        let due = self.waiting.drain(..due.min(most));
        due.map(|(_, post)| post).collect()
    }

    fn posted(&mut self, id: u64, outcome: Posted, _: i64) {
        self.heard.lock().expect("not poisoned").push((id, outcome));
    }

    fn sync_credentials(&self) -> Credentials {
        Credentials {
            user: String::new(),
            token: String::new(),
            project: String::new(),
            base_path: String::new(),
        }
    }

    fn endpoint(&self, request: &Request) -> String {
        request.path.clone()
    }

    fn throttled(&self, _: &Throttle) -> Response {
        Response::empty(429)
    }

    fn throttles(&self, _: Flavor) -> bool {
        false
    }

    fn trace(&self, _: u128) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    fn rows_examined(&self) -> u64 {
        0
    }
}

/// A post with its number in its body.
pub(crate) fn post(id: u64, url: &str) -> Post {
    Post {
        id,
        url: url.to_owned(),
        headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        body: Bytes::from(json!({"number": id}).to_string()),
    }
}

const HOOK: &str = "http://127.0.0.1:9/hook?secret=1";

fn bench(posts: impl IntoIterator<Item = (i64, Post)>, rules: &[Rule]) -> (Offline, Heard) {
    let (sender, heard) = Sender::new(posts);
    let options = Options {
        start_ms: 0,
        faults: Faults::of(rules.to_vec()),
        ..Options::default()
    };
    (Offline::new(Box::new(sender), options), heard)
}

fn ids(sendings: &[Sending]) -> Vec<u64> {
    sendings.iter().map(|it| it.post.id).collect()
}

fn numbered(count: u64) -> Vec<(i64, Post)> {
    (1..=count).map(|id| (0, post(id, HOOK))).collect()
}

fn heard(heard: &Heard) -> Vec<(u64, Posted)> {
    heard.lock().expect("not poisoned").clone()
}

fn counts(offline: &Offline) -> Value {
    offline.posts()["counts"].clone()
}

#[test]
fn posts_come_when_virtual_time_has_come_and_in_their_order() {
    let posts = [
        (10, post(1, HOOK)),
        (10, post(2, HOOK)),
        (500, post(3, HOOK)),
    ];
    let (mut offline, heard_of) = bench(posts, &[]);
    assert_eq!(ids(&offline.due_posts(9, 8)), [0_u64; 0]);
    let first = offline.due_posts(10, 1);
    assert_eq!(ids(&first), [1]);
    assert_eq!(ids(&offline.due_posts(10, 8)), [2]);
    offline.advance_clock(490, 10);
    assert_eq!(ids(&offline.due_posts(10, 8)), [3]);
    offline.posted(first[0].attempt, Posted::Answered(204), 10);
    offline.posted(first[0].attempt, Posted::Unanswered, 10);
    assert_eq!(heard(&heard_of), [(1, Posted::Answered(204))]);
    let shown = offline.posts();
    assert_eq!(shown["posts"][0]["status"], 204);
    assert_eq!(shown["posts"][0]["body"], r#"{"number":1}"#);
    assert_eq!(shown["posts"][1]["outcome"], "under_way");
    assert_eq!(counts(&offline), json!({"answered": 1, "under_way": 2}));
}

#[test]
fn a_lost_webhook_is_never_sent_and_never_tried_again() {
    let lost = Rule {
        times: Some(1),
        ..Rule::always(Fault::WebhookLost)
    };
    let (mut offline, heard_of) = bench(numbered(2), &[lost]);
    assert_eq!(ids(&offline.due_posts(0, 8)), [2]);
    assert_eq!(heard(&heard_of), [(1, Posted::Answered(200))]);
    assert_eq!(offline.posts()["posts"][0]["outcome"], "lost");
    assert_eq!(offline.posts()["posts"][0]["fault"], "webhook_lost");
}

#[test]
fn a_webhook_sent_twice_is_reported_once() {
    let twice = Rule {
        times: Some(1),
        ..Rule::always(Fault::WebhookTwice)
    };
    let (mut offline, heard_of) = bench(numbered(2), &[twice]);
    let sent = offline.due_posts(0, 8);
    assert_eq!(ids(&sent), [1, 1, 2]);
    for sending in &sent {
        offline.posted(sending.attempt, Posted::Answered(200), 0);
    }
    assert_eq!(heard(&heard_of).len(), 2);
}

#[test]
fn a_reordered_webhook_follows_the_next_or_its_time() {
    let reordered = Rule {
        times: Some(1),
        delay_ms: Some(700),
        ..Rule::always(Fault::WebhookReordered)
    };
    let (mut offline, _) = bench(numbered(3), std::slice::from_ref(&reordered));
    assert_eq!(ids(&offline.due_posts(0, 1)), [2], "one at a time too");
    assert_eq!(ids(&offline.due_posts(0, 8)), [1, 3]);
    let (mut offline, _) = bench(numbered(1), &[reordered]);
    assert_eq!(ids(&offline.due_posts(699, 8)), [0_u64; 0]);
    assert_eq!(offline.posts()["held_back"], 1);
    assert_eq!(ids(&offline.due_posts(1_399, 8)), [1]);
}

#[test]
fn webhook_faults_are_matched_by_the_target_and_seeded() {
    let rule = Rule {
        p: 0.5,
        matches: Match {
            path: Some("/hook".to_owned()),
            query: Some("secret=1".to_owned()),
            ..Match::default()
        },
        ..Rule::always(Fault::WebhookLost)
    };
    let run = |seed| {
        let posts = (1..=60).map(|id| {
            let url = if id % 3 == 0 {
                "http://localhost/other"
            } else {
                HOOK
            };
            (0, post(id, url))
        });
        let rule = Rule {
            seed: Some(seed),
            ..rule.clone()
        };
        let (mut offline, _) = bench(posts.collect::<Vec<_>>(), &[rule]);
        ids(&offline.due_posts(0, 100))
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
    let others = run(1).into_iter().filter(|id| id % 3 == 0).count();
    assert_eq!(others, 20, "what does not match is not lost");
}

#[test]
fn a_post_to_another_machine_is_refused_and_counted() {
    let posts = ["http://10.1.2.3/hook", "https://localhost/hook", HOOK];
    let posts = (1..).zip(posts).map(|(id, url)| (0, post(id, url)));
    let (mut offline, heard_of) = bench(posts.collect::<Vec<_>>(), &[]);
    assert_eq!(ids(&offline.due_posts(0, 8)), [3]);
    let refused = [(1, Posted::Unanswered), (2, Posted::Unanswered)];
    assert_eq!(heard(&heard_of), refused);
    assert_eq!(counts(&offline), json!({"refused": 2, "under_way": 1}));
}

#[test]
fn only_so_many_posts_and_so_much_of_each_are_remembered() {
    let large = Post {
        body: Bytes::from(vec![b'a'; crate::limit::POST_BODY_KEPT_BYTES_MAX + 5]),
        ..post(1, HOOK)
    };
    let posts = (0..=crate::limit::POSTS_KEPT_MAX).map(|_| (0, large.clone()));
    let (mut offline, _) = bench(posts.collect::<Vec<_>>(), &[]);
    offline.due_posts(0, usize::MAX);
    let shown = offline.posts();
    let rows = shown["posts"].as_array().expect("rows");
    assert_eq!(rows.len(), crate::limit::POSTS_KEPT_MAX);
    assert_eq!(rows[0]["attempt"], 2);
    assert_eq!(rows[0]["bytes"], large.body.len());
    let kept = rows[0]["body"].as_str().map(str::len);
    assert_eq!(kept, Some(crate::limit::POST_BODY_KEPT_BYTES_MAX));
}

#[test]
fn a_reset_forgets_posts_and_late_outcomes() {
    let (mut offline, heard_of) = bench(numbered(2), &[]);
    let sent = offline.due_posts(0, 1);
    let reset = Request::new(Method::POST, "/_emulator/reset");
    offline.call(&reset, 0);
    offline.posted(sent[0].attempt, Posted::Answered(200), 0);
    assert_eq!(heard(&heard_of), []);
    let shown = Request::new(Method::GET, "/_emulator/posts");
    let shown = offline.call(&shown, 0).response().expect("an answer");
    assert_eq!(shown.json_body()["posts"], json!([]));
}

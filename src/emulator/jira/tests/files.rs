//! Files: uploads, downloads over the media host, and documents that show them.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Bench, document, parsed};
use crate::offline::MEDIA_ORIGIN;
use crate::site::{Request, Response};

fn form(parts: &[(&str, &str, &str)]) -> String {
    let part = |(name, kind, content): &(&str, &str, &str)| {
        format!(
            "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n{content}\r\n"
        )
    };
    format!("{}--XX--\r\n", parts.iter().map(part).collect::<String>())
}

fn request(body: String) -> Request {
    let mut request = Bench::request("POST", "3/issue/WEB-1/attachments", None)
        .with_header("content-type", "multipart/form-data; boundary=XX");
    request.body = Bytes::from(body);
    request
}

impl Bench {
    fn upload(&mut self, parts: &[(&str, &str, &str)]) -> (u16, Value) {
        let request = request(form(parts)).with_header("x-atlassian-token", "no-check");
        parsed(&self.send(&request).response().expect("an answer"))
    }

    /// Follows an address to the media host, as a client does that leaves its credentials behind.
    fn media(&mut self, address: &str, range: Option<&str>) -> Response {
        let path = address.strip_prefix(MEDIA_ORIGIN).expect("the media host");
        let mut request = Request::new(http::Method::GET, path);
        if let Some(range) = range {
            request = request.with_header("range", range);
        }
        let delivery = self.offline.deliver(&request, self.now_ms, MEDIA_ORIGIN);
        delivery.answer.response().expect("an answer")
    }

    fn location(&mut self, path: &str) -> String {
        let response = self.response("GET", path, None);
        assert_eq!(response.status, 303, "{path}");
        response.header("location").expect("an address").to_owned()
    }
}

fn id(file: &Value) -> String {
    file["id"].as_str().expect("an id").to_owned()
}

#[test]
fn a_file_goes_up_and_comes_down_over_another_host() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    bench.wait(1_000);
    let (status, files) = bench.upload(&[
        ("a.txt", "text/plain", "hello"),
        ("b c.png", "image/png", "png"),
    ]);
    assert_eq!(status, 200, "{files}");
    assert_eq!(files[0]["size"], 5);
    assert_eq!(files[0]["thumbnail"], Value::Null);
    assert!(files[1]["thumbnail"].is_string());
    let text = id(&files[0]);
    let (_, read) = bench.get("3/issue/WEB-1");
    assert_eq!(read["fields"]["attachment"][0], files[0]);
    assert_eq!(read["fields"]["updated"], files[0]["created"]);
    let (_, one) = bench.get(&format!("3/attachment/{text}"));
    assert_eq!(one["id"].to_string(), text, "a number here");
    let address = bench.location(&format!("3/attachment/content/{text}"));
    let whole = bench.media(&address, None);
    assert_eq!((whole.status, &whole.body[..]), (200, &b"hello"[..]));
    assert_eq!(whole.header("content-type"), Some("text/plain"));
    let part = bench.media(&address, Some("bytes=1-3"));
    assert_eq!((part.status, &part.body[..]), (206, &b"ell"[..]));
    assert_eq!(part.header("content-range"), Some("bytes 1-3/5"));
    assert_eq!(bench.media(&address, Some("bytes=9-")).status, 416);
    let direct = bench.response(
        "GET",
        &format!("3/attachment/content/{text}?redirect=false"),
        None,
    );
    assert_eq!((direct.status, &direct.body[..]), (200, &b"hello"[..]));
    assert_eq!(bench.get(&format!("3/attachment/thumbnail/{text}")).0, 404);
    let picture = id(&files[1]);
    let small = bench.location(&format!("3/attachment/thumbnail/{picture}"));
    assert_eq!(bench.media(&small, None).status, 200);
    let (_, log) = bench.get("3/issue/WEB-1/changelog");
    assert_eq!(log["values"][0]["items"][1]["toString"], "b c.png");
    assert_eq!(bench.delete(&format!("3/attachment/{text}")), 204);
    assert_eq!(bench.media(&address, None).status, 404);
    assert_eq!(bench.get(&format!("3/attachment/content/{text}")).0, 404);
}

#[test]
fn the_media_host_knows_the_token_only_and_counts_leaked_credentials() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let (_, files) = bench.upload(&[("a", "", "x")]);
    let address = bench.location(&format!("3/attachment/content/{}", id(&files[0])));
    assert_eq!(
        bench
            .media(&address.replace("token=", "token=1"), None)
            .status,
        403
    );
    assert_eq!(
        bench
            .media(address.split_once('?').expect("a query").0, None)
            .status,
        403
    );
    let leaks = |bench: &mut Bench| {
        let request = Request::new(http::Method::GET, "/_emulator/requests");
        let answer = bench.send(&request).response().expect("an answer");
        parsed(&answer).1["credentials_leaked"].clone()
    };
    assert_eq!(leaks(&mut bench), 0);
    let path = address.strip_prefix(MEDIA_ORIGIN).expect("the media host");
    let careless =
        Request::new(http::Method::GET, path).with_basic("sync@acme.example", "sync-token");
    let delivery = bench.offline.deliver(&careless, bench.now_ms, MEDIA_ORIGIN);
    assert_eq!(delivery.answer.response().expect("an answer").status, 200);
    assert_eq!(leaks(&mut bench), 1);
    bench.wait(600_000);
    assert_eq!(
        bench.media(&address, None).status,
        403,
        "an address lasts ten minutes"
    );
}

#[test]
fn a_wrong_upload_is_refused_and_leaves_nothing() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let answer = bench
        .send(&request(form(&[("a", "", "x")])))
        .response()
        .expect("an answer");
    assert_eq!(
        (answer.status, &answer.body[..]),
        (403, &b"XSRF check failed"[..])
    );
    let mut check = |body: String, kind: &str, expected: u16| {
        let request = request(body)
            .with_header("x-atlassian-token", "no-check")
            .with_header("content-type", kind);
        let answer = bench.send(&request).response().expect("an answer");
        assert_eq!(answer.status, expected, "{kind}");
    };
    let multipart = "multipart/form-data; boundary=XX";
    let whole = form(&[("a", "", "x")]);
    check(whole.clone(), "application/json", 415);
    check(whole.clone(), "multipart/form-data", 400);
    check(whole.clone(), "multipart/form-data; boundary=YY", 400);
    check(whole.replace("--XX--\r\n", ""), multipart, 400);
    check(
        whole.replace("name=\"file\"", "name=\"other\""),
        multipart,
        400,
    );
    check(form(&[("", "", "x")]), multipart, 400);
    check(
        form(&[("a", "", &"x".repeat(10 * 1024 * 1024 + 1))]),
        multipart,
        413,
    );
    check(form(&vec![("a", "", "x"); 61]), multipart, 413);
    let (_, read) = bench.get("3/issue/WEB-1");
    assert_eq!(read["fields"]["attachment"], json!([]));
    assert_eq!(
        bench.get("3/attachment/meta").1,
        json!({"enabled": true, "uploadLimit": 10_485_760})
    );
}

#[test]
fn only_ones_own_file_can_be_deleted_and_the_administrator_deletes_any() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let (_, files) = bench.upload(&[("a", "", "x")]);
    let path = format!("3/attachment/{}", id(&files[0]));
    assert_eq!(bench.by("bruno", "DELETE", &path, None).0, 403);
    assert_eq!(bench.by("alice", "DELETE", &path, None).0, 204);
    assert_eq!(bench.delete(&path), 404);
}

#[test]
fn a_document_shows_only_files_that_are_at_its_issue() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    bench.create(json!({}));
    let (_, files) = bench.upload(&[("a.png", "image/png", "x")]);
    let address = bench.location(&format!("3/attachment/content/{}", id(&files[0])));
    let uuid = address.split('/').nth(4).expect("an id").to_owned();
    let shows = |uuid: &str| {
        let media =
            json!({"type": "media", "attrs": {"type": "file", "id": uuid, "collection": ""}});
        let single =
            json!({"type": "mediaSingle", "attrs": {"layout": "center"}, "content": [media]});
        json!({"type": "doc", "version": 1, "content": [single]})
    };
    let mut check = |key: &str, uuid: &str, expected: u16| {
        let body = json!({"fields": {"description": shows(uuid)}});
        assert_eq!(
            bench.put(&format!("3/issue/{key}"), &body).0,
            expected,
            "{key} {uuid}"
        );
        let body = json!({"body": shows(uuid)});
        let status = bench.post(&format!("3/issue/{key}/comment"), &body).0;
        assert_eq!(status == 201, expected == 204, "{key} {uuid}");
    };
    check("WEB-1", &uuid, 204);
    check("WEB-2", &uuid, 400);
    check("WEB-1", "11111111-2222-4333-8444-555555555555", 400);
    let body = json!({"fields": {"description": document("no picture any more")}});
    assert_eq!(bench.put("3/issue/WEB-1", &body).0, 204);
    let (_, read) = bench.get("3/issue/WEB-1");
    assert_eq!(
        read["fields"]["attachment"].as_array().map(Vec::len),
        Some(1),
        "what was uploaded stays"
    );
}

//! The media host: another origin, which gives a file's bytes to whoever has the token of its address (jira.md 7.2).
//!
//! The real host is `api.media.atlassian.com`. It knows nothing of Jira's accounts; a client that sends it an
//! `Authorization` header has given its credentials to somebody else, which the server counts.

use http::HeaderMap;
use ring::hmac;
use serde_json::json;

use crate::jira::Cloud;
use crate::jira::attachment::{self, Attachment};
use crate::jira::call::Call;
use crate::jira::refusal::Refusal;
use crate::site::{Moment, Request, Response};

/// How long an address lasts, in milliseconds.
const TOKEN_MS: i64 = 600_000;

fn signature(seed: u64, uuid: &str, until_ms: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &seed.to_be_bytes());
    let tag = hmac::sign(&key, format!("{uuid} {until_ms}").as_bytes());
    hex::encode(tag.as_ref())
}

/// The address of a file at the media host, good for a while.
pub(crate) fn address(seed: u64, call: &Call<'_>, file: &Attachment, what: &str) -> String {
    let until_ms = call.now_ms + TOKEN_MS;
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair(
            "token",
            &format!("{until_ms}.{}", signature(seed, &file.uuid, until_ms)),
        )
        .append_pair("client", "11111111-aaaa-4bbb-8ccc-222222222222")
        .append_pair("name", &file.name)
        .finish();
    format!("{}/file/{}/{what}?{query}", call.media_origin, file.uuid)
}

/// Answers a request that arrived at the media host.
pub(crate) fn answer(cloud: &Cloud, request: &Request, moment: &Moment<'_>) -> Response {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let ["file", uuid, "binary" | "image"] = segments[..] else {
        return wrong(404, "NotFound", "Not found");
    };
    if request.method != http::Method::GET {
        return wrong(405, "MethodNotAllowed", "Method Not Allowed");
    }
    if !admits(cloud.options.seed, request, uuid, moment.now_ms) {
        return wrong(
            403,
            "JwtAuthoriserError",
            "The token is missing, expired or not for this file",
        );
    }
    let file = cloud.store.files.of_uuid(uuid);
    let file = file.and_then(|id| attachment::find(cloud, &id.to_string()).ok());
    match file {
        None => wrong(404, "FileNotFound", "File not found"),
        Some((_, file)) => match bytes(request, file) {
            Ok(response) => response,
            Err(Unfit::Malformed) => whole(file),
            Err(Unfit::Beyond(length)) => beyond(length),
        },
    }
}

fn admits(seed: u64, request: &Request, uuid: &str, now_ms: i64) -> bool {
    let token = request.query("token").and_then(|it| it.split_once('.'));
    let Some((until, signed)) = token else {
        return false;
    };
    let until: Option<i64> = until.parse().ok();
    until.is_some_and(|until_ms| until_ms > now_ms && signature(seed, uuid, until_ms) == signed)
}

fn wrong(status: u16, code: &str, title: &str) -> Response {
    let error = json!({"code": code, "title": title, "href": ""});
    Response::json(status, &json!({"error": error}))
}

/// Why a `Range` cannot be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// It is no range of bytes.
    Malformed,
    /// It begins beyond the end of the file, which has this length.
    Beyond(usize),
}

impl Unfit {
    /// How Jira itself refuses it.
    pub(crate) fn refusal(self) -> Refusal {
        match self {
            Self::Malformed => Refusal::message(400, "The Range header is malformed."),
            Self::Beyond(length) => Refusal::message(416, "Requested Range Not Satisfiable")
                .with_header("Content-Range", &format!("bytes */{length}")),
        }
    }
}

fn beyond(length: usize) -> Response {
    wrong(
        416,
        "RangeNotSatisfiable",
        "Requested Range Not Satisfiable",
    )
    .with_header("Content-Range", &format!("bytes */{length}"))
}

fn whole(file: &Attachment) -> Response {
    described(200, file).with_body(file.content.clone())
}

fn described(status: u16, file: &Attachment) -> Response {
    let name =
        percent_encoding::utf8_percent_encode(&file.name, percent_encoding::NON_ALPHANUMERIC);
    Response::empty(status)
        .with_header("Content-Type", &printable(&file.mime))
        .with_header(
            "Content-Disposition",
            &format!("attachment; filename*=UTF-8''{name}"),
        )
        .with_header("Accept-Ranges", "bytes")
}

/// A type that a header can carry; the sender may have named anything.
fn printable(mime: &str) -> String {
    let sound = mime.bytes().all(|it| (b' '..=b'~').contains(&it));
    if sound {
        mime.to_owned()
    } else {
        "application/octet-stream".to_owned()
    }
}

/// The bytes of a file, or the part of them that the request asks for.
pub(crate) fn bytes(request: &Request, file: &Attachment) -> Result<Response, Unfit> {
    let length = file.content.len();
    let Some((from, to)) = range(&request.headers, length)? else {
        return Ok(whole(file));
    };
    let response =
        described(206, file).with_header("Content-Range", &format!("bytes {from}-{to}/{length}"));
    Ok(response.with_body(file.content.slice(from..=to)))
}

/// The first and the last byte of the one range that a request asks for.
fn range(headers: &HeaderMap, length: usize) -> Result<Option<(usize, usize)>, Unfit> {
    let Some(text) = headers.get(http::header::RANGE) else {
        return Ok(None);
    };
    let text = text.to_str().map_err(|_| Unfit::Malformed)?;
    let (from, to) = text
        .strip_prefix("bytes=")
        .and_then(|it| it.split_once('-'))
        .ok_or(Unfit::Malformed)?;
    let number = |text: &str| text.parse::<usize>().map_err(|_| Unfit::Malformed);
    let last = length.checked_sub(1).ok_or(Unfit::Beyond(length))?;
    let (from, to) = match (from, to) {
        ("", to) => match number(to)? {
            0 => return Err(Unfit::Beyond(length)),
            count => (length.saturating_sub(count), last),
        },
        (from, "") => (number(from)?, last),
        (from, to) => (number(from)?, number(to)?.min(last)),
    };
    if from > last {
        return Err(Unfit::Beyond(length));
    }
    if to < from {
        return Err(Unfit::Malformed);
    }
    Ok(Some((from, to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_served_and_others_are_refused() {
        let check = |text: &str, expected: Result<Option<(usize, usize)>, Unfit>| {
            let value = text.parse().expect("a header's value");
            let headers = HeaderMap::from_iter([(http::header::RANGE, value)]);
            assert_eq!(range(&headers, 10), expected, "{text}");
        };
        check("bytes=0-3", Ok(Some((0, 3))));
        check("bytes=4-", Ok(Some((4, 9))));
        check("bytes=-3", Ok(Some((7, 9))));
        check("bytes=-30", Ok(Some((0, 9))));
        check("bytes=8-100", Ok(Some((8, 9))));
        check("bytes=10-", Err(Unfit::Beyond(10)));
        check("bytes=-0", Err(Unfit::Beyond(10)));
        check("bytes=5-4", Err(Unfit::Malformed));
        check("bytes=a-4", Err(Unfit::Malformed));
        check("bytes=0-1,3-4", Err(Unfit::Malformed));
        check("lines=0-1", Err(Unfit::Malformed));
        assert_eq!(range(&HeaderMap::new(), 10), Ok(None));
    }
}

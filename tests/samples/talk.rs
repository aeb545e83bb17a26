//! Conversations with a scripted remote, and where the examples are.

use std::fs;
use std::path::{Path, PathBuf};

use emulator::{Offline, Options, Site};
use mapping::Profile;
use model::http::{Failure, Request, Response};
use serde_json::Value;
use sync::{Conversation, Turn};

/// Carries a conversation to its end.
pub(crate) fn lead<T>(
    mut conversation: Conversation<T>,
    mut remote: impl FnMut(&Request) -> Result<Response, Failure>,
) -> T {
    loop {
        match conversation.next() {
            Turn::Send(request) => conversation.answer(remote(&request)),
            Turn::Done(end) => return end,
        }
    }
}

/// An answer with that document.
pub(crate) fn document(body: &Value) -> Result<Response, Failure> {
    let kind = ("content-type".to_owned(), "application/json".to_owned());
    Ok(Response {
        status: 200,
        headers: vec![kind],
        body: body.to_string().into_bytes(),
    })
}

/// The answers of an emulator, for what a connector learns before it works.
pub(crate) fn emulated(
    site: Box<dyn Site>,
    origin: &'static str,
) -> impl FnMut(&Request) -> Result<Response, Failure> {
    let options = Options::default();
    let credentials = site.sync_credentials();
    let now = options.start_ms;
    let mut offline = Offline::new(site, options);
    move |request| {
        let method = request.method.as_str().parse().expect("a method");
        let path = request.url.strip_prefix(origin).expect("below the origin");
        let mut asked =
            emulator::Request::new(method, path).with_basic(&credentials.user, &credentials.token);
        for (name, value) in &request.headers {
            asked = asked.with_header(name, value);
        }
        asked.body = request.body.clone().into();
        let answer = offline.deliver(&asked, now, origin).answer;
        let response = answer.response().expect("no fault is set");
        let lower = |(name, value): &(String, String)| (name.to_lowercase(), value.clone());
        Ok(Response {
            status: response.status,
            headers: response.headers.iter().map(lower).collect(),
            body: response.body.to_vec(),
        })
    }
}

/// The sample profile with these rows in place of its own fields, and these addresses.
pub(crate) fn profile(fields: &str, replaced: &[(&str, &str)]) -> Profile {
    let mut text = mapping::SAMPLE.to_owned();
    for (from, to) in replaced {
        assert!(text.contains(from), "the sample holds {from}");
        text = text.replace(from, to);
    }
    text.push_str(fields);
    Profile::compile(&text, "the profile of the examples").expect("it compiles")
}

/// Every JSON file below a folder, with its text; marks of the byte order are taken off.
pub(crate) fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|kind| kind == "json") {
                let text = fs::read_to_string(&path).expect("a readable file");
                found.push((path, text.trim_start_matches('\u{feff}').to_owned()));
            }
        }
    }
    found.sort();
    found
}

/// Every object in a document for which something holds, the outermost first; what is inside one that holds is not looked at.
pub(crate) fn objects<'a>(document: &'a Value, holds: &dyn Fn(&Value) -> bool) -> Vec<&'a Value> {
    let mut found = Vec::new();
    let mut open = vec![document];
    while let Some(next) = open.pop() {
        if holds(next) {
            found.push(next);
            continue;
        }
        match next {
            Value::Object(members) => open.extend(members.values()),
            Value::Array(items) => open.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    found
}

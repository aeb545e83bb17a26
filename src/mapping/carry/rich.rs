//! Rich text from one side's form into the other's.

use model::problem::Code;
use model::{Side, Value, limit};
use richtext::{Document, Resolver};
use richtext::{ImageRef, ImageSource, Mention};

use crate::rule::Carried;

/// What is known of references without asking anybody: a person is named in plain text, because a live mention would
/// notify people (azure.md 9); an image that anybody may load stays; one behind a login becomes a visible placeholder.
struct Plain;

impl Resolver for Plain {
    fn mention(&self, _: &Mention) -> Option<Mention> {
        None
    }

    fn image(&self, image: &ImageRef) -> Option<ImageRef> {
        match &image.source {
            ImageSource::Url(url) if !needs_login(url) => Some(image.clone()),
            ImageSource::Url(_) | ImageSource::File { .. } | ImageSource::Attachment(_) => None,
        }
    }

    fn link(&self, _: &str) -> Option<String> {
        None
    }
}

/// Attachments of either remote open for signed-in people only (jira.md 13.3, azure.md 9).
fn needs_login(url: &str) -> bool {
    let url = url.to_lowercase();
    [
        "/_apis/wit/attachments/",
        "/workitemtracking/",
        "/attachment/content/",
        "/secure/attachment/",
    ]
    .iter()
    .any(|part| url.contains(part))
}

/// Any value as a document, and what was lost in reading it. Markdown is read as plain text, which is one loss. A value
/// that is no text gives an empty document.
pub(crate) fn read(value: &Value) -> (Document, u32) {
    let (document, losses) = match value {
        Value::Adf(tree) => richtext::adf::read(tree),
        Value::Html(text) => richtext::html::read(text),
        Value::Markdown(text) => return (Document::from_plain(text), 1),
        Value::Text(text) | Value::Choice(text) => (Document::from_plain(text), Vec::new()),
        _ => (Document::default(), Vec::new()),
    };
    (document, count(losses.len()))
}

/// A document in the form of that side, and what was lost in writing it; nothing when it is too long for that side.
pub(crate) fn write(side: Side, document: &Document) -> Option<(Value, u32)> {
    match side {
        Side::Jira => {
            let (tree, losses) = richtext::adf::write(document, &Plain);
            let fits = tree.to_string().encode_utf16().count() <= limit::JIRA_TEXT;
            fits.then(|| (Value::Adf(tree), count(losses.len())))
        }
        Side::Azure => {
            let (text, losses) = richtext::html::write(document, &Plain);
            let fits = text.encode_utf16().count() <= limit::AZURE_TEXT;
            fits.then(|| (Value::Html(text), count(losses.len())))
        }
    }
}

/// The text as the other side should hold it. A text in which nothing can be seen is empty there.
pub(super) fn carry(to: Side, value: &Value) -> Carried {
    let is_text = matches!(
        value,
        Value::Adf(_) | Value::Html(_) | Value::Markdown(_) | Value::Text(_) | Value::Choice(_)
    );
    if !is_text {
        return Carried::Error(Code::ProfileGap);
    }
    let (document, lost_reading) = read(value);
    if document.is_empty() {
        return Carried::Value {
            value: Value::Empty,
            losses: lost_reading,
        };
    }
    match write(to, &document) {
        None => Carried::Error(Code::TooLong),
        Some((value, lost_writing)) => Carried::Value {
            value,
            losses: lost_reading.saturating_add(lost_writing),
        },
    }
}

fn count(losses: usize) -> u32 {
    u32::try_from(losses).unwrap_or(u32::MAX)
}

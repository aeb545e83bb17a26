//! Comments and their versions (azure.md 7): a delete is soft, an edit makes a version, and each
//! makes a revision of the item.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::error::Refusal;
use super::html;
use super::identity::Who;
use super::item::{Host, Item};
use super::reaction::Reactions;
use super::time;

/// One state of a comment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Version {
    pub(crate) text: Arc<str>,
    pub(crate) markdown: bool,
    pub(crate) by: Who,
    pub(crate) at_ms: i64,
    pub(crate) deleted: bool,
}

/// A comment, with at least one version.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Comment {
    pub(crate) id: i64,
    pub(crate) by: Who,
    pub(crate) created_ms: i64,
    pub(crate) versions: Vec<Version>,
    pub(crate) reactions: Reactions,
}

impl Comment {
    pub(crate) fn is_deleted(&self) -> bool {
        self.versions.last().is_some_and(|v| v.deleted)
    }

    /// The text as it is now.
    pub(crate) fn text(&self) -> &str {
        self.versions.last().map_or("", |v| &v.text)
    }

    /// The text as plain words.
    pub(crate) fn words(&self) -> String {
        match self.versions.last() {
            Some(v) if v.markdown => html::collapse(&v.text),
            Some(v) => html::plain(&v.text),
            None => String::new(),
        }
    }

    /// The newest version as the comments endpoint shows it.
    pub(crate) fn json(&self, item: &Item, host: Host<'_>) -> Json {
        self.version_json(self.versions.len(), item, host)
            .unwrap_or(Json::Null)
    }

    /// Version `number`, counted from 1.
    pub(crate) fn version_json(&self, number: usize, item: &Item, host: Host<'_>) -> Option<Json> {
        let version = self.versions.get(number.checked_sub(1)?)?;
        let people = &host.organization.people;
        let project = item
            .latest()
            .and_then(|r| host.organization.project(r.project));
        let guid = project.map_or("", |p| p.guid);
        let rendered = if version.markdown {
            html::render_markdown(&version.text)
        } else {
            version.text.to_string()
        };
        let named = if version.markdown {
            html::markdown_mentions(&version.text)
        } else {
            html::mentions(&version.text)
        };
        let mentions: Vec<Json> = named
            .into_iter()
            .map(|id| json!({"artifactId": id, "artifactType": "Person", "commentId": self.id, "targetId": id}))
            .collect();
        let mut json = json!({
            "mentions": mentions,
            "workItemId": item.id,
            "id": self.id,
            "version": number,
            "text": version.text.as_ref(),
            "renderedText": rendered,
            "format": if version.markdown { "markdown" } else { "html" },
            "createdBy": people.reference(&self.by, host.base),
            "createdDate": time::text(self.created_ms),
            "modifiedBy": people.reference(&version.by, host.base),
            "modifiedDate": time::text(version.at_ms),
            "url": format!("{}/{guid}/_apis/wit/workItems/{}/comments/{}", host.base, item.id, self.id),
        });
        if version.deleted {
            json["isDeleted"] = json!(true);
        }
        Some(json)
    }
}

/// What a comment stores of a text in one of the two formats.
pub(crate) fn stored(text: &str, markdown: bool) -> Arc<str> {
    if markdown {
        Arc::from(text)
    } else {
        Arc::from(html::sanitise(text))
    }
}

/// The format that `format=` of a comment endpoint names; nothing when it is absent.
///
/// # Errors
/// [`Refusal::Invalid`] for a word that the service does not know.
pub(crate) fn asked_markdown(format: Option<&str>) -> Result<Option<bool>, Refusal> {
    match format.map(str::to_lowercase).as_deref() {
        None | Some("") => Ok(None),
        Some("markdown" | "0") => Ok(Some(true)),
        Some("html" | "1") => Ok(Some(false)),
        Some(other) => Err(Refusal::Invalid(format!("format '{other}'."))),
    }
}

/// The format that `format=` names: the word, or the number of a client's enum (azure.md 7).
pub(crate) fn is_markdown(format: Option<&str>) -> bool {
    format.is_some_and(|f| f.eq_ignore_ascii_case("markdown") || f == "0")
}

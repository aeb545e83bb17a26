//! Rich text from one side's form into the other's.

use model::problem::Code;
use model::{Side, Value, limit};
use richtext::{Document, Resolver};
use richtext::{ImageRef, ImageSource, Mention};

use crate::losses::Losses;
use crate::rule::Carried;
use crate::table::UserRow;

/// What a profile knows of references: a person whose identities on both sides it names is mentioned, which notifies the
/// person, anybody else is named in plain text; an image that anybody may load stays; one behind a login becomes a visible
/// placeholder.
struct References<'a> {
    users: &'a [UserRow],
    to: Side,
}

impl Resolver for References<'_> {
    fn mention(&self, mention: &Mention) -> Option<Mention> {
        let id = self.users.iter().find_map(|row| {
            let identity = row.identity.as_deref()?;
            let jira = &row.ids.jira;
            match self.to {
                Side::Jira => identity
                    .eq_ignore_ascii_case(&mention.id)
                    .then(|| jira.clone()),
                Side::Azure => (*jira == mention.id).then(|| identity.to_owned()),
            }
        })?;
        Some(Mention {
            id,
            name: mention.name.clone(),
            ..Mention::default()
        })
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

/// Any value as a document, and what was lost in reading it. A value that is no text gives an empty document.
pub(crate) fn read(value: &Value) -> (Document, Losses) {
    let (document, losses) = match value {
        Value::Adf(tree) => richtext::adf::read(tree),
        Value::Html(text) => richtext::html::read(text),
        Value::Markdown(text) => richtext::markdown::read(text),
        Value::Text(text) | Value::Choice(text) => (Document::from_plain(text), Vec::new()),
        _ => (Document::default(), Vec::new()),
    };
    (document, Losses::from(losses.as_slice()))
}

/// The form of a rich text at a remote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Jira's documents (jira.md 13.1).
    Adf,
    /// What Azure DevOps holds unless a field was switched (azure.md 9).
    Html,
    /// What a field of Azure DevOps holds that was switched. It stays so, since an edit keeps the format (azure.md 9).
    Markdown,
}

impl Form {
    /// The form in which that side begins a text.
    pub(crate) fn of(side: Side) -> Self {
        match side {
            Side::Jira => Form::Adf,
            Side::Azure => Form::Html,
        }
    }

    /// The form in which that side takes another text in the place of the one that it holds.
    pub(crate) fn over_there(side: Side, held: &Value) -> Self {
        match (side, held) {
            (Side::Azure, Value::Markdown(_)) => Form::Markdown,
            (side, _) => Form::of(side),
        }
    }

    fn side(self) -> Side {
        match self {
            Form::Adf => Side::Jira,
            Form::Html | Form::Markdown => Side::Azure,
        }
    }

    /// How many UTF-16 units a text may have.
    fn limit(self) -> usize {
        match self {
            Form::Adf => limit::JIRA_TEXT,
            Form::Html | Form::Markdown => limit::AZURE_TEXT,
        }
    }
}

/// A document in that form, and what was lost in writing it; nothing when it is longer than the remote takes.
pub(crate) fn write(users: &[UserRow], form: Form, document: &Document) -> Option<(Value, Losses)> {
    let references = References {
        users,
        to: form.side(),
    };
    let units = |text: &str| text.encode_utf16().count();
    let (value, length, losses) = match form {
        Form::Adf => {
            let (tree, losses) = richtext::adf::write(document, &references);
            let length = units(&tree.to_string());
            (Value::Adf(tree), length, losses)
        }
        Form::Html => {
            let (text, losses) = richtext::html::write(document, &references);
            let length = units(&text);
            (Value::Html(text), length, losses)
        }
        Form::Markdown => {
            let (text, losses) = richtext::markdown::write(document, &references);
            let length = units(&text);
            (Value::Markdown(text), length, losses)
        }
    };
    (length <= form.limit()).then(|| (value, Losses::from(losses.as_slice())))
}

/// The text in the form in which the other side should hold it. A text in which nothing can be seen is empty there.
pub(super) fn carry(users: &[UserRow], to: Form, value: &Value) -> Carried {
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
    match write(users, to, &document) {
        None => Carried::Error(Code::TooLong),
        Some((value, lost_writing)) => Carried::Value {
            value,
            losses: lost_reading.and(&lost_writing),
        },
    }
}

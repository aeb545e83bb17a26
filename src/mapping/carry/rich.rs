//! Rich text from one side's form into the other's.

use model::problem::Code;
use model::{Both, Side, Value, limit};
use richtext::{Document, Resolver};

use super::references::{Blank, References};
use crate::lead::Leads;
use crate::losses::Losses;
use crate::rule::Carried;
use crate::table::UserRow;

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

/// A document in that form, and what was lost in writing it; nothing when it is longer than the remote takes. `held` is what
/// is there in its place.
pub(crate) fn write(
    users: &[UserRow],
    leads: &dyn Leads,
    form: Form,
    held: &Value,
    document: &Document,
) -> Option<(Value, Losses)> {
    let references = References::new(users, form.side().other(), leads, held);
    say(form, document, &references)
}

fn say(form: Form, document: &Document, references: &dyn Resolver) -> Option<(Value, Losses)> {
    let units = |text: &str| text.encode_utf16().count();
    let (value, length, losses) = match form {
        Form::Adf => {
            let (tree, losses) = richtext::adf::write(document, references);
            let length = units(&tree.to_string());
            (Value::Adf(tree), length, losses)
        }
        Form::Html => {
            let (text, losses) = richtext::html::write(document, references);
            let length = units(&text);
            (Value::Html(text), length, losses)
        }
        Form::Markdown => {
            let (text, losses) = richtext::markdown::write(document, references);
            let length = units(&text);
            (Value::Markdown(text), length, losses)
        }
    };
    (length <= form.limit()).then(|| (value, Losses::from(losses.as_slice())))
}

/// The text in the form in which the other side should hold it. A text in which nothing can be seen is empty there.
pub(super) fn carry(
    users: &[UserRow],
    leads: &dyn Leads,
    held: &Value,
    side: Side,
    value: &Value,
) -> Carried {
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
    match write(users, leads, Form::over_there(side, held), held, &document) {
        None => Carried::Error(Code::TooLong),
        Some((value, lost_writing)) => Carried::Value {
            value,
            losses: lost_reading.and(&lost_writing),
        },
    }
}

/// Whether an issue's text, carried over, and a work item's are the same but for which items their links lead to.
pub(super) fn alike(users: &[UserRow], leads: &dyn Leads, value: Both<&Value>) -> bool {
    let form = Form::over_there(Side::Azure, value.azure);
    let blank = |side: Side| {
        let references = References::new(users, Side::Jira, leads, &Value::Empty);
        let blank = Blank::new(references, side == Side::Azure);
        let (document, _) = read(value.get(side));
        let (text, _) = say(form, &document, &blank)?;
        Some(read(&text).0.canonical())
    };
    let over = blank(Side::Jira);
    over.is_some() && over == blank(Side::Azure)
}

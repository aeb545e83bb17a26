//! A write in the making: the item's newest state, changed by one operation after the other, then
//! finished (paths, formats, rules, what follows a state) and turned into a [`Commit`]. Nothing is
//! stored before all of it has passed.

mod finish;
mod link;

use serde_json::Value as Json;

use super::comment;
use super::error::{Broken, Refusal};
use super::field::{self, Access, Field, Fields, Kind, Value};
use super::html;
use super::identity::Who;
use super::item::Item;
use super::kind::{self, Type};
use super::limit;
use super::node::Organization;
use super::patch::{Mode, Operation};
use super::relation::Relation;
use super::store::{Commit, Store};
use super::time;

/// What a draft may look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Desk<'a> {
    pub(crate) store: &'a Store,
    pub(crate) organization: &'a Organization,
    pub(crate) caller: usize,
    pub(crate) now: i64,
    /// `bypassRules=true`.
    pub(crate) bypass: bool,
}

/// A text that waits for its format.
#[derive(Debug)]
struct Rich {
    field: &'static Field,
    text: String,
}

/// A write in the making.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    desk: Desk<'a>,
    item: Option<&'a Item>,
    kind: &'static Type,
    project: usize,
    fields: Fields,
    markdown: Vec<&'static str>,
    touched: Vec<&'static str>,
    rich: Vec<Rich>,
    formats: Vec<(&'static str, bool)>,
    history: Option<(String, bool)>,
    changed_by: Option<Who>,
    changed_ms: Option<i64>,
    relations: Vec<Relation>,
    added: Vec<Relation>,
    removed: Vec<Relation>,
    updated: Vec<Relation>,
}

impl<'a> Draft<'a> {
    /// A new item of a type in a project, with its defaults.
    pub(crate) fn create(desk: Desk<'a>, project: usize, kind: &'static Type) -> Self {
        let mut fields = Fields::default();
        let name = desk.organization.project(project).map_or("", |p| p.name);
        fields.set(field::TYPE, Value::text(kind.name));
        fields.set(field::AREA, Value::text(name));
        fields.set(field::ITERATION, Value::text(name));
        fields.set(field::STATE, Value::text(kind.initial()));
        for (reference, value) in kind.defaults() {
            let value = match value {
                Json::String(text) => Value::text(&text),
                other => Value::Integer(other.as_i64().unwrap_or_default()),
            };
            fields.set(reference, value);
        }
        Self::with(desk, None, kind, project, fields)
    }

    /// The next state of an item.
    ///
    /// # Errors
    /// [`Refusal::ItemMissing`] when it has no revision to start from, [`Refusal::RevisionLimit`]
    /// when it has too many.
    pub(crate) fn update(desk: Desk<'a>, item: &'a Item) -> Result<Self, Refusal> {
        let latest = item.latest().ok_or(Refusal::ItemMissing(item.id))?;
        if item.rev() >= limit::REVISIONS {
            return Err(Refusal::RevisionLimit(item.id, item.rev()));
        }
        let kind =
            kind::find(latest.fields.text(field::TYPE)).ok_or(Refusal::ItemMissing(item.id))?;
        let mut draft = Self::with(
            desk,
            Some(item),
            kind,
            latest.project,
            latest.fields.clone(),
        );
        draft.markdown.clone_from(&latest.markdown);
        draft.relations = item
            .relations
            .iter()
            .filter(|r| !r.hidden)
            .cloned()
            .collect();
        Ok(draft)
    }

    fn with(
        desk: Desk<'a>,
        item: Option<&'a Item>,
        kind: &'static Type,
        project: usize,
        fields: Fields,
    ) -> Self {
        Self {
            desk,
            item,
            kind,
            project,
            fields,
            markdown: Vec::new(),
            touched: Vec::new(),
            rich: Vec::new(),
            formats: Vec::new(),
            history: None,
            changed_by: None,
            changed_ms: None,
            relations: Vec::new(),
            added: Vec::new(),
            removed: Vec::new(),
            updated: Vec::new(),
        }
    }

    fn id(&self) -> i64 {
        self.item.map_or(0, |item| item.id)
    }

    /// Carries one operation out on the draft.
    ///
    /// # Errors
    /// Whatever the service refuses the operation with.
    pub(crate) fn apply(&mut self, operation: Operation) -> Result<(), Refusal> {
        match operation {
            Operation::Placeholder => Ok(()),
            Operation::TestRev(expected) => self.test_rev(&expected),
            Operation::TestField(f, expected) => self.test_field(f, &expected),
            Operation::Set(f, mode, value) => self.set(f, mode, &value),
            Operation::Clear(f) => self.clear(f),
            Operation::Format(f, markdown) => {
                self.formats.push((f.reference, markdown));
                Ok(())
            }
            Operation::Relate(value) => self.relate(&value),
            Operation::Unrelate(index) => self.unrelate(index),
            Operation::Reattribute(index, attributes) => self.reattribute(index, |slot| {
                slot.extend(attributes);
            }),
            Operation::Attribute(index, name, value) => {
                self.reattribute(index, |slot| match value {
                    Some(value) => {
                        slot.insert(name, value);
                    }
                    None => {
                        slot.remove(&name);
                    }
                })
            }
        }
    }

    /// Sets a long text that is already as the service stores it.
    pub(crate) fn give(&mut self, reference: &'static str, stored: std::sync::Arc<str>) {
        self.touched.push(reference);
        self.fields.set(reference, Value::Text(stored));
    }

    fn test_rev(&self, expected: &Json) -> Result<(), Refusal> {
        let actual = self.item.map_or(0, Item::rev);
        let given = expected
            .as_u64()
            .or_else(|| expected.as_str()?.parse().ok());
        if given == u64::try_from(actual).ok() {
            return Ok(());
        }
        Err(Refusal::Test {
            path: "/rev".to_owned(),
            actual: actual.to_string(),
            expected: expected.to_string(),
        })
    }

    fn test_field(&self, f: &'static Field, expected: &Json) -> Result<(), Refusal> {
        let view = self.item.map(Item::view);
        let host = super::item::Host {
            base: "",
            organization: self.desk.organization,
        };
        let value = view.and_then(|v| v.value(f.reference, self.desk.organization));
        let actual = value.map_or(Json::Null, |v| v.json(super::item::People::Combined, host));
        if &actual == expected {
            return Ok(());
        }
        Err(Refusal::Test {
            path: format!("/fields/{}", f.reference),
            actual: actual.to_string(),
            expected: expected.to_string(),
        })
    }

    fn touch(&mut self, f: &'static Field) -> Result<(), Refusal> {
        if self.touched.contains(&f.reference) {
            return Err(Refusal::FieldTwice(self.id(), f.reference.to_owned()));
        }
        let open = match f.access {
            Access::Open => true,
            Access::Bypass => self.desk.bypass,
            Access::Computed => false,
        };
        if !open {
            return Err(Refusal::ReadOnly(f.reference));
        }
        self.touched.push(f.reference);
        Ok(())
    }

    fn clear(&mut self, f: &'static Field) -> Result<(), Refusal> {
        self.touch(f)?;
        if self.fields.get(f.reference).is_none() {
            let why = format!(
                " Field '{}' has no value that could be removed.",
                f.reference
            );
            return Err(Refusal::PatchDocument(why));
        }
        self.fields.remove(f.reference);
        Ok(())
    }

    fn set(&mut self, f: &'static Field, mode: Mode, value: &Json) -> Result<(), Refusal> {
        self.touch(f)?;
        match (f.reference, f.kind) {
            (field::TYPE, _) => self.retype(value),
            (field::PROJECT, _) => self.move_to(value),
            (field::CHANGED, _) => {
                self.changed_ms = self.moment(f, value)?;
                Ok(())
            }
            (field::CHANGER, _) => {
                self.changed_by = self.who(f, value)?;
                Ok(())
            }
            (_, Kind::History) => {
                self.history = history(value);
                within_limit(f, self.history.as_ref().map_or("", |(text, _)| text))
            }
            (_, Kind::Tags) => self.set_tags(mode, value),
            (_, Kind::Rich) => {
                let text = value.as_str().unwrap_or_default().to_owned();
                within_limit(f, &text)?;
                self.rich.push(Rich { field: f, text });
                Ok(())
            }
            _ => {
                let value = self.scalar(f, value)?;
                self.fields.put(f.reference, value);
                Ok(())
            }
        }
    }

    fn retype(&mut self, value: &Json) -> Result<(), Refusal> {
        let name = value.as_str().unwrap_or_default();
        let project = self
            .desk
            .organization
            .project(self.project)
            .map_or("", |p| p.name);
        let kind = kind::find(name)
            .ok_or_else(|| Refusal::TypeMissing(name.to_owned(), project.to_owned()))?;
        if kind != self.kind && !self.touched.contains(&field::STATE) {
            self.fields.set(field::STATE, Value::text(kind.initial()));
        }
        self.kind = kind;
        self.fields.set(field::TYPE, Value::text(kind.name));
        Ok(())
    }

    fn move_to(&mut self, value: &Json) -> Result<(), Refusal> {
        let project = self
            .desk
            .organization
            .find(value.as_str().unwrap_or_default())?;
        if project == self.project {
            return Ok(());
        }
        self.project = project;
        let name = self
            .desk
            .organization
            .project(project)
            .map_or("", |p| p.name);
        for reference in [field::AREA, field::ITERATION] {
            if !self.touched.contains(&reference) {
                self.fields.set(reference, Value::text(name));
            }
        }
        Ok(())
    }

    fn scalar(&self, f: &'static Field, value: &Json) -> Result<Option<Value>, Refusal> {
        if value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty()) {
            return Ok(None);
        }
        let wrong = || {
            Refusal::Rules(vec![Broken {
                reference: f.reference,
                name: f.name,
                flags: "InvalidType",
            }])
        };
        let text = value.as_str();
        match f.kind {
            Kind::Integer => {
                let whole = value.as_i64().or_else(|| whole(value.as_f64()?));
                let number = whole.or_else(|| text?.trim().parse().ok());
                number.map(|n| Some(Value::Integer(n))).ok_or_else(wrong)
            }
            Kind::Double => {
                let number = value.as_f64().or_else(|| text?.trim().parse().ok());
                number
                    .filter(|n| n.is_finite())
                    .map(|n| Some(Value::Double(n)))
                    .ok_or_else(wrong)
            }
            Kind::Flag => value
                .as_bool()
                .map(|b| Some(Value::Flag(b)))
                .ok_or_else(wrong),
            Kind::Time => self.moment(f, value).map(|ms| ms.map(Value::Time)),
            Kind::Person => self.who(f, value).map(|who| who.map(Value::Person)),
            Kind::Line | Kind::Tree | Kind::Rich | Kind::History | Kind::Tags => match value {
                Json::String(text) => Ok(Some(Value::text(&one_line(text)))),
                Json::Number(number) => Ok(Some(Value::text(&number.to_string()))),
                _ => Err(wrong()),
            },
        }
    }

    fn moment(&self, f: &'static Field, value: &Json) -> Result<Option<i64>, Refusal> {
        let Some(text) = value.as_str().filter(|t| !t.is_empty()) else {
            return Ok(None);
        };
        let parsed = time::parse(text).map(|(ms, _)| ms);
        let ms = parsed.ok_or_else(|| {
            Refusal::Invalid(format!(
                "'{text}' is not a date, as field '{}' needs it.",
                f.reference
            ))
        })?;
        if f.reference == field::CHANGED && ms > self.desk.now {
            return Err(Refusal::DateFuture(text.to_owned()));
        }
        Ok(Some(ms))
    }

    fn who(&self, f: &'static Field, value: &Json) -> Result<Option<Who>, Refusal> {
        if value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty()) {
            return Ok(None);
        }
        if let Some(index) = self.desk.organization.people.find(value) {
            return Ok(Some(Who::Member(index)));
        }
        let unique = value.get("uniqueName").or_else(|| value.get("displayName"));
        let shown = value.as_str().or_else(|| unique?.as_str());
        let shown = shown.map_or_else(|| value.to_string(), str::to_owned);
        if self.desk.bypass {
            return Ok(Some(Who::Literal(shown.as_str().into())));
        }
        Err(Refusal::Identity(shown, f.name))
    }

    fn set_tags(&mut self, mode: Mode, value: &Json) -> Result<(), Refusal> {
        let given = split_tags(value.as_str().unwrap_or_default());
        let mut tags = match mode {
            Mode::Add => split_tags(self.fields.text(field::TAGS)),
            Mode::Replace => Vec::new(),
        };
        for tag in given {
            let spelled = self.desk.store.spelled(self.project, &tag);
            if !tags.iter().any(|t| t.to_lowercase() == tag.to_lowercase()) {
                tags.push(spelled);
            }
        }
        if tags.len() > limit::TAGS {
            return Err(Refusal::TooMany {
                id: self.id(),
                what: "tags",
                limit: limit::TAGS,
            });
        }
        if let Some(long) = tags.iter().find(|t| t.chars().count() > limit::TAG_CHARS) {
            return Err(Refusal::Invalid(format!(
                "Tag '{long}' has more than {} characters.",
                limit::TAG_CHARS
            )));
        }
        tags.sort_by_key(|t| t.to_lowercase());
        let joined = (!tags.is_empty()).then(|| Value::text(&tags.join("; ")));
        self.fields.put(field::TAGS, joined);
        Ok(())
    }
}

impl Commit {
    /// Whether anything at all changes.
    pub(crate) fn is_empty(&self) -> bool {
        let lists = [&self.added, &self.removed, &self.updated];
        self.revision.is_none() && lists.iter().all(|list| list.is_empty())
    }

    /// The tags that the item has afterwards, and where.
    pub(crate) fn tags(&self) -> Option<(usize, String)> {
        let revision = self.revision.as_ref()?;
        Some((
            revision.project,
            revision.fields.text(field::TAGS).to_owned(),
        ))
    }
}

fn history(value: &Json) -> Option<(String, bool)> {
    let text = value.as_str().or_else(|| value.get("text")?.as_str())?;
    let format = value.get("format").and_then(Json::as_str);
    (!text.is_empty()).then(|| (text.to_owned(), comment::is_markdown(format)))
}

fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 1e15).then_some(number as i64)
}

/// Refuses a long text before any work is put into it.
fn within_limit(f: &'static Field, text: &str) -> Result<(), Refusal> {
    if text.chars().count() <= limit::TEXT_CHARS {
        return Ok(());
    }
    Err(Refusal::Rules(vec![Broken {
        reference: f.reference,
        name: f.name,
        flags: "InvalidTooLong",
    }]))
}

fn one_line(text: &str) -> String {
    if text.contains(['\n', '\r', '\t']) {
        return html::collapse(text);
    }
    text.trim().to_owned()
}

/// Tags of a joined text: parted by semicolons or commas, trimmed, each once whatever its case.
fn split_tags(joined: &str) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in joined
        .split([';', ','])
        .map(str::trim)
        .filter(|t| !t.is_empty())
    {
        if !tags.iter().any(|t| t.to_lowercase() == tag.to_lowercase()) {
            tags.push(tag.to_owned());
        }
    }
    tags
}

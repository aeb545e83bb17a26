//! `[[type]]`, `[[state]]` and `[[user]]`: rows of two names.

use std::collections::BTreeMap;

use model::{Both, Side, limit};

use super::reader::{Section, Source, Word};
use super::words;
use crate::near;
use crate::profile::TypePair;
use crate::table::{StateRow, UserRow};

/// Reads the type pairs; there must be one.
pub(super) fn types(root: &Section<'_>) -> Vec<TypePair> {
    if !root.has("type") {
        root.missing(
            "[[type]]",
            "[[type]] with jira = \"Task\" and azure = \"Task\"",
        );
    }
    let mut seen = Seen::default();
    let mut types = Vec::new();
    for section in root.tables("type", "[[type]]", &words::TYPE, limit::ROWS_PER_TABLE) {
        if let Some(names) = names(&section, "Story", "User Story") {
            seen.report(root.source, "", &names, section.line);
            types.push(TypePair {
                jira: names.jira,
                azure: names.azure,
                line: section.line,
            });
        }
    }
    types
}

/// Reads the state rows.
pub(super) fn states(root: &Section<'_>, types: &[TypePair]) -> Vec<StateRow> {
    let mut seen = Seen::default();
    let mut states = Vec::new();
    for section in root.tables("state", "[[state]]", &words::STATE, limit::ROWS_PER_TABLE) {
        let kind = section.text("type");
        if let Some(kind) = &kind {
            check_type(root.source, kind, types);
        }
        if let Some(names) = names(&section, "In Progress", "Active") {
            let kind = kind.map(|kind| kind.text);
            seen.report(
                root.source,
                kind.as_deref().unwrap_or_default(),
                &names,
                section.line,
            );
            states.push(StateRow {
                names,
                kind,
                line: section.line,
            });
        }
    }
    states
}

/// Reads the user rows.
pub(super) fn users(root: &Section<'_>) -> Vec<UserRow> {
    let mut seen = Seen::default();
    let mut users = Vec::new();
    for section in root.tables("user", "[[user]]", &words::USER, limit::ROWS_PER_TABLE) {
        if let Some(ids) = names(&section, "712020:aa-bb", "alice@acme.example") {
            seen.report(root.source, "", &ids, section.line);
            let identity = section.text("azure_id");
            let identity = identity.and_then(|word| guid(root.source, &word));
            users.push(UserRow { ids, identity });
        }
    }
    users
}

/// A GUID without the braces that some tools show around it.
fn guid(source: &Source<'_>, word: &Word) -> Option<String> {
    let text = word.text.as_str();
    let bare = text.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
    let bare = bare.unwrap_or(text);
    if !richtext::is_guid(bare) {
        let what = format!("`azure_id` of [[user]] is \"{text}\", which is no GUID");
        let mend = "write the identity's id as the profile page or the Graph API of Azure DevOps shows it, such as \
                    \"8c8c7d32-6b1b-47f4-b2e9-30b477b5ab3d\", or leave it out";
        source.fault(word.line, what, mend.to_owned());
        return None;
    }
    Some(bare.to_owned())
}

fn names(section: &Section<'_>, jira: &str, azure: &str) -> Option<Both<String>> {
    let jira = section.required("jira", jira);
    let azure = section.required("azure", azure);
    Some(Both {
        jira: jira?.text,
        azure: azure?.text,
    })
}

/// A type that a rule or row is limited to must be in a `[[type]]` row. Without any such row that is the fault to mend.
pub(super) fn check_type(source: &Source<'_>, kind: &Word, types: &[TypePair]) -> bool {
    let names = || types.iter().map(|pair| pair.jira.as_str());
    let known = types.is_empty() || names().any(|name| name == kind.text);
    if !known {
        let cure = source.advice(&kind.text, names(), || {
            format!(
                "write a Jira type that a [[type]] row names: {}",
                near::listed(names())
            )
        });
        let what = format!("no [[type]] row names the Jira type \"{}\"", kind.text);
        source.fault(kind.line, what, cure);
    }
    known
}

/// Names that rows have used already. A row both of whose names are taken is never reached from either side.
#[derive(Default)]
pub(super) struct Seen {
    jira: BTreeMap<(String, String), usize>,
    azure: BTreeMap<(String, String), usize>,
}

impl Seen {
    /// Takes a row's names within a group, and reports the row when it can never apply.
    pub(super) fn report(
        &mut self,
        source: &Source<'_>,
        group: &str,
        names: &Both<String>,
        line: usize,
    ) {
        let taken = |map: &mut BTreeMap<(String, String), usize>, side: Side| {
            let key = (group.to_owned(), names.get(side).to_lowercase());
            let first = map.get(&key).copied();
            map.entry(key).or_insert(line);
            first
        };
        let jira = taken(&mut self.jira, Side::Jira);
        let azure = taken(&mut self.azure, Side::Azure);
        let (Some(jira), Some(azure)) = (jira, azure) else {
            return;
        };
        let earlier = if jira == azure {
            format!("line {jira}")
        } else {
            format!("lines {jira} and {azure}")
        };
        let what =
            format!("this row never applies: both its values stand in earlier rows ({earlier})");
        source.fault(line, what, "remove it, or move it up");
    }

    /// Takes a row of a table that must be one-to-one, and reports a value that another row has already.
    pub(super) fn report_shared(&mut self, source: &Source<'_>, names: &Both<String>, line: usize) {
        for side in Side::BOTH {
            let seen = match side {
                Side::Jira => &mut self.jira,
                Side::Azure => &mut self.azure,
            };
            let key = (String::new(), names.get(side).to_lowercase());
            if let Some(first) = seen.insert(key, line) {
                let what = format!(
                    "\"{}\" stands in two rows (line {first} too)",
                    names.get(side)
                );
                let cure = "name each element once; elements of sets are mapped one to one";
                source.fault(line, what, cure);
            }
        }
    }
}

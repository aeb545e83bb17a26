//! `[[scope]]`: the pairs of projects.

use std::collections::BTreeMap;

use model::{Side, limit};

use super::reader::{Section, Word};
use super::words;
use crate::profile::{AzureScope, JiraScope, Scope};

const EXAMPLE: &str = "jira = { project = \"WEB\" } and azure = { project = \"Platform\" }";

/// Characters that the name of an Azure DevOps project cannot hold.
const NOT_IN_PROJECT: [char; 12] = ['\\', '/', ':', '*', '?', '"', '\'', '<', '>', '|', '#', '%'];

/// Reads the scopes; there must be one.
pub(super) fn scopes(root: &Section<'_>) -> Vec<Scope> {
    if !root.has("scope") {
        root.missing("[[scope]]", &format!("[[scope]] with {EXAMPLE}"));
    }
    let sections = root.tables("scope", "[[scope]]", &words::SCOPE, limit::ROWS_PER_TABLE);
    let scopes: Vec<Scope> = sections.iter().filter_map(scope).collect();
    for side in Side::BOTH {
        report_repeated(root, side, &scopes);
    }
    scopes
}

fn scope(section: &Section<'_>) -> Option<Scope> {
    for key in words::SCOPE {
        if !section.has(key) {
            section.missing(key, EXAMPLE);
        }
    }
    let jira = section.table("jira", "`jira` of [[scope]]", Some(&words::SCOPE_JIRA));
    let azure = section.table("azure", "`azure` of [[scope]]", Some(&words::SCOPE_AZURE));
    let jira = jira.and_then(|section| jira_scope(&section));
    let azure = azure.and_then(|section| azure_scope(&section));
    Some(Scope {
        jira: jira?,
        azure: azure?,
        line: section.line,
    })
}

fn jira_scope(section: &Section<'_>) -> Option<JiraScope> {
    let filter = filter(section, Side::Jira);
    let project = section.required("project", "WEB")?;
    let is_key = |c: char| c.is_alphanumeric() || c == '_';
    if !project.text.chars().all(is_key) {
        let what = format!("\"{}\" is no key of a Jira project", project.text);
        section.source.fault(
            project.line,
            what,
            "write the key, such as WEB, not the name",
        );
        return None;
    }
    Some(JiraScope {
        project: project.text,
        filter,
    })
}

fn azure_scope(section: &Section<'_>) -> Option<AzureScope> {
    let filter = filter(section, Side::Azure);
    let area = section.text("area");
    let project = section.required("project", "Platform")?;
    if project.text.contains(NOT_IN_PROJECT) {
        let what = format!("\"{}\" is no name of an Azure DevOps project", project.text);
        section
            .source
            .fault(project.line, what, "write the project's name alone");
        return None;
    }
    if let Some(area) = &area {
        check_area(section, &project.text, area);
    }
    Some(AzureScope {
        project: project.text,
        area: area.map(|area| area.text),
        filter,
    })
}

/// An area path begins with the project's name.
fn check_area(section: &Section<'_>, project: &str, area: &Word) {
    let root = area.text.split('\\').next().unwrap_or_default();
    if root.to_lowercase() != project.to_lowercase() || area.text.ends_with('\\') {
        let what = format!("the area \"{}\" is not in project \"{project}\"", area.text);
        let cure = format!("write the whole path, such as area = \"{project}\\\\Web\"");
        section.source.fault(area.line, what, cure);
    }
}

fn filter(section: &Section<'_>, side: Side) -> Option<String> {
    let filter = section.text("filter")?;
    if let Some(what) = filter_fault(side, &filter.text) {
        let language = match side {
            Side::Jira => "JQL",
            Side::Azure => "WIQL",
        };
        let cure = format!("write one {language} condition; it is joined to others by AND");
        section
            .source
            .fault(filter.line, format!("the filter {what}"), cure);
    }
    Some(filter.text)
}

/// A filter is put into brackets within a longer query, so it must be one whole condition.
fn filter_fault(side: Side, filter: &str) -> Option<&'static str> {
    let mut bare = String::with_capacity(filter.len());
    let mut quote = None;
    let mut depth = 0_i32;
    let mut chars = filter.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            // JQL escapes within quotes; WIQL doubles the quote, which closes and opens again.
            (Some(_), '\\') if side == Side::Jira => drop(chars.next()),
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            (None, _) => bare.extend(c.to_lowercase()),
        }
        if depth < 0 {
            return Some("closes a bracket that it did not open");
        }
    }
    if quote.is_some() {
        return Some("does not close a quote");
    }
    if depth > 0 {
        return Some("does not close a bracket");
    }
    let words: Vec<&str> = bare.split_whitespace().collect();
    let orders = words.windows(2).any(|pair| pair == ["order", "by"]);
    orders.then_some("has an ORDER BY")
}

/// A project belongs to one scope: an item's scope is found by its project alone.
fn report_repeated(root: &Section<'_>, side: Side, scopes: &[Scope]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for scope in scopes {
        let name = scope.project(side);
        if let Some(first) = seen.insert(name.to_lowercase(), scope.line) {
            root.source.fault(
                scope.line,
                format!(
                    "{} project {name} is in another [[scope]] already (line {first})",
                    side.product()
                ),
                "put each project into one scope",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_one_whole_condition() {
        for (side, filter, expected) in [
            (Side::Jira, "labels = shared", None),
            (
                Side::Jira,
                "labels in (a, \"b)\") AND text ~ 'order by'",
                None,
            ),
            (Side::Jira, "summary ~ \"say \\\"hi\\\"\"", None),
            (Side::Azure, "[System.Tags] CONTAINS 'it''s'", None),
            (Side::Azure, "[Custom.Path] = 'a\\'", None),
            (
                Side::Jira,
                "a = b) OR (c = d",
                Some("closes a bracket that it did not open"),
            ),
            (Side::Jira, "(a = b", Some("does not close a bracket")),
            (Side::Jira, "a = \"b", Some("does not close a quote")),
            (Side::Jira, "a = b ORDER  BY rank", Some("has an ORDER BY")),
        ] {
            assert_eq!(filter_fault(side, filter), expected, "{filter}");
        }
    }
}

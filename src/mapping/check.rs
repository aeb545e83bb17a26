//! The profile against what the remotes have.

mod fields;
mod states;

use std::fmt;

use model::{Both, Side};

use crate::near;
use crate::profile::{Profile, TypePair, same_kind};
use crate::schema::{ProjectSchema, Schema, TypeSchema};

/// How bad a gap is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something will not work.
    Error,
    /// Something may not be what was meant.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        })
    }
}

/// One thing that the profile names or needs and a remote does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// How bad it is.
    pub severity: Severity,
    /// The profile's file.
    pub file: String,
    /// The line of the profile that names it, when one does.
    pub line: Option<usize>,
    /// The remote that does not have it.
    pub side: Option<Side>,
    /// What is missing.
    pub what: String,
    /// How to mend it.
    pub cure: String,
}

/// `profiles/acme/web.toml:31: what is missing; how to mend it`.
impl fmt::Display for Gap {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(out, ":{line}")?;
        }
        write!(out, ": {}; {}", self.what, self.cure)
    }
}

/// Every gap between the profile and what the remotes have, in the order of the profile's lines: projects, types, fields
/// and states that do not exist (with the name that was probably meant), values that are not allowed, required fields that
/// no rule fills, states that no row maps, permissions that the account lacks.
#[must_use]
pub fn online(profile: &Profile, jira: &Schema, azure: &Schema) -> Vec<Gap> {
    let mut report = Report {
        profile,
        gaps: Vec::new(),
    };
    let schemas = Both { jira, azure };
    for side in Side::BOTH {
        let schema = schemas.get(side);
        permissions(&mut report, side, schema);
        projects(&mut report, side, schema);
        types(&mut report, side, schema);
        fields::check(&mut report, side, schema);
    }
    states::check(&mut report, &schemas);
    report.finish()
}

/// The gaps found so far.
struct Report<'a> {
    profile: &'a Profile,
    gaps: Vec<Gap>,
}

impl<'a> Report<'a> {
    fn error(&mut self, line: Option<usize>, side: Side, what: String, cure: impl Into<String>) {
        self.gap(Severity::Error, line, side, what, cure.into());
    }

    fn warning(&mut self, line: Option<usize>, side: Side, what: String, cure: impl Into<String>) {
        self.gap(Severity::Warning, line, side, what, cure.into());
    }

    fn gap(
        &mut self,
        severity: Severity,
        line: Option<usize>,
        side: Side,
        what: String,
        cure: String,
    ) {
        self.gaps.push(Gap {
            severity,
            file: self.profile.file().to_owned(),
            line,
            side: Some(side),
            what,
            cure,
        });
    }

    /// What is of no line comes last.
    fn finish(mut self) -> Vec<Gap> {
        self.gaps.sort_by_key(|gap| gap.line.unwrap_or(usize::MAX));
        self.gaps.dedup();
        self.gaps
    }
}

/// One mapped type as one of the profile's projects has it.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// The index of the scope, which says what is the twin's place.
    scope: usize,
    project: &'a str,
    pair: &'a TypePair,
    schema: &'a TypeSchema,
}

impl Place<'_> {
    /// `Jira project WEB`.
    fn project_name(&self, side: Side) -> String {
        format!("{} project {}", side.product(), self.project)
    }
}

/// Every mapped type that exists, in every project that exists.
fn places<'a>(profile: &'a Profile, side: Side, schema: &'a Schema) -> Vec<Place<'a>> {
    let mut places = Vec::new();
    for (scope, of) in profile.scopes.iter().enumerate() {
        let project = of.project(side);
        let Some(known) = project_of(schema, project) else {
            continue;
        };
        for pair in &profile.types {
            if let Some(schema) = type_of(side, known, pair.get(side)) {
                places.push(Place {
                    scope,
                    project,
                    pair,
                    schema,
                });
            }
        }
    }
    places
}

/// A project by its name without regard to case, as the remotes compare them.
fn project_of<'a>(schema: &'a Schema, name: &str) -> Option<&'a ProjectSchema> {
    let wanted = name.to_lowercase();
    schema
        .projects
        .iter()
        .find(|(known, _)| known.to_lowercase() == wanted)
        .map(|(_, project)| project)
}

fn type_of<'a>(side: Side, project: &'a ProjectSchema, name: &str) -> Option<&'a TypeSchema> {
    project
        .types
        .iter()
        .find(|(known, _)| same_kind(side, known, name))
        .map(|(_, schema)| schema)
}

fn permissions(report: &mut Report<'_>, side: Side, schema: &Schema) {
    for permission in schema
        .permissions
        .iter()
        .filter(|permission| !permission.granted)
    {
        let product = side.product();
        let what = format!(
            "the account lacks the {product} permission \"{}\", needed for {}",
            permission.name, permission.needed_for
        );
        let line = report.profile.remote(side).line;
        report.error(
            Some(line),
            side,
            what,
            "grant it to the account of the credential",
        );
    }
}

fn projects(report: &mut Report<'_>, side: Side, schema: &Schema) {
    let profile = report.profile;
    for scope in &profile.scopes {
        let name = scope.project(side);
        if project_of(schema, name).is_some() {
            continue;
        }
        let known = schema.projects.keys().map(String::as_str);
        let cure = near::advice(name, known, || {
            let spelling = match side {
                Side::Jira => "key",
                Side::Azure => "name",
            };
            format!("check the {spelling}, and that the account may see the project")
        });
        let what = format!(
            "{} has no project {name} that the account can see",
            side.product()
        );
        report.error(Some(scope.line), side, what, cure);
    }
}

/// A type that none of the projects has is an error; one that only some have may be meant so.
fn types(report: &mut Report<'_>, side: Side, schema: &Schema) {
    let profile = report.profile;
    for pair in &profile.types {
        let name = pair.get(side);
        let lacking: Vec<(&str, &ProjectSchema)> = profile
            .scopes
            .iter()
            .filter_map(|scope| {
                Some((
                    scope.project(side),
                    project_of(schema, scope.project(side))?,
                ))
            })
            .filter(|(_, project)| type_of(side, project, name).is_none())
            .collect();
        let present = places(profile, side, schema)
            .iter()
            .any(|place| place.pair == pair);
        for (project, known) in lacking {
            let names = || known.types.keys().map(String::as_str);
            let cure = near::advice(name, names(), || {
                format!("it has {}", near::listed(names()))
            });
            let what = format!(
                "{} project {project} has no type \"{name}\"",
                side.product()
            );
            if present {
                report.warning(Some(pair.line), side, what, cure);
            } else {
                report.error(Some(pair.line), side, what, cure);
            }
        }
    }
}

#[cfg(test)]
mod tests;

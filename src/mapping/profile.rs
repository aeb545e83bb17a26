//! The compiled profile and the questions asked of it.

use std::collections::BTreeSet;
use std::fmt;

use model::{Both, ProfileName, Side};

use crate::options::{Attachments, Comments, Deletion, Direction, Example, Links, Policy};
use crate::rule::Rule;
use crate::table::{StateRow, UserRow};

/// A compiled profile: what is kept in step between which projects, and how.
#[derive(Clone, PartialEq)]
pub struct Profile {
    /// Its name; it stands in markers.
    pub name: ProfileName,
    /// Which way things go unless a rule says otherwise. A type's item is created on the other side only this way.
    pub direction: Direction,
    /// What becomes of true conflicts unless a rule says otherwise.
    pub conflict: Policy,
    /// Where Jira is.
    pub jira: Remote,
    /// Where Azure DevOps is.
    pub azure: Remote,
    /// The project pairs.
    pub scopes: Vec<Scope>,
    /// The rules in the profile's order, the implied ones first and the state rule last.
    pub rules: Vec<Rule>,
    /// The type pairs in the profile's order.
    pub types: Vec<TypePair>,
    /// What is done with comments.
    pub comments: Comments,
    /// What is done with attachments.
    pub attachments: Attachments,
    /// What is done with links.
    pub links: Links,
    /// What happens on each side when the twin was deleted on the other.
    pub deletions: Both<Deletion>,
    /// The mapping tests written in the profile.
    pub examples: Vec<Example>,
    pub(crate) file: String,
    pub(crate) fingerprint: String,
    pub(crate) states: Vec<StateRow>,
    pub(crate) users: Vec<UserRow>,
}

/// Where a remote is and which credential opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// The root address without a trailing slash; on Azure DevOps it ends in the organisation or collection.
    pub url: String,
    /// The name of the credential, never the credential itself.
    pub credential: String,
    pub(crate) line: usize,
}

/// One pair of projects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Its Jira part.
    pub jira: JiraScope,
    /// Its Azure DevOps part.
    pub azure: AzureScope,
    pub(crate) line: usize,
}

/// The Jira part of a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JiraScope {
    /// The project's key.
    pub project: String,
    /// A JQL condition that items must fulfil.
    pub filter: Option<String>,
}

/// The Azure DevOps part of a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AzureScope {
    /// The project's name.
    pub project: String,
    /// The area path below which items are covered and under which new ones are created.
    pub area: Option<String>,
    /// A WIQL condition that items must fulfil.
    pub filter: Option<String>,
}

/// Two types that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypePair {
    /// The Jira issue type's name.
    pub jira: String,
    /// The work item type's name.
    pub azure: String,
    pub(crate) line: usize,
}

impl TypePair {
    /// That side's name.
    #[must_use]
    pub fn get(&self, side: Side) -> &str {
        match side {
            Side::Jira => &self.jira,
            Side::Azure => &self.azure,
        }
    }

    pub(crate) fn kinds(&self) -> Both<String> {
        Both::of(|side| self.get(side).to_owned())
    }
}

impl Scope {
    /// That side's project.
    #[must_use]
    pub fn project(&self, side: Side) -> &str {
        match side {
            Side::Jira => &self.jira.project,
            Side::Azure => &self.azure.project,
        }
    }

    /// That side's filter, in the remote's own query language.
    #[must_use]
    pub fn filter(&self, side: Side) -> Option<&str> {
        match side {
            Side::Jira => self.jira.filter.as_deref(),
            Side::Azure => self.azure.filter.as_deref(),
        }
    }

    /// The line of the profile that the scope begins on.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }
}

impl Profile {
    /// A text of 32 hexadecimal digits that changes when the meaning of the profile may have changed. Blanks, comments and
    /// the order of keys do not change it. It tells nothing of the profile's content.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The file that it was compiled from.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Where that side's remote is.
    #[must_use]
    pub fn remote(&self, side: Side) -> &Remote {
        match side {
            Side::Jira => &self.jira,
            Side::Azure => &self.azure,
        }
    }

    /// The scope that a project belongs to. Keys of Jira and names of Azure DevOps projects are both compared without
    /// regard to case, as the remotes do.
    #[must_use]
    pub fn scope_of(&self, side: Side, project: &str) -> Option<&Scope> {
        let wanted = project.trim().to_lowercase();
        self.scopes
            .iter()
            .find(|scope| scope.project(side).to_lowercase() == wanted)
    }

    /// The type on the other side that a type belongs to: the first row that names it wins.
    #[must_use]
    pub fn twin_kind(&self, from: Side, kind: &str) -> Option<&str> {
        self.types
            .iter()
            .find(|pair| same_kind(from, pair.get(from), kind))
            .map(|pair| pair.get(from.other()))
    }

    /// The rules that apply to a pair of these types, in the profile's order, the state rule last.
    pub fn rules_for<'a>(&'a self, kinds: &'a Both<String>) -> impl Iterator<Item = &'a Rule> {
        self.rules.iter().filter(move |rule| rule.applies_to(kinds))
    }

    /// The native ids of all fields that some rule reads on that side.
    #[must_use]
    pub fn fields(&self, side: Side) -> BTreeSet<String> {
        self.rules
            .iter()
            .map(|rule| rule.field(side).to_owned())
            .collect()
    }

    /// The projects of that side.
    #[must_use]
    pub fn projects(&self, side: Side) -> BTreeSet<String> {
        self.scopes
            .iter()
            .map(|scope| scope.project(side).to_owned())
            .collect()
    }
}

/// Whether two names mean the same type: Azure DevOps compares type names without regard to case, Jira does not.
pub(crate) fn same_kind(side: Side, one: &str, other: &str) -> bool {
    match side {
        Side::Jira => one == other,
        Side::Azure => one.to_lowercase() == other.to_lowercase(),
    }
}

/// Shows names and counts only: tables may name people.
impl fmt::Debug for Profile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Profile")
            .field("name", &self.name.as_str())
            .field("fingerprint", &self.fingerprint)
            .field("rules", &self.rules.len())
            .field("states", &self.states.len())
            .field("users", &self.users.len())
            .finish_non_exhaustive()
    }
}

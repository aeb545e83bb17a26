//! What a connector takes from a profile, and what it knows when it works.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mapping::{Kind, Profile};
use model::Side;

use crate::address::{Address, quoted};
use crate::knowledge::Knowledge;

/// One Jira project of the profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    /// The project's key.
    pub(crate) project: String,
    /// A JQL condition that its issues must fulfil.
    pub(crate) filter: Option<String>,
}

impl Scope {
    /// The JQL of the scope, without a time.
    pub(crate) fn jql(&self) -> String {
        let project = format!("project = {}", quoted(&self.project));
        match &self.filter {
            Some(filter) => format!("{project} AND ({filter})"),
            None => project,
        }
    }
}

/// The Jira part of a profile.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    /// Where the site is.
    pub(crate) address: Address,
    /// Its projects.
    pub(crate) scopes: Vec<Scope>,
    /// The fields that rules read, with what they hold. Of two rules about one field the first decides.
    pub(crate) fields: BTreeMap<String, Kind>,
    /// The issue types that the profile maps.
    pub(crate) types: BTreeSet<String>,
}

impl Settings {
    /// What the profile says of Jira.
    pub(crate) fn of(profile: &Profile) -> Settings {
        let mut fields = BTreeMap::new();
        for rule in &profile.rules {
            let field = rule.field(Side::Jira).to_owned();
            fields.entry(field).or_insert(rule.kind);
        }
        let scope = |scope: &mapping::Scope| Scope {
            project: scope.jira.project.clone(),
            filter: scope.jira.filter.clone(),
        };
        Settings {
            address: Address::new(&profile.jira.url),
            scopes: profile.scopes.iter().map(scope).collect(),
            fields,
            types: profile.types.iter().map(|pair| pair.jira.clone()).collect(),
        }
    }

    /// The projects' keys in order, each once.
    pub(crate) fn projects(&self) -> BTreeSet<String> {
        let project = |scope: &Scope| scope.project.clone();
        self.scopes.iter().map(project).collect()
    }

    /// The fields that a whole read asks for.
    pub(crate) fn asked(&self) -> Vec<String> {
        const ALWAYS: [&str; 7] = [
            "comment",
            "created",
            "creator",
            "issuetype",
            "project",
            "status",
            "updated",
        ];
        let named = self.fields.keys().map(String::as_str);
        let all: BTreeSet<&str> = named.chain(ALWAYS).collect();
        all.into_iter().map(str::to_owned).collect()
    }
}

/// Settings and knowledge together, shared by the steps of a conversation.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) settings: Settings,
    pub(crate) knowledge: Knowledge,
}

/// How conversations hold it.
pub(crate) type Shared = Arc<Context>;

impl Context {
    /// Where the site is.
    pub(crate) fn address(&self) -> &Address {
        &self.settings.address
    }

    /// Whether a field id is one that the profile or the site's metadata names, so that it may be told to people.
    pub(crate) fn names_field(&self, id: &str) -> bool {
        const SYSTEM: [&str; 3] = ["comment", "issuetype", "project"];
        SYSTEM.contains(&id)
            || self.settings.fields.contains_key(id)
            || self.knowledge.fields.contains_key(id)
    }

    /// Whether an account is the one that we use.
    pub(crate) fn is_us(&self, account: Option<&str>) -> bool {
        account == Some(self.knowledge.account.id.as_str())
    }
}

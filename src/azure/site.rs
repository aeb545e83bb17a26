//! What every conversation needs to know: where the remote is, what the profile wants of it, and what was learned of it.

use std::collections::{BTreeMap, BTreeSet};

use mapping::{AzureScope, Kind, Profile};
use model::Side;

use crate::address::Address;
use crate::answer::Complaint;
use crate::knowledge::Knowledge;

/// One organisation as one profile sees it.
#[derive(Debug)]
pub(crate) struct Site {
    /// Where it is.
    pub(crate) address: Address,
    /// The profile's scopes.
    pub(crate) scopes: Vec<AzureScope>,
    /// The fields that rules read, and what they hold.
    pub(crate) kinds: BTreeMap<String, Kind>,
    /// What was learned.
    pub(crate) knowledge: Knowledge,
}

impl Site {
    /// The part of the profile that this side needs.
    pub(crate) fn new(profile: &Profile, knowledge: Knowledge) -> Site {
        let mut kinds = BTreeMap::new();
        for rule in &profile.rules {
            let kind = rule.kind_on(Side::Azure);
            kinds
                .entry(rule.field(Side::Azure).to_owned())
                .or_insert(kind);
        }
        Site {
            address: Address::new(&profile.azure.url),
            scopes: profile.scopes.iter().map(|s| s.azure.clone()).collect(),
            kinds,
            knowledge,
        }
    }

    /// Whether a project belongs to a scope. Names are compared without regard to case, as the service does.
    pub(crate) fn covers_project(&self, project: &str) -> bool {
        self.scopes
            .iter()
            .any(|scope| same_name(&scope.project, project))
    }

    /// The project, when all scopes are in one.
    pub(crate) fn only_project(&self) -> Option<&str> {
        let (first, others) = self.scopes.split_first()?;
        let alone = others
            .iter()
            .all(|scope| same_name(&scope.project, &first.project));
        alone.then_some(first.project.as_str())
    }

    /// The fields that a complaint is about, as far as profile or metadata know them. The rest of a complaint is content.
    pub(crate) fn blamed(&self, complaint: &Complaint) -> Vec<String> {
        let mut names: BTreeSet<&str> = BTreeSet::new();
        for name in &complaint.blamed {
            names.extend(self.known(name));
        }
        if names.is_empty() {
            let words = complaint
                .message
                .split(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '_');
            names.extend(words.filter_map(|word| self.known(word.trim_matches('.'))));
        }
        if names.is_empty() {
            names.extend(self.knowledge.named_in(&complaint.message));
        }
        names.into_iter().map(str::to_owned).collect()
    }

    fn known(&self, name: &str) -> Option<&str> {
        let from_profile = self.kinds.get_key_value(name).map(|(name, _)| name);
        let from_metadata = || {
            self.knowledge
                .fields
                .get_key_value(name)
                .map(|(name, _)| name)
        };
        from_profile.or_else(from_metadata).map(String::as_str)
    }
}

/// Whether two names of projects or types are the same to the service.
pub(crate) fn same_name(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

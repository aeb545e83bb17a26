//! Processes: the four system ones, and those that inherit from them and may be changed (azure.md
//! 10.2).

pub(crate) mod answer;
mod change;
mod describe;
pub(crate) mod list;
mod part;
mod picks;
pub(crate) mod rule;

use super::kind::{Origin, Plan, Type, agile, basic, cmmi, scrum};
use rule::Rule;

/// The id of the Agile process, the same in every organisation.
pub(crate) const AGILE: &str = "adcc42ab-9882-485e-a3ed-7678f01f66bc";
/// The id of the Scrum process.
pub(crate) const SCRUM: &str = "6b724908-ef14-45cf-84f8-768b5384da45";
/// The id of the CMMI process.
pub(crate) const CMMI: &str = "27450541-8e31-4150-9947-dc59f998fc01";
/// The id of the Basic process.
pub(crate) const BASIC: &str = "b8a3a935-7e91-48b8-a94c-606d37c3e9f2";

/// A process.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    /// Only inherited processes have one.
    pub(crate) reference: Option<&'static str>,
    pub(crate) description: String,
    /// The system process that an inherited one changes.
    pub(crate) parent: Option<&'static str>,
    pub(crate) types: Vec<Type>,
    /// Rules that an inherited process adds.
    pub(crate) rules: Vec<Rule>,
    /// New projects follow it unless they say otherwise.
    pub(crate) is_default: bool,
    pub(crate) enabled: bool,
}

impl Process {
    /// The system processes, in the order in which the service lists them.
    pub(crate) fn system() -> Vec<Self> {
        let one = |id, name, description: &str, plans: &[Plan]| Self {
            id,
            name,
            reference: None,
            description: description.to_owned(),
            parent: None,
            types: plans.iter().map(Plan::build).collect(),
            rules: Vec::new(),
            is_default: id == AGILE,
            enabled: true,
        };
        vec![
            one(
                AGILE,
                "Agile",
                "For teams that plan with user stories.",
                agile::TYPES,
            ),
            one(
                SCRUM,
                "Scrum",
                "For teams that follow the Scrum framework.",
                scrum::TYPES,
            ),
            one(
                CMMI,
                "CMMI",
                "For teams that must show how they improve their process.",
                cmmi::TYPES,
            ),
            one(
                BASIC,
                "Basic",
                "For teams that want to begin with little.",
                basic::TYPES,
            ),
        ]
    }

    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.id.eq_ignore_ascii_case(name)
            || self.name.eq_ignore_ascii_case(name)
            || self.reference.is_some_and(|r| r.eq_ignore_ascii_case(name))
    }

    pub(crate) fn is_system(&self) -> bool {
        self.parent.is_none()
    }

    /// A type by its reference name or name.
    pub(crate) fn kind(&self, name: &str) -> Option<&Type> {
        self.types
            .iter()
            .find(|t| t.reference.eq_ignore_ascii_case(name) || t.name.eq_ignore_ascii_case(name))
    }

    /// How the process endpoints call its origin.
    pub(crate) fn origin(&self) -> Origin {
        if self.is_system() {
            Origin::System
        } else {
            Origin::Inherited
        }
    }
}

//! A type of a system process as its table says it, and the type that becomes of it.

use super::{Category, Member, Origin, Reason, State, Type, required, stock_default, stock_list};
use crate::azure::field::{self, Field};

/// A state as a table says it: name, colour, category.
pub(crate) type Row = (&'static str, &'static str, Category);

/// A type of a system process.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    /// The last part of the reference name.
    pub(crate) reference: &'static str,
    pub(crate) description: &'static str,
    pub(crate) color: &'static str,
    pub(crate) icon: &'static str,
    pub(crate) behavior: &'static str,
    pub(crate) states: &'static [Row],
    pub(crate) fields: &'static [&'static str],
    pub(crate) reasons: &'static [Reason],
}

pub(crate) const EPICS: &str = "Microsoft.EpicCategory";
pub(crate) const FEATURES: &str = "Microsoft.FeatureCategory";
pub(crate) const REQUIREMENTS: &str = "Microsoft.RequirementCategory";
pub(crate) const TASKS: &str = "Microsoft.TaskCategory";

const COMMON: [&str; 25] = [
    field::ID,
    field::REV,
    field::TITLE,
    field::STATE,
    field::REASON,
    field::TYPE,
    field::PROJECT,
    field::AREA,
    field::ITERATION,
    "System.AreaId",
    "System.IterationId",
    field::ASSIGNED,
    field::TAGS,
    field::DESCRIPTION,
    field::HISTORY,
    field::CREATED,
    field::CREATOR,
    field::CHANGED,
    field::CHANGER,
    "System.CommentCount",
    "System.Parent",
    "System.BoardColumn",
    "System.BoardColumnDone",
    field::STATE_CHANGED,
    field::PRIORITY,
];

const TIMES: [&str; 4] = [
    field::ACTIVATED,
    field::ACTIVATOR,
    field::CLOSED,
    field::CLOSER,
];
const RESOLVED_TIMES: [&str; 2] = [field::RESOLVED, field::RESOLVER];

impl Plan {
    fn owns(&self, f: &Field) -> bool {
        let resolves = self.states.iter().any(|s| s.2 == Category::Resolved);
        COMMON.contains(&f.reference)
            || TIMES.contains(&f.reference)
            || resolves && RESOLVED_TIMES.contains(&f.reference)
            || self.fields.contains(&f.reference)
    }

    /// The type that the table describes.
    pub(crate) fn build(&self) -> Type {
        let states = self.states.iter().enumerate().map(|(at, row)| State {
            id: state_id(self.reference, at),
            name: row.0,
            color: row.1,
            category: row.2,
            hidden: false,
            origin: Origin::System,
        });
        let members = field::FIELDS
            .iter()
            .filter(|f| self.owns(f))
            .map(|f| Member {
                field: f,
                required: required(f.reference),
                read_only: f.access != field::Access::Open,
                default: stock_default(f.reference),
                allowed: stock_list(f.reference).to_vec(),
                suggested: false,
                origin: Origin::System,
            });
        Type {
            name: self.name,
            reference: crate::azure::intern::text(&format!(
                "Microsoft.VSTS.WorkItemTypes.{}",
                self.reference
            )),
            description: self.description.to_owned(),
            color: self.color.to_owned(),
            icon: self.icon.to_owned(),
            states: states.collect(),
            members: members.collect(),
            reasons: self.reasons,
            behavior: self.behavior,
            disabled: false,
            origin: Origin::System,
            inherits: None,
        }
    }
}

/// A state's id: always the same for the same place in the same type.
fn state_id(kind: &str, at: usize) -> String {
    crate::azure::guid::of(&["state", kind, &at.to_string()])
}

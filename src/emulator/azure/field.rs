//! Fields: which exist (`stock`), of what kind (`kind`), and what a revision stores of them (`value`). An organisation's own
//! fields stand in its `dictionary.rs`.

mod kind;
mod stock;
mod value;

use serde_json::{Value as Json, json};

pub(crate) use kind::Kind;
pub(crate) use stock::{FIELDS, by_reference};
pub(crate) use value::{Fields, Value};

pub(crate) const ID: &str = "System.Id";
pub(crate) const REV: &str = "System.Rev";
pub(crate) const TITLE: &str = "System.Title";
pub(crate) const STATE: &str = "System.State";
pub(crate) const REASON: &str = "System.Reason";
pub(crate) const TYPE: &str = "System.WorkItemType";
pub(crate) const PROJECT: &str = "System.TeamProject";
pub(crate) const AREA: &str = "System.AreaPath";
pub(crate) const ITERATION: &str = "System.IterationPath";
pub(crate) const ASSIGNED: &str = "System.AssignedTo";
pub(crate) const TAGS: &str = "System.Tags";
pub(crate) const DESCRIPTION: &str = "System.Description";
pub(crate) const HISTORY: &str = "System.History";
pub(crate) const CREATED: &str = "System.CreatedDate";
pub(crate) const CREATOR: &str = "System.CreatedBy";
pub(crate) const CHANGED: &str = "System.ChangedDate";
pub(crate) const CHANGER: &str = "System.ChangedBy";
pub(crate) const PRIORITY: &str = "Microsoft.VSTS.Common.Priority";
pub(crate) const SEVERITY: &str = "Microsoft.VSTS.Common.Severity";
pub(crate) const VALUE_AREA: &str = "Microsoft.VSTS.Common.ValueArea";
pub(crate) const STATE_CHANGED: &str = "Microsoft.VSTS.Common.StateChangeDate";
pub(crate) const ACTIVATED: &str = "Microsoft.VSTS.Common.ActivatedDate";
pub(crate) const ACTIVATOR: &str = "Microsoft.VSTS.Common.ActivatedBy";
pub(crate) const RESOLVED: &str = "Microsoft.VSTS.Common.ResolvedDate";
pub(crate) const RESOLVER: &str = "Microsoft.VSTS.Common.ResolvedBy";
pub(crate) const CLOSED: &str = "Microsoft.VSTS.Common.ClosedDate";
pub(crate) const CLOSER: &str = "Microsoft.VSTS.Common.ClosedBy";
pub(crate) const REPRO: &str = "Microsoft.VSTS.TCM.ReproSteps";
pub(crate) const REMAINING: &str = "Microsoft.VSTS.Scheduling.RemainingWork";
pub(crate) const POINTS: &str = "Microsoft.VSTS.Scheduling.StoryPoints";

/// Who may set a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody who may edit the item.
    Open,
    /// The server, or a caller with `bypassRules`.
    Bypass,
    /// The server only; computed when it is read.
    Computed,
}

/// One field of the organisation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) reference: &'static str,
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) access: Access,
}

impl Field {
    /// `{referenceName, name, url}`.
    pub(crate) fn reference_json(&self, base: &str) -> Json {
        json!({
            "referenceName": self.reference,
            "name": self.name,
            "url": format!("{base}/_apis/wit/fields/{}", self.reference),
        })
    }

    /// The field as the fields endpoint describes it.
    pub(crate) fn json(&self, base: &str) -> Json {
        let operations: Vec<Json> = self
            .kind
            .operations()
            .iter()
            .map(|(reference, name)| json!({"referenceName": reference, "name": name}))
            .collect();
        json!({
            "name": self.name,
            "referenceName": self.reference,
            "type": self.kind.wire(),
            "usage": "workItem",
            "readOnly": self.access == Access::Computed,
            "canSortBy": !self.kind.is_long(),
            "isQueryable": true,
            "supportedOperations": operations,
            "isIdentity": self.kind == Kind::Person,
            "isPicklist": false,
            "isPicklistSuggested": false,
            "url": format!("{base}/_apis/wit/fields/{}", self.reference),
        })
    }
}

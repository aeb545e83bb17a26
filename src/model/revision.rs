//! How far an item had got when it was read.

use serde::{Deserialize, Serialize};

/// An ordered version of one item on one side: the work item's `rev` on Azure DevOps, the milliseconds of `updated` on
/// Jira, which has no revision number. Revisions of different items or sides are not comparable.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Revision(pub u64);

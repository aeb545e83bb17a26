//! What a member may do beyond ordinary editing. Everybody holds every permission but one sample person, who is a
//! contributor and nothing more, so that a client can meet each refusal.

use super::error::Refusal;
use super::identity::{Directory, Who};

/// The handle of the person who only contributes.
pub(crate) const CONTRIBUTOR: &str = "fumiko";

/// A permission that contributors do not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    /// `bypassRules=true` (azure.md 5.3).
    BypassRules,
    /// `suppressNotifications=true` (azure.md 5.3).
    SuppressNotifications,
    /// Taking an item away for ever (azure.md 8.5).
    DestroyItems,
    /// Moving an item out of its project (azure.md 8.6).
    MoveItems,
    /// Changing service hook subscriptions (azure.md 11.4).
    EditSubscriptions,
}

impl Right {
    fn name(self) -> &'static str {
        match self {
            Right::BypassRules => "Bypass rules on work item updates",
            Right::SuppressNotifications => "Suppress notifications for work item updates",
            Right::DestroyItems => "Permanently delete work items",
            Right::MoveItems => "Move work items out of this project",
            Right::EditSubscriptions => "Edit subscriptions",
        }
    }
}

/// Refuses a caller who lacks the permission.
///
/// # Errors
/// [`Refusal::BypassDenied`], [`Refusal::Denied`].
pub(crate) fn check(people: &Directory, caller: usize, right: Right) -> Result<(), Refusal> {
    let limited = people
        .person(caller)
        .is_none_or(|person| person.handle == CONTRIBUTOR);
    match right {
        _ if !limited => Ok(()),
        Right::BypassRules => Err(Refusal::BypassDenied),
        Right::SuppressNotifications
        | Right::DestroyItems
        | Right::MoveItems
        | Right::EditSubscriptions => Err(Refusal::Denied(
            people.combined(&Who::Member(caller)),
            right.name(),
        )),
    }
}

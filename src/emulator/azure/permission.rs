//! Who may do what: the gate before every write, and the permissions beyond ordinary editing.

use http::Method;

use super::Services;
use super::call::Call;
use super::error::Refusal;
use super::identity::Directory;
use super::place::Place;
use super::route::Resource;
use super::trouble::Trouble;

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

    /// Refuses a person who lacks the permission.
    ///
    /// # Errors
    /// [`Refusal::BypassDenied`], [`Trouble::Permission`].
    pub(crate) fn check(self, people: &Directory, caller: usize) -> Result<(), Refusal> {
        match self {
            _ if people.may_more(caller) => Ok(()),
            Right::BypassRules => Err(Refusal::BypassDenied),
            Right::SuppressNotifications
            | Right::DestroyItems
            | Right::MoveItems
            | Right::EditSubscriptions => Err(lacks(people, caller, self.name())),
        }
    }
}

impl Services {
    /// Refuses the writes of people who may only read.
    pub(crate) fn gate(&self, call: &Call<'_>, resource: &Resource) -> Result<(), Refusal> {
        let reads = match call.request.method {
            Method::GET | Method::HEAD | Method::OPTIONS => true,
            Method::POST => resource.posts_to_read(),
            _ => false,
        };
        if reads || self.organization.people.may_write(call.caller) {
            return Ok(());
        }
        let permission = match resource {
            // Each write of a batch comes here for itself, and the hooks have a permission of their own.
            Resource::Writes | Resource::Hook(_) => return Ok(()),
            Resource::Node(..) => "Create child nodes",
            Resource::Tags(_) => "Create tag definition",
            Resource::Fields(_) => "Edit process",
            // Everybody has queries of their own: `query.rs` asks for the folder's permission.
            Resource::Around(Place::Queries(_)) => return Ok(()),
            Resource::Around(_) => "Edit project-level information",
            _ => return Err(Trouble::AreaPermission.into()),
        };
        Err(self.lacks(call, permission))
    }

    /// Refuses what only an administrator may do.
    pub(crate) fn administers(
        &self,
        call: &Call<'_>,
        permission: &'static str,
    ) -> Result<(), Refusal> {
        if self.organization.people.administers(call.caller) {
            return Ok(());
        }
        Err(self.lacks(call, permission))
    }

    /// Refuses a caller who lacks a permission.
    ///
    /// # Errors
    /// [`Refusal::BypassDenied`], [`Trouble::Permission`].
    pub(crate) fn check(&self, call: &Call<'_>, right: Right) -> Result<(), Refusal> {
        right.check(&self.organization.people, call.caller)
    }

    /// The refusal for want of a permission.
    fn lacks(&self, call: &Call<'_>, permission: &'static str) -> Refusal {
        lacks(&self.organization.people, call.caller, permission)
    }
}

fn lacks(people: &Directory, caller: usize, permission: &'static str) -> Refusal {
    let account = people.person(caller).map_or("", |p| p.email).to_owned();
    Trouble::Permission {
        account,
        permission,
    }
    .into()
}

//! The groups of the site.

use crate::jira::account::{User, Users};

/// A group.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) name: &'static str,
    pub(crate) id: &'static str,
    /// The short names of its members.
    members: &'static [&'static str],
}

/// All groups, by name.
pub(crate) static GROUPS: [Group; 4] = [
    Group {
        name: "developers",
        id: "276f955c-63d7-42c8-9520-92d01dca0625",
        members: &["bruno", "chandra", "dilek", "erik"],
    },
    Group {
        name: "jira-software-users",
        id: "6e87dc72-4f1f-421f-9382-2fee8b652487",
        members: &[
            "alice", "bruno", "chandra", "dilek", "erik", "fumiko", "sync", "grace", "hugo", "ines",
        ],
    },
    Group {
        name: "observers",
        id: "9c559b11-c8e4-4bb5-a5d4-0c2f2a7b1d3e",
        members: &["grace"],
    },
    Group {
        name: "site-admins",
        id: "2e3a7f06-91d1-4b8b-a0b8-5f4d6c0e7a11",
        members: &["alice"],
    },
];

/// The group of that name, in any case, or id.
pub(crate) fn named(name_or_id: &str) -> Option<&'static Group> {
    GROUPS
        .iter()
        .find(|it| it.name.eq_ignore_ascii_case(name_or_id) || it.id == name_or_id)
}

impl Group {
    /// Whether somebody of that short name is a member.
    pub(crate) fn has(&self, handle: &str) -> bool {
        self.members.contains(&handle)
    }

    /// Its members.
    pub(crate) fn members<'a>(&'static self, users: &'a Users) -> impl Iterator<Item = &'a User> {
        users.all().iter().filter(|it| self.has(it.person.handle))
    }
}

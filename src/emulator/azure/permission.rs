//! Who may do what: the gate before every write, and the members of groups.

use http::Method;

use super::Services;
use super::call::Call;
use super::error::Refusal;
use super::identity::Standing;
use super::node::Organization;
use super::place::Place;
use super::route::Resource;
use super::trouble::Trouble;

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

    /// The refusal for want of a permission.
    pub(crate) fn lacks(&self, call: &Call<'_>, permission: &'static str) -> Refusal {
        let account = self.organization.people.person(call.caller);
        Trouble::Permission {
            account: account.map_or("", |p| p.email).to_owned(),
            permission,
        }
        .into()
    }
}

/// A group of people: the organisation's own, a project's, or a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupOf {
    /// `[Platform]\Contributors`, the name that queries use.
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) description: String,
    /// The id of the project or of the collection.
    pub(crate) scope: String,
    pub(crate) members: Vec<usize>,
}

impl Organization {
    /// Every group, the collection's first.
    pub(crate) fn groups(&self) -> Vec<GroupOf> {
        let all = 0..self.people.len();
        let with = |wanted: fn(Standing) -> bool| -> Vec<usize> {
            all.clone()
                .filter(|p| wanted(self.people.standing(*p)))
                .collect()
        };
        let collection = |title: &str, description: &str, members| GroupOf {
            name: format!("[{}]\\{title}", super::node::ORGANIZATION),
            title: title.to_owned(),
            description: description.to_owned(),
            scope: super::node::COLLECTION.to_owned(),
            members,
        };
        let mut groups = vec![
            collection(
                "Project Collection Administrators",
                "May do everything in the organization.",
                with(|s| s == Standing::Administrator),
            ),
            collection(
                "Project Collection Valid Users",
                "Everybody who belongs to the organization.",
                with(|_| true),
            ),
        ];
        for project in &self.projects {
            let own = |title: &str, description: &str, members| GroupOf {
                name: format!("[{}]\\{title}", project.name),
                title: title.to_owned(),
                description: description.to_owned(),
                scope: project.guid.to_owned(),
                members,
            };
            groups.push(own(
                "Project Administrators",
                "May do everything in the project.",
                with(|s| s == Standing::Administrator),
            ));
            groups.push(own(
                "Contributors",
                "May add and change what is in the project.",
                with(|s| s != Standing::Reader),
            ));
            groups.push(own(
                "Readers",
                "May look at the project.",
                with(|s| s == Standing::Reader),
            ));
            for team in &project.teams {
                groups.push(own(&team.name, &team.description, team.members.clone()));
            }
        }
        groups
    }

    /// The members of a group by the name that queries use.
    pub(crate) fn members_of(&self, name: &str) -> Option<Vec<usize>> {
        let name = name.split('<').next().unwrap_or("").trim().to_lowercase();
        let groups = self.groups().into_iter();
        groups
            .filter(|g| g.name.to_lowercase() == name)
            .map(|g| g.members)
            .next()
    }
}

//! Groups of people: the organisation's own, those of projects, and teams.

use super::identity::Standing;
use super::node::Organization;

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

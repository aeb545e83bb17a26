//! Teams: who belongs to one, and which iterations and areas are its own.

use super::guid;
use super::identity::Directory;
use super::node::Project;

/// An area of a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TeamArea {
    /// The path as `System.AreaPath` holds it.
    pub(crate) path: String,
    pub(crate) with_children: bool,
}

/// How a team treats bugs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bugs {
    /// Not on boards.
    Off,
    /// Beside requirements.
    AsRequirements,
    /// Beside tasks.
    AsTasks,
}

impl Bugs {
    const ALL: [(Bugs, &'static str); 3] = [
        (Bugs::Off, "off"),
        (Bugs::AsRequirements, "asRequirements"),
        (Bugs::AsTasks, "asTasks"),
    ];

    /// The name that the service uses.
    pub(crate) fn wire(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(b, _)| *b == self).map_or("", |(_, name)| name)
    }

    /// A way by its name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|(_, name)| name.eq_ignore_ascii_case(text))
            .map(|(b, _)| *b)
    }
}

/// A team of a project.
#[derive(Debug, Clone)]
pub(crate) struct Team {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    /// Members by position in the directory.
    pub(crate) members: Vec<usize>,
    /// Those of them who administer the team.
    pub(crate) admins: Vec<usize>,
    pub(crate) areas: Vec<TeamArea>,
    /// Iterations that the team has chosen, by the node's number.
    pub(crate) iterations: Vec<i64>,
    /// The iteration whose items are its backlog, by the node's number.
    pub(crate) backlog_iteration: i64,
    /// Where new items go: a macro, or an iteration by the node's number.
    pub(crate) default_iteration: Option<i64>,
    pub(crate) working_days: Vec<String>,
    pub(crate) bugs: Bugs,
}

impl Team {
    /// The team with which a project begins: everybody who may write, all areas, all iterations.
    pub(crate) fn of_project(project: &Project, people: &Directory) -> Self {
        let members: Vec<usize> = (0..people.len()).filter(|p| people.may_write(*p)).collect();
        let mut team = Self::new(
            format!("{}ff", project.guid.get(..34).unwrap_or_default()),
            format!("{} Team", project.name),
            project,
        );
        team.admins = members.iter().copied().take(1).collect();
        team.members = members;
        team.iterations = project.iterations.children.iter().map(|n| n.id).collect();
        team
    }

    /// A team without members.
    pub(crate) fn new(id: String, name: String, project: &Project) -> Self {
        let days = ["monday", "tuesday", "wednesday", "thursday", "friday"];
        Self {
            id,
            description: format!("The team of {}", project.name),
            name,
            members: Vec::new(),
            admins: Vec::new(),
            areas: vec![TeamArea {
                path: project.name.to_owned(),
                with_children: true,
            }],
            iterations: Vec::new(),
            backlog_iteration: project.iterations.id,
            default_iteration: None,
            working_days: days.map(str::to_owned).to_vec(),
            bugs: Bugs::AsRequirements,
        }
    }

    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.id.eq_ignore_ascii_case(name) || self.name.to_lowercase() == name.to_lowercase()
    }

    /// The id of a board or a backlog of this team.
    pub(crate) fn part_id(&self, noun: &str, level: &str) -> String {
        guid::of(&[noun, &self.id, level])
    }
}

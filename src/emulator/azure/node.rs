//! The organisation's shape: projects, and in each a tree of areas and one of iterations (azure.md
//! 8.3).

pub(crate) mod edit;
mod json;
mod sample;

use super::dictionary::Dictionary;
use super::error::Refusal;
use super::guid;
use super::identity::Directory;
use super::kind::Type;
use super::process::Process;
use super::process::list::List;
use super::team::Team;

/// The organisation's name, the first segment of every path.
pub(crate) const ORGANIZATION: &str = "acme";
/// The project that holds the sample data.
pub(crate) const MAIN_PROJECT: &str = "Platform";

/// Which of a project's two trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Structure {
    /// Areas.
    Area,
    /// Iterations.
    Iteration,
}

impl Structure {
    /// The structure named in a path: `areas` or `iterations`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.to_lowercase().as_str() {
            "areas" => Some(Structure::Area),
            "iterations" => Some(Structure::Iteration),
            _ => None,
        }
    }

    pub(crate) fn wire(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Structure::Area => ("area", "Areas", "Area"),
            Structure::Iteration => ("iteration", "Iterations", "Iteration"),
        }
    }
}

/// A node of a tree.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) id: i64,
    pub(crate) name: String,
    /// Start and finish of an iteration, milliseconds since 1970.
    pub(crate) dates: Option<(i64, i64)>,
    pub(crate) children: Vec<Node>,
}

impl Node {
    pub(crate) fn leaf(id: i64, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            dates: None,
            children: Vec::new(),
        }
    }

    /// The id that clients call `identifier`.
    pub(crate) fn identifier(&self) -> String {
        format!("0a0de000-0000-4000-8000-{:012x}", self.id)
    }

    pub(crate) fn child(&self, name: &str) -> Option<&Node> {
        self.children
            .iter()
            .find(|c| c.name.to_lowercase() == name.to_lowercase())
    }

    /// This node and all below it, each with its path.
    pub(crate) fn all<'a>(&'a self, path: &str, into: &mut Vec<(String, &'a Node)>) {
        into.push((path.to_owned(), self));
        for child in &self.children {
            child.all(&format!("{path}\\{}", child.name), into);
        }
    }
}

/// A project.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) guid: &'static str,
    pub(crate) name: &'static str,
    pub(crate) description: String,
    /// The id of its process.
    pub(crate) process: &'static str,
    pub(crate) areas: Node,
    pub(crate) iterations: Node,
    pub(crate) teams: Vec<Team>,
}

impl Project {
    pub(crate) fn tree(&self, structure: Structure) -> &Node {
        match structure {
            Structure::Area => &self.areas,
            Structure::Iteration => &self.iterations,
        }
    }

    pub(crate) fn tree_mut(&mut self, structure: Structure) -> &mut Node {
        match structure {
            Structure::Area => &mut self.areas,
            Structure::Iteration => &mut self.iterations,
        }
    }

    /// The node at a field's path such as `Platform\Web`, and the path in its own spelling.
    pub(crate) fn node(&self, structure: Structure, path: &str) -> Option<(&Node, String)> {
        let mut names = path.split('\\');
        let mut node = self.tree(structure);
        if !names.next()?.eq_ignore_ascii_case(&node.name) {
            return None;
        }
        let mut spelled = node.name.clone();
        for name in names {
            node = node.child(name)?;
            spelled = format!("{spelled}\\{}", node.name);
        }
        Some((node, spelled))
    }

    /// A node by its number or its identifier, with its path.
    pub(crate) fn node_by(
        &self,
        structure: Structure,
        matches: impl Fn(&Node) -> bool,
    ) -> Option<(String, &Node)> {
        let mut all = Vec::new();
        self.tree(structure).all(self.name, &mut all);
        all.into_iter().find(|(_, node)| matches(node))
    }

    /// A team by name or id; without a name the project's own team.
    pub(crate) fn team(&self, name: Option<&str>) -> Option<&Team> {
        match name {
            None => self.teams.first(),
            Some(name) => self.teams.iter().find(|t| t.is_named(name)),
        }
    }

    pub(crate) fn team_mut(&mut self, name: Option<&str>) -> Option<&mut Team> {
        match name {
            None => self.teams.first_mut(),
            Some(name) => self.teams.iter_mut().find(|t| t.is_named(name)),
        }
    }
}

pub(crate) const COLLECTION: &str = "c0113c70-0000-4000-8000-000000000acd";

/// Projects, processes, fields and people.
#[derive(Debug)]
pub(crate) struct Organization {
    pub(crate) people: Directory,
    pub(crate) projects: Vec<Project>,
    pub(crate) processes: Vec<Process>,
    pub(crate) fields: Dictionary,
    pub(crate) lists: Vec<List>,
    /// The newest node's number.
    pub(crate) last_node: i64,
    /// How many things with generated ids were made so far.
    made: u64,
}

impl Organization {
    pub(crate) fn new() -> Self {
        let people = Directory::new();
        Self {
            projects: sample::projects(&people),
            people,
            processes: Process::system(),
            fields: Dictionary::default(),
            lists: Vec::new(),
            last_node: sample::LAST_NODE,
            made: 0,
        }
    }

    /// The position of a project by name or id.
    ///
    /// # Errors
    /// [`Refusal::ProjectMissing`] when there is none.
    pub(crate) fn find(&self, name: &str) -> Result<usize, Refusal> {
        self.projects
            .iter()
            .position(|p| p.name.eq_ignore_ascii_case(name) || p.guid.eq_ignore_ascii_case(name))
            .ok_or_else(|| Refusal::ProjectMissing(name.to_owned()))
    }

    pub(crate) fn project(&self, index: usize) -> Option<&Project> {
        self.projects.get(index)
    }

    /// The project whose name begins a path such as `Platform\Web`.
    pub(crate) fn of_path(&self, path: &str) -> Option<&Project> {
        let name = path.split('\\').next()?;
        self.projects
            .iter()
            .find(|p| p.name.eq_ignore_ascii_case(name))
    }

    /// The id of the collection, which is also the organisation's instance id.
    pub(crate) fn collection(&self) -> &'static str {
        COLLECTION
    }

    /// A process by id, name or reference name.
    pub(crate) fn process(&self, name: &str) -> Option<&Process> {
        self.processes.iter().find(|p| p.is_named(name))
    }

    /// The process that a project follows.
    pub(crate) fn process_of(&self, project: usize) -> Option<&Process> {
        let id = self.project(project)?.process;
        self.processes.iter().find(|p| p.id == id)
    }

    /// The types of a project, in the order in which its process lists them.
    pub(crate) fn kinds(&self, project: usize) -> &[Type] {
        self.process_of(project).map_or(&[], |p| &p.types)
    }

    /// A project's type by name or reference name, whatever the case.
    pub(crate) fn kind(&self, project: usize, name: &str) -> Option<&Type> {
        self.kinds(project)
            .iter()
            .find(|t| t.name.eq_ignore_ascii_case(name) || t.reference.eq_ignore_ascii_case(name))
    }

    /// A new id, the same in every run.
    pub(crate) fn fresh_id(&mut self, noun: &str) -> String {
        self.made += 1;
        guid::of(&[noun, &self.made.to_string()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_in_any_case_and_spelled_its_own_way() {
        let organization = Organization::new();
        let project = organization.project(0).unwrap();
        let (node, path) = project.node(Structure::Area, "platform\\WEB").unwrap();
        assert_eq!((node.id, path.as_str()), (11, "Platform\\Web"));
        assert!(project.node(Structure::Area, "Platform\\Nowhere").is_none());
        assert!(project.node(Structure::Area, "").is_none());
    }

    #[test]
    fn every_project_follows_a_process_and_has_a_team() {
        let organization = Organization::new();
        for (index, project) in organization.projects.iter().enumerate() {
            assert!(!organization.kinds(index).is_empty(), "{}", project.name);
            assert!(project.team(None).is_some(), "{}", project.name);
        }
    }
}

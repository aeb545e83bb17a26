//! The organisation's shape: projects, and in each a tree of areas and one of iterations (azure.md
//! 8.3).

use serde_json::{Value as Json, json};

use super::error::Refusal;
use super::identity::Directory;

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

    fn wire(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Structure::Area => ("area", "Areas", "Area"),
            Structure::Iteration => ("iteration", "Iterations", "Iteration"),
        }
    }
}

/// A node of a tree.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) id: i64,
    pub(crate) name: String,
    dates: Option<(&'static str, &'static str)>,
    children: Vec<Node>,
}

impl Node {
    fn leaf(id: i64, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            dates: None,
            children: Vec::new(),
        }
    }

    fn sprint(id: i64, name: &str, start: &'static str, finish: &'static str) -> Self {
        Self {
            dates: Some((start, finish)),
            ..Self::leaf(id, name)
        }
    }

    fn child(&self, name: &str) -> Option<&Node> {
        self.children
            .iter()
            .find(|c| c.name.eq_ignore_ascii_case(name))
    }

    fn all<'a>(&'a self, path: &str, into: &mut Vec<(String, &'a Node)>) {
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
    description: &'static str,
    areas: Node,
    iterations: Node,
}

impl Project {
    fn tree(&self, structure: Structure) -> &Node {
        match structure {
            Structure::Area => &self.areas,
            Structure::Iteration => &self.iterations,
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

    /// `{id, name, ...}` as the projects endpoint lists it.
    pub(crate) fn json(&self, base: &str) -> Json {
        json!({
            "id": self.guid,
            "name": self.name,
            "description": self.description,
            "url": format!("{base}/_apis/projects/{}", self.guid),
            "state": "wellFormed",
            "revision": 11,
            "visibility": "private",
            "lastUpdateTime": "2026-01-05T08:00:00Z",
        })
    }

    /// The project with what a read of one project adds.
    pub(crate) fn document(&self, base: &str, capabilities: bool) -> Json {
        let mut document = self.json(base);
        document["_links"] = json!({
            "self": {"href": format!("{base}/_apis/projects/{}", self.guid)},
            "collection": {"href": format!("{base}/_apis/projectCollections/{COLLECTION}")},
            "web": {"href": format!("{base}/{}", self.name)},
        });
        document["defaultTeam"] = json!({
            "id": format!("{}ff", &self.guid.get(..34).unwrap_or_default()),
            "name": format!("{} Team", self.name),
            "url": format!("{base}/_apis/projects/{}/teams", self.guid),
        });
        if capabilities {
            document["capabilities"] = json!({
                "processTemplate": {
                    "templateName": "Agile",
                    "templateTypeId": "adcc42ab-9882-485e-a3ed-7678f01f66bc",
                },
                "versioncontrol": {"sourceControlType": "Git", "gitEnabled": "True", "tfvcEnabled": "False"},
            });
        }
        document
    }

    /// A node and `depth` levels below it.
    pub(crate) fn node_json(
        &self,
        structure: Structure,
        (node, path): (&Node, &str),
        depth: usize,
        base: &str,
    ) -> Json {
        let (wire, plural, segment) = structure.wire();
        let below = path.split_once('\\').map(|(_, rest)| rest);
        let url_tail = below.map_or_else(String::new, |rest| {
            format!("/{}", rest.replace('\\', "/").replace(' ', "%20"))
        });
        let url = format!(
            "{base}/{}/_apis/wit/classificationNodes/{plural}{url_tail}",
            self.guid
        );
        let tail = below.map_or_else(String::new, |rest| format!("\\{rest}"));
        let mut json = json!({
            "id": node.id,
            "identifier": format!("0a0de000-0000-4000-8000-{:012x}", node.id),
            "name": node.name,
            "structureType": wire,
            "hasChildren": !node.children.is_empty(),
            "path": format!("\\{}\\{segment}{tail}", self.name),
            "_links": {"self": {"href": url}},
            "url": url,
        });
        if let Some((start, finish)) = node.dates {
            json["attributes"] = json!({"startDate": start, "finishDate": finish});
        }
        if depth > 0 && !node.children.is_empty() {
            json["children"] = node
                .children
                .iter()
                .map(|c| {
                    self.node_json(
                        structure,
                        (c, &format!("{path}\\{}", c.name)),
                        depth - 1,
                        base,
                    )
                })
                .collect();
        }
        json
    }

    /// Every node of both trees whose id is listed.
    pub(crate) fn nodes_by_id(&self, ids: &[i64], base: &str) -> Vec<Json> {
        let mut rows = Vec::new();
        for structure in [Structure::Area, Structure::Iteration] {
            let mut all = Vec::new();
            self.tree(structure).all(self.name, &mut all);
            for (path, node) in all.into_iter().filter(|(_, n)| ids.contains(&n.id)) {
                rows.push(self.node_json(structure, (node, &path), 0, base));
            }
        }
        rows
    }

    /// The root of a tree.
    pub(crate) fn root_json(&self, structure: Structure, depth: usize, base: &str) -> Json {
        self.node_json(structure, (self.tree(structure), self.name), depth, base)
    }
}

const COLLECTION: &str = "c0113c70-0000-4000-8000-000000000acd";

/// Projects and people.
#[derive(Debug)]
pub(crate) struct Organization {
    pub(crate) people: Directory,
    pub(crate) projects: Vec<Project>,
}

impl Organization {
    pub(crate) fn new() -> Self {
        Self {
            people: Directory::new(),
            projects: vec![platform(), operations()],
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
}

fn platform() -> Project {
    Project {
        guid: "6ce954b1-0000-4000-8000-000000000001",
        name: MAIN_PROJECT,
        description: "The services behind the shop",
        areas: Node {
            children: vec![Node::leaf(11, "Web")],
            ..Node::leaf(10, MAIN_PROJECT)
        },
        iterations: Node {
            children: vec![
                Node::sprint(
                    21,
                    "Sprint 1",
                    "2026-08-03T00:00:00Z",
                    "2026-08-14T00:00:00Z",
                ),
                Node::sprint(
                    22,
                    "Sprint 2",
                    "2026-08-17T00:00:00Z",
                    "2026-08-28T00:00:00Z",
                ),
            ],
            ..Node::leaf(20, MAIN_PROJECT)
        },
    }
}

fn operations() -> Project {
    Project {
        guid: "6ce954b1-0000-4000-8000-000000000002",
        name: "Operations",
        description: "Where items may be moved to",
        areas: Node::leaf(30, "Operations"),
        iterations: Node::leaf(40, "Operations"),
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
}

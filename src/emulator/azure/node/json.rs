//! Projects and nodes as the service describes them.

use serde_json::{Value as Json, json};

use super::{COLLECTION, Node, Organization, Project, Structure};
use crate::azure::time;

impl Project {
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
    pub(crate) fn document(
        &self,
        base: &str,
        organization: &Organization,
        capabilities: bool,
    ) -> Json {
        let mut document = self.json(base);
        document["_links"] = json!({
            "self": {"href": format!("{base}/_apis/projects/{}", self.guid)},
            "collection": {"href": format!("{base}/_apis/projectCollections/{COLLECTION}")},
            "web": {"href": format!("{base}/{}", self.name)},
        });
        if let Some(team) = self.team(None) {
            document["defaultTeam"] = json!({
                "id": team.id,
                "name": team.name,
                "url": format!("{base}/_apis/projects/{}/teams/{}", self.guid, team.id),
            });
        }
        if capabilities {
            let process = organization.process(self.process);
            document["capabilities"] = json!({
                "processTemplate": {
                    "templateName": process.map_or("", |p| p.name),
                    "templateTypeId": self.process,
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
            "identifier": node.identifier(),
            "name": node.name,
            "structureType": wire,
            "hasChildren": !node.children.is_empty(),
            "path": format!("\\{}\\{segment}{tail}", self.name),
            "_links": {"self": {"href": url}},
            "url": url,
        });
        if let Some((start, finish)) = node.dates {
            json["attributes"] =
                json!({"startDate": time::text(start), "finishDate": time::text(finish)});
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

    /// The node with this number, in either tree.
    pub(crate) fn node_by_id(&self, id: i64, depth: usize, base: &str) -> Option<Json> {
        let both = [Structure::Area, Structure::Iteration];
        both.into_iter().find_map(|structure| {
            let (path, node) = self.node_by(structure, |n| n.id == id)?;
            Some(self.node_json(structure, (node, &path), depth, base))
        })
    }

    /// The root of a tree.
    pub(crate) fn root_json(&self, structure: Structure, depth: usize, base: &str) -> Json {
        self.node_json(structure, (self.tree(structure), self.name), depth, base)
    }
}

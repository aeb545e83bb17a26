//! Writing classification nodes: create, move, rename, dates, delete (azure.md 8.3).

use http::Method;
use serde_json::{Value as Json, json};

use super::Services;
use super::call::Call;
use super::error::Refusal;
use super::field::{self, Value};
use super::identity::Who;
use super::item::Revision;
use super::limit;
use super::metadata::depth;
use super::node::edit::is_name;
use super::node::{Node, Project, Structure};
use super::time;
use super::trouble::Trouble;
use super::word;
use super::write::bare_commit;
use crate::site::Response;

impl Structure {
    /// The field whose paths lie in this tree.
    pub(crate) fn reference(self) -> &'static str {
        match self {
            Structure::Area => field::AREA,
            Structure::Iteration => field::ITERATION,
        }
    }
}

impl Services {
    /// A write at `classificationnodes/{structure}/{path}`.
    pub(crate) fn change_node(
        &mut self,
        call: &Call<'_>,
        structure: Structure,
        path: &str,
    ) -> Result<Response, Refusal> {
        match call.request.method {
            Method::POST => self.put_node(call, structure, path),
            Method::PATCH => self.edit_node(call, structure, path),
            Method::DELETE => self.delete_node(call, structure, path),
            _ => Err(Refusal::Method(call.request.method.to_string())),
        }
    }

    /// The node that a path names, and the whole path as it is spelled.
    fn named(
        &self,
        call: &Call<'_>,
        structure: Structure,
        path: &str,
    ) -> Result<(&Node, String), Refusal> {
        let project = self.here(call)?;
        let found = project.node(structure, &whole_path(project, path));
        found.ok_or_else(|| Refusal::NodeMissing(path.to_owned()))
    }

    fn tree_mut(&mut self, call: &Call<'_>, structure: Structure) -> Result<&mut Node, Refusal> {
        let project = call
            .project
            .and_then(|p| self.organization.projects.get_mut(p));
        let project = project.ok_or(Refusal::ProjectNeeded("this resource belongs to one"))?;
        Ok(project.tree_mut(structure))
    }

    /// A POST makes a node below the path, or moves the one whose id it names there.
    fn put_node(
        &mut self,
        call: &Call<'_>,
        structure: Structure,
        path: &str,
    ) -> Result<Response, Refusal> {
        let body = call.body()?;
        let name = body.get("name").and_then(Json::as_str);
        let id = body.get("id").and_then(Json::as_i64).filter(|id| *id > 0);
        let (status, id) = match (id, name) {
            (Some(id), _) => (200, self.move_node(call, structure, (id, path))?),
            (None, name) => {
                let name = name.unwrap_or_default();
                (201, self.new_node(call, structure, (name, path), &body)?)
            }
        };
        Ok(Response::json(status, &self.node_of(call, structure, id)?))
    }

    fn node_of(&self, call: &Call<'_>, structure: Structure, id: i64) -> Result<Json, Refusal> {
        let project = self.here(call)?;
        let found = project.node_by(structure, |n| n.id == id);
        let (path, node) = found.ok_or_else(|| Refusal::NodeMissing(id.to_string()))?;
        Ok(project.node_json(structure, (node, &path), depth(call), &call.base))
    }

    fn new_node(
        &mut self,
        call: &Call<'_>,
        structure: Structure,
        (name, path): (&str, &str),
        body: &Json,
    ) -> Result<i64, Refusal> {
        let (parent, above) = self.named(call, structure, path)?;
        if !is_name(name) {
            return Err(Trouble::NodeName(name.to_owned()).into());
        }
        let dates = dates(body, structure, name, None)?;
        free(parent, name, 0)?;
        let tree = self.here(call)?.tree(structure);
        if tree.count() >= limit::NODES {
            return Err(Trouble::Limit("nodes", limit::NODES).into());
        }
        if above.split('\\').count() >= limit::NODE_LEVELS {
            return Err(Trouble::Limit("levels of nodes", limit::NODE_LEVELS).into());
        }
        self.organization.last_node += 1;
        let id = self.organization.last_node;
        let node = Node {
            dates,
            ..Node::leaf(id, name)
        };
        self.attach(call, structure, &above, node)?;
        Ok(id)
    }

    fn attach(
        &mut self,
        call: &Call<'_>,
        structure: Structure,
        above: &str,
        node: Node,
    ) -> Result<(), Refusal> {
        let names: Vec<&str> = above.split('\\').skip(1).collect();
        let tree = self.tree_mut(call, structure)?;
        let place = tree.at_mut(&names);
        let place = place.ok_or_else(|| Refusal::NodeMissing(above.to_owned()))?;
        place.attach(node);
        Ok(())
    }

    fn move_node(
        &mut self,
        call: &Call<'_>,
        structure: Structure,
        (id, path): (i64, &str),
    ) -> Result<i64, Refusal> {
        let (parent, above) = self.named(call, structure, path)?;
        let project = self.here(call)?;
        let found = project.node_by(structure, |n| n.id == id);
        let (old, node) = found.ok_or_else(|| Refusal::NodeMissing(id.to_string()))?;
        let stays = |why| Trouble::NodeStays(node.name.clone(), why);
        if project.tree(structure).id == id {
            return Err(stays("it is the root.").into());
        }
        if node.holds(parent.id) {
            return Err(stays("it would be below itself.").into());
        }
        if above.split('\\').count() + node.height() > limit::NODE_LEVELS {
            return Err(Trouble::Limit("levels of nodes", limit::NODE_LEVELS).into());
        }
        free(parent, &node.name, id)?;
        let new = format!("{above}\\{}", node.name);
        let taken = self.tree_mut(call, structure)?.detach(id);
        let node = taken.ok_or_else(|| Refusal::NodeMissing(id.to_string()))?;
        self.attach(call, structure, &above, node)?;
        self.repath(call, structure, &old, &new);
        Ok(id)
    }

    /// Everything that names nodes by their path follows them.
    fn repath(&mut self, call: &Call<'_>, structure: Structure, old: &str, new: &str) {
        if old == new {
            return;
        }
        self.store.repath(structure.reference(), old, new);
        let project = call
            .project
            .and_then(|p| self.organization.projects.get_mut(p));
        let teams = project.map(|p| &mut p.teams).into_iter().flatten();
        for area in teams.flat_map(|team| &mut team.areas) {
            let rest = area.path.strip_prefix(old).map(str::to_owned);
            let rest = rest.filter(|r| r.is_empty() || r.starts_with('\\'));
            if let Some(rest) = rest.filter(|_| structure == Structure::Area) {
                area.path = format!("{new}{rest}");
            }
        }
    }

    /// A PATCH renames the node or changes its dates.
    fn edit_node(
        &mut self,
        call: &Call<'_>,
        structure: Structure,
        path: &str,
    ) -> Result<Response, Refusal> {
        let body = call.body()?;
        let (node, whole) = self.named(call, structure, path)?;
        let id = node.id;
        let name = body.get("name").and_then(Json::as_str);
        let name = name.filter(|n| *n != node.name).map(str::to_owned);
        let dates = dates(&body, structure, &node.name, node.dates)?;
        let above = whole.rsplit_once('\\').map(|(above, _)| above);
        if let Some(name) = &name {
            let Some(above) = above else {
                let why = "it is the root.";
                return Err(Trouble::NodeStays(node.name.clone(), why).into());
            };
            if !is_name(name) {
                return Err(Trouble::NodeName(name.clone()).into());
            }
            let (parent, _) = self.named(call, structure, below(above))?;
            free(parent, name, id)?;
        }
        let names: Vec<&str> = whole.split('\\').skip(1).collect();
        let tree = self.tree_mut(call, structure)?;
        if let Some(node) = tree.at_mut(&names) {
            node.dates = dates;
            if let Some(name) = &name {
                node.name.clone_from(name);
            }
        }
        if let (Some(name), Some(above)) = (name, above) {
            self.repath(call, structure, &whole, &format!("{above}\\{name}"));
        }
        Ok(Response::json(200, &self.node_of(call, structure, id)?))
    }

    /// A DELETE takes the node and all below it away, and moves their items to another node; without
    /// `$reclassifyId` to the parent.
    fn delete_node(
        &mut self,
        call: &Call<'_>,
        structure: Structure,
        path: &str,
    ) -> Result<Response, Refusal> {
        let (gone, whole) = self.named(call, structure, path)?;
        let project = self.here(call)?;
        let Some((above, _)) = whole.rsplit_once('\\') else {
            let why = "it is the root.";
            return Err(Trouble::NodeStays(whole, why).into());
        };
        let target = match call.request.query("$reclassifyId") {
            None | Some("") => above.to_owned(),
            Some(text) => {
                let id: Option<i64> = text.parse().ok();
                let kept = id.filter(|id| !gone.holds(*id));
                let node = kept.and_then(|id| project.node_by(structure, |n| n.id == id));
                let missing = || Trouble::Reclassify(text.to_owned());
                node.map(|(path, _)| path).ok_or_else(missing)?
            }
        };
        let id = gone.id;
        self.reclassify(call, structure, (&whole, &target))?;
        let tree = self.tree_mut(call, structure)?;
        if let Some(gone) = tree.detach(id) {
            self.forget(call, structure, &gone, (&whole, &target));
        }
        Ok(Response::empty(204))
    }

    /// Teams forget a node that is no more.
    fn forget(
        &mut self,
        call: &Call<'_>,
        structure: Structure,
        gone: &Node,
        (path, target): (&str, &str),
    ) {
        let project = call
            .project
            .and_then(|p| self.organization.projects.get_mut(p));
        let Some(project) = project else {
            return;
        };
        let root = project.iterations.id;
        for team in &mut project.teams {
            match structure {
                Structure::Iteration => {
                    team.iterations.retain(|id| !gone.holds(*id));
                    if gone.holds(team.backlog_iteration) {
                        team.backlog_iteration = root;
                    }
                    team.default_iteration = team.default_iteration.filter(|id| !gone.holds(*id));
                }
                Structure::Area => {
                    for area in &mut team.areas {
                        if is_below(&area.path, path) {
                            target.clone_into(&mut area.path);
                        }
                    }
                    team.areas.dedup();
                }
            }
        }
    }

    /// Moves items from below one path to another node, each as a revision of its own.
    fn reclassify(
        &mut self,
        call: &Call<'_>,
        structure: Structure,
        (from, to): (&str, &str),
    ) -> Result<(), Refusal> {
        let reference = structure.reference();
        let affected: Vec<i64> = self
            .store
            .items()
            .filter(|item| {
                let path = item.latest().map_or("", |r| r.fields.text(reference));
                is_below(path, from)
            })
            .map(|item| item.id)
            .collect();
        for id in affected {
            let Some(latest) = self.store.any(id).and_then(|item| item.latest()) else {
                continue;
            };
            let mut fields = latest.fields.clone();
            fields.set(reference, Value::text(to));
            let revision = Revision {
                fields,
                changed_ms: call.now.max(latest.changed_ms + 1),
                changed_by: Who::Member(call.caller),
                author: call.caller,
                comment: None,
                ..latest.clone()
            };
            self.commit(bare_commit(call, id, revision));
        }
        Ok(())
    }

    /// `GET classificationnodes?ids=`: nodes by number, of either tree.
    pub(crate) fn nodes_by_id(
        &self,
        call: &Call<'_>,
        project: &Project,
        ids: &str,
    ) -> Result<Vec<Json>, Refusal> {
        let omit = word::omits(call.request.query("errorPolicy").unwrap_or(""))?;
        let mut rows = Vec::new();
        for text in ids.split(',').map(str::trim).take(limit::BATCH_IDS) {
            let id: Option<i64> = text.parse().ok();
            let node = id.and_then(|id| project.node_by_id(id, depth(call), &call.base));
            match node {
                Some(node) => rows.push(node),
                None if omit => rows.push(json!(null)),
                None => return Err(Refusal::NodeMissing(text.to_owned())),
            }
        }
        Ok(rows)
    }
}

fn whole_path(project: &Project, path: &str) -> String {
    let path = path.trim_matches('\\');
    if path.is_empty() {
        project.name.to_owned()
    } else {
        format!("{}\\{path}", project.name)
    }
}

/// A path without its first name.
fn below(path: &str) -> &str {
    path.split_once('\\').map_or("", |(_, rest)| rest)
}

fn is_below(path: &str, root: &str) -> bool {
    path.strip_prefix(root)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('\\'))
}

/// Names are unique below one parent, whatever their case.
fn free(parent: &Node, name: &str, own: i64) -> Result<(), Refusal> {
    match parent.child(name).filter(|child| child.id != own) {
        None => Ok(()),
        Some(_) => Err(Trouble::NodeTaken(name.to_owned(), parent.identifier()).into()),
    }
}

/// The dates that a body gives an iteration: `null` takes them away, nothing leaves them.
fn dates(
    body: &Json,
    structure: Structure,
    name: &str,
    old: Option<(i64, i64)>,
) -> Result<Option<(i64, i64)>, Refusal> {
    let Some(attributes) = body.get("attributes").filter(|a| a.is_object()) else {
        return Ok(old);
    };
    if structure == Structure::Area {
        return Ok(None);
    }
    let one = |key: &str, old: Option<i64>| match attributes.get(key) {
        None => Ok(old),
        Some(Json::Null) => Ok(None),
        Some(value) => {
            let parsed = value.as_str().and_then(time::parse).map(|(ms, _)| ms);
            let wrong = || Refusal::Invalid(format!("{key} {value} is not a date."));
            parsed.map(Some).ok_or_else(wrong)
        }
    };
    let start = one("startDate", old.map(|d| d.0))?;
    let finish = one("finishDate", old.map(|d| d.1))?;
    match (start, finish) {
        (Some(start), Some(finish)) if start <= finish => Ok(Some((start, finish))),
        (None, None) => Ok(None),
        _ => Err(Trouble::NodeDates(name.to_owned()).into()),
    }
}

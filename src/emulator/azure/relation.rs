//! Relations: links between items, which have two ends and no revision, and resource links
//! (hyperlinks, files), which belong to one item and make a revision (azure.md 5.2, 6, 8.2).

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::error::Refusal;
use super::time;

/// Which end of a link type a relation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// From source to target; the reference name of the other end.
    Forward(&'static str),
    /// From target to source; the reference name of the other end.
    Reverse(&'static str),
    /// Both ends look the same.
    Both,
    /// No item at the other end.
    Resource,
}

/// A relation type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) reference: &'static str,
    name: &'static str,
    pub(crate) end: End,
    topology: &'static str,
}

const fn kind(
    reference: &'static str,
    name: &'static str,
    end: End,
    topology: &'static str,
) -> Kind {
    Kind {
        reference,
        name,
        end,
        topology,
    }
}

pub(crate) const PARENT: &str = "System.LinkTypes.Hierarchy-Reverse";
pub(crate) const CHILD: &str = "System.LinkTypes.Hierarchy-Forward";
pub(crate) const HYPERLINK: &str = "Hyperlink";
pub(crate) const FILE: &str = "AttachedFile";

static KINDS: [Kind; 14] = [
    kind(
        "Microsoft.VSTS.Common.Affects-Forward",
        "Affects",
        End::Forward("Microsoft.VSTS.Common.Affects-Reverse"),
        "dependency",
    ),
    kind(
        "Microsoft.VSTS.Common.Affects-Reverse",
        "Affected By",
        End::Reverse("Microsoft.VSTS.Common.Affects-Forward"),
        "dependency",
    ),
    kind(
        "Microsoft.VSTS.Common.TestedBy-Forward",
        "Tested By",
        End::Forward("Microsoft.VSTS.Common.TestedBy-Reverse"),
        "dependency",
    ),
    kind(
        "Microsoft.VSTS.Common.TestedBy-Reverse",
        "Tests",
        End::Reverse("Microsoft.VSTS.Common.TestedBy-Forward"),
        "dependency",
    ),
    kind(
        "System.LinkTypes.Duplicate-Forward",
        "Duplicate",
        End::Forward("System.LinkTypes.Duplicate-Reverse"),
        "tree",
    ),
    kind(
        "System.LinkTypes.Duplicate-Reverse",
        "Duplicate Of",
        End::Reverse("System.LinkTypes.Duplicate-Forward"),
        "tree",
    ),
    kind(
        "System.LinkTypes.Dependency-Forward",
        "Successor",
        End::Forward("System.LinkTypes.Dependency-Reverse"),
        "dependency",
    ),
    kind(
        "System.LinkTypes.Dependency-Reverse",
        "Predecessor",
        End::Reverse("System.LinkTypes.Dependency-Forward"),
        "dependency",
    ),
    kind(CHILD, "Child", End::Forward(PARENT), "tree"),
    kind(PARENT, "Parent", End::Reverse(CHILD), "tree"),
    kind("System.LinkTypes.Related", "Related", End::Both, "network"),
    kind(FILE, "Attached File", End::Resource, ""),
    kind(HYPERLINK, "Hyperlink", End::Resource, ""),
    kind("ArtifactLink", "Artifact Link", End::Resource, ""),
];

/// Every relation type.
pub(crate) fn all() -> &'static [Kind] {
    &KINDS
}

/// A relation type by reference name, whatever the case (azure.md 5.1).
///
/// # Errors
/// [`Refusal::RelationType`] when there is none.
pub(crate) fn find(reference: &str) -> Result<&'static Kind, Refusal> {
    KINDS
        .iter()
        .find(|k| k.reference.eq_ignore_ascii_case(reference))
        .ok_or_else(|| Refusal::RelationType(reference.to_owned()))
}

impl Kind {
    /// The type of the other end of a link; nothing for a resource.
    pub(crate) fn opposite(&'static self) -> Option<&'static Kind> {
        match self.end {
            End::Forward(other) | End::Reverse(other) => find(other).ok(),
            End::Both => Some(self),
            End::Resource => None,
        }
    }

    /// Whether links of this type make trees.
    pub(crate) fn is_tree(&self) -> bool {
        self.topology == "tree"
    }

    /// The name without its end, as the links feed writes it (azure.md 3.2).
    pub(crate) fn stem(&self) -> &'static str {
        self.reference
            .strip_suffix("-Forward")
            .or_else(|| self.reference.strip_suffix("-Reverse"))
            .unwrap_or(self.reference)
    }

    /// The type as `workitemrelationtypes` describes it.
    pub(crate) fn json(&self, base: &str) -> Json {
        let mut attributes = json!({
            "usage": if self.end == End::Resource { "resourceLink" } else { "workItemLink" },
            "editable": false,
            "enabled": true,
        });
        if self.end != End::Resource {
            attributes["acyclic"] = json!(self.end != End::Both);
            attributes["directional"] = json!(self.end != End::Both);
            attributes["singleTarget"] = json!(self.topology != "tree");
            attributes["topology"] = json!(self.topology);
        }
        if let End::Forward(other) | End::Reverse(other) = self.end {
            attributes["isForward"] = json!(matches!(self.end, End::Forward(_)));
            attributes["oppositeEndReferenceName"] = json!(other);
        }
        json!({
            "attributes": attributes,
            "referenceName": self.reference,
            "name": self.name,
            "url": format!("{base}/_apis/wit/workItemRelationTypes/{}", self.reference),
        })
    }
}

/// What a relation leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// Another item.
    Item(i64),
    /// An address outside work item tracking.
    Url(Arc<str>),
}

/// A relation as one item has it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Relation {
    pub(crate) kind: &'static Kind,
    pub(crate) target: Target,
    /// What the client said of it: comment, name and the like.
    pub(crate) attributes: Map<String, Json>,
    /// The id of a resource link.
    pub(crate) id: i64,
    /// When it was made.
    pub(crate) since_ms: i64,
    /// One of its ends lies in the recycle bin: kept for a restore, shown to nobody.
    pub(crate) hidden: bool,
}

impl Relation {
    /// A relation from the `value` of a patch operation.
    ///
    /// # Errors
    /// An unknown type, or an address that the type cannot lead to.
    pub(crate) fn parse(value: &Json, now: i64) -> Result<Self, Refusal> {
        let text = |key: &str| value.get(key).and_then(Json::as_str).unwrap_or("");
        let kind = find(text("rel"))?;
        let attributes = value.get("attributes").and_then(Json::as_object).cloned();
        Ok(Self {
            kind,
            target: target(kind, text("url"))?,
            attributes: attributes.unwrap_or_default(),
            id: 0,
            since_ms: now,
            hidden: false,
        })
    }

    /// The item at the other end.
    pub(crate) fn item(&self) -> Option<i64> {
        match self.target {
            Target::Item(id) => Some(id),
            Target::Url(_) => None,
        }
    }

    /// Whether both say the same, whatever was said of them.
    pub(crate) fn same_as(&self, other: &Relation) -> bool {
        self.kind == other.kind && self.target == other.target
    }

    /// The same link as its other end has it.
    pub(crate) fn mirror(&self, from: i64) -> Option<Relation> {
        Some(Relation {
            kind: self.kind.opposite()?,
            target: Target::Item(from),
            ..self.clone()
        })
    }

    /// The comment, or else the address: what the ledger calls a marker.
    pub(crate) fn marker(&self) -> Option<String> {
        let Target::Url(url) = &self.target else {
            return None;
        };
        let comment = self.attributes.get("comment").and_then(Json::as_str);
        Some(
            comment
                .filter(|text| !text.is_empty())
                .unwrap_or(url)
                .to_owned(),
        )
    }

    /// The relation as an item shows it.
    pub(crate) fn json(&self, base: &str) -> Json {
        let mut attributes = self.attributes.clone();
        let url = match &self.target {
            Target::Item(id) => {
                attributes.insert("isLocked".to_owned(), json!(false));
                attributes.insert("name".to_owned(), json!(self.kind.name));
                format!("{base}/_apis/wit/workItems/{id}")
            }
            Target::Url(url) => {
                let since = json!(time::text(self.since_ms));
                for key in [
                    "authorizedDate",
                    "resourceCreatedDate",
                    "resourceModifiedDate",
                ] {
                    attributes.insert(key.to_owned(), since.clone());
                }
                attributes.insert("revisedDate".to_owned(), json!(time::FOREVER));
                attributes.insert("id".to_owned(), json!(self.id));
                url.to_string()
            }
        };
        json!({"rel": self.kind.reference, "url": url, "attributes": attributes})
    }
}

fn target(kind: &'static Kind, url: &str) -> Result<Target, Refusal> {
    let refused = || Refusal::RelationUrl(url.to_owned(), kind.reference);
    if kind.end == End::Resource {
        let parsed = url::Url::parse(url).map_err(|_| refused())?;
        let harmless = matches!(
            parsed.scheme(),
            "http" | "https" | "vstfs" | "mailto" | "file"
        );
        return harmless
            .then(|| Target::Url(Arc::from(url)))
            .ok_or_else(refused);
    }
    let path = url.split(['?', '#']).next().unwrap_or("");
    let id = path.rsplit('/').next().and_then(|tail| tail.parse().ok());
    id.filter(|id| *id > 0)
        .map(Target::Item)
        .ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_type_has_its_other_end() {
        for kind in all().iter().filter(|k| k.end != End::Resource) {
            let back = kind.opposite().and_then(Kind::opposite);
            assert_eq!(back, Some(kind), "{}", kind.reference);
        }
    }

    #[test]
    fn only_the_trailing_id_of_an_address_counts() {
        let link = |rel: &str, url: &str| Relation::parse(&json!({"rel": rel, "url": url}), 0);
        let related = link(
            "system.linktypes.related",
            "http://h/acme/guid/_apis/wit/workItems/300?x=1",
        );
        assert_eq!(related.unwrap().target, Target::Item(300));
        assert!(link("System.LinkTypes.Related", "http://h/acme/nothing").is_err());
        assert!(link(HYPERLINK, "javascript:alert(1)").is_err());
        assert!(link("System.LinkTypes.Cousin", "http://h/1").is_err());
    }
}

//! The events that may be subscribed to, of the many that the service has: those of work items.

use serde_json::{Value as Json, json};

/// What happened to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    /// It came to be.
    Created,
    /// A revision or a change of links.
    Updated,
    /// It went into the recycle bin.
    Deleted,
    /// It came back.
    Restored,
    /// A comment came to be.
    Commented,
}

/// Every topic, in the order in which the publisher lists them.
pub(crate) const TOPICS: [Topic; 5] = [
    Topic::Created,
    Topic::Updated,
    Topic::Deleted,
    Topic::Restored,
    Topic::Commented,
];

/// The versions of an event's resource that may be asked for (azure.md 13.2).
pub(crate) const VERSIONS: [&str; 5] = [
    "1.0",
    "1.0-preview.1",
    "1.0-preview.2",
    "3.1-preview.3",
    "5.1-preview.3",
];

impl Topic {
    /// The event type's id.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Topic::Created => "workitem.created",
            Topic::Updated => "workitem.updated",
            Topic::Deleted => "workitem.deleted",
            Topic::Restored => "workitem.restored",
            Topic::Commented => "workitem.commented",
        }
    }

    /// The topic with this id.
    pub(crate) fn parse(id: &str) -> Option<Self> {
        TOPICS.into_iter().find(|t| t.id().eq_ignore_ascii_case(id))
    }

    /// What was done, as a message says it.
    pub(crate) fn verb(self) -> &'static str {
        match self {
            Topic::Created => "created",
            Topic::Updated => "updated",
            Topic::Deleted => "deleted",
            Topic::Restored => "restored",
            Topic::Commented => "commented on",
        }
    }

    /// The publisher's inputs by which this topic can be narrowed, besides the project.
    pub(crate) fn filters(self) -> &'static [&'static str] {
        match self {
            Topic::Created | Topic::Deleted | Topic::Restored => {
                &["areaPath", "workItemType", "tag"]
            }
            Topic::Updated => &[
                "areaPath",
                "workItemType",
                "changedFields",
                "linksChanged",
                "tag",
            ],
            Topic::Commented => &["areaPath", "workItemType", "commentPattern", "tag"],
        }
    }

    /// The event type as the publisher describes it.
    pub(crate) fn json(self, base: &str) -> Json {
        let id = self.id();
        let inputs: Vec<Json> = self
            .filters()
            .iter()
            .map(|name| filter_json(name))
            .collect();
        json!({
            "publisherId": "tfs",
            "id": id,
            "url": format!("{base}/_apis/hooks/publishers/tfs/eventTypes/{id}"),
            "name": format!("Work item {}", self.verb()),
            "description": format!("An item was {}.", self.verb()),
            "supportedResourceVersions": VERSIONS,
            "inputDescriptors": inputs,
        })
    }
}

fn filter_json(name: &str) -> Json {
    let (title, dynamic) = match name {
        "areaPath" => ("Area path", true),
        "workItemType" => ("Work item type", true),
        "changedFields" => ("Field", true),
        "linksChanged" => ("Links are added or removed", false),
        "commentPattern" => ("Contains string", false),
        _ => ("Tag", false),
    };
    let mut json = json!({
        "id": name,
        "name": title,
        "description": format!("{title} that an item must have"),
        "inputMode": if dynamic { "combo" } else { "textBox" },
        "isConfidential": false,
        "useInDefaultDescription": false,
        "validation": {"dataType": "string"},
        "hasDynamicValueInformation": dynamic,
    });
    if dynamic {
        json["values"] = json!({
            "inputId": name,
            "defaultValue": "",
            "possibleValues": [{"value": "", "displayValue": "[Any]"}],
            "isLimitedToPossibleValues": true,
        });
    }
    if name == "commentPattern" {
        json["validation"] = json!({"dataType": "string", "minLength": 1, "maxLength": 1024});
    }
    if name == "changedFields" {
        json["dependencyInputIds"] = json!(["workItemType"]);
    }
    json
}

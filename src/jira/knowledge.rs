//! What was learned of a site, so that effects can be said in its terms.

use std::collections::BTreeMap;

use mapping::{FieldSchema, Permission, ProjectSchema, Schema, TypeSchema};
use model::{Side, User};

use crate::value::Shape;

/// What [`crate::discover()`] learned: the own account, and the metadata of the profile's projects. It is advisory
/// (jira.md, point 10): a site may change at any time, and what it answers to a write is the truth.
#[derive(Clone, Debug, PartialEq)]
pub struct Knowledge {
    /// The account that the credential stands for.
    pub account: User,
    /// The site's clock in milliseconds, when it told it.
    pub server_time_ms: Option<i64>,
    /// Where people find the site, when requests go through a gateway.
    pub(crate) site: Option<String>,
    /// The projects by key, in the profile's spelling; one that is not there is absent.
    pub(crate) projects: BTreeMap<String, Project>,
    /// All fields that the account can see, by id.
    pub(crate) fields: BTreeMap<String, Field>,
    /// Permissions that were asked for.
    pub(crate) permissions: Vec<Permission>,
}

/// One project.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Project {
    /// Its issue types by name.
    pub(crate) types: BTreeMap<String, IssueType>,
    /// Whether it is a service project, whose comments reach customers unless they are internal (jira.md 7.1).
    pub(crate) serves: bool,
}

/// One issue type of one project.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct IssueType {
    /// Its id, which a create names.
    pub(crate) id: String,
    /// Its statuses in the site's order.
    pub(crate) statuses: Vec<Status>,
    /// The fields of its create screen. They are read for the types that the profile maps only.
    pub(crate) fields: BTreeMap<String, Field>,
}

/// One status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    /// Its id, by which transitions are chosen (jira.md 6).
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// How far along it is.
    pub(crate) category: Category,
}

/// The three status categories of Jira, in the order of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Category {
    /// `new`: To Do.
    New,
    /// `indeterminate`: In Progress; also what is taken of a status that does not tell.
    Indeterminate,
    /// `done`: Done.
    Done,
}

impl Category {
    /// The category of that key.
    pub(crate) fn of(key: Option<&str>) -> Category {
        match key {
            Some("new") => Category::New,
            Some("done") => Category::Done,
            _ => Category::Indeterminate,
        }
    }

    /// Its place in the order of work.
    pub(crate) fn rank(self) -> usize {
        match self {
            Category::New => 0,
            Category::Indeterminate => 1,
            Category::Done => 2,
        }
    }
}

/// One field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    /// What the JSON of its values looks like.
    pub(crate) shape: Shape,
    /// How a profile sees it.
    pub(crate) schema: FieldSchema,
}

impl Knowledge {
    /// What is known before anything but the account was asked.
    pub(crate) fn of_account(account: User) -> Knowledge {
        Knowledge {
            account,
            server_time_ms: None,
            site: None,
            projects: BTreeMap::new(),
            fields: BTreeMap::new(),
            permissions: Vec::new(),
        }
    }

    /// The site as a profile sees it.
    #[must_use]
    pub fn schema(&self) -> Schema {
        let projects = self.projects.iter();
        Schema {
            side: Side::Jira,
            projects: projects.map(|(key, p)| (key.clone(), p.schema())).collect(),
            fields: schemas(&self.fields),
            permissions: self.permissions.clone(),
        }
    }

    /// A project by its key, without regard to case.
    pub(crate) fn project(&self, key: &str) -> Option<&Project> {
        let same = |(known, _): &(&String, &Project)| known.eq_ignore_ascii_case(key);
        self.projects.iter().find(same).map(|(_, project)| project)
    }

    /// What a field's JSON looks like: as the type's create screen says, else as the site's list of fields says, else
    /// as every Jira has it.
    pub(crate) fn shape(&self, kind: Option<&IssueType>, field: &str) -> Option<Shape> {
        let screen = kind.and_then(|kind| kind.fields.get(field));
        let known = screen.or_else(|| self.fields.get(field));
        known
            .map(|field| field.shape.clone())
            .or_else(|| Shape::of_system(field))
    }
}

impl Project {
    /// A type by its name.
    pub(crate) fn issue_type(&self, name: &str) -> Option<&IssueType> {
        self.types.get(name)
    }

    fn schema(&self) -> ProjectSchema {
        let types = self.types.iter();
        ProjectSchema {
            types: types.map(|(name, t)| (name.clone(), t.schema())).collect(),
        }
    }
}

impl IssueType {
    fn schema(&self) -> TypeSchema {
        let names = self.statuses.iter().map(|status| status.name.clone());
        let first = self.statuses.iter().min_by_key(|status| status.category);
        TypeSchema {
            states: names.collect(),
            // Jira does not tell where a workflow begins to those who do not administer it.
            initial: None,
            expected: first.map(|status| status.name.clone()),
            fields: schemas(&self.fields),
        }
    }

    /// A status by its name, exactly or else without regard to case.
    pub(crate) fn status(&self, name: &str) -> Option<&Status> {
        let exact = self.statuses.iter().find(|status| status.name == name);
        exact.or_else(|| {
            let wanted = name.trim().to_lowercase();
            let same = |status: &&Status| status.name.trim().to_lowercase() == wanted;
            self.statuses.iter().find(same)
        })
    }
}

fn schemas(fields: &BTreeMap<String, Field>) -> BTreeMap<String, FieldSchema> {
    let schema = |(id, field): (&String, &Field)| (id.clone(), field.schema.clone());
    fields.iter().map(schema).collect()
}

//! Gaps between the sample profile and remotes that lack something.

use std::collections::BTreeMap;

use super::*;
use crate::rule::Kind;
use crate::schema::{FieldSchema, Permission};

fn field(name: &str, kind: Kind, allowed: &[&str]) -> FieldSchema {
    FieldSchema {
        name: name.to_owned(),
        kind: Some(kind),
        allowed: allowed.iter().map(|value| (*value).to_owned()).collect(),
        ..FieldSchema::default()
    }
}

fn fields(of: &[(&str, FieldSchema)]) -> BTreeMap<String, FieldSchema> {
    of.iter()
        .map(|(id, field)| ((*id).to_owned(), field.clone()))
        .collect()
}

fn kind(states: &[&str], fields: &BTreeMap<String, FieldSchema>) -> TypeSchema {
    TypeSchema {
        states: states.iter().map(|state| (*state).to_owned()).collect(),
        initial: states.first().map(|state| (*state).to_owned()),
        expected: None,
        fields: fields.clone(),
    }
}

fn schema(
    side: Side,
    project: &str,
    types: &[(&str, TypeSchema)],
    fields: BTreeMap<String, FieldSchema>,
) -> Schema {
    let types = types
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    Schema {
        side,
        projects: [(project.to_owned(), ProjectSchema { types })].into(),
        fields,
        permissions: vec![Permission {
            name: "BROWSE".to_owned(),
            granted: true,
            needed_for: "reading items",
        }],
    }
}

fn jira() -> Schema {
    let priorities = ["Highest", "High", "Medium", "Low", "Lowest"];
    let mut all = fields(&[
        ("summary", field("Summary", Kind::Text, &[])),
        ("description", field("Description", Kind::Rich, &[])),
        ("priority", field("Priority", Kind::Choice, &priorities)),
        ("labels", field("Labels", Kind::Set, &[])),
        ("assignee", field("Assignee", Kind::User, &[])),
    ]);
    let states = ["To Do", "In Progress", "In Review", "Done"];
    let types = ["Epic", "Story", "Task", "Bug"].map(|name| (name, kind(&states, &all)));
    all.insert("status".to_owned(), field("Status", Kind::State, &[]));
    schema(Side::Jira, "WEB", &types, all)
}

fn azure() -> Schema {
    let mut all = fields(&[
        ("System.Title", field("Title", Kind::Text, &[])),
        ("System.Description", field("Description", Kind::Rich, &[])),
        (
            "Microsoft.VSTS.TCM.ReproSteps",
            field("Repro Steps", Kind::Rich, &[]),
        ),
        (
            "Microsoft.VSTS.Common.Priority",
            field("Priority", Kind::Number, &["1", "2", "3", "4"]),
        ),
        ("System.Tags", field("Tags", Kind::Set, &[])),
        ("System.AssignedTo", field("Assigned To", Kind::User, &[])),
    ]);
    let full = ["New", "Active", "Resolved", "Closed", "Removed"];
    let short = ["New", "Active", "Closed", "Removed"];
    let types = [
        ("Epic", kind(&full, &all)),
        ("User Story", kind(&full, &all)),
        ("Task", kind(&short, &all)),
        ("Bug", kind(&full[..4], &all)),
    ];
    all.insert("System.State".to_owned(), field("State", Kind::State, &[]));
    schema(Side::Azure, "Platform", &types, all)
}

fn type_of<'a>(schema: &'a mut Schema, name: &str) -> &'a mut TypeSchema {
    let project = schema.projects.values_mut().next().unwrap();
    project.types.get_mut(name).unwrap()
}

fn told(text: &str, jira: &Schema, azure: &Schema) -> Vec<String> {
    let profile = Profile::compile(text, "profiles/acme/web.toml").unwrap();
    let gaps = online(&profile, jira, azure);
    gaps.iter()
        .map(|gap| format!("{} {gap}", gap.severity))
        .collect()
}

/// The line of the sample that is the `nth` to hold a text.
fn line(text: &str, nth: usize) -> usize {
    let lines = crate::SAMPLE.lines().enumerate();
    let mut found = lines.filter(|(_, line)| line.contains(text));
    found.nth(nth).map(|(index, _)| index + 1).unwrap()
}

fn check(jira: &Schema, azure: &Schema, expected: &[(&str, usize, &str)]) {
    let expected: Vec<String> = expected
        .iter()
        .map(|(severity, line, rest)| format!("{severity} profiles/acme/web.toml:{line}: {rest}"))
        .collect();
    assert_eq!(told(crate::SAMPLE, jira, azure), expected);
}

#[test]
fn the_sample_has_no_gap_with_what_the_emulators_show() {
    check(&jira(), &azure(), &[]);
}

#[test]
fn a_misspelt_status_is_told_with_the_one_that_was_meant() {
    let misspelt = crate::SAMPLE.replace(
        "jira = \"In Review\"\nazure = \"Resolved\"",
        "type = \"Story\"\njira = \"In Progres\"\nazure = \"Resolved\"",
    );
    let all = told(&misspelt, &jira(), &azure());
    let line = line("azure = \"Resolved\"", 0) - 2;
    let expected = format!(
        "error profiles/acme/web.toml:{line}: Jira project WEB has no status \"In Progres\" for type Story; did you mean \"In Progress\"?"
    );
    assert!(all.contains(&expected), "{all:#?}");
}

#[test]
fn a_missing_project_is_told_once() {
    let mut jira = jira();
    jira.projects.clear();
    let what = "Jira has no project WEB that the account can see; check the key, and that the account may see the project";
    check(&jira, &azure(), &[("error", line("[[scope]]", 0), what)]);
}

#[test]
fn a_missing_type_is_told_with_the_one_that_was_meant() {
    let mut azure = azure();
    let project = azure.projects.values_mut().next().unwrap();
    let story = project.types.remove("User Story").unwrap();
    project.types.insert("Use Story".to_owned(), story);
    let what =
        "Azure DevOps project Platform has no type \"User Story\"; did you mean \"Use Story\"?";
    check(&jira(), &azure, &[("error", line("[[type]]", 1), what)]);
}

#[test]
fn a_missing_field_is_told() {
    let mut jira = jira();
    jira.fields.remove("labels");
    let what =
        "Jira has no field labels; write the field's id, and check that the account may see it";
    check(&jira, &azure(), &[("error", line("[[field]]", 1), what)]);
}

#[test]
fn a_field_of_another_kind_is_told() {
    let mut azure = azure();
    azure
        .fields
        .insert("System.Tags".to_owned(), field("Tags", Kind::Text, &[]));
    let what = "the Azure DevOps field System.Tags holds \"text\", the rule takes it for \"set\"; set kind = \"text\" or map another field";
    check(&jira(), &azure, &[("error", line("[[field]]", 1), what)]);
}

#[test]
fn a_field_that_cannot_be_set_on_a_type_is_told() {
    let mut jira = jira();
    type_of(&mut jira, "Bug").fields.remove("assignee");
    let mut azure = azure();
    let fields = &mut type_of(&mut azure, "Task").fields;
    fields.get_mut("System.Tags").unwrap().read_only = true;
    check(
        &jira,
        &azure,
        &[
            (
                "error",
                line("[[field]]", 1),
                "Azure DevOps project Platform does not let System.Tags be written on type Task; give the rule a `direction`",
            ),
            (
                "error",
                line("[[field]]", 2),
                "Jira project WEB cannot set assignee on type Bug; put the field on the type's form or screen, or limit the rule by `types`",
            ),
        ],
    );
}

#[test]
fn values_that_are_not_allowed_are_told_per_row() {
    let mut jira = jira();
    let allowed = &mut type_of(&mut jira, "Task")
        .fields
        .get_mut("priority")
        .unwrap()
        .allowed;
    *allowed = vec![
        "highest".to_owned(),
        "High".to_owned(),
        "Medium".to_owned(),
        "Low".to_owned(),
    ];
    let row = line("values =", 0);
    check(
        &jira,
        &azure(),
        &[
            (
                "error",
                row,
                "the Jira field priority has no value \"Highest\" for type Task; did you mean \"highest\"?",
            ),
            (
                "error",
                row,
                "the Jira field priority has no value \"Lowest\" for type Task; it has \"highest\", \"High\", \"Medium\", \"Low\"",
            ),
        ],
    );
}

#[test]
fn a_required_field_without_rule_and_default_is_told() {
    let mut azure = azure();
    let required = FieldSchema {
        required: true,
        ..field("Region", Kind::Choice, &[])
    };
    let defaulted = FieldSchema {
        has_default: true,
        ..required.clone()
    };
    let fields = &mut type_of(&mut azure, "Bug").fields;
    fields.insert("Custom.Region".to_owned(), required.clone());
    fields.insert("System.AreaPath".to_owned(), required);
    fields.insert("Custom.Team".to_owned(), defaulted);
    let what = "Azure DevOps project Platform requires Custom.Region (\"Region\") on type Bug, and no rule fills it; \
        add a [[field]] for it, or give the field a default there";
    check(&jira(), &azure, &[("error", line("[[type]]", 3), what)]);
}

#[test]
fn a_state_without_a_row_is_a_warning() {
    let mut jira = jira();
    type_of(&mut jira, "Task").states.push("Blocked".to_owned());
    let what = "no [[state]] row maps the Jira status \"Blocked\" of type Task; add a row, or items in it wait with a problem";
    check(&jira, &azure(), &[("warning", line("[[type]]", 2), what)]);
}

#[test]
fn a_row_that_leads_to_a_state_the_type_does_not_have_is_an_error() {
    let mut azure = azure();
    type_of(&mut azure, "Bug")
        .states
        .retain(|state| state != "Resolved");
    let what = "Azure DevOps project Platform has no state \"Resolved\" for type Bug, where \"In Review\" leads; \
        add a [[state]] row with jira = \"In Review\" and type = \"Bug\"";
    check(&jira(), &azure, &[("error", line("[[state]]", 4), what)]);
}

#[test]
fn a_state_that_no_type_has_is_told_once() {
    let mut azure = azure();
    for name in ["Epic", "User Story", "Bug"] {
        type_of(&mut azure, name)
            .states
            .retain(|state| state != "Resolved");
    }
    let what = "Azure DevOps project Platform has no state \"Resolved\" for types Bug, Epic, Task, User Story; did you mean \"Removed\"?";
    check(&jira(), &azure, &[("error", line("[[state]]", 4), what)]);
}

#[test]
fn a_missing_permission_is_told_at_the_remote() {
    let mut jira = jira();
    jira.permissions.push(Permission {
        name: "TRANSITION_ISSUES".to_owned(),
        granted: false,
        needed_for: "moving issues to a status",
    });
    let what = "the account lacks the Jira permission \"TRANSITION_ISSUES\", needed for moving issues to a status; \
        grant it to the account of the credential";
    check(&jira, &azure(), &[("error", line("[jira]", 0), what)]);
}

#[test]
fn what_is_read_only_by_the_profile_need_not_be_writable() {
    let mut azure = azure();
    type_of(&mut azure, "Bug").fields.clear();
    let fields = &mut type_of(&mut azure, "Task").fields;
    fields.remove("System.Tags");
    let text = crate::SAMPLE.replace(
        "azure = \"System.Tags\"",
        "azure = \"System.Tags\"\ndirection = \"to-jira\"",
    );
    assert_eq!(told(&text, &jira(), &azure), Vec::<String>::new());
}

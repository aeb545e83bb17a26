//! What a profile file may and may not say.

mod broken;

use model::{Both, Side, limit};

use crate::options::{Attachments, Comments, Deletion, Direction, Links, Policy};
use crate::profile::Profile;
use crate::rule::Kind;
use broken::{BROKEN, SOUND};

fn compiled(text: &str) -> Profile {
    Profile::compile(text, "p.toml").unwrap()
}

fn faults(text: &str) -> Vec<String> {
    let faults = Profile::compile(text, "p.toml").err().unwrap_or_default();
    faults.iter().map(ToString::to_string).collect()
}

fn names(profile: &Profile, jira: &str, azure: &str) -> Vec<String> {
    let kinds = Both {
        jira: jira.to_owned(),
        azure: azure.to_owned(),
    };
    let rules = profile.rules_for(&kinds);
    rules.map(|rule| rule.name.as_str().to_owned()).collect()
}

#[test]
fn each_broken_profile_is_told_line_what_and_cure() {
    assert!(BROKEN.len() >= 40);
    for (from, to, expected) in BROKEN {
        assert!(SOUND.contains(from), "{from}");
        let text = if from.is_empty() {
            format!("{SOUND}{to}")
        } else {
            SOUND.replacen(from, to, 1)
        };
        let expected: Vec<String> = expected
            .iter()
            .map(|fault| format!("p.toml:{fault}"))
            .collect();
        assert_eq!(faults(&text), expected, "{from:?} -> {to:?}");
    }
}

#[test]
fn every_fault_is_told_at_once() {
    let all = faults(
        "nme = \"x\"\n[jira]\nurl = 5\n[[state]]\njira = \"a\"\n[comments]\ndirection = \"x\"\n",
    );
    let lines: Vec<&str> = all
        .iter()
        .filter_map(|fault| fault.split(':').nth(1))
        .collect();
    assert_eq!(
        lines,
        ["1", "1", "1", "1", "1", "2", "3", "4", "7"],
        "{all:#?}"
    );
}

#[test]
fn a_file_beyond_its_bound_is_not_read() {
    let long = "#".repeat(limit::PROFILE_BYTES + 1);
    assert_eq!(
        faults(&long),
        ["p.toml:1: the file has more than 4194304 bytes; split the profile"]
    );
}

#[test]
fn a_file_full_of_faults_is_told_in_part_and_quickly() {
    let rows: String = (0..limit::ROWS_PER_TABLE)
        .map(|row| format!("[[state]]\ntype = \"{row:060}\"\n"))
        .collect();
    let types: String = (0..limit::ROWS_PER_TABLE)
        .map(|row| {
            format!(
                "[[type]]\njira = \"{:060}\"\nazure = \"x\"\n",
                row + 1_000_000
            )
        })
        .collect();
    assert_eq!(faults(&format!("{SOUND}{types}{rows}")).len(), 1_000);
}

#[test]
fn a_deeply_nested_file_is_a_fault_and_no_overflow() {
    let deep = format!("name = {}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert!(!faults(&deep).is_empty());
}

#[test]
fn a_secret_in_the_wrong_place_is_not_repeated() {
    let broken = SOUND
        .replacen(
            "credential = \"jira-sync\"",
            "credential = \"s3cr3t=value\"",
            1,
        )
        .replacen("https://dev", "https://me:s3cr3t=value@dev", 1);
    let told = faults(&broken);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told.iter().all(|fault| !fault.contains("s3cr3t")),
        "{told:?}"
    );
}

#[test]
fn the_sample_holds_what_the_contract_names() {
    let profile = compiled(crate::SAMPLE);
    assert_eq!(profile.name.as_str(), "web-to-platform");
    assert_eq!(profile.projects(Side::Jira), ["WEB".to_owned()].into());
    assert_eq!(
        profile.projects(Side::Azure),
        ["Platform".to_owned()].into()
    );
    assert_eq!(
        names(&profile, "Story", "User Story"),
        [
            "summary",
            "description",
            "priority",
            "labels",
            "assignee",
            "status"
        ]
    );
    assert_eq!(
        names(&profile, "Bug", "Bug"),
        [
            "summary",
            "description-repro",
            "priority",
            "labels",
            "assignee",
            "status"
        ]
    );
    assert_eq!(profile.twin_kind(Side::Jira, "Story"), Some("User Story"));
    assert_eq!(profile.twin_kind(Side::Azure, "user story"), Some("Story"));
    assert_eq!(profile.twin_kind(Side::Jira, "Sub-task"), None);
    assert_eq!(
        profile
            .scope_of(Side::Azure, "platform")
            .map(|scope| scope.jira.project.as_str()),
        Some("WEB")
    );
    assert_eq!(profile.scope_of(Side::Jira, "OTHER"), None);
}

#[test]
fn fields_are_those_that_some_rule_reads() {
    let profile = compiled(crate::SAMPLE);
    let jira: Vec<String> = profile.fields(Side::Jira).into_iter().collect();
    assert_eq!(
        jira,
        [
            "assignee",
            "description",
            "labels",
            "priority",
            "status",
            "summary"
        ]
    );
    assert!(
        profile
            .fields(Side::Azure)
            .contains("Microsoft.VSTS.TCM.ReproSteps")
    );
    let without_bugs = compiled(&crate::SAMPLE.replace("azure = \"Bug\"", "azure = \"Issue\""));
    assert!(
        !without_bugs
            .fields(Side::Azure)
            .contains("Microsoft.VSTS.TCM.ReproSteps")
    );
}

#[test]
fn a_written_rule_stands_in_the_place_of_an_implied_one() {
    let written = "[[field]]\njira = \"description\"\nazure = \"Custom.Story\"\nname = \"story\"\n";
    let profile = compiled(&format!("{SOUND}{written}"));
    assert_eq!(
        names(&profile, "Bug", "Bug"),
        ["summary", "priority", "story", "status"]
    );
    let copied = "[[field]]\njira = \"summary\"\nazure = \"Custom.JiraTitle\"\nname = \"copy\"\ndirection = \"to-azure\"\n";
    let profile = compiled(&format!("{SOUND}{copied}"));
    assert!(names(&profile, "Bug", "Bug").starts_with(&["summary".to_owned()]));
}

#[test]
fn rules_may_be_limited_to_types_and_share_a_field_then() {
    let text = format!(
        "{}types = [\"Bug\"]\n[[field]]\nname = \"story-priority\"\njira = \"priority\"\nazure = \"microsoft.vsts.common.risk\"\ntypes = [\"Story\"]\n",
        SOUND.split_once("[[state]]").map_or("", |(head, _)| head)
    );
    let profile = compiled(&text);
    assert_eq!(
        names(&profile, "Bug", "Bug"),
        ["summary", "description-repro", "priority"]
    );
    assert_eq!(
        names(&profile, "Story", "User Story"),
        ["summary", "description", "story-priority"]
    );
    assert!(
        profile
            .fields(Side::Azure)
            .contains("Microsoft.VSTS.Common.Risk")
    );
}

#[test]
fn rules_inherit_direction_and_policy_and_may_override_them() {
    let text = SOUND
        .replacen(
            "direction = \"both\"",
            "direction = \"to-jira\"\nconflict = \"azure\"",
            1,
        )
        .replacen("values =", "conflict = \"manual\"\nvalues =", 1);
    let profile = compiled(&text);
    let policies: Vec<Policy> = profile.rules.iter().map(|rule| rule.conflict).collect();
    let Policy::Azure = profile.conflict else {
        panic!("the profile's own policy is lost")
    };
    assert_eq!(
        policies
            .iter()
            .filter(|policy| **policy == Policy::Manual)
            .count(),
        1
    );
    assert!(
        profile
            .rules
            .iter()
            .all(|rule| rule.direction == Direction::ToJira)
    );
    assert!(!Direction::ToJira.allows(Side::Jira));
}

#[test]
fn the_kind_of_a_custom_field_follows_the_known_one() {
    let text = format!(
        "{SOUND}[[field]]\njira = \"customfield_10016\"\nazure = \"Microsoft.VSTS.Scheduling.StoryPoints\"\n"
    );
    let profile = compiled(&text);
    let rule = profile
        .rules
        .iter()
        .find(|rule| rule.jira == "customfield_10016")
        .unwrap();
    assert_eq!(
        (rule.kind, rule.kind_on(Side::Azure)),
        (Kind::Number, Kind::Number)
    );
}

#[test]
fn options_have_defaults_and_are_kept() {
    let profile = compiled(&SOUND.replacen("\"both\"", "\"to-azure\"", 1));
    let direction = Some(Direction::ToAzure);
    assert_eq!(
        profile.comments,
        Comments {
            direction,
            author_line: true
        }
    );
    assert_eq!(
        profile.attachments,
        Attachments {
            direction,
            max_bytes: None,
            types: Vec::new()
        }
    );
    assert_eq!(
        profile.links,
        Links {
            direction,
            hierarchy: true,
            cross_project: false,
            types: Vec::new()
        }
    );
    assert_eq!(
        profile.deletions,
        Both {
            jira: Deletion::Note,
            azure: Deletion::Note
        }
    );
    let told = "[comments]\ndirection = \"off\"\nauthor_line = false\n[attachments]\nmax_bytes = 1_000\ntypes = [\"image/*\"]\n\
        [links]\ntypes = [[\"Blocks\", \"System.LinkTypes.Dependency\"]]\n[deletions]\njira = \"close\"\n\
        [[example]]\nname = \"high\"\nfrom = \"jira\"\ntype = \"Bug\"\njira = { priority = \"High\" }\n\
        azure = { \"Microsoft.VSTS.Common.Priority\" = 1 }\n";
    let profile = compiled(&format!("{SOUND}{told}"));
    assert_eq!(
        profile.comments,
        Comments {
            direction: None,
            author_line: false
        }
    );
    assert_eq!(profile.attachments.max_bytes, Some(1000));
    assert_eq!(profile.links.types.len(), 1);
    assert_eq!(profile.deletions.jira, Deletion::Close);
    let keys: Vec<&str> = profile
        .examples
        .iter()
        .flat_map(|e| e.fields.azure.values().flatten())
        .map(|c| c.key())
        .collect();
    assert_eq!(keys, ["1"]);
}

#[test]
fn a_fingerprint_changes_with_the_meaning_only() {
    let sound = compiled(SOUND);
    let spaced = compiled(&format!("# a comment\n\n{SOUND}"));
    let other = compiled(&SOUND.replacen("[\"Low\", 2]", "[\"Low\", 3]", 1));
    assert_eq!(sound.fingerprint().len(), 32);
    assert_eq!(sound.fingerprint(), spaced.fingerprint());
    assert_ne!(sound.fingerprint(), other.fingerprint());
}

#[test]
fn debug_shows_no_names_of_people() {
    let text = format!(
        "{SOUND}[[user]]\njira = \"canary-1\"\nazure = \"canary-2\"\n[[field]]\njira = \"assignee\"\nazure = \"System.AssignedTo\"\n\
         otherwise = {{ jira = \"canary-3\" }}\n"
    );
    let profile = compiled(&text);
    let shown = format!(
        "{profile:?} {:?} {:?}",
        profile.rules,
        profile
            .rules
            .iter()
            .map(|rule| rule.otherwise())
            .collect::<Vec<_>>()
    );
    assert!(!shown.contains("canary"), "{shown}");
}

//! The draft of a profile, and how far it is from one.

use mapping::Profile;

use super::add::DRAFT;

#[test]
fn a_draft_says_of_each_open_place_what_belongs_there() {
    let faults = Profile::compile(DRAFT, "profile.toml.draft").expect_err("it is open");
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let told = told.join("\n");
    for open in [
        "[jira] has no `url`",
        "[azure] has no `url`",
        "has no `jira`; add jira = { project",
        "has no `azure`; add jira = { project",
    ] {
        assert!(told.contains(open), "{open}:\n{told}");
    }
    assert_eq!(faults.len(), 4, "{told}");
}

#[test]
fn a_draft_whose_open_places_were_filled_is_a_profile() {
    let filled = DRAFT.replace("#! ", "");
    let profile = Profile::compile(&filled, "profile.toml").expect("it is whole");
    assert_eq!(profile.jira.url, "https://your-site.atlassian.net");
    assert_eq!(profile.scopes.len(), 1);
}

//! Paths around the items: teams, queries, processes, boards, people. `route.rs` knows the items.

use super::guid;

/// A part of a type of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// The type itself.
    Whole,
    /// `states[/{id}]`
    States(Option<String>),
    /// `fields[/{reference}]`
    Fields(Option<String>),
    /// `rules[/{id}]`
    Rules(Option<String>),
    /// `layout`
    Layout,
    /// `behaviors[/{reference}]` of `workitemtypesbehaviors`
    Behaviors(Option<String>),
}

/// What a path around the items names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// `teams`
    AllTeams,
    /// `projects/{p}/teams`
    Teams(String),
    /// `projects/{p}/teams/{t}`
    Team(String, String),
    /// `projects/{p}/teams/{t}/members`
    TeamMembers(String, String),
    /// `projects/{p}/properties`
    Properties(String),
    /// `process/processes[/{id}]`
    CoreProcesses(Option<String>),
    /// `wit/queries[/{id or path}]`
    Queries(Option<String>),
    /// `wit/queriesbatch`
    QueriesBatch,
    /// `wit/wiql/{id}`
    StoredQuery(String),
    /// `wit/workitemtypecategories[/{category}]`
    Categories(Option<String>),
    /// `wit/workitemicons[/{icon}]`
    Icons(Option<String>),
    /// `wit/workitemtransitions`
    Transitions,
    /// `wit/projectprocessmigration`
    Migration,
    /// `work/teamsettings`
    TeamSettings,
    /// `work/teamsettings/teamfieldvalues`
    TeamField,
    /// `work/teamsettings/iterations[/{id}]`
    TeamIterations(Option<String>),
    /// `work/teamsettings/iterations/{id}/workitems`
    IterationItems(String),
    /// `work/boards[/{id}]`
    Boards(Option<String>),
    /// `work/boards/{id}/columns`
    BoardColumns(String),
    /// `work/boards/{id}/rows`
    BoardRows(String),
    /// `work/backlogs[/{id}]`
    Backlogs(Option<String>),
    /// `work/backlogs/{id}/workItems`
    BacklogItems(String),
    /// `work/backlogconfiguration`
    BacklogConfiguration,
    /// `work/processconfiguration`
    ProcessConfiguration,
    /// `work/processes[/{id}]`
    Processes(Option<String>),
    /// `work/processes/{id}/behaviors[/{reference}]`
    Behaviors(String, Option<String>),
    /// `work/processes/{id}/workitemtypes`
    ProcessTypes(String),
    /// `work/processes/{id}/workitemtypes/{type}/...`
    ProcessType(String, String, Part),
    /// `work/processes/lists[/{id}]`
    Lists(Option<String>),
    /// `identities[/{id}]`
    Identities(Option<String>),
    /// `IdentityPicker/Identities`
    Picker,
    /// `graph/users[/{descriptor}]`
    Users(Option<String>),
    /// `graph/groups[/{descriptor}]`
    Groups(Option<String>),
    /// `graph/subjectquery`
    SubjectQuery,
    /// `graph/subjectlookup`
    SubjectLookup,
    /// `graph/descriptors/{storage key}`
    Descriptor(String),
    /// `graph/storagekeys/{descriptor}`
    StorageKey(String),
    /// `graph/memberships/{subject}`
    Memberships(String),
    /// `graph/memberships/{subject}/{container}`
    Membership(String, String),
    /// `graph/membershipstates/{subject}`
    MembershipState(String),
    /// `profile/profiles/{id}`
    Profile,
}

/// The place that the segments after `_apis` name.
pub(crate) fn parse(rest: &[&str]) -> Option<Place> {
    let own = |text: &&str| (*text).to_owned();
    let (first, tail) = rest.split_first()?;
    let lower: Vec<String> = tail.iter().map(|s| s.to_lowercase()).collect();
    let words: Vec<&str> = lower.iter().map(String::as_str).collect();
    match (first.to_lowercase().as_str(), words.as_slice()) {
        ("teams", []) => Some(Place::AllTeams),
        ("projects", [_, "teams"]) => Some(Place::Teams(own(tail.first()?))),
        ("projects", [_, "teams", _]) => Some(Place::Team(own(tail.first()?), own(tail.get(2)?))),
        ("projects", [_, "teams", _, "members"]) => {
            Some(Place::TeamMembers(own(tail.first()?), own(tail.get(2)?)))
        }
        ("projects", [_, "properties"]) => Some(Place::Properties(own(tail.first()?))),
        ("process", ["processes"]) => Some(Place::CoreProcesses(None)),
        ("process", ["processes", _]) => Some(Place::CoreProcesses(tail.get(1).map(own))),
        ("wit", _) => tracking(&words, tail),
        ("work", ["processes", ..]) => process(&words, tail),
        ("work", _) => work(&words, tail),
        ("identities", []) => Some(Place::Identities(None)),
        ("identities", [_]) => Some(Place::Identities(tail.first().map(own))),
        ("identitypicker", ["identities"]) => Some(Place::Picker),
        ("graph", _) => graph(&words, tail),
        ("profile", ["profiles", _]) => Some(Place::Profile),
        _ => None,
    }
}

fn tracking(words: &[&str], tail: &[&str]) -> Option<Place> {
    let second = || tail.get(1).map(|t| (*t).to_owned());
    match words {
        ["queries"] => Some(Place::Queries(None)),
        ["queries", ..] => Some(Place::Queries(Some(tail.get(1..)?.join("/")))),
        ["queriesbatch"] => Some(Place::QueriesBatch),
        ["wiql", id] if guid::is(id) => Some(Place::StoredQuery((*id).to_owned())),
        ["workitemtypecategories"] => Some(Place::Categories(None)),
        ["workitemtypecategories", _] => Some(Place::Categories(second())),
        ["workitemicons"] => Some(Place::Icons(None)),
        ["workitemicons", _] => Some(Place::Icons(second())),
        ["workitemtransitions"] => Some(Place::Transitions),
        ["projectprocessmigration"] => Some(Place::Migration),
        _ => None,
    }
}

fn work(words: &[&str], tail: &[&str]) -> Option<Place> {
    let at = |n: usize| tail.get(n).map(|t| (*t).to_owned());
    match words {
        ["teamsettings"] => Some(Place::TeamSettings),
        ["teamsettings", "teamfieldvalues"] => Some(Place::TeamField),
        ["teamsettings", "iterations"] => Some(Place::TeamIterations(None)),
        ["teamsettings", "iterations", _] => Some(Place::TeamIterations(at(2))),
        ["teamsettings", "iterations", _, "workitems"] => Some(Place::IterationItems(at(2)?)),
        ["boards"] => Some(Place::Boards(None)),
        ["boards", _] => Some(Place::Boards(at(1))),
        ["boards", _, "columns"] => Some(Place::BoardColumns(at(1)?)),
        ["boards", _, "rows"] => Some(Place::BoardRows(at(1)?)),
        ["backlogs"] => Some(Place::Backlogs(None)),
        ["backlogs", _] => Some(Place::Backlogs(at(1))),
        ["backlogs", _, "workitems"] => Some(Place::BacklogItems(at(1)?)),
        ["backlogconfiguration"] => Some(Place::BacklogConfiguration),
        ["processconfiguration"] => Some(Place::ProcessConfiguration),
        _ => None,
    }
}

fn process(words: &[&str], tail: &[&str]) -> Option<Place> {
    let at = |n: usize| tail.get(n).map(|t| (*t).to_owned());
    match words.get(1..)? {
        [] => Some(Place::Processes(None)),
        ["lists"] => Some(Place::Lists(None)),
        ["lists", _] => Some(Place::Lists(at(2))),
        [_] => Some(Place::Processes(at(1))),
        [_, "behaviors"] => Some(Place::Behaviors(at(1)?, None)),
        [_, "behaviors", _] => Some(Place::Behaviors(at(1)?, at(3))),
        [_, "workitemtypes"] => Some(Place::ProcessTypes(at(1)?)),
        [_, "workitemtypes", _, rest @ ..] => {
            let part = match rest {
                [] => Part::Whole,
                ["states"] => Part::States(None),
                ["states", _] => Part::States(at(5)),
                ["fields"] => Part::Fields(None),
                ["fields", _] => Part::Fields(at(5)),
                ["rules"] => Part::Rules(None),
                ["rules", _] => Part::Rules(at(5)),
                ["layout"] => Part::Layout,
                _ => return None,
            };
            Some(Place::ProcessType(at(1)?, at(3)?, part))
        }
        [_, "workitemtypesbehaviors", _, "behaviors", rest @ ..] if rest.len() < 2 => {
            Some(Place::ProcessType(at(1)?, at(3)?, Part::Behaviors(at(5))))
        }
        _ => None,
    }
}

fn graph(words: &[&str], tail: &[&str]) -> Option<Place> {
    let at = |n: usize| tail.get(n).map(|t| (*t).to_owned());
    match words {
        ["users"] => Some(Place::Users(None)),
        ["users", _] => Some(Place::Users(at(1))),
        ["groups"] => Some(Place::Groups(None)),
        ["groups", _] => Some(Place::Groups(at(1))),
        ["subjectquery"] => Some(Place::SubjectQuery),
        ["subjectlookup"] => Some(Place::SubjectLookup),
        ["descriptors", _] => Some(Place::Descriptor(at(1)?)),
        ["storagekeys", _] => Some(Place::StorageKey(at(1)?)),
        ["memberships", _] => Some(Place::Memberships(at(1)?)),
        ["memberships", _, _] => Some(Place::Membership(at(1)?, at(2)?)),
        ["membershipstates", _] => Some(Place::MembershipState(at(1)?)),
        _ => None,
    }
}

impl Place {
    /// A name for counting requests, without method and organisation.
    pub(crate) fn template(&self) -> &'static str {
        match self {
            Place::AllTeams => "/_apis/teams",
            Place::Teams(_) => "/_apis/projects/{id}/teams",
            Place::Team(..) => "/_apis/projects/{id}/teams/{team}",
            Place::TeamMembers(..) => "/_apis/projects/{id}/teams/{team}/members",
            Place::Properties(_) => "/_apis/projects/{id}/properties",
            Place::CoreProcesses(_) => "/_apis/process/processes",
            Place::Queries(None) => "/_apis/wit/queries",
            Place::Queries(Some(_)) => "/_apis/wit/queries/{query}",
            Place::QueriesBatch => "/_apis/wit/queriesbatch",
            Place::StoredQuery(_) => "/_apis/wit/wiql/{id}",
            Place::Categories(_) => "/_apis/wit/workitemtypecategories",
            Place::Icons(_) => "/_apis/wit/workitemicons",
            Place::Transitions => "/_apis/wit/workitemtransitions",
            Place::Migration => "/_apis/wit/projectprocessmigration",
            Place::TeamSettings => "/_apis/work/teamsettings",
            Place::TeamField => "/_apis/work/teamsettings/teamfieldvalues",
            Place::TeamIterations(_) => "/_apis/work/teamsettings/iterations",
            Place::IterationItems(_) => "/_apis/work/teamsettings/iterations/{id}/workitems",
            Place::Boards(_) => "/_apis/work/boards",
            Place::BoardColumns(_) => "/_apis/work/boards/{id}/columns",
            Place::BoardRows(_) => "/_apis/work/boards/{id}/rows",
            Place::Backlogs(_) => "/_apis/work/backlogs",
            Place::BacklogItems(_) => "/_apis/work/backlogs/{id}/workItems",
            Place::BacklogConfiguration => "/_apis/work/backlogconfiguration",
            Place::ProcessConfiguration => "/_apis/work/processconfiguration",
            Place::Processes(_) => "/_apis/work/processes",
            Place::Behaviors(..) => "/_apis/work/processes/{id}/behaviors",
            Place::ProcessTypes(_) => "/_apis/work/processes/{id}/workitemtypes",
            Place::ProcessType(..) => "/_apis/work/processes/{id}/workitemtypes/{type}",
            Place::Lists(_) => "/_apis/work/processes/lists",
            Place::Identities(_) => "/_apis/identities",
            Place::Picker => "/_apis/IdentityPicker/Identities",
            Place::Users(_) => "/_apis/graph/users",
            Place::Groups(_) => "/_apis/graph/groups",
            Place::SubjectQuery => "/_apis/graph/subjectquery",
            Place::SubjectLookup => "/_apis/graph/subjectlookup",
            Place::Descriptor(_) => "/_apis/graph/descriptors/{key}",
            Place::StorageKey(_) => "/_apis/graph/storagekeys/{descriptor}",
            Place::Memberships(_) => "/_apis/graph/memberships/{subject}",
            Place::Membership(..) => "/_apis/graph/memberships/{subject}/{container}",
            Place::MembershipState(_) => "/_apis/graph/membershipstates/{subject}",
            Place::Profile => "/_apis/profile/profiles/{id}",
        }
    }

    /// Whether a POST here only reads.
    pub(crate) fn posts_to_read(&self) -> bool {
        matches!(
            self,
            Place::QueriesBatch | Place::SubjectQuery | Place::SubjectLookup | Place::Picker
        )
    }

    /// The highest preview of the resource.
    pub(crate) fn highest_preview(&self) -> u32 {
        match self {
            Place::AllTeams | Place::Teams(_) | Place::Team(..) => 3,
            Place::TeamMembers(..)
            | Place::Queries(_)
            | Place::StoredQuery(_)
            | Place::Categories(_)
            | Place::Processes(_)
            | Place::Behaviors(..)
            | Place::ProcessTypes(_)
            | Place::ProcessType(_, _, Part::Whole | Part::Fields(_) | Part::Rules(_)) => 2,
            Place::Profile => 3,
            Place::Properties(_)
            | Place::CoreProcesses(_)
            | Place::QueriesBatch
            | Place::Icons(_)
            | Place::Transitions
            | Place::Migration
            | Place::TeamSettings
            | Place::TeamField
            | Place::TeamIterations(_)
            | Place::IterationItems(_)
            | Place::Boards(_)
            | Place::BoardColumns(_)
            | Place::BoardRows(_)
            | Place::Backlogs(_)
            | Place::BacklogItems(_)
            | Place::BacklogConfiguration
            | Place::ProcessConfiguration
            | Place::ProcessType(_, _, Part::States(_) | Part::Layout | Part::Behaviors(_))
            | Place::Lists(_)
            | Place::Identities(_)
            | Place::Picker
            | Place::Users(_)
            | Place::Groups(_)
            | Place::SubjectQuery
            | Place::SubjectLookup
            | Place::Descriptor(_)
            | Place::StorageKey(_)
            | Place::Memberships(_)
            | Place::Membership(..)
            | Place::MembershipState(_) => 1,
        }
    }

    /// Whether the resource has never left its preview.
    pub(crate) fn only_preview(&self) -> bool {
        matches!(
            self,
            Place::AllTeams
                | Place::Properties(_)
                | Place::Users(_)
                | Place::Groups(_)
                | Place::SubjectQuery
                | Place::SubjectLookup
                | Place::Descriptor(_)
                | Place::StorageKey(_)
                | Place::Memberships(_)
                | Place::Membership(..)
                | Place::MembershipState(_)
                | Place::Picker
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_places_whatever_their_case() {
        let own = |text: &str| text.to_owned();
        for (path, expected) in [
            ("Teams", Some(Place::AllTeams)),
            (
                "projects/Platform/TEAMS/a",
                Some(Place::Team(own("Platform"), own("a"))),
            ),
            (
                "wit/queries/My Queries/Bugs",
                Some(Place::Queries(Some(own("My Queries/Bugs")))),
            ),
            (
                "work/processes/p/workItemTypes/W/states/s",
                Some(Place::ProcessType(
                    own("p"),
                    own("W"),
                    Part::States(Some(own("s"))),
                )),
            ),
            ("work/processes/lists", Some(Place::Lists(None))),
            ("wit/wiql/seven", None),
            ("graph/users/a/b", None),
        ] {
            let rest: Vec<&str> = path.split('/').collect();
            assert_eq!(parse(&rest), expected, "{path}");
        }
    }
}

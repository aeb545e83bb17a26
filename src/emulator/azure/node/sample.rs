//! The projects with which every organisation begins: one for each process, and two that follow
//! Agile, so that items can move between projects of the same types.

use super::{MAIN_PROJECT, Node, Project};
use crate::azure::identity::Directory;
use crate::azure::process;
use crate::azure::team::Team;
use crate::azure::time;

/// Numbers of new nodes follow this one.
pub(super) const LAST_NODE: i64 = 999;

pub(super) fn projects(people: &Directory) -> Vec<Project> {
    let mut platform = project(
        "6ce954b1-0000-4000-8000-000000000001",
        MAIN_PROJECT,
        "The services behind the shop",
        process::AGILE,
        (10, 20),
    );
    platform.areas.children = vec![Node::leaf(11, "Web")];
    platform.iterations.children = vec![
        sprint(21, "Sprint 1", "2026-08-03", "2026-08-14"),
        sprint(22, "Sprint 2", "2026-08-17", "2026-08-28"),
    ];
    let operations = project(
        "6ce954b1-0000-4000-8000-000000000002",
        "Operations",
        "Where items may be moved to",
        process::AGILE,
        (30, 40),
    );
    let storefront = project(
        "6ce954b1-0000-4000-8000-000000000003",
        "Storefront",
        "What customers see, in sprints",
        process::SCRUM,
        (50, 60),
    );
    let compliance = project(
        "6ce954b1-0000-4000-8000-000000000004",
        "Compliance",
        "What auditors ask for",
        process::CMMI,
        (70, 80),
    );
    let helpdesk = project(
        "6ce954b1-0000-4000-8000-000000000005",
        "Helpdesk",
        "Small things, quickly done",
        process::BASIC,
        (90, 100),
    );
    let mut all = vec![platform, operations, storefront, compliance, helpdesk];
    for project in &mut all {
        project.teams = vec![Team::of_project(project, people)];
    }
    all
}

fn project(
    guid: &'static str,
    name: &'static str,
    description: &str,
    process: &'static str,
    (area, iteration): (i64, i64),
) -> Project {
    Project {
        guid,
        name,
        description: description.to_owned(),
        process,
        areas: Node::leaf(area, name),
        iterations: Node::leaf(iteration, name),
        teams: Vec::new(),
    }
}

fn sprint(id: i64, name: &str, start: &str, finish: &str) -> Node {
    let day = |text: &str| time::parse(text).map(|(ms, _)| ms);
    Node {
        dates: day(start).zip(day(finish)),
        ..Node::leaf(id, name)
    }
}

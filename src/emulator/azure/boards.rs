//! Boards and backlogs of teams, as far as they follow from the process: columns are states, rows
//! are one, and nothing of it is changed here.

use serde_json::{Map, Value as Json, json};

use super::Services;
use super::call::Call;
use super::category;
use super::error::Refusal;
use super::field;
use super::kind::plan::{EPICS, FEATURES, REQUIREMENTS, TASKS};
use super::kind::{Category, Type};
use super::limit;
use super::node::Project;
use super::team::{Bugs, Team};
use super::trouble::Trouble;

/// A level of a backlog.
struct Level {
    category: &'static str,
    rank: i64,
    /// `portfolio`, `requirement` or `task`.
    kind: &'static str,
    color: &'static str,
}

const LEVELS: [Level; 4] = [
    Level {
        category: EPICS,
        rank: 40,
        kind: "portfolio",
        color: "E06C00",
    },
    Level {
        category: FEATURES,
        rank: 30,
        kind: "portfolio",
        color: "773B93",
    },
    Level {
        category: REQUIREMENTS,
        rank: 20,
        kind: "requirement",
        color: "009CCC",
    },
    Level {
        category: TASKS,
        rank: 10,
        kind: "task",
        color: "F2CB1D",
    },
];

/// A level of one team, with its types.
struct Shown<'a> {
    level: &'static Level,
    name: String,
    kinds: Vec<&'a Type>,
}

impl Services {
    fn levels(&self, call: &Call<'_>) -> Result<Vec<Shown<'_>>, Refusal> {
        let (index, _) = self.placed(call)?;
        let (_, team) = self.team_here(call)?;
        let kinds = self.organization.kinds(index);
        let mut shown = Vec::new();
        for level in &LEVELS {
            let bugs = match team.bugs {
                Bugs::AsRequirements => level.category == REQUIREMENTS,
                Bugs::AsTasks => level.category == TASKS,
                Bugs::Off => false,
            };
            let mut own: Vec<&Type> = kinds
                .iter()
                .filter(|k| category::holds(level.category, k))
                .collect();
            let Some(first) = own.first() else {
                continue;
            };
            let name = plural(first.name);
            if bugs {
                own.extend(kinds.iter().filter(|k| category::holds(category::BUGS, k)));
            }
            shown.push(Shown {
                level,
                name,
                kinds: own,
            });
        }
        Ok(shown)
    }

    /// `GET boards[/{id or name}]`.
    pub(crate) fn boards(&self, call: &Call<'_>, wanted: Option<&str>) -> Result<Json, Refusal> {
        let (project, team) = self.team_here(call)?;
        let levels = self.levels(call)?;
        let mut boards = levels.iter().filter(|s| s.level.kind != "task");
        let Some(wanted) = wanted else {
            let rows: Vec<Json> = boards
                .map(|shown| board_reference(call, project, team, shown))
                .collect();
            return Ok(json!({"count": rows.len(), "value": rows}));
        };
        let found = boards.find(|shown| is_board(team, shown, wanted));
        let shown = found.ok_or_else(|| Trouble::BoardMissing(wanted.to_owned()))?;
        Ok(board_json(call, project, team, shown))
    }

    /// `GET boards/{id}/columns` and `rows`.
    pub(crate) fn board_part(
        &self,
        call: &Call<'_>,
        wanted: &str,
        part: &str,
    ) -> Result<Json, Refusal> {
        let board = self.boards(call, Some(wanted))?;
        let rows = board[part].as_array().cloned().unwrap_or_default();
        Ok(json!({"count": rows.len(), "value": rows}))
    }

    /// `GET backlogs[/{id}]`.
    pub(crate) fn backlogs(&self, call: &Call<'_>, wanted: Option<&str>) -> Result<Json, Refusal> {
        let project = self.here(call)?;
        let levels = self.levels(call)?;
        let Some(wanted) = wanted else {
            let rows: Vec<Json> = levels
                .iter()
                .map(|s| level_json(call, project, s))
                .collect();
            return Ok(json!({"count": rows.len(), "value": rows}));
        };
        let found = levels
            .iter()
            .find(|s| s.level.category.eq_ignore_ascii_case(wanted));
        let shown = found.ok_or_else(|| Trouble::BoardMissing(wanted.to_owned()))?;
        Ok(level_json(call, project, shown))
    }

    /// `GET backlogs/{id}/workItems`: the open items of a level, in the team's areas.
    pub(crate) fn backlog_items(&self, call: &Call<'_>, wanted: &str) -> Result<Json, Refusal> {
        let (_, team) = self.team_here(call)?;
        let place = call.project.unwrap_or_default();
        let levels = self.levels(call)?;
        let found = levels
            .iter()
            .find(|s| s.level.category.eq_ignore_ascii_case(wanted));
        let shown = found.ok_or_else(|| Trouble::BoardMissing(wanted.to_owned()))?;
        let items = self.store.index.of_project(place).iter();
        let items = items.filter_map(|id| self.store.live(*id).ok());
        let own = items.filter(|item| {
            let text = |name| item.latest().map_or("", |r| r.fields.text(name));
            let kind = shown.kinds.iter().find(|k| k.name == text(field::TYPE));
            let category = kind.and_then(|k| k.category(text(field::STATE)));
            let open = !matches!(
                category,
                None | Some(Category::Completed | Category::Removed)
            );
            open && team.owns_area(text(field::AREA)) && !self.is_hidden(call, item)
        });
        let base = &call.base;
        let rows: Vec<Json> = own
            .take(limit::QUERY_ROWS)
            .map(|item| {
                let url = format!("{base}/_apis/wit/workItems/{}", item.id);
                json!({"rel": null, "source": null, "target": {"id": item.id, "url": url}})
            })
            .collect();
        Ok(json!({"workItems": rows}))
    }

    /// `GET backlogconfiguration`.
    pub(crate) fn backlog_configuration(&self, call: &Call<'_>) -> Result<Json, Refusal> {
        let (project, team) = self.team_here(call)?;
        let levels = self.levels(call)?;
        let of = |kind: &str| -> Vec<Json> {
            let own = levels.iter().filter(|s| s.level.kind == kind);
            own.map(|s| level_json(call, project, s)).collect()
        };
        let states: Vec<Json> = levels
            .iter()
            .flat_map(|s| &s.kinds)
            .map(|kind| {
                let states: Map<String, Json> = kind
                    .shown()
                    .map(|s| (s.name.to_owned(), json!(s.category.wire())))
                    .collect();
                json!({"workItemTypeName": kind.name, "states": states})
            })
            .collect();
        Ok(json!({
            "taskBacklog": of("task").first(),
            "requirementBacklog": of("requirement").first(),
            "portfolioBacklogs": of("portfolio"),
            "workItemTypeMappedStates": states,
            "backlogFields": {"typeFields": type_fields(&levels)},
            "bugsBehavior": team.bugs.wire(),
            "hiddenBacklogs": [],
            "isBugsBehaviorConfigured": true,
            "url": format!("{}/{}/{}/_apis/work/backlogconfiguration", call.base, project.guid, team.id),
        }))
    }

    /// `GET processconfiguration`.
    pub(crate) fn process_configuration(&self, call: &Call<'_>) -> Result<Json, Refusal> {
        let (index, project) = self.placed(call)?;
        let levels = self.levels(call)?;
        let category = |reference: &str, name: &str, kinds: Vec<&Type>| {
            let base = &call.base;
            let kinds: Vec<Json> = kinds
                .iter()
                .map(|k| k.reference_json(base, project))
                .collect();
            json!({"referenceName": reference, "name": name, "workItemTypes": kinds})
        };
        let of = |kind: &str| -> Vec<Json> {
            let own = levels.iter().filter(|s| s.level.kind == kind);
            own.map(|s| {
                let kinds = s.kinds.iter().copied();
                let kinds = kinds.filter(|k| category::holds(s.level.category, k));
                category(s.level.category, &s.name, kinds.collect())
            })
            .collect()
        };
        let bugs = self.organization.kinds(index).iter();
        let bugs: Vec<&Type> = bugs
            .filter(|k| category::holds(category::BUGS, k))
            .collect();
        let fields: Map<String, Json> = type_fields(&levels)
            .into_iter()
            .filter_map(|(key, name)| {
                let f = field::by_reference(name.as_str()?)?;
                Some((key, f.reference_json(&call.base)))
            })
            .collect();
        Ok(json!({
            "bugWorkItems": category(category::BUGS, "Bugs", bugs),
            "portfolioBacklogs": of("portfolio"),
            "requirementBacklog": of("requirement").first(),
            "taskBacklog": of("task").first(),
            "typeFields": fields,
            "url": format!("{}/{}/_apis/work/processconfiguration", call.base, project.guid),
        }))
    }
}

fn plural(name: &str) -> String {
    match name {
        "User Story" => "Stories".to_owned(),
        "Product Backlog Item" => "Backlog items".to_owned(),
        other => format!("{other}s"),
    }
}

fn type_fields(levels: &[Shown<'_>]) -> Map<String, Json> {
    let kinds: Vec<&Type> = levels
        .iter()
        .flat_map(|s| s.kinds.iter().copied())
        .collect();
    let first = |names: &[&str]| {
        let owned = |name: &&&str| kinds.iter().any(|k| k.member(name).is_some());
        names.iter().find(owned).map(|n| json!(n))
    };
    let order = [
        "Microsoft.VSTS.Common.BacklogPriority",
        "Microsoft.VSTS.Common.StackRank",
    ];
    let effort = [
        field::POINTS,
        "Microsoft.VSTS.Scheduling.Effort",
        "Microsoft.VSTS.Scheduling.Size",
    ];
    let mut map = Map::new();
    map.insert("Team".to_owned(), json!(field::AREA));
    for (key, found) in [
        ("Order", first(&order)),
        ("Effort", first(&effort)),
        ("RemainingWork", first(&[field::REMAINING])),
        ("Activity", first(&["Microsoft.VSTS.Common.Activity"])),
    ] {
        if let Some(found) = found {
            map.insert(key.to_owned(), found);
        }
    }
    map
}

fn is_board(team: &Team, shown: &Shown<'_>, wanted: &str) -> bool {
    let id = team.part_id("board", shown.level.category);
    id.eq_ignore_ascii_case(wanted) || shown.name.eq_ignore_ascii_case(wanted)
}

fn board_reference(call: &Call<'_>, project: &Project, team: &Team, shown: &Shown<'_>) -> Json {
    let id = team.part_id("board", shown.level.category);
    let base = &call.base;
    json!({
        "id": id,
        "name": shown.name,
        "url": format!("{base}/{}/{}/_apis/work/boards/{id}", project.guid, team.id),
    })
}

fn board_json(call: &Call<'_>, project: &Project, team: &Team, shown: &Shown<'_>) -> Json {
    let mut json = board_reference(call, project, team, shown);
    let own = json["url"].clone();
    let at = |tail: &str| json!({"href": format!("{}{tail}", own.as_str().unwrap_or(""))});
    let columns = columns(team, shown);
    let prefix = team
        .part_id("wef", shown.level.category)
        .replace('-', "")
        .to_uppercase();
    let reference = |part: &str| {
        let name = format!("WEF_{prefix}_Kanban.{part}");
        json!({"referenceName": name, "url": format!("{}/_apis/wit/fields/{name}", call.base)})
    };
    json["revision"] = json!(0);
    json["rows"] =
        json!([{"id": "00000000-0000-0000-0000-000000000000", "name": null, "color": null}]);
    json["isValid"] = json!(true);
    json["canEdit"] = json!(false);
    json["allowedMappings"] = mappings(shown);
    json["columns"] = json!(columns);
    json["fields"] = json!({
        "columnField": reference("Column"),
        "rowField": reference("Lane"),
        "doneField": reference("Column.Done"),
    });
    json["_links"] = json!({
        "self": at(""),
        "columns": at("/columns"),
        "rows": at("/rows"),
    });
    json
}

/// One column per state of the first type, removed states left out.
fn columns(team: &Team, shown: &Shown<'_>) -> Vec<Json> {
    let Some(first) = shown.kinds.first() else {
        return Vec::new();
    };
    let states: Vec<_> = first
        .shown()
        .filter(|s| s.category != Category::Removed)
        .collect();
    let last = states.len().saturating_sub(1);
    let rows = states.iter().enumerate().map(|(at, state)| {
        let kind = match at {
            0 => "incoming",
            at if at == last => "outgoing",
            _ => "inProgress",
        };
        let mapped: Map<String, Json> = shown
            .kinds
            .iter()
            .filter_map(|k| {
                let own = k.shown().find(|s| s.name == state.name);
                let like = || k.shown().find(|s| s.category == state.category);
                let state = own.or_else(like)?;
                Some((k.name.to_owned(), json!(state.name)))
            })
            .collect();
        json!({
            "id": team.part_id("column", &format!("{}/{}", shown.level.category, state.name)),
            "name": state.name,
            "itemLimit": if kind == "inProgress" { 5 } else { 0 },
            "stateMappings": mapped,
            "columnType": kind,
            "isSplit": false,
            "description": "",
        })
    });
    rows.collect()
}

fn mappings(shown: &Shown<'_>) -> Json {
    let of = |wanted: fn(Category) -> bool| -> Map<String, Json> {
        let kinds = shown.kinds.iter().map(|k| {
            let states = k.shown().filter(|s| wanted(s.category));
            let names: Vec<&str> = states.map(|s| s.name).collect();
            (k.name.to_owned(), json!(names))
        });
        kinds.collect()
    };
    json!({
        "Incoming": of(|c| c == Category::Proposed),
        "InProgress": of(|c| matches!(c, Category::Proposed | Category::InProgress | Category::Resolved)),
        "Outgoing": of(|c| c == Category::Completed),
    })
}

fn level_json(call: &Call<'_>, project: &Project, shown: &Shown<'_>) -> Json {
    let base = &call.base;
    let kinds: Vec<Json> = shown
        .kinds
        .iter()
        .map(|k| k.reference_json(base, project))
        .collect();
    let column = |name: &str, width: i64| {
        let f = field::by_reference(name);
        f.map(|f| json!({"columnFieldReference": f.reference_json(base), "width": width}))
    };
    let columns: Vec<Json> = [
        (field::TYPE, 100),
        (field::TITLE, 400),
        (field::STATE, 100),
        (field::ASSIGNED, 125),
        (field::TAGS, 200),
    ]
    .into_iter()
    .filter_map(|(name, width)| column(name, width))
    .collect();
    let title = field::by_reference(field::TITLE).map(|f| f.reference_json(base));
    json!({
        "id": shown.level.category,
        "name": shown.name,
        "rank": shown.level.rank,
        "workItemCountLimit": 1000,
        "addPanelFields": title.into_iter().collect::<Vec<Json>>(),
        "columnFields": columns,
        "workItemTypes": kinds,
        "defaultWorkItemType": kinds.first(),
        "color": shown.level.color,
        "isHidden": false,
        "type": shown.level.kind,
    })
}

//! What people ask about a store: answers in JSON, the same for the command line and the administration endpoint.

mod history;

use actors::ledger::{Ledger, LedgerError};
use actors::stored::{PairRow, ProblemRow};
use model::{Both, ItemId, ItemKey, PairId, Problem, ProfileName, Side};
use serde_json::{Value, json};
use storage::Store;
use sync::Phase;
use sync::pair::{End, Park};

/// How a profile's pairs stand, counted from its rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Its pairs.
    pub pairs: usize,
    /// Those that are parked or held.
    pub parked: usize,
    /// Its open problems and those of its pairs, as [`problems`] lists them.
    pub problems: usize,
}

impl Standing {
    /// Whether everything is as it should be.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.parked == 0 && self.problems == 0
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Standing) -> Standing {
        Standing {
            pairs: self.pairs + other.pairs,
            parked: self.parked + other.parked,
            problems: self.problems + other.problems,
        }
    }
}

/// Pairs that are read at once for counting.
const COUNTED_AT_ONCE: usize = 1_000;

/// Counts a profile's pairs and problems.
pub fn standing(store: &Store, profile: &ProfileName) -> Result<Standing, LedgerError> {
    let ledger = Ledger {
        store: store.clone(),
        profile: profile.clone(),
    };
    let open = ledger.problems(|row| row.open, model::limit::PROBLEMS_PER_PROFILE)?;
    let mut standing = Standing {
        problems: open.len(),
        ..Standing::default()
    };
    let mut after = None;
    loop {
        let rows = ledger.pairs(after, COUNTED_AT_ONCE)?;
        let is_parked = |row: &&PairRow| matches!(row.pair.phase, Phase::Parked(_));
        standing.pairs += rows.len();
        standing.parked += rows.iter().filter(is_parked).count();
        after = rows.last().map(|row| row.pair.id);
        if rows.len() < COUNTED_AT_ONCE {
            return Ok(standing);
        }
    }
}

/// A page of a profile's pairs, after the pair of that name.
pub fn pairs(
    store: &Store,
    profile: &ProfileName,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Value>, LedgerError> {
    let ledger = Ledger {
        store: store.clone(),
        profile: profile.clone(),
    };
    let after = after.and_then(pair_id);
    let rows = ledger.pairs(after, limit)?;
    Ok(rows.iter().map(|row| summary(profile, row)).collect())
}

/// The pair that people call so: `WEB-12`, `4711`, or its own name such as `jira-10012`.
pub fn find(
    store: &Store,
    profile: &ProfileName,
    name: &str,
) -> Result<Option<PairRow>, LedgerError> {
    let ledger = Ledger {
        store: store.clone(),
        profile: profile.clone(),
    };
    let id = match (pair_id(name), ItemKey::new(name)) {
        (Some(id), _) => Some(id),
        (None, Some(key)) => ledger.pair_called(&key)?,
        (None, None) => None,
    };
    match id {
        Some(id) => ledger.pair(id),
        None => Ok(None),
    }
}

/// A pair with all that is kept of it.
#[must_use]
pub fn show(profile: &ProfileName, row: &PairRow) -> Value {
    let pair = &row.pair;
    let mut value = summary(profile, row);
    value["intents"] = pair
        .intents
        .iter()
        .map(|intent| {
            json!({
                "number": intent.number,
                "side": intent.side.as_str(),
                "kind": kind(&intent.kind),
                "stage": stage(&intent.stage),
            })
        })
        .collect();
    value["base"] = pair.base.keys().map(|rule| rule.as_str()).collect();
    value["comments"] = pair.comments.len().into();
    value["waiting"] = pair.waiting.keys().map(|rule| rule.as_str()).collect();
    value["wake"] = pair.wake.map(|at| at.0).into();
    value
}

/// What happened to a pair.
pub fn why(store: &Store, profile: &ProfileName, row: &PairRow) -> Result<Value, LedgerError> {
    let ledger = Ledger {
        store: store.clone(),
        profile: profile.clone(),
    };
    let lines = ledger.history(row.pair.id)?;
    let mut value = summary(profile, row);
    value["history"] = lines.iter().map(history::line).collect();
    Ok(value)
}

/// The problems of a profile and its pairs; with `all` closed ones too. At most [`model::limit::PROBLEMS_PER_PROFILE`].
pub fn problems(
    store: &Store,
    profile: &ProfileName,
    all: bool,
) -> Result<Vec<Value>, LedgerError> {
    let ledger = Ledger {
        store: store.clone(),
        profile: profile.clone(),
    };
    let wanted = |row: &ProblemRow| row.open || all;
    let rows = ledger.problems(wanted, model::limit::PROBLEMS_PER_PROFILE)?;
    rows.iter().map(|row| problem_row(&ledger, row)).collect()
}

/// The problems that are the tenant's and no profile's; with `all` closed ones too.
pub fn tenant_problems(store: &Store, all: bool) -> Result<Vec<Value>, LedgerError> {
    let rows = actors::ledger::of_tenant(store)?;
    let wanted = rows.iter().filter(|row| row.open || all);
    let shown = |row: &ProblemRow| {
        let mut value = problem(&row.problem);
        for none in ["profile", "pair", "items"] {
            value[none] = Value::Null;
        }
        put_times(&mut value, row);
        value
    };
    Ok(wanted.map(shown).collect())
}

fn put_times(value: &mut Value, row: &ProblemRow) {
    value["first"] = row.first.0.into();
    value["last"] = row.last.0.into();
    value["count"] = row.count.into();
    value["open"] = row.open.into();
}

fn problem_row(ledger: &Ledger, row: &ProblemRow) -> Result<Value, LedgerError> {
    let pair = row.pair.map(|id| ledger.pair(id)).transpose()?.flatten();
    let ends = pair.map(|row| keys(&row.pair.ends));
    let mut value = problem(&row.problem);
    value["profile"] = ledger.profile.as_str().into();
    value["pair"] = row.pair.map(|id| id.to_string()).into();
    value["items"] = ends.unwrap_or(Value::Null);
    put_times(&mut value, row);
    Ok(value)
}

/// A problem, as every answer that has one shows it.
pub(crate) fn problem(problem: &Problem) -> Value {
    json!({
        "code": problem.code.as_str(),
        "side": problem.side.map(Side::as_str),
        "subject": problem.subject,
        "what": problem.code.what(),
        "cure": problem.code.cure(),
    })
}

fn summary(profile: &ProfileName, row: &PairRow) -> Value {
    let pair = &row.pair;
    json!({
        "profile": profile.as_str(),
        "pair": pair.id.to_string(),
        "phase": phase(&pair.phase),
        "jira": end(pair.ends.jira.as_ref()),
        "azure": end(pair.ends.azure.as_ref()),
        "problems": pair.problems.iter().map(problem).collect::<Vec<_>>(),
        "parked": match &pair.phase {
            Phase::Parked(Park { problem: why, since, held }) => {
                json!({ "problem": problem(why), "since": since.0, "held": held })
            }
            Phase::Unlinked | Phase::Linking | Phase::Linked | Phase::Doubtful | Phase::Detached => Value::Null,
        },
    })
}

fn end(end: Option<&End>) -> Value {
    end.map_or(
        Value::Null,
        |end| json!({ "id": end.id.0, "key": end.key.as_str(), "seen": end.seen.0 }),
    )
}

fn keys(ends: &Both<Option<End>>) -> Value {
    let key = |side| {
        ends.get(side)
            .as_ref()
            .map(|end| end.key.as_str().to_owned())
    };
    json!({ "jira": key(Side::Jira), "azure": key(Side::Azure) })
}

fn phase(phase: &Phase) -> &'static str {
    match phase {
        Phase::Unlinked => "unlinked",
        Phase::Linking => "linking",
        Phase::Linked => "linked",
        Phase::Doubtful => "doubtful",
        Phase::Parked(_) => "parked",
        Phase::Detached => "detached",
    }
}

fn kind(kind: &sync::intent::Kind) -> &'static str {
    match kind {
        sync::intent::Kind::Create { .. } => "create",
        sync::intent::Kind::Edit { .. } => "edit",
        sync::intent::Kind::Transition { .. } => "transition",
        sync::intent::Kind::Comment { .. } => "comment",
        sync::intent::Kind::Link => "link",
    }
}

fn stage(stage: &sync::intent::Stage) -> Value {
    match stage {
        sync::intent::Stage::Planned => json!("planned"),
        sync::intent::Stage::Sent(attempt) => json!({ "sent": attempt.at.0 }),
        sync::intent::Stage::Doubt {
            attempt,
            probes,
            next,
            ..
        } => {
            json!({ "doubt": { "sent": attempt.at.0, "probes": probes, "next": next.0 } })
        }
    }
}

/// A pair's own name, such as `jira-10012`.
pub(crate) fn pair_id(text: &str) -> Option<PairId> {
    let (side, item) = text.split_once('-')?;
    Some(PairId {
        origin: Side::parse(side)?,
        item: ItemId(item.parse().ok()?),
    })
}

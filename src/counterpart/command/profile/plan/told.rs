//! A plan in JSON and in lines for people. Neither holds a value: names of fields, ids, and what a loss is and where.

use std::collections::BTreeMap;

use actors::rehearsal::{Deed, Entry, Field, Lost, Of, Plan, What};
use mapping::Severity;
use model::{Problem, Side};
use serde_json::{Value, json};

use crate::query::problem;

/// Whether nothing is in the way.
pub(super) fn is_well(plan: &Plan) -> bool {
    let gaps = plan.gaps.iter().any(|gap| gap.severity == Severity::Error);
    let stays = |entry: &Entry| !entry.stays.is_empty() || entry.unsettled;
    !gaps && !plan.entries.iter().any(stays)
}

/// How much of everything there is.
struct Summary {
    creates: [usize; 2],
    fields: [usize; 2],
    comments: [usize; 2],
    moves: usize,
    links: usize,
    found: usize,
    conflicts: usize,
    parked: usize,
    waiting: usize,
    unsettled: usize,
    losses: BTreeMap<&'static str, u64>,
}

impl Summary {
    fn of(plan: &Plan) -> Summary {
        let count = |wanted: &dyn Fn(&Deed) -> usize| {
            Side::BOTH.map(|side| {
                let there = plan.deeds().filter(|deed| deed.side == side);
                there.map(wanted).sum()
            })
        };
        let is = |what: What| plan.deeds().filter(|deed| deed.what == what).count();
        let entries =
            |wanted: fn(&Entry) -> bool| plan.entries.iter().filter(|entry| wanted(entry)).count();
        Summary {
            creates: count(&|deed| usize::from(matches!(deed.what, What::Create { .. }))),
            fields: count(&|deed| match deed.what {
                What::Edit => deed.fields.len(),
                What::Create { .. } | What::Transition | What::Comment | What::Link => 0,
            }),
            comments: count(&|deed| usize::from(deed.comment.is_some())),
            moves: is(What::Transition),
            links: is(What::Link),
            found: entries(|entry| entry.found),
            conflicts: plan.entries.iter().map(|entry| entry.decided.len()).sum(),
            parked: entries(|entry| entry.parked),
            waiting: entries(|entry| !entry.stays.is_empty() && !entry.parked),
            unsettled: entries(|entry| entry.unsettled),
            losses: plan.losses(),
        }
    }
}

/// The plan as JSON.
pub(super) fn document(plan: &Plan) -> Value {
    let summary = Summary::of(plan);
    let sides = |of: [usize; 2]| {
        let [jira, azure] = of;
        json!({ "jira": jira, "azure": azure })
    };
    json!({
        "profile": plan.profile.as_str(),
        "hash": plan.hash,
        "summary": {
            "named": sides([plan.named.jira, plan.named.azure]),
            "read": sides([plan.read.jira, plan.read.azure]),
            "requests": { "jira": plan.requests.jira, "azure": plan.requests.azure },
            "creates": sides(summary.creates),
            "fields": sides(summary.fields),
            "comments": sides(summary.comments),
            "moves": summary.moves,
            "links": summary.links,
            "found": summary.found,
            "conflicts": summary.conflicts,
            "parked": summary.parked,
            "waiting": summary.waiting,
            "unsettled": summary.unsettled,
            "losses": summary.losses,
        },
        "gaps": plan.gaps.iter().map(super::super::gap).collect::<Vec<_>>(),
        "pairs": plan.entries.iter().map(pair).collect::<Vec<_>>(),
    })
}

fn pair(entry: &Entry) -> Value {
    let key = |side: Side| entry.keys.get(side).as_ref().map(|key| key.as_str());
    let decided = entry
        .decided
        .iter()
        .map(|decided| json!({ "rule": decided.rule.as_str(), "kept": decided.kept.as_str() }));
    json!({
        "pair": entry.pair.to_string(),
        "jira": key(Side::Jira),
        "azure": key(Side::Azure),
        "found": entry.found,
        "writes": entry.deeds.iter().map(deed).collect::<Vec<_>>(),
        "losses": entry.losses.iter().map(lost).collect::<Vec<_>>(),
        "conflicts": decided.collect::<Vec<_>>(),
        "stays": entry.stays.iter().map(problem).collect::<Vec<_>>(),
        "parked": entry.parked,
        "unsettled": entry.unsettled,
    })
}

fn deed(deed: &Deed) -> Value {
    let comment = deed
        .comment
        .map(|comment| json!({ "side": comment.side.as_str(), "id": comment.id.0 }));
    let (project, kind) = match &deed.what {
        What::Create { project, kind } => (Some(project), Some(kind)),
        What::Edit | What::Transition | What::Comment | What::Link => (None, None),
    };
    let mut value = json!({
        "side": deed.side.as_str(),
        "what": word(&deed.what),
        "fields": deed.fields.iter().map(field).collect::<Vec<_>>(),
        "comment": comment,
        "assumed": deed.assumed,
    });
    if let (Some(project), Some(kind)) = (project, kind) {
        value["project"] = project.as_str().into();
        value["type"] = kind.as_str().into();
    }
    value
}

fn word(what: &What) -> &'static str {
    match what {
        What::Create { .. } => "create",
        What::Edit => "edit",
        What::Transition => "move",
        What::Comment => "comment",
        What::Link => "link",
    }
}

fn field(field: &Field) -> Value {
    json!({ "rule": field.rule.as_str(), "field": field.native })
}

fn lost(lost: &Lost) -> Value {
    let (rule, comment) = match &lost.of {
        Of::Rule(rule) => (Some(rule.as_str()), None),
        Of::Comment(comment) => (None, Some(comment.0)),
    };
    json!({
        "side": lost.on.as_str(),
        "rule": rule,
        "comment": comment,
        "kind": lost.kind,
        "path": lost.path,
        "instead": lost.instead,
    })
}

/// The plan in lines: the gaps, each pair with what would be done, and the sum.
pub(super) fn lines(plan: &Plan) -> Vec<String> {
    let mut lines: Vec<String> = plan.gaps.iter().map(ToString::to_string).collect();
    for entry in &plan.entries {
        lines.push(title(entry));
        lines.extend(entry.deeds.iter().map(deed_line));
        lines.extend(entry.losses.iter().map(lost_line));
        for decided in &entry.decided {
            let kept = decided.kept.product();
            lines.push(format!(
                "  conflict: {}: {kept} wins by the policy",
                decided.rule
            ));
        }
        lines.extend(entry.stays.iter().map(stay_line));
        if entry.unsettled {
            lines.push(
                "  not planned to its end: something is in doubt or cannot be read".to_owned(),
            );
        }
    }
    lines.extend(sum(plan));
    lines
}

fn title(entry: &Entry) -> String {
    let key = |side: Side| {
        let key = entry.keys.get(side).as_ref();
        key.map_or("(none yet)", |key| key.as_str())
    };
    let found = if entry.found {
        ", found by its marker"
    } else {
        ""
    };
    if entry.keys.jira.is_none() && entry.keys.azure.is_none() {
        return format!("{}: not read", entry.pair);
    }
    format!("{} = {}{found}", key(Side::Jira), key(Side::Azure))
}

fn deed_line(deed: &Deed) -> String {
    let fields = deed.fields.iter().map(|field| field.native.as_str());
    let fields = fields.collect::<Vec<&str>>().join(", ");
    let mut parts = Vec::new();
    match &deed.what {
        What::Create { project, kind } => {
            parts.push(format!("create {kind} in {project} with {fields}"));
        }
        What::Edit if !fields.is_empty() => parts.push(format!("set {fields}")),
        What::Transition => parts.push(format!("move by {fields}")),
        What::Link => parts.push("link to the twin".to_owned()),
        What::Edit | What::Comment => {}
    }
    if let Some(comment) = deed.comment {
        let from = comment.side.product();
        parts.push(format!("add comment {} of {from}", comment.id.0));
    }
    if deed.assumed {
        let unless = match &deed.what {
            What::Create { .. } => "unless it is there as an item that could not be read",
            What::Edit | What::Transition | What::Comment | What::Link => "unless it begins there",
        };
        parts.push(unless.to_owned());
    }
    format!("  {}: {}", deed.side, parts.join("; "))
}

fn lost_line(lost: &Lost) -> String {
    let of = match &lost.of {
        Of::Rule(rule) => rule.to_string(),
        Of::Comment(comment) => format!("comment {}", comment.0),
    };
    let Lost {
        on,
        kind,
        path,
        instead,
        ..
    } = lost;
    format!("  lost on {on}: {of}: {kind} at {path}, {instead} in its place")
}

fn stay_line(problem: &Problem) -> String {
    let side = problem.side.map(Side::product);
    let more = [side, problem.subject.as_deref()];
    let about: String = more
        .into_iter()
        .flatten()
        .map(|part| format!(" {part}"))
        .collect();
    format!("  stays: {}{about}; {}", problem.code, problem.code.cure())
}

fn sum(plan: &Plan) -> Vec<String> {
    let summary = Summary::of(plan);
    let both = |[jira, azure]: [usize; 2]| format!("{jira} on Jira and {azure} on Azure DevOps");
    let losses = summary
        .losses
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"));
    let losses: Vec<String> = losses.collect();
    let mut lines = vec![
        format!(
            "{}: {} items named, {} read; creates {}; fields set {}; comments {}; {} moves, {} links",
            plan.profile,
            plan.named.jira + plan.named.azure,
            plan.read.jira + plan.read.azure,
            both(summary.creates),
            both(summary.fields),
            both(summary.comments),
            summary.moves,
            summary.links,
        ),
        format!(
            "{}: {} conflicts decided, {} pairs parked, {} with something that stays, {} not planned to the end; losses: {}",
            plan.profile,
            summary.conflicts,
            summary.parked,
            summary.waiting,
            summary.unsettled,
            if losses.is_empty() {
                "none".to_owned()
            } else {
                losses.join(", ")
            },
        ),
    ];
    lines.push(format!(
        "{}: nothing was written; plan {}",
        plan.profile, plan.hash
    ));
    lines
}

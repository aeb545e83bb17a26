//! A pair's history in words.

use actors::stored::HistoryRow;
use mapping::Losses;
use model::{Revision, RuleName, Side};
use serde_json::{Value, json};
use sync::Note;

/// A line of history: what happened, by name, with the rules, ids and digests it is about, and a sentence for people.
pub(super) fn line(row: &HistoryRow) -> Value {
    let details = serde_json::to_value(&row.note).unwrap_or(Value::Null);
    json!({
        "line": row.line,
        "at": row.at.0,
        "event": event(&row.note),
        "text": text(&row.note),
        "details": details,
    })
}

/// What happened, by name.
fn event(note: &Note) -> &'static str {
    match note {
        Note::CreatePlanned { .. } => "create-planned",
        Note::Linked { .. } => "linked",
        Note::Carried { .. } => "carried",
        Note::Written { .. } => "written",
        Note::Agreed { .. } => "agreed",
        Note::Conflict { .. } => "conflict",
        Note::ConflictWaits { .. } => "conflict-waits",
        Note::CommentPlanned { .. } => "comment-planned",
        Note::CommentWritten { .. } => "comment-written",
        Note::Stale { .. } => "stale",
        Note::Doubtful { .. } => "doubtful",
        Note::Absent { .. } => "absent",
        Note::Problem(_) => "problem",
        Note::Healed => "healed",
        Note::Ordered { .. } => "ordered",
        Note::Contradiction { .. } => "contradiction",
        Note::Overwritten { .. } => "overwritten",
    }
}

/// What happened, in a sentence.
fn text(note: &Note) -> String {
    match note {
        Note::CreatePlanned { side } => {
            format!("a counterpart is to be created on {}", side.product())
        }
        Note::Linked {
            side,
            item,
            found: true,
        } => {
            format!(
                "the counterpart {item} on {} was found by its marker",
                side.product()
            )
        }
        Note::Linked {
            side,
            item,
            found: false,
        } => {
            format!("the counterpart {item} on {} was created", side.product())
        }
        Note::Carried {
            rule, from, losses, ..
        } => {
            format!(
                "{rule} changed on {} and is carried over{}",
                from.product(),
                lost(losses)
            )
        }
        Note::Written {
            side,
            revision,
            rules,
        } => written(*side, *revision, rules),
        Note::Agreed { rule } => format!("both sides changed {rule} to the same"),
        Note::Conflict { rule, kept, .. } => {
            format!(
                "both sides changed {rule}; the profile's policy kept {}'s",
                kept.product()
            )
        }
        Note::ConflictWaits { rule } => format!("both sides changed {rule}; it waits for a person"),
        Note::CommentPlanned {
            from,
            comment,
            losses,
        } => {
            format!(
                "comment {} of {} is carried over{}",
                comment.0,
                from.product(),
                lost(losses)
            )
        }
        Note::CommentWritten {
            side,
            original,
            twin,
        } => {
            format!(
                "comment {} has the twin {} on {}",
                original.0,
                twin.0,
                side.product()
            )
        }
        Note::Stale { side } => format!("{} had moved on; planned anew", side.product()),
        Note::Doubtful { side, intent } => {
            format!(
                "nobody knows what became of effect {intent} on {}; it is looked for",
                side.product()
            )
        }
        Note::Absent { side, intent } => {
            format!(
                "effect {intent} did not arrive on {}; it is done again",
                side.product()
            )
        }
        Note::Problem(problem) => format!("{}: {}", problem.code, problem.code.cure()),
        Note::Healed => "what was wrong is right again".to_owned(),
        Note::Ordered { command } => format!("a person ordered: {command}"),
        Note::Contradiction { what } => what.clone(),
        Note::Overwritten { rule, side } => overwritten(rule, *side),
    }
}

/// What the other side cannot say of a text, by kind.
fn lost(losses: &Losses) -> String {
    if losses.is_empty() {
        String::new()
    } else {
        format!(", with losses of form: {losses}")
    }
}

/// A write without rules brought a comment.
fn written(side: Side, revision: Option<Revision>, rules: &[RuleName]) -> String {
    let rules: Vec<&str> = rules.iter().map(RuleName::as_str).collect();
    let what = if rules.is_empty() {
        "a comment".to_owned()
    } else {
        rules.join(", ")
    };
    let revision = revision.map(|revision| format!(", revision {}", revision.0));
    format!(
        "{} was written: {what}{}",
        side.product(),
        revision.unwrap_or_default()
    )
}

/// What people can do about an overwritten edit is to look the value up where it was lost.
fn overwritten(rule: &RuleName, side: Side) -> String {
    let (lost, kept) = (side.product(), side.other().product());
    format!(
        "somebody changed {rule} on {lost} just before it was written, and the value of {kept} replaced it; \
         the item's history on {lost} has the value that was lost"
    )
}

//! The closed sets of words that labels may say.

use super::row::{Label, Values};
use crate::problem::Code;

/// The tenant.
pub(super) const TENANT: Label = named("tenant");
/// The profile.
pub(super) const PROFILE: Label = named("profile");
/// One of the two remotes.
pub(super) const SIDE: Label = words("side", &["jira", "azure"]);
/// What kind of write.
pub(super) const EFFECT: Label =
    words("kind", &["create", "edit", "transition", "comment", "link"]);
/// What came of a write.
pub(super) const OUTCOME: Label = words("outcome", &["applied", "refused", "not-sent", "unknown"]);
/// How a conflict ended.
pub(super) const CONFLICT: Label = words("kind", &["decided", "waiting", "overwritten"]);
/// What was lost, by the names of rich text.
pub(super) const LOSS: Label = words(
    "kind",
    &[
        "mention",
        "image",
        "link-detail",
        "unsafe-url",
        "mark",
        "style",
        "structure",
        "panel",
        "expand",
        "task",
        "decision",
        "card",
        "date",
        "status",
        "emoji",
        "code",
        "layout",
        "caption",
        "media-layout",
        "table-layout",
        "whitespace",
        "anchor",
        "prompt",
        "script",
        "unsupported",
        "attribute",
        "malformed",
        "too-deep",
        "too-large",
        "more",
    ],
);
/// What a probe found.
pub(super) const FINDING: Label = words("finding", &["found", "absent", "inconclusive"]);
/// The class of an answer's status; `none` is an answer that did not come.
pub(super) const STATUS: Label = words("status", &["2xx", "3xx", "4xx", "429", "5xx", "none"]);
/// Why a request had to wait: the remote asked for a pause, the item was written too often, or enough others are under way.
pub(super) const REASON: Label = words("reason", &["remote", "item", "width"]);
/// What a state was found to be when it was made anew.
pub(super) const REBUILT: Label = words(
    "reason",
    &[
        "missing",
        "wanted",
        "behind",
        "ahead",
        "disagrees",
        "failed",
    ],
);
/// What is sent to a collector.
pub(super) const SIGNAL: Label = words("signal", &["metrics", "traces"]);
/// What a collector did with it.
pub(super) const DELIVERY: Label = words("outcome", &["accepted", "refused", "unanswered"]);
/// Who was started again.
pub(super) const ACTOR: Label = words("actor", &["profile", "pair"]);
/// What is wrong.
pub(super) const CODE: Label = words("code", &CODES);

const CODES: [&str; Code::ALL.len()] = {
    let mut words = [""; Code::ALL.len()];
    let mut at = 0;
    while at < words.len() {
        words[at] = Code::ALL[at].as_str();
        at += 1;
    }
    words
};

const fn named(name: &'static str) -> Label {
    Label {
        name,
        values: Values::Named,
    }
}

const fn words(name: &'static str, words: &'static [&'static str]) -> Label {
    Label {
        name,
        values: Values::Words(words),
    }
}

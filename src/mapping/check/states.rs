//! States: that the rows' states exist, that every state has a row, and that no row leads to a state that is not there.

use model::{Both, Side};

use super::{Place, Report, places};
use crate::near;
use crate::profile::TypePair;
use crate::schema::Schema;
use crate::table::StateRow;

pub(super) fn check(report: &mut Report<'_>, schemas: &Both<&Schema>) {
    let profile = report.profile;
    let places = Both::of(|side| places(profile, side, schemas.get(side)));
    if profile.states.is_empty() {
        report.warning(
            None,
            Side::Jira,
            "states are not kept in step".to_owned(),
            "add [[state]] rows",
        );
        return;
    }
    for side in Side::BOTH {
        for row in &profile.states {
            check_row(report, side, row, places.get(side));
        }
        for place in places.get(side) {
            check_type(report, side, place, places.get(side.other()));
        }
    }
}

/// `status` or `state`, as the remote calls it.
fn word(side: Side) -> &'static str {
    match side {
        Side::Jira => "status",
        Side::Azure => "state",
    }
}

fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// A row names a state that one of its types has.
fn check_row(report: &mut Report<'_>, side: Side, row: &StateRow, places: &[Place<'_>]) {
    let of_row = |place: &&Place<'_>| {
        !place.schema.states.is_empty()
            && row
                .kind
                .as_ref()
                .is_none_or(|kind| *kind == place.pair.jira)
    };
    let concerned: Vec<&Place<'_>> = places.iter().filter(of_row).collect();
    let name = row.names.get(side);
    let known = || {
        concerned
            .iter()
            .flat_map(|place| &place.schema.states)
            .map(String::as_str)
    };
    let Some(first) = concerned.first() else {
        return;
    };
    if known().any(|state| same(state, name)) {
        return;
    }
    let mut types: Vec<&str> = concerned.iter().map(|place| place.pair.get(side)).collect();
    types.sort_unstable();
    types.dedup();
    let types = match types.as_slice() {
        [one] => format!("type {one}"),
        many => format!("types {}", many.join(", ")),
    };
    let mut names: Vec<&str> = known().collect();
    names.sort_unstable();
    names.dedup();
    let cure = near::advice(name, names.iter().copied(), || {
        format!("it has {}", near::listed(names.iter().copied()))
    });
    let word = word(side);
    let what = format!(
        "{} has no {word} \"{name}\" for {types}",
        first.project_name(side)
    );
    report.error(Some(row.line), side, what, cure);
}

/// Every state of a mapped type has a row, and the row leads to a state that the twin's type has.
fn check_type(report: &mut Report<'_>, side: Side, place: &Place<'_>, twins: &[Place<'_>]) {
    let profile = report.profile;
    if !profile.direction.allows(side) {
        return;
    }
    let twin = twins
        .iter()
        .find(|twin| twin.scope == place.scope && twin.pair == place.pair);
    for state in &place.schema.states {
        match profile.state_row(side, state, &place.pair.jira) {
            None => report_unmapped(report, side, place, state),
            // A target that no type has is reported with its row already.
            Some(row) if !anywhere(twins, row.names.get(side.other())) => {}
            Some(row) => check_target(report, side, state, place.pair, row, twin),
        }
    }
}

fn anywhere(places: &[Place<'_>], state: &str) -> bool {
    let mut known = places.iter().flat_map(|place| &place.schema.states);
    known.any(|known| same(known, state))
}

fn report_unmapped(report: &mut Report<'_>, side: Side, place: &Place<'_>, state: &str) {
    let what = format!(
        "no [[state]] row maps the {} {} \"{state}\" of type {}",
        side.product(),
        word(side),
        place.pair.get(side)
    );
    let cure = "add a row, or items in it wait with a problem";
    report.warning(Some(place.pair.line), side, what, cure);
}

fn check_target(
    report: &mut Report<'_>,
    side: Side,
    state: &str,
    pair: &TypePair,
    row: &StateRow,
    twin: Option<&Place<'_>>,
) {
    let Some(twin) = twin.filter(|twin| !twin.schema.states.is_empty()) else {
        return;
    };
    let to = side.other();
    let target = row.names.get(to);
    if twin.schema.states.iter().any(|known| same(known, target)) {
        return;
    }
    let what = format!(
        "{} has no {} \"{target}\" for type {}, where \"{state}\" leads",
        twin.project_name(to),
        word(to),
        pair.get(to)
    );
    let cure = format!(
        "add a [[state]] row with {side} = \"{state}\" and type = \"{}\"",
        pair.jira
    );
    report.error(Some(row.line), to, what, cure);
}

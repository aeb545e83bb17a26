//! The keys of the rows. All of a profile's keys begin with its name and a zero byte, which no name can hold.

use model::{ItemId, ItemKey, PairId, Problem, ProfileName, Side, limit};

fn begin(profile: &ProfileName) -> Vec<u8> {
    let mut key = profile.as_str().as_bytes().to_vec();
    key.push(0);
    key
}

fn side_byte(side: Side) -> u8 {
    match side {
        Side::Jira => b'j',
        Side::Azure => b'a',
    }
}

/// What all keys of a profile begin with.
#[must_use]
pub fn profile(profile: &ProfileName) -> Vec<u8> {
    begin(profile)
}

/// A pair's row, and its timer.
#[must_use]
pub fn pair(profile: &ProfileName, pair: PairId) -> Vec<u8> {
    let mut key = begin(profile);
    key.extend(pair.to_bytes());
    key
}

/// The pair behind a key that [`pair`] made, or one that begins so.
#[must_use]
pub fn pair_of(profile: &ProfileName, key: &[u8]) -> Option<PairId> {
    let rest = key.strip_prefix(begin(profile).as_slice())?;
    PairId::from_bytes(rest.get(..9)?)
}

/// The index from an item to its pair.
#[must_use]
pub fn item(profile: &ProfileName, side: Side, item: ItemId) -> Vec<u8> {
    let mut key = begin(profile);
    key.push(side_byte(side));
    key.extend(item.0.to_be_bytes());
    key
}

/// The index from a human key to its pair.
#[must_use]
pub fn human(profile: &ProfileName, name: &ItemKey) -> Vec<u8> {
    let mut key = begin(profile);
    key.push(b'k');
    key.extend(name.as_str().as_bytes());
    key
}

/// What a pair's inbox rows begin with.
#[must_use]
pub fn inbox_of(profile: &ProfileName, id: PairId) -> Vec<u8> {
    pair(profile, id)
}

/// One inbox row. Incarnation and counter make it new each time, so that taking out what was dealt with never takes out
/// what came meanwhile.
#[must_use]
pub fn inbox(
    profile: &ProfileName,
    id: PairId,
    side: Side,
    incarnation: u64,
    counter: u64,
) -> Vec<u8> {
    let mut key = pair(profile, id);
    key.push(side_byte(side));
    key.extend(incarnation.to_be_bytes());
    key.extend(counter.to_be_bytes());
    key
}

/// What stands in an order's key where an inbox row of a feed names its side.
const ORDER: u8 = b'o';

/// What the orders about a pair begin with.
#[must_use]
pub fn orders_of(profile: &ProfileName, id: PairId) -> Vec<u8> {
    let mut key = inbox_of(profile, id);
    key.push(ORDER);
    key
}

/// A person's order. Orders about one pair sort as they were given.
#[must_use]
pub fn order(profile: &ProfileName, id: PairId, incarnation: u64, counter: u64) -> Vec<u8> {
    let mut key = orders_of(profile, id);
    key.extend(incarnation.to_be_bytes());
    key.extend(counter.to_be_bytes());
    key
}

/// Whether an inbox row is a person's order.
#[must_use]
pub fn is_order(profile: &ProfileName, key: &[u8]) -> bool {
    let rest = key.strip_prefix(begin(profile).as_slice());
    rest.and_then(|rest| rest.get(9)) == Some(&ORDER)
}

/// A feed's cursor.
#[must_use]
pub fn cursor(profile: &ProfileName, side: Side) -> Vec<u8> {
    let mut key = begin(profile);
    key.push(side_byte(side));
    key
}

/// A line of a pair's history; the lines of a pair lie in a ring.
#[must_use]
pub fn history(profile: &ProfileName, id: PairId, line: u64) -> Vec<u8> {
    let mut key = pair(profile, id);
    let place = line % limit::HISTORY_PER_PAIR as u64;
    key.extend(place.to_be_bytes());
    key
}

/// A problem of a pair or, without one, of the profile. Equal problems share a key, and so a row.
#[must_use]
pub fn problem(profile: &ProfileName, id: Option<PairId>, problem: &Problem) -> Vec<u8> {
    let mut key = problems_of(profile, id);
    put_problem(&mut key, problem);
    key
}

fn put_problem(key: &mut Vec<u8>, problem: &Problem) {
    key.extend(problem.code.as_str().as_bytes());
    key.push(problem.side.map_or(b'-', side_byte));
    key.extend(
        problem
            .subject
            .as_deref()
            .unwrap_or_default()
            .bytes()
            .take(limit::SUBJECT_BYTES),
    );
}

/// What the keys of a tenant's own problems begin with. No profile's name is empty, so no profile has them.
pub const TENANT: [u8; 10] = [0; 10];

/// A problem of the tenant, which no profile has.
#[must_use]
pub fn tenant_problem(problem: &Problem) -> Vec<u8> {
    let mut key = TENANT.to_vec();
    put_problem(&mut key, problem);
    key
}

/// What the keys of a pair's problems begin with; of the profile's own without a pair.
#[must_use]
pub fn problems_of(profile: &ProfileName, id: Option<PairId>) -> Vec<u8> {
    let mut key = begin(profile);
    key.extend(id.map_or([0; 9], PairId::to_bytes));
    key
}

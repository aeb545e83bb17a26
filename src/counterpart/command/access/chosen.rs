//! What a question is about: which tenants and profiles, and which pair of theirs.
//!
//! Two tenants, or two profiles, may both have an item WEB-12. Nobody may be shown, and nothing may be done to, the one
//! when the other was meant.

use actors::stored::PairRow;
use model::{ProfileName, Side, TenantName};
use storage::Store;

use super::Refused;
use crate::config::Config;
use crate::query;

/// Candidates that a refusal names.
const CANDIDATES: usize = 10;

/// A profile and where its rows are.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The tenant.
    pub tenant: &'a TenantName,
    /// Its store.
    pub store: &'a Store,
    /// The profile.
    pub profile: &'a ProfileName,
}

/// The profiles that a question is about, in the order of the configuration.
pub(super) struct Among<'a> {
    pub(super) places: Vec<Place<'a>>,
}

/// A pair that was asked for.
pub struct Found<'a> {
    /// Whose it is.
    pub place: Place<'a>,
    /// Its row.
    pub row: PairRow,
}

/// The only pair that people call so.
///
/// # Errors
/// When there is none, or more than one: then the candidates are named.
pub fn find<'a>(
    config: &'a Config,
    stores: &'a [(TenantName, Store)],
    id: &str,
    tenant: &Option<String>,
    profile: &Option<String>,
) -> Result<Found<'a>, Refused> {
    Among::new(config, stores, tenant, profile)?.find(id)
}

impl<'a> Among<'a> {
    /// All profiles, or those of one tenant or of one name.
    pub(super) fn new(
        config: &'a Config,
        stores: &'a [(TenantName, Store)],
        tenant: &Option<String>,
        profile: &Option<String>,
    ) -> Result<Among<'a>, Refused> {
        let mut is_known = false;
        let mut places = Vec::new();
        for of in &config.tenants {
            if tenant
                .as_deref()
                .is_some_and(|only| only != of.name.as_str())
            {
                continue;
            }
            let named = of.profiles.iter().map(|each| &each.name);
            let named =
                named.filter(|name| profile.as_deref().is_none_or(|only| only == name.as_str()));
            let named: Vec<&ProfileName> = named.collect();
            is_known |= profile.is_none() || !named.is_empty();
            // A tenant without a store has no pairs yet.
            let store = stores.iter().find(|(name, _)| *name == of.name);
            places.extend(store.into_iter().flat_map(|(tenant, store)| {
                named.iter().map(move |profile| Place {
                    tenant,
                    store,
                    profile,
                })
            }));
        }
        if is_known || (tenant.is_none() && profile.is_none()) {
            return Ok(Among { places });
        }
        Err(Refused::Unknown(
            "the configuration has no such tenant or profile; look at --tenant and --profile"
                .to_owned(),
        ))
    }

    /// The only pair that people call so.
    pub(super) fn find(&self, id: &str) -> Result<Found<'a>, Refused> {
        let mut found = Vec::new();
        for place in &self.places {
            if let Some(row) = query::find(place.store, place.profile, id)? {
                found.push(Found { place: *place, row });
            }
        }
        if found.len() > 1 {
            return Err(ambiguous(id, &found));
        }
        found.pop().ok_or_else(|| {
            Refused::Unknown(format!(
                "no pair has the item {id:?}; name it by its key (WEB-12), its id (4711) or as `pair list` does"
            ))
        })
    }

    /// Which profile a list goes on in, and after which pair.
    pub(super) fn cursor<'b>(&self, after: &'b str) -> Result<(usize, &'b str), Refused> {
        let parts: Vec<&str> = after.split('/').collect();
        let (place, pair) = match *parts.as_slice() {
            [tenant, profile, pair] => {
                let here = |place: &Place<'_>| {
                    place.tenant.as_str() == tenant && place.profile.as_str() == profile
                };
                (self.places.iter().position(here), pair)
            }
            [pair] if self.places.len() == 1 => (Some(0), pair),
            [_] => {
                return Err(Refused::Wrong(
                    "there are several profiles: write the place as tenant/profile/pair, as the list before ended, or choose \
                     one by --tenant and --profile"
                        .to_owned(),
                ));
            }
            _ => (None, ""),
        };
        match place {
            Some(place) if query::pair_id(pair).is_some() => Ok((place, pair)),
            Some(_) | None => Err(Refused::Wrong(
                "there is no such place to go on from; write tenant/profile/pair as the list before ended".to_owned(),
            )),
        }
    }
}

fn ambiguous(id: &str, found: &[Found<'_>]) -> Refused {
    let names: Vec<String> = found.iter().take(CANDIDATES).map(name).collect();
    let more = match found.len().saturating_sub(CANDIDATES) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    Refused::Wrong(format!(
        "{} pairs have the item {id:?}: {}{more}; choose one by --tenant and --profile",
        found.len(),
        names.join(", "),
    ))
}

/// A candidate as people tell it from others.
fn name(found: &Found<'_>) -> String {
    let Place {
        tenant, profile, ..
    } = found.place;
    let key = |side: Side| {
        let end = found.row.pair.ends.get(side).as_ref();
        end.map_or("-", |end| end.key.as_str())
    };
    format!(
        "tenant {tenant} profile {profile} {} ({} and {})",
        found.row.pair.id,
        key(Side::Jira),
        key(Side::Azure)
    )
}

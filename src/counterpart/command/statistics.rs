//! `counterpart statistics`: what was kept of each day.

use model::TenantName;
use serde_json::{Value, json};

use super::{Out, look, name, say};
use crate::cli::{Statistics, StatisticsPlace};
use crate::config::{Config, Tenant};
use crate::exit::{Ending, Error};
use crate::statistics::{Business, Shelf, ShelfError};

/// Runs the command. It reads files alone, so it may run beside a node.
pub(super) fn run(arguments: &Statistics, out: &Out) -> Result<Ending, Error> {
    match arguments {
        Statistics::Show(place) => show(place, out),
        Statistics::Export(place) => export(place),
    }
}

fn tenants<'a>(config: &'a Config, place: &StatisticsPlace) -> Result<Vec<&'a Tenant>, Error> {
    match name(place.tenant.as_deref(), "--tenant", TenantName::new)? {
        Some(only) => Ok(vec![config.tenant(&only)?]),
        None => Ok(config.tenants.iter().collect()),
    }
}

fn unreadable(error: ShelfError) -> Error {
    Error::Unreachable(format!(
        "the statistics cannot be read: {error}; run this command as the user that the node runs as"
    ))
}

fn show(place: &StatisticsPlace, out: &Out) -> Result<Ending, Error> {
    let config = look(&place.config.config)?;
    let mut shown = Vec::new();
    for tenant in tenants(&config, place)? {
        let shelf = Shelf::of(&tenant.directory);
        let days: Vec<Value> = if place.business {
            let days = shelf.business().map_err(unreadable)?;
            days.iter().map(|day| json!(day)).collect()
        } else {
            let days = shelf.operational().map_err(unreadable)?;
            days.iter().map(|day| day.shown()).collect()
        };
        shown.push(json!({ "tenant": tenant.name.as_str(), "days": days }));
    }
    out.print(&json!({ "tenants": shown }), || lines(&shown));
    Ok(Ending::Done)
}

/// For people: a tenant's days, each with its numbers.
fn lines(tenants: &[Value]) -> Vec<String> {
    let mut lines = Vec::new();
    for tenant in tenants {
        let days = tenant["days"].as_array().map_or(&[][..], Vec::as_slice);
        let name = tenant["tenant"].as_str().unwrap_or_default();
        lines.push(format!("{name}: {} days", days.len()));
        for day in days {
            lines.push(format!("  {}", day["day"].as_str().unwrap_or_default()));
            for group in ["counts", "times", "features"] {
                let numbers = day[group].as_object().into_iter().flatten();
                lines.extend(numbers.map(|(key, number)| format!("    {key}: {number}")));
            }
        }
    }
    lines
}

/// One line of JSON for each day. Business days stand in the order of their numbers, so that not even the order of tenants is
/// told.
fn export(place: &StatisticsPlace) -> Result<Ending, Error> {
    let config = look(&place.config.config)?;
    let mut unnamed: Vec<Business> = Vec::new();
    for tenant in tenants(&config, place)? {
        let shelf = Shelf::of(&tenant.directory);
        if place.business {
            unnamed.extend(shelf.business().map_err(unreadable)?);
            continue;
        }
        for day in shelf.operational().map_err(unreadable)? {
            let mut line = json!(day);
            line["tenant"] = json!(tenant.name.as_str());
            say(&line.to_string());
        }
    }
    unnamed.sort_by(|one, other| (&one.day, &one.subject).cmp(&(&other.day, &other.subject)));
    unnamed.iter().for_each(|day| say(&json!(day).to_string()));
    Ok(Ending::Done)
}

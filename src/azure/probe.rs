//! Finding out what became of a doubtful effect.

mod comment;
mod create;

use std::sync::Arc;

use model::Side;
use sync::{Finding, Probe, Target};

use crate::site::Site;
use sync::script::Step;

/// Looks for a doubtful effect. Whatever keeps the probe itself from its end makes it inconclusive.
pub(crate) fn begin(site: Arc<Site>, probe: &Probe) -> Step<Finding> {
    if probe.side != Side::Azure {
        return Step::Done(Finding::Inconclusive);
    }
    match &probe.target {
        Target::Create { marker, floor, .. } => create::begin(site, marker, floor, probe.search),
        Target::Comment { item, marker } => comment::begin(site, *item, *marker),
    }
}

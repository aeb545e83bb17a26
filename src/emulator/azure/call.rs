//! One request after its front door: signed in, routed, its project known.

use serde_json::Value as Json;

use super::error::Refusal;
use crate::ledger::{Entry, Kind, Ledger};
use crate::site::Request;

/// What a handler knows of its request.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    /// The caller's position in the directory.
    pub(crate) caller: usize,
    /// The project that the path names.
    pub(crate) project: Option<usize>,
    pub(crate) now: i64,
    /// Whether queries answer from the past.
    pub(crate) stale: bool,
    /// The organisation's address as the caller reached it.
    pub(crate) base: String,
}

impl Call<'_> {
    /// The team that the path names, after the project.
    pub(crate) fn team(&self) -> Option<String> {
        let segments = self.request.segments();
        let at = segments
            .iter()
            .position(|s| s.eq_ignore_ascii_case("_apis"))?;
        (at > 2).then(|| segments.get(2).cloned()).flatten()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// [`Refusal::Invalid`].
    pub(crate) fn body(&self) -> Result<Json, Refusal> {
        let parsed = self.request.json();
        parsed.map_err(|e| Refusal::Invalid(format!("the body is not JSON: {e}.")))
    }

    /// What `$skip` and `$top` say.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for what is no number.
    pub(crate) fn page(&self, usual: usize) -> Result<(usize, usize), Refusal> {
        let number = |name: &str, usual: usize| match self.request.query(name) {
            None | Some("") => Ok(usual),
            Some(text) => text
                .parse()
                .map_err(|_| Refusal::Invalid(format!("{name} '{text}' is no number."))),
        };
        Ok((number("$skip", 0)?, number("$top", usual)?))
    }

    /// Enters an accepted write.
    pub(crate) fn enter(
        &self,
        ledger: &mut Ledger,
        by: &str,
        kind: Kind,
        id: i64,
        marker: Option<String>,
    ) {
        ledger.enter(Entry {
            at_ms: self.now,
            method: self.request.method.to_string(),
            path: self.request.path.clone(),
            kind,
            id: id.to_string(),
            marker,
            by: by.to_owned(),
        });
    }
}

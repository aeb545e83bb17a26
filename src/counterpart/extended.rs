//! Extended logging: for one tenant and for a while, the log holds what the remotes say when they refuse.
//!
//! No text of a remote's error leaves a connector; here it is seen before it comes to one. It may quote what the request held,
//! which is other people's content. So it is a person's decision, it ends by itself, the tenant's problems show it, and the audit
//! log tells of it. It is kept in memory alone: a node that starts again logs no such text.
//!
//! Architecture invariant: a remote's words become something that can be logged by a `Permit` alone, and there is none while
//! extended logging is off.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use actors::{Later, Transport};
use model::http::{Failure, Request, Response};
use model::log::Loggable;
use model::{Millis, Side, TenantName, limit};

/// For which tenants extended logging is on, and until when.
#[derive(Debug, Default)]
pub struct Extended {
    until: Mutex<BTreeMap<TenantName, Millis>>,
}

impl Extended {
    /// Begins it, or changes its end.
    pub fn begin(&self, tenant: &TenantName, until: Millis) {
        let mut all = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(tenant.clone(), until);
    }

    /// Ends it.
    pub fn end(&self, tenant: &TenantName) {
        let mut all = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(tenant);
    }

    /// Whether it is on.
    #[must_use]
    pub fn is_on(&self, tenant: &TenantName, now: Millis) -> bool {
        self.permit(tenant, now).is_some()
    }

    fn permit(&self, tenant: &TenantName, now: Millis) -> Option<Permit> {
        let all = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        let is_on = all.get(tenant).is_some_and(|until| now < *until);
        is_on.then_some(Permit(()))
    }
}

/// The right to log a remote's words now.
struct Permit(());

impl Permit {
    /// The words, of bounded length.
    fn words(&self, body: &[u8]) -> Words {
        let text = String::from_utf8_lossy(body);
        Words(text.chars().take(limit::EXTENDED_CHARS).collect())
    }
}

/// What a remote said. Only a permit makes it.
struct Words(String);

impl Loggable for Words {
    type Form = String;

    fn form(&self) -> String {
        self.0.clone()
    }
}

/// A transport whose refusals are logged while extended logging is on.
pub struct Overheard {
    below: Arc<dyn Transport>,
    tenant: TenantName,
    side: Side,
    extended: Arc<Extended>,
    now: fn() -> Millis,
}

impl Overheard {
    /// A tenant's transport to that side.
    #[must_use]
    pub fn over(
        below: Arc<dyn Transport>,
        tenant: &TenantName,
        side: Side,
        extended: &Arc<Extended>,
        now: fn() -> Millis,
    ) -> Arc<dyn Transport> {
        Arc::new(Overheard {
            below,
            tenant: tenant.clone(),
            side,
            extended: Arc::clone(extended),
            now,
        })
    }

    fn hear(&self, route: &'static str, method: &'static str, answer: &Response) {
        if !is_refusal(answer.status) {
            return;
        }
        if let Some(permit) = self.extended.permit(&self.tenant, (self.now)()) {
            model::log!(
                warn,
                "extended: a remote refused",
                tenant = self.tenant,
                side = self.side,
                method = method,
                route = route,
                status = answer.status,
                words = permit.words(&answer.body)
            );
        }
    }
}

/// Whether the body is a remote's word about a request, and not what was asked for. 203 is Azure DevOps' page to sign in.
fn is_refusal(status: u16) -> bool {
    status == 203 || !(200..300).contains(&status)
}

impl Transport for Overheard {
    fn send(&self, request: Request) -> Later<'_, Result<Response, Failure>> {
        Box::pin(async move {
            let (route, method) = (request.route, request.method.as_str());
            let answer = self.below.send(request).await?;
            self.hear(route, method, &answer);
            Ok(answer)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_by_itself_and_for_its_tenant_alone() {
        let extended = Extended::default();
        let (acme, other) = (
            TenantName::new("acme").unwrap(),
            TenantName::new("other").unwrap(),
        );
        assert!(!extended.is_on(&acme, Millis(0)));
        extended.begin(&acme, Millis(10));
        assert!(extended.is_on(&acme, Millis(9)) && !extended.is_on(&other, Millis(9)));
        assert!(!extended.is_on(&acme, Millis(10)));
        extended.begin(&acme, Millis(20));
        extended.end(&acme);
        assert!(!extended.is_on(&acme, Millis(9)));
    }

    #[test]
    fn what_was_asked_for_is_no_refusal() {
        for status in [200, 201, 204, 206] {
            assert!(!is_refusal(status), "{status}");
        }
        for status in [203, 302, 400, 401, 404, 412, 429, 500] {
            assert!(is_refusal(status), "{status}");
        }
    }

    #[test]
    fn words_have_a_bound() {
        let words = Permit(()).words("ä".repeat(limit::EXTENDED_CHARS + 1).as_bytes());
        assert_eq!(words.form().chars().count(), limit::EXTENDED_CHARS);
    }
}

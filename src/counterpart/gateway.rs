//! The way to a profile's two remotes: connectors and transports.

use std::collections::BTreeMap;
use std::sync::Arc;

use actors::{Clock as _, Discovered, Expiry, Gateway, Transport};
use mapping::Profile;
use model::http::{Failure, Response};
use model::{Both, Side, TenantName};
use sync::{Conversation, Exchange, Obstacle, Turn};

use crate::clock::SystemClock;
use crate::config::{Credential, Proxy};
use crate::credential::Kept;
use crate::exit::Error;
use crate::extended::{Extended, Overheard};
use crate::http;

/// Jira Cloud and Azure DevOps Services over HTTP.
pub struct Remotes {
    profile: Arc<Profile>,
    transports: Both<Arc<dyn Transport>>,
    /// The credentials that lie in a vault: it knows when they end.
    kept: Both<Option<Kept>>,
}

impl Remotes {
    /// The remotes of that profile with these credentials.
    pub fn new(
        profile: &Arc<Profile>,
        credentials: &BTreeMap<String, Credential>,
        proxy: Proxy,
    ) -> Result<Remotes, Error> {
        let remote = |side: Side| match side {
            Side::Jira => &profile.jira,
            Side::Azure => &profile.azure,
        };
        let transport = |side: Side| {
            let remote = remote(side);
            let credential = credentials
                .get(&remote.credential)
                .cloned()
                .ok_or_else(|| {
                    Error::Usage(format!(
                        "the credential {:?} is not configured",
                        remote.credential
                    ))
                })?;
            http::shared(side, &remote.url, credential, proxy)
        };
        let transports = Both {
            jira: transport(Side::Jira)?,
            azure: transport(Side::Azure)?,
        };
        let kept = |side| {
            let credential = credentials.get(&remote(side).credential)?;
            credential.source.kept().cloned()
        };
        Ok(Remotes {
            kept: Both::of(kept),
            ..Remotes::over(profile, transports)
        })
    }

    /// The remotes of that profile over other transports.
    #[must_use]
    pub fn over(profile: &Arc<Profile>, transports: Both<Arc<dyn Transport>>) -> Remotes {
        Remotes {
            profile: Arc::clone(profile),
            transports,
            kept: Both::of(|_| None),
        }
    }
}

impl Remotes {
    /// The same connections, heard for that tenant while extended logging is on.
    #[must_use]
    pub fn overheard(self, tenant: &TenantName, extended: &Arc<Extended>) -> Remotes {
        let heard =
            |below, side| Overheard::over(below, tenant, side, extended, || SystemClock.now());
        let Both { jira, azure } = self.transports;
        Remotes {
            profile: self.profile,
            kept: self.kept,
            transports: Both {
                jira: heard(jira, Side::Jira),
                azure: heard(azure, Side::Azure),
            },
        }
    }

    /// The same connections for another profile over the same remotes.
    #[must_use]
    pub fn narrowed(&self, profile: Arc<Profile>) -> Remotes {
        Remotes {
            profile,
            transports: self.transports.clone(),
            kept: self.kept.clone(),
        }
    }
}

impl Gateway for Remotes {
    fn discover(
        &self,
        side: Side,
        _profile: &Profile,
    ) -> Conversation<Result<Discovered, Obstacle>> {
        let profile = Arc::clone(&self.profile);
        match side {
            Side::Jira => then(jira::discover(&profile), move |knowledge| Discovered {
                schema: knowledge.schema(),
                connector: Arc::new(jira::Connector::new(&profile, knowledge)),
            }),
            Side::Azure => then(azure::discover(&profile), move |knowledge| Discovered {
                schema: knowledge.schema(),
                connector: Arc::new(azure::Connector::new(&profile, knowledge)),
            }),
        }
    }

    fn transport(&self, side: Side) -> Arc<dyn Transport> {
        Arc::clone(self.transports.get(side))
    }

    fn expiry(&self, side: Side) -> Expiry {
        self.kept
            .get(side)
            .as_ref()
            .map_or(Expiry::Never, Kept::expiry)
    }
}

/// The same conversation with another end.
fn then<A: 'static, B: 'static>(
    talk: Conversation<Result<A, Obstacle>>,
    make: impl FnOnce(A) -> B + Send + 'static,
) -> Conversation<Result<B, Obstacle>> {
    Box::new(Then {
        talk,
        make: Some(make),
    })
}

struct Then<A, F> {
    talk: Conversation<Result<A, Obstacle>>,
    make: Option<F>,
}

impl<A, B, F: FnOnce(A) -> B + Send> Exchange for Then<A, F> {
    type Output = Result<B, Obstacle>;

    fn next(&mut self) -> Turn<Self::Output> {
        match self.talk.next() {
            Turn::Send(request) => Turn::Send(request),
            Turn::Done(Err(obstacle)) => Turn::Done(Err(obstacle)),
            Turn::Done(Ok(value)) => match self.make.take() {
                Some(make) => Turn::Done(Ok(make(value))),
                None => Turn::Done(Err(Obstacle::Unreadable {
                    route: "discover",
                    what: "it ended twice",
                })),
            },
        }
    }

    fn answer(&mut self, answer: Result<Response, Failure>) {
        self.talk.answer(answer);
    }
}

//! Asking who we are (azure.md 10.1).

use sync::{Account, Obstacle};

use crate::address::{Address, CONNECTION_VERSION, get};
use crate::answer;
use crate::identity::Me;
use crate::refusal::obstacle;
use crate::site::Site;
use crate::time;
use sync::script::{Answer, Step};

pub(crate) const CONNECTION: &str = "/_apis/connectionData";

/// Asks who we are and what time it is there.
pub(crate) fn begin(site: &Site) -> Step<Result<Account, Obstacle>> {
    ask(&site.address, |answer| {
        let server_time_ms = clock(&answer);
        Step::Done(me(answer).map(|me| Account {
            user: me.user().clone(),
            server_time_ms,
        }))
    })
}

/// Asks who we are and goes on with the answer.
pub(crate) fn ask<T: 'static>(
    address: &Address,
    then: impl FnOnce(Answer) -> Step<T> + Send + 'static,
) -> Step<T> {
    let url = address.api(None, "connectionData", CONNECTION_VERSION, &[]);
    Step::ask(get(url, CONNECTION), then)
}

/// Reads the answer.
pub(crate) fn me(answer: Answer) -> Result<Me, Obstacle> {
    let body = answer::json(answer).map_err(|fault| obstacle(fault, CONNECTION, "organisation"))?;
    Me::decode(&body).ok_or(Obstacle::Unreadable {
        route: CONNECTION,
        what: "it names no account",
    })
}

fn clock(answer: &Answer) -> Option<i64> {
    let date = answer.as_ref().ok()?.header("date")?;
    time::parse_header(date).map(|moment| moment.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{lead, page, reply, site};
    use serde_json::json;
    use sync::Hindrance;

    #[test]
    fn the_account_and_the_remotes_clock_are_told() {
        let body = json!({ "authenticatedUser": { "id": "1", "properties": { "Account": { "$value": "sync@acme.example" } } } });
        let account = lead(begin(&site()), |request| {
            assert_eq!(
                request.url,
                "https://dev.azure.com/acme/_apis/connectionData?api-version=7.1-preview.1"
            );
            reply(200, &body).map(|mut response| {
                response
                    .headers
                    .push(("date".into(), "Thu, 01 Jan 1970 00:00:02 GMT".into()));
                response
            })
        });
        let told = account.map(|account| (account.user.id, account.server_time_ms));
        assert_eq!(told, Ok(("sync@acme.example".into(), Some(2_000))));
    }

    #[test]
    fn a_sign_in_page_is_a_bad_credential() {
        let account = lead(begin(&site()), |_| page(203, "text/html", "<html>"));
        assert_eq!(
            account.err(),
            Some(Obstacle::Hindered(Hindrance::Credential))
        );
        let nobody = lead(begin(&site()), |_| reply(200, &json!({})));
        assert!(matches!(
            nobody,
            Err(Obstacle::Unreadable {
                route: CONNECTION,
                ..
            })
        ));
    }
}

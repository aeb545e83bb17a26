//! What a fault means to the core: an outcome of a write, an obstacle of a read.

use sync::{Hindrance, Obstacle, Outcome, Refusal};

use crate::answer::{Complaint, Fault};
use crate::site::Site;

/// What came of a write that got no good answer.
pub(crate) fn outcome(site: &Site, fault: Fault) -> Outcome {
    match fault {
        Fault::NotSent => Outcome::NotSent(Hindrance::Unreachable),
        Fault::Throttled { retry_after_ms } => {
            Outcome::NotSent(Hindrance::Throttled { retry_after_ms })
        }
        Fault::Credential => Outcome::NotSent(Hindrance::Credential),
        Fault::Refused(408 | 425, _)
        | Fault::Lost
        | Fault::Busy { .. }
        | Fault::Foreign
        | Fault::Unreadable(_) => Outcome::Unknown,
        Fault::Refused(status, complaint) => Outcome::Refused(refusal(site, status, complaint)),
        Fault::Broken(_, complaint) if is_out_of_revisions(&complaint) => {
            Outcome::Refused(Refusal::Full)
        }
        Fault::Broken(..) => Outcome::Unknown,
    }
}

fn refusal(site: &Site, status: u16, complaint: Complaint) -> Refusal {
    match status {
        403 => Refusal::Forbidden {
            code: complaint.code,
        },
        404 => Refusal::Gone,
        412 => Refusal::Stale,
        409 if is_race(&complaint) => Refusal::Stale,
        413 => Refusal::Full,
        _ => Refusal::Fields {
            fields: site.blamed(&complaint),
            code: complaint.code,
        },
    }
}

/// A race inside the service; other 409s are not conflicts (azure.md 5.2).
fn is_race(complaint: &Complaint) -> bool {
    ["TF26071", "VS403351", "WorkItemRevisionMismatchException"]
        .iter()
        .any(|code| complaint.is(code))
}

/// A 500 that will never go away (azure.md 5.3). It has no code, so its words have to do.
fn is_out_of_revisions(complaint: &Complaint) -> bool {
    complaint.message.contains("10,000 revisions")
}

/// What stands in the way of a read that got no good answer. `subject` is what a 404 would be about.
pub(crate) fn obstacle(fault: Fault, route: &'static str, subject: &str) -> Obstacle {
    match fault {
        Fault::Refused(403, complaint) => Obstacle::Forbidden {
            code: complaint.code,
        },
        Fault::Refused(404, _) => Obstacle::Unknown {
            subject: subject.to_owned(),
        },
        Fault::Refused(status, complaint) | Fault::Broken(status, complaint) => Obstacle::Refused {
            status,
            code: complaint.code,
        },
        Fault::Unreadable(what) => Obstacle::Unreadable { route, what },
        fault => Obstacle::Hindered(hindrance(&fault)),
    }
}

/// The same for one item of many, where only the connection's reasons are told.
pub(crate) fn hindrance(fault: &Fault) -> Hindrance {
    match fault {
        Fault::Throttled { retry_after_ms } | Fault::Busy { retry_after_ms } => {
            Hindrance::Throttled {
                retry_after_ms: *retry_after_ms,
            }
        }
        Fault::Credential | Fault::Foreign => Hindrance::Credential,
        Fault::NotSent | Fault::Lost | Fault::Broken(..) => Hindrance::Unreachable,
        Fault::Refused(status, complaint) => Hindrance::Unprepared {
            subject: complaint.code.clone().unwrap_or_else(|| status.to_string()),
        },
        Fault::Unreadable(what) => Hindrance::Unprepared {
            subject: (*what).to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::json;
    use crate::sample::{page, reply, site};
    use model::http::Failure;
    use serde_json::json as j;
    use sync::script::Answer;

    fn check(answer: Answer, expected: &Outcome) {
        let fault = json(answer).err();
        assert_eq!(
            fault.map(|fault| outcome(&site(), fault)).as_ref(),
            Some(expected)
        );
    }

    /// An answer that asks to wait for seven seconds.
    fn waiting(status: u16) -> Answer {
        let mut response = reply(status, &j!({}))?;
        let wait = ("retry-after".to_owned(), "7".to_owned());
        response.headers.push(wait);
        Ok(response)
    }

    fn fields(names: &[&str], code: Option<&str>) -> Outcome {
        Outcome::Refused(Refusal::Fields {
            fields: names.iter().map(|&name| name.to_owned()).collect(),
            code: code.map(str::to_owned),
        })
    }

    #[test]
    fn what_was_certainly_not_processed_may_be_sent_again() {
        check(
            Err(Failure::NotSent),
            &Outcome::NotSent(Hindrance::Unreachable),
        );
        check(
            reply(401, &j!({})),
            &Outcome::NotSent(Hindrance::Credential),
        );
        check(
            page(203, "text/html", "<html>"),
            &Outcome::NotSent(Hindrance::Credential),
        );
        let throttled = Hindrance::Throttled {
            retry_after_ms: None,
        };
        check(reply(429, &j!({})), &Outcome::NotSent(throttled));
        let throttled = Hindrance::Throttled {
            retry_after_ms: Some(7_000),
        };
        check(waiting(429), &Outcome::NotSent(throttled));
        for status in [203, 302, 401] {
            for kind in ["text/html", "application/json"] {
                let credential = Outcome::NotSent(Hindrance::Credential);
                check(page(status, kind, ""), &credential);
            }
        }
    }

    #[test]
    fn a_read_that_is_put_off_knows_for_how_long() {
        let fault = json(waiting(503)).err();
        let told = fault.map(|fault| obstacle(fault, "/x", "project P"));
        let wait = Hindrance::Throttled {
            retry_after_ms: Some(7_000),
        };
        assert_eq!(told, Some(Obstacle::Hindered(wait)));
    }

    #[test]
    fn what_nobody_knows_is_unknown() {
        check(Err(Failure::Lost), &Outcome::Unknown);
        check(
            reply(500, &j!({ "message": "TF400898: internal" })),
            &Outcome::Unknown,
        );
        check(page(502, "text/html", "<html>"), &Outcome::Unknown);
        check(reply(503, &j!({ "message": "TF10216" })), &Outcome::Unknown);
        check(waiting(503), &Outcome::Unknown);
        check(reply(408, &j!({})), &Outcome::Unknown);
        check(page(408, "text/html", "<html>"), &Outcome::Unknown);
        check(reply(425, &j!({})), &Outcome::Unknown);
        check(page(200, "application/json", "{"), &Outcome::Unknown);
        check(page(200, "text/html", "<html>"), &Outcome::Unknown);
        check(page(201, "text/plain", "done"), &Outcome::Unknown);
        check(page(404, "text/html", "<html>"), &Outcome::Unknown);
        check(page(204, "application/json", ""), &Outcome::Unknown);
    }

    #[test]
    fn a_conflict_is_stale_but_not_every_409_is_a_conflict() {
        let stale = Outcome::Refused(Refusal::Stale);
        check(
            reply(
                412,
                &j!({ "message": "VS403351: Test Operation for path /rev failed" }),
            ),
            &stale,
        );
        check(
            reply(409, &j!({ "message": "TF26071: changed by someone else" })),
            &stale,
        );
        check(
            reply(409, &j!({ "typeKey": "WorkItemRevisionMismatchException" })),
            &stale,
        );
        check(
            reply(
                409,
                &j!({ "message": "VS402371: Classification node name X" }),
            ),
            &fields(&[], Some("VS402371")),
        );
    }

    #[test]
    fn a_refusal_says_why() {
        check(
            reply(403, &j!({ "message": "TF401027: You need the permission" })),
            &Outcome::Refused(Refusal::Forbidden {
                code: Some("TF401027".into()),
            }),
        );
        check(
            reply(404, &j!({ "message": "TF401232: no" })),
            &Outcome::Refused(Refusal::Gone),
        );
        check(page(413, "text/html", ""), &Outcome::Refused(Refusal::Full));
        let worn_out = "Work item 7 has 10000 revisions, but currently, when updating via the API, \
                        only work items with up to 10,000 revisions are supported.";
        check(
            reply(500, &j!({ "message": worn_out })),
            &Outcome::Refused(Refusal::Full),
        );
    }

    #[test]
    fn a_rule_error_names_known_fields_only() {
        let body = j!({
            "message": "TF401320: Rule Error for field State. Error code: InvalidListValue.",
            "customProperties": { "RuleValidationErrors": [
                { "fieldReferenceName": "System.State", "errorMessage": "canary" },
                { "fieldReferenceName": "canary" },
            ] },
        });
        check(
            reply(400, &body),
            &fields(&["System.State"], Some("TF401320")),
        );
    }

    #[test]
    fn a_field_in_the_words_of_a_message_is_found_when_it_is_known() {
        for (message, expected, code) in [
            (
                "TF401320: Rule Error for field Priority. Error code: Required.",
                &["Microsoft.VSTS.Common.Priority"][..],
                Some("TF401320"),
            ),
            (
                "The identity value 'x' for field 'Assigned To' is an unknown identity.",
                &["System.AssignedTo"],
                None,
            ),
            (
                "TF51535: Cannot find field System.Title.",
                &["System.Title"],
                Some("TF51535"),
            ),
            (
                "VS403691: two or more updates for field with reference name 'System.Tags'.",
                &["System.Tags"],
                Some("VS403691"),
            ),
            ("The value 'canary' for field 'Canary' is wrong.", &[], None),
        ] {
            check(
                reply(400, &j!({ "message": message })),
                &fields(expected, code),
            );
        }
    }

    #[test]
    fn an_obstacle_never_quotes_the_remote() {
        let faults = [
            reply(400, &j!({ "message": "canary" })),
            reply(500, &j!({ "message": "canary", "typeKey": "can ary" })),
            reply(404, &j!({ "message": "canary" })),
            page(200, "application/json", "canary"),
        ];
        for answer in faults {
            let Err(fault) = json(answer) else {
                continue;
            };
            let obstacle = obstacle(fault, "/x", "project P");
            assert!(!format!("{obstacle} {obstacle:?}").contains("canary"));
        }
    }
}

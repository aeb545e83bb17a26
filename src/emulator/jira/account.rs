//! Who calls, and how users look in answers.

use serde_json::{Value, json};

use crate::jira::group;
use crate::jira::permission::Role;
use crate::people::{Person, everybody};
use crate::site::Request;

/// A user of the site.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) person: Person,
    pub(crate) zone: Zone,
    pub(crate) role: Role,
}

/// A time zone without daylight saving, so that no table of rules is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Zone {
    pub(crate) name: &'static str,
    pub(crate) offset_ms: i64,
}

const HOUR_MS: i64 = 3_600_000;

/// The zones of the accounts, in the order of the people; none is UTC, so that a caller who takes
/// JQL's dates for UTC goes wrong here as on a real site (jira.md 3.3).
const ZONES: [Zone; 7] = [
    Zone {
        name: "Africa/Lagos",
        offset_ms: HOUR_MS,
    },
    Zone {
        name: "America/Bogota",
        offset_ms: -5 * HOUR_MS,
    },
    Zone {
        name: "Asia/Kolkata",
        offset_ms: 11 * HOUR_MS / 2,
    },
    Zone {
        name: "Europe/Istanbul",
        offset_ms: 3 * HOUR_MS,
    },
    Zone {
        name: "Africa/Johannesburg",
        offset_ms: 2 * HOUR_MS,
    },
    Zone {
        name: "Asia/Tokyo",
        offset_ms: 9 * HOUR_MS,
    },
    Zone {
        name: "America/Phoenix",
        offset_ms: -7 * HOUR_MS,
    },
];

/// All accounts of the site.
#[derive(Debug)]
pub(crate) struct Users(Vec<User>);

/// Who sent a request.
#[derive(Debug, Clone)]
pub(crate) enum Caller {
    /// Nobody signed in: no `Authorization` header.
    Anonymous,
    /// A user with an accepted token.
    User(User),
    /// A header was sent, and it is not an accepted token.
    Refused,
}

impl Users {
    pub(crate) fn new() -> Self {
        let user = |(person, zone): (Person, Zone)| {
            let role = match person.handle {
                "alice" => Role::SiteAdmin,
                "sync" => Role::ProjectAdmin,
                _ => Role::Member,
            };
            User { person, zone, role }
        };
        let people = everybody().into_iter().zip(ZONES).map(user);
        Self(people.chain(restricted()).collect())
    }

    pub(crate) fn all(&self) -> &[User] {
        &self.0
    }

    /// The user of that account id.
    pub(crate) fn of(&self, account_id: &str) -> Option<&User> {
        self.0
            .iter()
            .find(|user| user.person.account_id == account_id)
    }

    /// The user's short name, for the neutral documents.
    pub(crate) fn handle(&self, account_id: &str) -> Option<&'static str> {
        self.of(account_id).map(|user| user.person.handle)
    }

    /// Who sent this request: an e-mail address with that person's token, or nobody.
    pub(crate) fn caller(&self, request: &Request) -> Caller {
        if request.header("authorization").is_none() {
            return Caller::Anonymous;
        }
        let Some((email, token)) = request.basic() else {
            return Caller::Refused;
        };
        let known = self.0.iter().find(|user| {
            user.person.email.eq_ignore_ascii_case(&email) && user.person.token == token
        });
        known.cloned().map_or(Caller::Refused, Caller::User)
    }

    /// As [`Users::matching`], for a caller who finds nobody without the permission to browse users (jira.md 1).
    pub(crate) fn matching_for(&self, caller: &User, query: &str) -> Vec<&User> {
        if caller.browses_users() {
            self.matching(query)
        } else {
            Vec::new()
        }
    }

    /// Users whose name begins with the query in any of its words, or whose hidden e-mail address
    /// is the query (jira.md 9.1).
    pub(crate) fn matching(&self, query: &str) -> Vec<&User> {
        let query = query.trim().to_lowercase();
        let fits = |user: &&User| {
            let name = user.person.display.to_lowercase();
            name.starts_with(&query)
                || name.split_whitespace().any(|word| word.starts_with(&query))
                || user.person.email == query
                || user.person.account_id == query
        };
        self.0.iter().filter(fits).collect()
    }
}

/// The accounts that exist on Jira only, so that a client meets what lacking permissions look like.
fn restricted() -> [User; 3] {
    let user = |handle, display, account_id, email, role| User {
        person: Person {
            handle,
            display,
            account_id,
            email,
            guid: "",
            token: format!("{handle}-token"),
        },
        zone: ZONES[4],
        role,
    };
    [
        user(
            "grace",
            "Grace Grundy",
            "712020:6a7d3cb8-2e6d-4b2e-9a09-7d8f1b3c5e07",
            "grace@acme.example",
            Role::Reader,
        ),
        user(
            "hugo",
            "Hugo Hartmann",
            "712020:7b8e4dc9-3f7e-4c3f-8b1a-8e9a2c4d6f08",
            "hugo@acme.example",
            Role::Secluded,
        ),
        user(
            "ines",
            "Ines Ibarra",
            "712020:8c9f5eda-4a8f-4d4a-9c2b-9fab3d5e7a09",
            "ines@acme.example",
            Role::Guest,
        ),
    ]
}

impl User {
    /// Whether the user administers the site.
    pub(crate) fn is_admin(&self) -> bool {
        group::named("site-admins").is_some_and(|it| it.has(self.person.handle))
    }

    /// The user as others see it: the e-mail address is hidden.
    pub(crate) fn document(&self, base: &str) -> Value {
        let avatar = |size: u8| format!("{base}/avatar/{}/{size}", self.person.handle);
        json!({
            "self": format!("{base}/rest/api/3/user?accountId={}", self.person.account_id),
            "accountId": self.person.account_id,
            "accountType": "atlassian",
            "avatarUrls": {"48x48": avatar(48), "24x24": avatar(24), "16x16": avatar(16), "32x32": avatar(32)},
            "displayName": self.person.display,
            "active": true,
            "timeZone": self.zone.name,
        })
    }

    /// The user as `GET /myself` shows it to itself.
    pub(crate) fn own_document(&self, base: &str) -> Value {
        let mut document = self.document(base);
        document["emailAddress"] = json!(self.person.email);
        document["locale"] = json!("en_US");
        document["groups"] = json!({"size": 1, "items": []});
        document["applicationRoles"] = json!({"size": 1, "items": []});
        document["expand"] = json!("groups,applicationRoles");
        document
    }
}

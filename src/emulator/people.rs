//! The people of the sample data: the same six on both sides, and the account of a synchroniser.
//! Every one has a token, so that a test driver can act as different humans.

/// One person, as both products know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The short name by which the sides are compared: `alice`.
    pub handle: &'static str,
    /// The name that people see: `Alice Abara`.
    pub display: &'static str,
    /// Jira's account id: `712020:...`.
    pub account_id: &'static str,
    /// The e-mail address; Jira hides it, Azure DevOps uses it as the unique name.
    pub email: &'static str,
    /// Azure DevOps' identity id.
    pub guid: &'static str,
    /// The API token: `<handle>-token`.
    pub token: String,
}

const PEOPLE: [(&str, &str, &str, &str, &str); 6] = [
    (
        "alice",
        "Alice Abara",
        "712020:0a1f7c52-6e0d-4b6e-9a43-1d2f5b7c9e01",
        "alice@acme.example",
        "a11ce000-0000-4000-8000-000000000001",
    ),
    (
        "bruno",
        "Bruno Belmonte",
        "712020:1b2e8d63-7f1e-4c7f-8b54-2e3a6c8d0f02",
        "bruno@acme.example",
        "b2000000-0000-4000-8000-000000000002",
    ),
    (
        "chandra",
        "Chandra Chowdhury",
        "712020:2c3f9e74-8a2f-4d8a-9c65-3f4b7d9e1a03",
        "chandra@acme.example",
        "c3a4d2a0-0000-4000-8000-000000000003",
    ),
    (
        "dilek",
        "Dilek Demir",
        "712020:3d4a0f85-9b3a-4e9b-8d76-4a5c8e0f2b04",
        "dilek@acme.example",
        "d1e40000-0000-4000-8000-000000000004",
    ),
    (
        "erik",
        "Erik Ekström",
        "712020:4e5b1a96-0c4b-4f0c-9e87-5b6d9f1a3c05",
        "erik@acme.example",
        "e5000000-0000-4000-8000-000000000005",
    ),
    (
        "fumiko",
        "Fumiko Fujita",
        "712020:5f6c2ba7-1d5c-4a1d-8f98-6c7e0a2b4d06",
        "fumiko@acme.example",
        "f6000000-0000-4000-8000-000000000006",
    ),
];

/// The handles of the six sample people.
pub fn handles() -> [&'static str; 6] {
    PEOPLE.map(|it| it.0)
}

/// Jira's account id and the display name of a sample person.
pub(crate) fn jira_names(handle: &str) -> Option<(&'static str, &'static str)> {
    let found = PEOPLE.iter().find(|it| it.0 == handle)?;
    Some((found.2, found.1))
}

/// The handle of the person whose token this is.
pub(crate) fn by_token(token: &str) -> Option<&'static str> {
    let handle = token.strip_suffix("-token")?;
    let known = handles().into_iter().chain(["sync"]);
    known.into_iter().find(|it| *it == handle)
}

/// The six sample people, without the synchroniser's account.
pub fn people() -> Vec<Person> {
    PEOPLE
        .iter()
        .map(|&(handle, display, account_id, email, guid)| Person {
            handle,
            display,
            account_id,
            email,
            guid,
            token: format!("{handle}-token"),
        })
        .collect()
}

/// The account that a synchroniser uses.
pub fn sync_account() -> Person {
    Person {
        handle: "sync",
        display: "Counterpart Sync",
        account_id: "712020:90abcdef-2e6d-4b2e-8a09-7d8f1b3c5e99",
        email: "sync@acme.example",
        guid: "5afe0000-0000-4000-8000-000000000099",
        token: "sync-token".to_owned(),
    }
}

/// Everybody: the sample people and the synchroniser's account.
pub fn everybody() -> Vec<Person> {
    let mut all = people();
    all.push(sync_account());
    all
}

//! The grammar of a profile file: text to [`Profile`], or every fault of it.
//!
//! Each part of the file has a file here that reads it, notes what is wrong in the [`Source`], and gives back what could be
//! understood, so that the parts behind it can still be read and their faults found in the same run. A text that is not
//! TOML is the exception: what its fragments mean cannot be told, so only its syntax faults are given.

mod example;
mod field;
mod implied;
mod options;
mod reader;
mod remote;
mod rows;
mod scope;
pub(crate) mod words;

use model::{DigestKey, ProfileName, limit};
use toml::de::DeTable;

use crate::fault::Fault;
use crate::profile::Profile;
use reader::{Section, Source};

impl Profile {
    /// Compiles a profile file. `file` is its name in messages; nothing is read from it.
    ///
    /// # Errors
    /// Every fault of the file at once, in the order of the lines.
    pub fn compile(text: &str, file: &str) -> Result<Profile, Vec<Fault>> {
        let source = Source::new(text, file);
        if text.len() > limit::PROFILE_BYTES {
            let what = format!("the file has more than {} bytes", limit::PROFILE_BYTES);
            source.fault(1, what, "split the profile");
            return Err(source.into_faults());
        }
        let (document, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let line = error.span().map_or(1, |span| source.line_of(&span));
            let what = format!("this is not TOML: {}", error.message().replace('\n', ", "));
            source.fault(line, what, "mend the syntax; the rest is read after that");
        }
        if !errors.is_empty() {
            return Err(source.into_faults());
        }
        let profile = {
            let root = Section::new(&source, &document, "the profile", &words::TOP);
            read(&root, text, file)
        };
        match profile {
            Some(profile) if source.is_sound() => Ok(profile),
            _ => Err(source.into_faults()),
        }
    }
}

/// Reads every part, whatever is wrong with the others.
fn read(root: &Section<'_>, text: &str, file: &str) -> Option<Profile> {
    let name = name(root);
    let direction = root
        .word("direction", &words::DIRECTIONS)
        .unwrap_or_default();
    let conflict = root.word("conflict", &words::POLICIES).unwrap_or_default();
    let jira = remote::jira(root);
    let azure = remote::azure(root);
    let scopes = scope::scopes(root);
    let types = rows::types(root);
    let states = rows::states(root, &types);
    let users = rows::users(root);
    let written = field::rules(root, direction, conflict, &types);
    let rules = implied::complete(
        root,
        written,
        direction,
        conflict,
        &types,
        !states.is_empty(),
    );
    let deletions = options::deletions(root);
    Some(Profile {
        comments: options::comments(root, direction),
        attachments: options::attachments(root, direction),
        links: options::links(root, direction),
        examples: example::examples(root, &types, &rules),
        name: name?,
        direction,
        conflict,
        jira: jira?,
        azure: azure?,
        scopes,
        rules,
        types,
        deletions,
        file: file.to_owned(),
        fingerprint: fingerprint(text),
        states,
        users,
    })
}

fn name(root: &Section<'_>) -> Option<ProfileName> {
    let word = root.required("name", "web-to-platform")?;
    match ProfileName::new(&word.text) {
        Ok(name) => Some(name),
        Err(error) => {
            let what = format!("\"{}\" is no name for a profile", word.text);
            root.source.fault(word.line, what, error.to_string());
            None
        }
    }
}

/// What a profile's fingerprint depends on besides its text. It is raised when the same text begins to mean something
/// else.
const MEANING: &str = "profile-1";

/// Two digests under a fixed key: users' names are in the text, so it must not be readable from the outcome, and the text
/// is brought into one spelling first, so that a comment or an empty line changes nothing.
fn fingerprint(text: &str) -> String {
    let plain = text
        .parse::<toml::Table>()
        .ok()
        .and_then(|table| serde_json::to_string(&table).ok())
        .unwrap_or_else(|| text.to_owned());
    let key = DigestKey::new([0x50; 32]);
    let half = |part: &str| {
        let digest = key.digest(&format!("{MEANING}/{part}"), plain.as_bytes());
        u64::from_be_bytes(digest.0)
    };
    format!("{:016x}{:016x}", half("a"), half("b"))
}

#[cfg(test)]
mod tests;

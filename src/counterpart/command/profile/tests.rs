//! Whose credentials a profile is checked with.

use std::path::PathBuf;

use super::*;
use crate::config::Source;

/// Two tenants whose credentials have the same names, and one without any.
struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    fn new() -> Site {
        let folder = tempfile::tempdir().unwrap();
        let mut text = "[node]\ndata = \"data\"\n".to_owned();
        for tenant in ["alpha", "beta"] {
            for name in ["jira-sync", "azure-sync"] {
                text.push_str(&format!(
                    "[[credential]]\ntenant = \"{tenant}\"\nname = \"{name}\"\nenv = \"{}\"\n",
                    format!("{tenant}_{name}").replace('-', "_")
                ));
            }
        }
        std::fs::write(folder.path().join("counterpart.toml"), text).unwrap();
        for tenant in ["alpha", "beta", "gamma"] {
            std::fs::create_dir_all(folder.path().join("profiles").join(tenant)).unwrap();
        }
        for place in [
            "profiles/alpha/web.toml",
            "profiles/beta/web.toml",
            "web.toml",
        ] {
            std::fs::write(folder.path().join(place), mapping::SAMPLE).unwrap();
        }
        Site { folder }
    }

    fn path(&self, place: &str) -> PathBuf {
        self.folder.path().join(place)
    }

    /// The variables that the chosen profiles' Jira tokens come from.
    fn tokens(&self, file: Option<&str>, tenant: Option<&str>) -> Result<Vec<String>, String> {
        let told = |error: Error| error.to_string();
        let config = Config::load(&self.path("counterpart.toml")).map_err(told)?;
        let file = file.map(|file| self.path(file));
        let wanted = tenant.map(|tenant| TenantName::new(tenant).unwrap());
        let path = self.path("counterpart.toml");
        let chosen = choose(&path, file.as_deref(), wanted).map_err(told)?;
        let token = |each: &Chosen| {
            let credentials = online::credentials(&config, each).map_err(told)?;
            match &credentials["jira-sync"].source {
                Source::Env(name) => Ok(name.clone()),
                Source::File(_) | Source::Vault(_) | Source::Given(_) => {
                    Err("another source".to_owned())
                }
            }
        };
        chosen.iter().map(token).collect()
    }
}

#[test]
fn every_profile_is_checked_with_the_credentials_of_its_own_tenant() {
    let site = Site::new();
    let check = |file, tenant, expected: &[&str]| {
        assert_eq!(site.tokens(file, tenant).unwrap(), expected);
    };
    check(None, None, &["alpha_jira_sync", "beta_jira_sync"]);
    check(None, Some("beta"), &["beta_jira_sync"]);
    check(Some("profiles/beta/web.toml"), None, &["beta_jira_sync"]);
    check(Some("profiles/alpha/web.toml"), None, &["alpha_jira_sync"]);
    check(Some("web.toml"), Some("beta"), &["beta_jira_sync"]);
}

#[test]
fn no_tenant_is_searched_for_credentials_of_the_right_names() {
    let site = Site::new();
    let check = |file, tenant, expected: &str| {
        let refusal = site.tokens(file, tenant).unwrap_err();
        assert!(refusal.contains(expected), "{refusal}");
    };
    check(Some("web.toml"), None, "--tenant");
    check(
        Some("web.toml"),
        Some("gamma"),
        "tenant gamma has no credential",
    );
    check(Some("web.toml"), Some("delta"), "no tenant");
    check(None, Some("delta"), "no tenant");
    check(
        Some("profiles/alpha/web.toml"),
        Some("beta"),
        "tenant alpha",
    );
}

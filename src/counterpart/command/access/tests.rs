//! Two tenants and three profiles, all of them with an item WEB-12.

use std::collections::BTreeMap;
use std::sync::Arc;

use actors::ledger::{Ledger, Room, Written};
use actors::stored::PairRow;
use model::problem::Code;
use model::{ItemId, ItemKey, Millis, PairId, Problem, ProfileName, Revision, Side};
use storage::{Options, Threads};
use sync::pair::{End, Park};
use sync::{Note, Pair, Phase};

use super::*;
use crate::config::{Proxy, Tenant};

struct Site {
    config: Config,
    stores: Vec<(TenantName, Store)>,
    _folder: tempfile::TempDir,
}

impl Site {
    /// Every profile has the issues WEB-11, WEB-12 and WEB-13.
    fn new() -> Site {
        let folder = tempfile::tempdir().unwrap();
        let mut tenants = Vec::new();
        let mut stores = Vec::new();
        for (tenant, profiles) in [("alpha", vec!["web"]), ("beta", vec!["web", "ops"])] {
            let name = TenantName::new(tenant).unwrap();
            let directory = folder.path().join(tenant);
            let store = Store::open(&directory, options()).unwrap();
            let profiles = profiles.into_iter().map(profile).collect::<Vec<_>>();
            for profile in &profiles {
                (11..14).for_each(|number| put(&store, &profile.name, pair(number), &[]));
            }
            stores.push((name.clone(), store));
            tenants.push(Tenant {
                name,
                directory,
                folder: None,
                profiles,
                credentials: BTreeMap::new(),
                unopened: false,
                wanting: std::collections::BTreeSet::new(),
                sealed: false,
            });
        }
        let config = Config {
            folder: folder.path().to_owned(),
            named: std::collections::BTreeSet::new(),
            data: folder.path().to_owned(),
            profiles: folder.path().join("profiles"),
            backup: crate::backup::settings::Settings::none(folder.path()),
            listen: None,
            log: crate::log::Settings::default(),
            proxy: Proxy::None,
            master: None,
            ring: Arc::new(crate::master_key::KeyRing::of(|| Ok(None))),
            tuning: actors::Tuning::default(),
            telemetry: crate::config::Telemetry::default(),
            tenants,
            faults: Vec::new(),
        };
        Site {
            config,
            stores,
            _folder: folder,
        }
    }

    fn ask(&self, question: &Query) -> Result<Value, String> {
        answer(&self.config, &self.stores, question).map_err(|refused| match refused {
            Refused::Wrong(what) | Refused::Unknown(what) | Refused::Failed(what) => what,
        })
    }

    fn page(
        &self,
        only: (Option<&str>, Option<&str>),
        after: Option<&str>,
    ) -> Result<Value, String> {
        self.ask(&Query::Pairs {
            tenant: only.0.map(str::to_owned),
            profile: only.1.map(str::to_owned),
            after: after.map(str::to_owned),
            limit: 2,
        })
    }
}

fn options() -> Options {
    Options {
        threads: Threads::Inline,
        ..Options::default()
    }
}

fn profile(name: &str) -> Arc<mapping::Profile> {
    let text = mapping::SAMPLE.replace("web-to-platform", name);
    Arc::new(mapping::Profile::compile(&text, name).unwrap_or_else(|_| panic!("{name}")))
}

fn pair(number: u64) -> Pair {
    let id = ItemId(10_000 + number);
    let mut pair = Pair::new(PairId {
        origin: Side::Jira,
        item: id,
    });
    pair.ends.jira = Some(End {
        id,
        key: ItemKey::new(&format!("WEB-{number}")).unwrap(),
        seen: Revision(1),
        written: Revision(0),
        said: Revision(0),
        touched: Millis(0),
    });
    pair
}

fn put(store: &Store, profile: &ProfileName, pair: Pair, notes: &[Note]) {
    let ledger = Ledger {
        store: store.clone(),
        profile: profile.clone(),
    };
    let step = Written {
        before: None,
        notes,
        owing: false,
        now: Millis(1),
    };
    let mut row = PairRow { pair, lines: 0 };
    let batch = ledger.write(&step, &mut row, &Room::default()).unwrap();
    store.commit_blocking(batch).unwrap();
}

fn asked(id: &str, tenant: Option<&str>, profile: Option<&str>) -> [Query; 2] {
    let (id, tenant, profile) = (
        id.to_owned(),
        tenant.map(str::to_owned),
        profile.map(str::to_owned),
    );
    [
        Query::Pair {
            id: id.clone(),
            tenant: tenant.clone(),
            profile: profile.clone(),
        },
        Query::Why {
            id,
            tenant,
            profile,
        },
    ]
}

#[test]
fn a_pair_is_not_chosen_among_several() {
    let site = Site::new();
    for question in asked("WEB-12", None, None) {
        let refusal = site.ask(&question).unwrap_err();
        for part in [
            "3 pairs",
            "tenant alpha profile web jira-10012 (WEB-12 and -)",
            "tenant beta profile web",
            "tenant beta profile ops",
            "--tenant",
        ] {
            assert!(refusal.contains(part), "{refusal}");
        }
    }
    let beta = asked("WEB-12", Some("beta"), None).map(|question| site.ask(&question));
    assert!(
        beta.iter()
            .all(|answer| answer.as_ref().is_err_and(|what| what.contains("2 pairs")))
    );
}

#[test]
fn tenant_and_profile_say_which_pair_is_meant() {
    let site = Site::new();
    let check = |tenant, profile, expected: [&str; 2]| {
        for question in asked("WEB-12", tenant, profile) {
            let answer = site.ask(&question).unwrap();
            assert_eq!(answer["tenant"], expected[0]);
            assert_eq!(answer["profile"], expected[1]);
            assert_eq!(answer["pair"], "jira-10012");
        }
    };
    check(Some("alpha"), None, ["alpha", "web"]);
    check(None, Some("ops"), ["beta", "ops"]);
    check(Some("beta"), Some("web"), ["beta", "web"]);
}

#[test]
fn an_order_is_for_one_pair_only() {
    let site = Site::new();
    let find = |tenant: Option<&str>| {
        let tenant = tenant.map(str::to_owned);
        let found = find(&site.config, &site.stores, "WEB-12", &tenant, &None);
        found.map(|found| found.place.tenant.as_str().to_owned())
    };
    assert_eq!(find(Some("alpha")).unwrap(), "alpha");
    assert!(matches!(find(None), Err(Refused::Wrong(_))));
}

#[test]
fn a_tenant_that_is_not_configured_is_told() {
    let site = Site::new();
    for question in asked("WEB-12", Some("gamma"), None) {
        assert!(site.ask(&question).unwrap_err().contains("no such tenant"));
    }
    for question in asked("WEB-99", None, None) {
        assert!(site.ask(&question).unwrap_err().contains("no pair"));
    }
}

#[test]
fn a_list_over_several_profiles_shows_every_pair_once() {
    let site = Site::new();
    let mut seen = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..10 {
        let page = site.page((None, None), after.as_deref()).unwrap();
        let rows = page["pairs"].as_array().unwrap();
        assert!(rows.len() <= 2);
        seen.extend(rows.iter().map(end_of));
        after = page["next"].as_str().map(str::to_owned);
        if after.is_none() {
            break;
        }
    }
    let mut expected = Vec::new();
    for place in ["alpha/web", "beta/web", "beta/ops"] {
        expected.extend((11..14).map(|number| format!("{place}/jira-{}", 10_000 + number)));
    }
    assert_eq!(seen, expected);
    assert_eq!(after, None);
}

#[test]
fn a_bare_name_is_a_place_in_a_single_profile_only() {
    let site = Site::new();
    let names = |page: Value| {
        let rows = page["pairs"].as_array().unwrap().iter();
        rows.map(end_of).collect::<Vec<_>>()
    };
    let ops = site.page((Some("beta"), Some("ops")), Some("jira-10012"));
    assert_eq!(names(ops.unwrap()), ["beta/ops/jira-10013"]);
    let check = |after: &str, expected: &str| {
        let refusal = site.page((None, None), Some(after)).unwrap_err();
        assert!(refusal.contains(expected), "{refusal}");
    };
    check("jira-10012", "several profiles");
    check("gamma/web/jira-10012", "no such place");
    check("alpha/web/nonsense", "no such place");
    check("alpha/web", "no such place");
}

#[test]
fn what_is_not_as_it_should_be_is_counted_from_the_store() {
    let site = Site::new();
    let (_, store) = &site.stores[0];
    let profile = &site.config.tenants[0].profiles[0].name;
    let counted = |parked, problems| query::Standing {
        pairs: 3,
        parked,
        problems,
    };
    assert_eq!(query::standing(store, profile).unwrap(), counted(0, 0));

    let mut refused = pair(11);
    let problem = Problem::new(Code::FieldRefused).about("priority");
    refused.problems.insert(problem.clone());
    put(store, profile, refused, &[Note::Problem(problem.clone())]);
    assert_eq!(query::standing(store, profile).unwrap(), counted(0, 1));

    // Held by a person: nothing is tried again, so no timer knows of it.
    let mut held = pair(12);
    held.phase = Phase::Parked(Park {
        problem,
        since: Millis(1),
        held: true,
    });
    put(store, profile, held, &[]);
    let standing = query::standing(store, profile).unwrap();
    assert_eq!(standing.parked, 1);
    assert!(!standing.is_well());
}

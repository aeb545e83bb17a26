use super::*;
use crate::options::RateLimit;
use crate::throttle::Throttle;

fn limited() -> World {
    let options = Options {
        rate_limit: RateLimit::Enforced,
        ..Options::default()
    };
    let mut world = World::new();
    world.services = Services::new(options);
    world
}

fn ask(world: &mut World) -> Response {
    world.now_ms -= 1000;
    world.send(Request::new(Method::GET, "/acme/_apis/projects").with_basic("", "alice-token"))
}

/// As if the first person had made so many requests.
fn charge(world: &mut World, requests: usize) {
    for _ in 0..requests {
        world.services.rate.admit(0, world.now_ms);
    }
}

#[test]
fn a_busy_caller_is_told_then_delayed_then_refused_and_free_again() {
    let mut world = limited();
    let first = ask(&mut world);
    assert_eq!(first.header("x-ratelimit-limit"), Some("200"));
    assert_eq!(first.header("retry-after"), None);
    charge(&mut world, 45_000);
    let delayed = ask(&mut world);
    assert!(delayed.header("x-ratelimit-delay").is_some());
    assert_eq!(delayed.status, 200, "a delayed answer is a good one");
    assert_eq!(delayed.header("x-ratelimit-remaining"), Some("0"));
    assert!(delayed.header("retry-after").is_some());
    charge(&mut world, 20_000);
    let refused = ask(&mut world);
    assert_eq!(refused.status, 429);
    let body: Json = serde_json::from_slice(&refused.body).unwrap();
    assert!(message(&body).starts_with("TF400733"), "{body}");
    let wait: i64 = refused.header("retry-after").unwrap().parse().unwrap();
    let other = Request::new(Method::GET, "/acme/_apis/projects").with_basic("", "bruno-token");
    assert_eq!(world.send(other).status, 200, "each caller has its own");
    world.now_ms += wait * 1000 + 1000;
    assert_eq!(ask(&mut world).status, 200);
}

#[test]
fn the_limiter_speaks_as_the_service_does() {
    let refused = World::new().services.throttled(&Throttle {
        flavor: None,
        retry_after_s: Some(7),
        silent: false,
        now_ms: 0,
    });
    let body: Json = serde_json::from_slice(&refused.body).unwrap();
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("retry-after"), Some("7"));
    assert_eq!(body["typeKey"], "RequestBlockedException");
    assert!(message(&body).starts_with("TF400733: The request has been canceled"));
}

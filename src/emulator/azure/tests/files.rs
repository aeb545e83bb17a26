use super::*;

const OCTETS: &str = "application/octet-stream";

fn ask(
    world: &mut World,
    who: &str,
    (method, path): (Method, &str),
    headers: &[(&str, &str)],
    body: &[u8],
) -> Response {
    let mut request = Request::new(method, &format!("/acme{path}"))
        .with_basic("", &format!("{who}-token"))
        .with_header("content-type", OCTETS);
    for (name, value) in headers {
        request = request.with_header(name, value);
    }
    request.body = bytes::Bytes::copy_from_slice(body);
    world.send(request)
}

fn json(response: &Response) -> Json {
    serde_json::from_slice(&response.body).unwrap_or(Json::Null)
}

fn upload(world: &mut World, name: &str, body: &[u8]) -> Json {
    let path = format!("/Platform/_apis/wit/attachments?fileName={name}&api-version=7.1");
    let response = ask(world, "alice", (Method::POST, &path), &[], body);
    assert_eq!(response.status, 201, "{}", json(&response));
    json(&response)
}

fn download(world: &mut World, who: &str, id: &str) -> Response {
    let path = format!("/_apis/wit/attachments/{id}?api-version=7.1&fileName=b.png&download=true");
    ask(world, who, (Method::GET, &path), &[], b"")
}

fn attach(world: &mut World, item: i64, url: &Json) -> (u16, Json) {
    let value = json!({"rel": "AttachedFile", "url": url, "attributes": {"comment": "why"}});
    world.patch(
        item,
        json!([{"op": "add", "path": "/relations/-", "value": value}]),
    )
}

#[test]
fn an_upload_is_only_its_uploaders_until_an_item_has_it() {
    let mut world = World::new();
    let file = upload(&mut world, "a.png", b"\x89PNG");
    let id = file["id"].as_str().unwrap().to_owned();
    assert!(file["url"].as_str().unwrap().ends_with("?fileName=a.png"));
    let refused = download(&mut world, "bruno", &id);
    assert_eq!(refused.status, 403);
    let body = json(&refused);
    assert_eq!(body["typeKey"], "WorkItemUnauthorizedAttachmentException");
    assert!(message(&body).starts_with("VS402330: Unauthorized Read access"));
    let own = download(&mut world, "alice", &id);
    assert_eq!((own.status, own.body.as_ref()), (200, &b"\x89PNG"[..]));
    assert_eq!(own.header("content-type"), Some(OCTETS));
    let name = own.header("content-disposition").unwrap();
    assert!(name.starts_with("attachment; filename=\"b.png\""), "{name}");
    let item = world.story("t");
    let (status, changed) = attach(&mut world, item, &file["url"]);
    assert_eq!(
        (status, &changed["rev"]),
        (200, &json!(2)),
        "a file makes a revision"
    );
    let attributes = &changed["relations"][0]["attributes"];
    assert_eq!(attributes["resourceSize"], 4);
    assert_eq!(attributes["name"], "a.png");
    assert_eq!(attributes["comment"], "why");
    assert_eq!(attributes["revisedDate"], "9999-01-01T00:00:00Z");
    for key in [
        "authorizedDate",
        "resourceCreatedDate",
        "resourceModifiedDate",
        "id",
    ] {
        assert!(!attributes[key].is_null(), "{key}");
    }
    assert_eq!(download(&mut world, "bruno", &id).status, 200);
    let remove = json!([{"op": "remove", "path": "/relations/0"}]);
    assert_eq!(world.patch(item, remove).0, 200);
    assert_eq!(
        download(&mut world, "bruno", &id).status,
        200,
        "taking the relation away leaves the file"
    );
}

#[test]
fn an_area_opens_an_upload_at_once() {
    let mut world = World::new();
    let path = "/Platform/_apis/wit/attachments?fileName=a&areaPath=Platform%5CWeb&api-version=7.1";
    let made = ask(&mut world, "alice", (Method::POST, path), &[], b"x");
    let id = json(&made)["id"].as_str().unwrap().to_owned();
    assert_eq!(download(&mut world, "bruno", &id).status, 200);
    let path = "/Platform/_apis/wit/attachments?areaPath=Platform%5CNone&api-version=7.1";
    let refused = ask(&mut world, "alice", (Method::POST, path), &[], b"x");
    assert_eq!(refused.status, 404);
}

#[test]
fn chunks_follow_each_other_and_make_one_file() {
    let mut world = World::new();
    let path = "/_apis/wit/attachments?fileName=big&uploadType=chunked&api-version=7.1";
    let begun = ask(&mut world, "alice", (Method::POST, path), &[], b"");
    assert_eq!(begun.status, 201);
    let id = json(&begun)["id"].as_str().unwrap().to_owned();
    assert_eq!(
        download(&mut world, "alice", &id).status,
        404,
        "it is not whole"
    );
    let path = format!("/_apis/wit/attachments/{id}?fileName=big&api-version=7.1");
    let mut put = |who: &str, range: &str, body: &[u8]| {
        let headers = [("content-range", range)];
        ask(&mut world, who, (Method::PUT, &path), &headers, body).status
    };
    for (who, range, body, status) in [
        ("alice", "bytes 0-3/10", &b"0123"[..], 201),
        ("alice", "bytes 0-3/10", b"0123", 400),
        ("alice", "bytes 5-9/10", b"56789", 400),
        ("alice", "bytes 4-9/10", b"45", 400),
        ("alice", "bytes 4-9/12", b"456789", 400),
        ("alice", "octets", b"456789", 400),
        ("bruno", "bytes 4-9/10", b"456789", 404),
        ("alice", "bytes 4-9/10", b"456789", 201),
        ("alice", "bytes 4-9/10", b"456789", 400),
        ("alice", "bytes 0-9/99999999", b"0123456789", 400),
    ] {
        assert_eq!(put(who, range, body), status, "{who} {range}");
    }
    let whole = download(&mut world, "alice", &id);
    assert_eq!(whole.body.as_ref(), b"0123456789");
}

#[test]
fn what_is_too_much_is_refused_by_its_code() {
    let mut world = World::new();
    let path = "/_apis/wit/attachments?fileName=a&api-version=7.1";
    let big = vec![0; 60 * 1024 * 1024 + 1];
    let refused = json(&ask(&mut world, "alice", (Method::POST, path), &[], &big));
    assert!(message(&refused).starts_with("TF237082"), "{refused}");
    let text = ("content-type", "text/plain");
    let refused = ask(&mut world, "alice", (Method::POST, path), &[text], b"x");
    assert_eq!(refused.status, 415);
    let item = world.story("t");
    let files: Vec<Json> = (0..=100)
        .map(|n| upload(&mut world, &format!("f{n}"), b"x")["url"].clone())
        .collect();
    for url in files.iter().take(100) {
        assert_eq!(attach(&mut world, item, url).0, 200);
    }
    let (status, refused) = attach(&mut world, item, &files[100]);
    assert_eq!(status, 400);
    assert!(message(&refused).starts_with("VS403313"), "{refused}");
    let elsewhere = json!("https://files.example/a.png");
    assert_eq!(attach(&mut world, item, &elsewhere).0, 400);
}

#[test]
fn a_file_is_deleted_only_by_the_next_version() {
    let mut world = World::new();
    let file = upload(&mut world, "a", b"x");
    let id = file["id"].as_str().unwrap().to_owned();
    for (version, status) in [("7.1", 405), ("7.2-preview.4", 200), ("7.2-preview.4", 404)] {
        let path = format!("/_apis/wit/attachments/{id}?api-version={version}");
        let gone = ask(&mut world, "alice", (Method::DELETE, &path), &[], b"");
        assert_eq!(gone.status, status, "{version}");
    }
}

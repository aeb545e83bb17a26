//! Tests over the whole crate: tables of examples in both directions, and laws over generated documents.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::loss::{Instead, LossKind};
use crate::{
    Document, Format, ImageRef, ImageSource, Loss, MediaKind, Mention, Resolver, Verbatim, adf,
    arbitrary, html,
};

fn validator() -> &'static jsonschema::Validator {
    static VALIDATOR: std::sync::LazyLock<jsonschema::Validator> = std::sync::LazyLock::new(|| {
        let schema = include_str!("tests_data/adf-full.schema.json");
        let schema = serde_json::from_str(schema).expect("the schema is JSON");
        jsonschema::validator_for(&schema).expect("the schema is a schema")
    });
    &VALIDATOR
}

#[track_caller]
pub(crate) fn assert_valid(value: &Value) {
    if let Err(error) = validator().validate(value) {
        panic!("{} is refused: {error} in {value}", error.instance_path());
    }
}

fn to_html(doc: &Document) -> String {
    html::write(doc, &Verbatim).0
}

fn to_adf(doc: &Document) -> Value {
    let value = adf::write(doc, &Verbatim).0;
    assert_valid(&value);
    value
}

fn from_html(text: &str) -> Document {
    html::read(text).0
}

fn from_adf(value: &Value) -> Document {
    adf::read(value).0
}

fn kinds(losses: &[Loss]) -> Vec<LossKind> {
    losses.iter().map(|loss| loss.kind).collect()
}

fn doc(content: &Value) -> Value {
    json!({"type": "doc", "version": 1, "content": content})
}

fn p(text: &str) -> Value {
    json!({"type": "paragraph", "content": [{"type": "text", "text": text}]})
}

/// ADF that crosses to this HTML and comes back as it was, without any loss.
#[track_caller]
fn check_both(content: &Value, expected: &str) {
    let value = doc(content);
    assert_valid(&value);
    let (read, losses) = adf::read(&value);
    assert_eq!(losses, [], "reading ADF");
    let (text, losses) = html::write(&read, &Verbatim);
    assert_eq!(losses, [], "writing HTML");
    assert_eq!(text, expected);
    let (back, losses) = html::read(&text);
    assert_eq!(losses, [], "reading HTML");
    assert_eq!(back, read);
    assert_eq!(adf::write(&back, &Verbatim), (value, Vec::new()));
    assert_eq!(
        from_html(&format!("<div>{text}</div>")),
        read,
        "wrapped in a div"
    );
}

/// HTML that reads as the document that this HTML is written for.
#[track_caller]
fn check_html(input: &str, expected: &str) {
    let read = from_html(input);
    assert_eq!(to_html(&read), expected, "{input}");
}

/// ADF that is written as this HTML, with losses of these kinds.
#[track_caller]
fn check_lossy(content: &Value, expected: &str, lost: &[LossKind]) {
    let (text, losses) = html::write(&from_adf(&doc(content)), &Verbatim);
    assert_eq!(text, expected);
    assert_eq!(kinds(&losses), lost);
}

#[test]
fn daily_nodes_cross_both_ways_without_loss() {
    check_both(&json!([]), "");
    check_both(&json!([p("a < b & c")]), "<p>a &lt; b &amp; c</p>");
    check_both(
        &json!([{"type": "paragraph", "content": []}]),
        "<p><br></p>",
    );
    check_both(
        &json!([p("  two  spaces ")]),
        "<p>&nbsp; two &nbsp;spaces&nbsp;</p>",
    );
    check_both(
        &json!([{"type": "paragraph", "content": [
            {"type": "text", "text": "a"}, {"type": "hardBreak"}, {"type": "text", "text": "b"}, {"type": "hardBreak"}]}]),
        "<p>a<br>b<br><br></p>",
    );
    check_both(
        &json!([{"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "T"}]}]),
        "<h2>T</h2>",
    );
    check_both(&json!([{"type": "rule"}, p("x")]), "<hr><p>x</p>");
    check_both(
        &json!([{"type": "blockquote", "content": [p("q")]}]),
        "<blockquote><p>q</p></blockquote>",
    );
    check_both(
        &json!([{"type": "codeBlock", "content": [{"type": "text", "text": "\nfn a() {\n\t<b>\n}\n"}]}]),
        "<pre><code>\nfn a() {\n\t&lt;b&gt;\n}\n\n</code></pre>",
    );
}

#[test]
fn marks_cross_both_ways() {
    check_both(
        &json!([{"type": "paragraph", "content": [
            {"type": "text", "text": "a ", "marks": [{"type": "strong"}]},
            {"type": "text", "text": "b", "marks": [{"type": "strong"}, {"type": "em"}]},
            {"type": "text", "text": " c", "marks": [{"type": "underline"}, {"type": "strike"}]},
            {"type": "text", "text": "2", "marks": [{"type": "subsup", "attrs": {"type": "sup"}}]},
            {"type": "text", "text": "code", "marks": [
                {"type": "link", "attrs": {"href": "https://a.example/?b&c"}}, {"type": "code"}]},
            {"type": "text", "text": "red", "marks": [
                {"type": "textColor", "attrs": {"color": "#ff0000"}},
                {"type": "backgroundColor", "attrs": {"color": "#00ff00"}}]}]}]),
        "<p><b>a <i>b</i></b><u><s> c</s></u><sup>2</sup><a href=\"https://a.example/?b&amp;c\"><code>code</code></a>\
         <span style=\"color:#ff0000\"><span style=\"background-color:#00ff00\">red</span></span></p>",
    );
}

#[test]
fn lists_tables_mentions_and_images_cross_both_ways() {
    let item = |content: Value| json!({"type": "listItem", "content": content});
    check_both(
        &json!([
            {"type": "orderedList", "attrs": {"order": 3}, "content": [
                item(json!([p("a"), {"type": "bulletList", "content": [item(json!([p("b")]))]}])),
                item(json!([p("c"), p("d")])),
                item(json!([{"type": "paragraph", "content": []}]))]}]),
        "<ol start=\"3\"><li>a<ul><li>b</li></ul></li><li><p>c</p><p>d</p></li><li><br></li></ol>",
    );
    check_both(
        &json!([{"type": "table", "content": [
            {"type": "tableRow", "content": [
                {"type": "tableHeader", "attrs": {"colspan": 2}, "content": [p("h")]}]},
            {"type": "tableRow", "content": [
                {"type": "tableCell", "attrs": {"background": "#deebff"}, "content": [p("a")]},
                {"type": "tableCell", "content": [p("b"), p("c")]}]}]}]),
        "<table><tbody><tr><th colspan=\"2\">h</th></tr><tr><td style=\"background-color:#deebff\">a</td>\
         <td><p>b</p><p>c</p></td></tr></tbody></table>",
    );
    check_both(
        &json!([{"type": "paragraph", "content": [
            {"type": "mention", "attrs": {"id": "12-ab", "text": "@Ann B"}}, {"type": "text", "text": " hi"}]}]),
        "<p><a href=\"#\" data-vss-mention=\"version:2.0,12-ab\">@Ann B</a> hi</p>",
    );
    check_both(
        &json!([{"type": "mediaSingle", "attrs": {"layout": "center"}, "content": [
            {"type": "media", "attrs": {"type": "external", "url": "https://a.example/i.png", "alt": "i", "width": 20,
                "height": 10}}]}]),
        "<p><img src=\"https://a.example/i.png\" alt=\"i\" width=\"20\" height=\"10\"></p>",
    );
    check_both(
        &json!([{"type": "paragraph", "content": [{"type": "text", "text": "m"}],
            "marks": [{"type": "alignment", "attrs": {"align": "center"}}]}]),
        "<p style=\"text-align:center\">m</p>",
    );
}

#[test]
fn what_editors_write_is_read_as_it_looks() {
    for (input, expected) in [
        ("plain", "<p>plain</p>"),
        ("a<br>b", "<p>a<br>b</p>"),
        (
            "<div>a</div><div><br></div><div>b<br></div>",
            "<p>a</p><p><br></p><p>b</p>",
        ),
        ("<p>&nbsp;</p>", "<p><br></p>"),
        ("<p></p><div></div>", ""),
        ("<div>\n  <p>a\n  b</p>\n</div>\n", "<p>a b</p>"),
        ("<b>a </b> <b>b</b>", "<p><b>a b</b></p>"),
        ("a&nbsp;b", "<p>a b</p>"),
        ("<b style=\"font-weight:normal\"><p>x</p></b>", "<p>x</p>"),
        (
            "<span style='font-weight:700;font-style:italic'>x</span>",
            "<p><b><i>x</i></b></p>",
        ),
        (
            "<strong>a</strong><em>b</em><del>c</del><ins>d</ins>",
            "<p><b>a</b><i>b</i><s>c</s><u>d</u></p>",
        ),
        (
            "<font color=red>x</font>",
            "<p><span style=\"color:#ff0000\">x</span></p>",
        ),
        (
            "<ul><li>a</li><ul><li>b</li></ul></ul>",
            "<ul><li>a<ul><li>b</li></ul></li></ul>",
        ),
        ("<ul><li><p>a</p></li></ul>", "<ul><li>a</li></ul>"),
        ("<h1><b>x</b><br></h1>", "<h1><b>x</b></h1>"),
        ("<pre>a\nb\n</pre>", "<pre><code>a\nb</code></pre>"),
        (
            "<table><tr><td>x<td></table>",
            "<table><tbody><tr><td>x</td><td><br></td></tr></tbody></table>",
        ),
        (
            "a<img src=\"https://a.example/i\">b",
            "<p>a<img src=\"https://a.example/i\">b</p>",
        ),
        (
            "<a href=\"https://a.example\"><img src=\"/i\"></a>",
            "<p><a href=\"https://a.example\"><img src=\"/i\"></a></p>",
        ),
        ("<center>x</center>", "<p style=\"text-align:center\">x</p>"),
        ("<b>1<p>2</b>3</p>", "<p><b>1</b></p><p><b>2</b>3</p>"),
        ("<o:p>w</o:p>", "<p>w</p>"),
        (
            "<a href=# data-vss-mention=\"version:2.0,{AB}\">@X</a>",
            "<p><a href=\"#\" data-vss-mention=\"version:2.0,AB\">@X</a></p>",
        ),
    ] {
        check_html(input, expected);
    }
}

#[test]
fn nothing_executable_passes() {
    for (input, expected) in [
        ("<script>alert(1)</script>a", "<p>a</p>"),
        (
            "<p onclick=alert(1) style=\"x:expression(alert(1))\">a</p>",
            "<p>a</p>",
        ),
        ("<a href=\"java\nscript:alert(1)\">a</a>", "<p>a</p>"),
        ("<a href=\"&#106;avascript:alert(1)\">a</a>", "<p>a</p>"),
        (
            "<img src=\"data:image/svg+xml,x\" alt=a>",
            "<p>[image: a]</p>",
        ),
        (
            "<svg><a xlink:href=\"javascript:1\">x</a></svg>",
            "<p>[unsupported: drawing]</p>",
        ),
        (
            "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>",
            "",
        ),
        (
            "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
            "<p>[unsupported: drawing]</p>",
        ),
        (
            "<iframe srcdoc=\"<script>1</script>\"></iframe>",
            "<p>[unsupported: iframe]</p>",
        ),
    ] {
        check_html(input, expected);
    }
    let link = |href: &str| {
        doc(&json!([{"type": "paragraph", "content": [
        {"type": "text", "text": "a", "marks": [{"type": "link", "attrs": {"href": href}}]}]}]))
    };
    let (value, losses) = adf::write(&from_adf(&link("javascript:alert(1)")), &Verbatim);
    assert_eq!(value, doc(&json!([p("a")])));
    assert_eq!(kinds(&losses), [LossKind::UnsafeUrl]);
}

#[test]
fn what_html_lacks_is_shown_and_named() {
    check_lossy(
        &json!([{"type": "panel", "attrs": {"panelType": "warning"}, "content": [p("x")]}]),
        "<blockquote><p><b>Warning</b></p><p>x</p></blockquote>",
        &[LossKind::Panel],
    );
    check_lossy(
        &json!([{"type": "expand", "attrs": {"title": "More"}, "content": [p("x")]}]),
        "<p><b>More</b></p><p>x</p>",
        &[LossKind::Expand],
    );
    check_lossy(
        &json!([{"type": "taskList", "attrs": {"localId": "1"}, "content": [
            {"type": "taskItem", "attrs": {"localId": "2", "state": "DONE"}, "content": [{"type": "text", "text": "x"}]},
            {"type": "taskItem", "attrs": {"localId": "3", "state": "TODO"}}]}]),
        "<ul><li>☑ x</li><li>☐&nbsp;</li></ul>",
        &[LossKind::Task],
    );
    check_lossy(
        &json!([{"type": "paragraph", "content": [
            {"type": "date", "attrs": {"timestamp": "951782400000"}}, {"type": "text", "text": " "},
            {"type": "status", "attrs": {"text": "DONE", "color": "green"}},
            {"type": "emoji", "attrs": {"shortName": ":smile:", "text": "😄"}},
            {"type": "inlineCard", "attrs": {"url": "https://a.example/"}}]}]),
        "<p>2000-02-29 <b>[DONE]</b>😄<a href=\"https://a.example/\">https://a.example/</a></p>",
        &[LossKind::Date, LossKind::Status, LossKind::Card],
    );
    check_lossy(
        &json!([{"type": "extension", "attrs": {"extensionType": "t", "extensionKey": "k"}}]),
        "<p>[unsupported: extension]</p>",
        &[LossKind::Unsupported],
    );
}

#[test]
fn a_loss_names_its_place_and_no_text() {
    let value = doc(
        &json!([p("a"), {"type": "bulletList", "content": [{"type": "listItem", "content": [
        p("secret"), {"type": "panel", "attrs": {"panelType": "info"}, "content": [p("secret")]}]}]}]),
    );
    let (_, losses) = adf::write(&from_adf(&value), &Verbatim);
    let expected = Loss {
        kind: LossKind::Panel,
        path: "/1/list/0/part/1/panel".to_owned(),
        instead: Instead::Blocks,
    };
    assert_eq!(losses, [expected]);
}

#[test]
fn extensions_survive_adf_verbatim() {
    let value = doc(&json!([
        {"type": "extension", "attrs": {"extensionType": "com.example", "extensionKey": "k",
            "parameters": {"deep": [1, {"x": null}]}, "layout": "wide", "localId": "l"},
            "marks": [{"type": "fragment", "attrs": {"localId": "f", "name": "n"}}]},
        {"type": "paragraph", "content": [{"type": "inlineExtension", "attrs": {"extensionType": "t",
            "extensionKey": "k", "text": "x"}}]}]));
    assert_valid(&value);
    assert_eq!(to_adf(&from_adf(&value)), value);
}

#[test]
fn structures_that_adf_refuses_are_repaired() {
    for (input, expected) in [
        (
            "<ul><li><h1>a</h1></li></ul>",
            json!([{"type": "bulletList", "content": [{"type": "listItem", "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": "a", "marks": [{"type": "strong"}]}]}]}]}]),
        ),
        (
            "<ul><li></li></ul>",
            json!([{"type": "bulletList", "content": [{"type": "listItem", "content": [
            {"type": "paragraph", "content": []}]}]}]),
        ),
        (
            "<blockquote>a<blockquote>b</blockquote></blockquote>",
            json!([{"type": "blockquote", "content": [p("a"), p("b")]}]),
        ),
        (
            "<b><code>x</code></b>",
            json!([{"type": "paragraph", "content": [
            {"type": "text", "text": "x", "marks": [{"type": "code"}]}]}]),
        ),
        (
            "a<img src=\"https://a.example/i\">b",
            json!([p("a"), {"type": "mediaSingle", "attrs": {"layout": "center"},
            "content": [{"type": "media", "attrs": {"type": "external", "url": "https://a.example/i"}}]}, p("b")]),
        ),
        (
            "<ul><li><table><tr><td>a</td><td>b</td></tr></table></li></ul>",
            json!([{"type": "bulletList", "content": [
            {"type": "listItem", "content": [p("a | b")]}]}]),
        ),
    ] {
        let (value, losses) = adf::write(&from_html(input), &Verbatim);
        assert_eq!(value, doc(&expected), "{input}");
        assert_valid(&value);
        assert!(!losses.is_empty() || input.contains("<li></li>"), "{input}");
    }
}

/// Maps every reference to something that shows where it went, and knows an image by what stands in for it.
struct Renaming;

impl Resolver for Renaming {
    fn mention(&self, mention: &Mention) -> Option<Mention> {
        (mention.id == "known").then(|| Mention {
            id: "twin".to_owned(),
            ..mention.clone()
        })
    }

    fn image(&self, _image: &ImageRef) -> Option<ImageRef> {
        None
    }

    fn link(&self, url: &str) -> Option<String> {
        url.ends_with("/browse/A-1")
            .then(|| "https://azure.example/1".to_owned())
    }

    fn original(&self, image: &ImageRef) -> Option<String> {
        let alt = image.alt.as_deref()?;
        (alt == "b.png").then(|| "https://j.example/b".to_owned())
    }

    fn shown(&self, _url: &str, text: &str) -> Option<String> {
        (text == "A-1").then(|| "#1".to_owned())
    }

    fn picture(&self, url: &str, text: &str) -> Option<ImageRef> {
        (url == "https://j.example/b").then(|| ImageRef {
            source: ImageSource::Url(format!("{url}.png")),
            kind: MediaKind::File,
            alt: Some(text.to_owned()),
            width: None,
            height: None,
        })
    }
}

/// Shows every image.
struct Showing;

impl Resolver for Showing {
    fn mention(&self, _mention: &Mention) -> Option<Mention> {
        None
    }

    fn image(&self, image: &ImageRef) -> Option<ImageRef> {
        Some(image.clone())
    }

    fn link(&self, _url: &str) -> Option<String> {
        None
    }

    fn picture(&self, url: &str, text: &str) -> Option<ImageRef> {
        Renaming.picture(url, text)
    }
}

#[test]
fn a_link_that_names_its_target_names_the_new_one_and_any_other_keeps_its_text() {
    let html_of = |text: &str| {
        let link = json!({"type": "text", "text": text, "marks":
            [{"type": "link", "attrs": {"href": "https://j.example/browse/A-1"}}]});
        let value = doc(&json!([{"type": "paragraph", "content": [link]}]));
        html::write(&from_adf(&value), &Renaming).0
    };
    let to = "<a href=\"https://azure.example/1\">";
    assert_eq!(html_of("A-1"), format!("<p>{to}#1</a></p>"));
    assert_eq!(html_of("see A-1"), format!("<p>{to}see A-1</a></p>"));
}

#[test]
fn an_image_that_cannot_be_shown_is_a_link_to_the_original_and_an_image_again_on_the_way_back() {
    let value = doc(
        &json!([{"type": "mediaSingle", "content": [{"type": "media", "attrs": {"type": "file", "id": "u", "collection": "",
            "alt": "b.png"}}]}, {"type": "paragraph", "content": [{"type": "text", "text": "a "},
            {"type": "mediaInline", "attrs": {"id": "u", "collection": "", "alt": "b.png"}}]}]),
    );
    let (text, losses) = html::write(&from_adf(&value), &Renaming);
    let link = "<a href=\"https://j.example/b\">[image: b.png]</a>";
    assert_eq!(text, format!("<p>{link}</p><p>a {link}</p>"));
    assert!(losses.iter().all(|loss| loss.instead == Instead::Link));
    assert_eq!(kinds(&losses), [LossKind::Image, LossKind::Image]);
    let (back, losses) = html::write(&from_html(&text), &Showing);
    let image = "<img src=\"https://j.example/b.png\" alt=\"[image: b.png]\">";
    assert_eq!(back, format!("<p>{image}</p><p>a {image}</p>"));
    assert!(losses.is_empty(), "{losses:?}");
    let (back, _) = adf::write(&from_html(&text), &Showing);
    assert_eq!(back["content"][0]["type"], "mediaSingle");
    assert_valid(&back);
}

#[test]
fn references_go_through_the_resolver() {
    let value = doc(&json!([{"type": "paragraph", "content": [
        {"type": "mention", "attrs": {"id": "known", "text": "@K"}},
        {"type": "mention", "attrs": {"id": "other", "text": "@O"}},
        {"type": "text", "text": "l", "marks": [{"type": "link", "attrs": {"href": "https://j.example/browse/A-1"}}]}]},
        {"type": "mediaSingle", "content": [{"type": "media", "attrs": {"type": "file", "id": "u", "collection": "",
            "alt": "a.png"}}]}]));
    let (text, losses) = html::write(&from_adf(&value), &Renaming);
    assert_eq!(
        text,
        "<p><a href=\"#\" data-vss-mention=\"version:2.0,twin\">@K</a>@O<a href=\"https://azure.example/1\">l</a></p>\
         <p>[image: a.png]</p>"
    );
    assert_eq!(kinds(&losses), [LossKind::Mention, LossKind::Image]);
}

#[test]
fn deep_html_is_flattened_and_its_text_kept() {
    for tag in [
        "div",
        "b",
        "ul><li",
        "blockquote",
        "table><tr><td",
        "span",
        "a href=x",
        "svg",
        "font color=red",
    ] {
        let text = format!("{}deep", format!("<{tag}>").repeat(100_000));
        let (read, losses) = html::read(&text);
        // A link ends the one before, so these stand side by side.
        assert_eq!(losses.is_empty(), tag == "a href=x", "{tag}");
        let kept = read.plain_text().contains("deep");
        assert!(tag == "svg" || kept, "{tag}");
        assert_eq!(to_html(&from_html(&to_html(&read))), to_html(&read));
        to_adf(&read);
    }
}

#[test]
fn inputs_that_cost_a_parser_much_are_bounded() {
    let attributes: String = (0..150_000).map(|index| format!(" a{index}")).collect();
    assert_eq!(
        to_html(&from_html(&format!("<p{attributes}>x</p>"))),
        "<p>x</p>"
    );
    let formats: String = (0..2_000)
        .map(|index| format!("<font size={index}>"))
        .collect();
    let paragraphs = "<p>x</p>".repeat(5_000);
    assert!(
        from_html(&format!("{formats}{paragraphs}"))
            .plain_text()
            .contains('x')
    );
    assert!(from_html(&"</p>".repeat(200_000)).blocks.len() <= 200_000);
    assert!(
        from_html(&"<table><tr>x".repeat(20_000))
            .plain_text()
            .contains('x')
    );
}

#[test]
fn deep_adf_is_flattened_and_its_text_kept() {
    let mut value = p("deep");
    for _ in 0..3_000 {
        let mut quote = serde_json::Map::new();
        quote.insert("type".to_owned(), Value::from("blockquote"));
        quote.insert("content".to_owned(), Value::Array(vec![value]));
        value = Value::Object(quote);
    }
    let (read, losses) = adf::read(&value);
    assert_eq!(read.plain_text(), "deep");
    assert!(kinds(&losses).contains(&LossKind::TooDeep));
    // Dropping such a value recurses once a level, which the stack of a test would not hold for deeper ones.
    while let Some(inner) = value
        .get_mut("content")
        .and_then(|content| content.get_mut(0))
        .map(Value::take)
    {
        value = inner;
    }
}

#[test]
fn a_text_beyond_the_bound_is_cut_with_a_loss() {
    let many = doc(&Value::from(vec![
        json!({"type": "rule"});
        crate::limit::MAX_NODES + 1
    ]));
    let (read, losses) = adf::read(&many);
    assert_eq!(read.blocks.len(), crate::limit::MAX_NODES);
    assert_eq!(kinds(&losses), [LossKind::TooLarge]);
    let (_, losses) = html::read(&"x".repeat(crate::limit::MAX_HTML_BYTES + 1));
    assert_eq!(kinds(&losses), [LossKind::TooLarge]);
}

#[test]
fn the_nodes_of_a_document_are_small() {
    // What a conversion takes is mostly these.
    assert!(
        size_of::<crate::Block>() <= 72,
        "{}",
        size_of::<crate::Block>()
    );
    assert!(
        size_of::<crate::Inline>() <= 56,
        "{}",
        size_of::<crate::Inline>()
    );
}

#[test]
fn canonical_bytes_tell_meanings_apart() {
    let same = [
        doc(&json!([{"type": "paragraph", "content": [{"type": "text", "text": "ab"}]}])),
        doc(
            &json!([{"type": "paragraph", "attrs": {"localId": "x"}, "content": [
            {"type": "text", "text": "a"}, {"type": "text", "text": "b", "marks": []}]}]),
        ),
    ];
    let [one, two] = same.map(|value| from_adf(&value).canonical());
    assert_eq!(one, two);
    let other = from_html("<p>a b</p>").canonical();
    assert_ne!(one, other);
    assert_eq!(one, from_html("\n<div><div>ab</div>\n</div>").canonical());
    assert_eq!(one.first(), Some(&2));
    let smile = json!({"type": "emoji", "attrs": {"shortName": ":smile:", "text": "😄"}});
    let text = |text: &str| json!({"type": "text", "text": text});
    let shown = doc(&json!([{"type": "paragraph", "content": [text("a"), smile, text("b")]}]));
    assert_eq!(
        from_adf(&shown).canonical(),
        from_html("<p>a😄b</p>").canonical()
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn adf_written_is_always_valid(doc in arbitrary::document()) {
        to_adf(&doc);
    }

    #[test]
    fn adf_reads_back_as_it_was_written(doc in arbitrary::document()) {
        let first = to_adf(&doc);
        let (read, losses) = adf::read(&first);
        prop_assert_eq!(&losses, &[]);
        prop_assert_eq!(adf::write(&read, &Verbatim), (first, Vec::new()));
    }

    #[test]
    fn html_reads_back_as_it_was_written(doc in arbitrary::document()) {
        let first = to_html(&doc);
        let (read, losses) = html::read(&first);
        prop_assert_eq!(&losses, &[], "{}", first);
        prop_assert_eq!(html::write(&read, &Verbatim), (first.clone(), Vec::new()));
        prop_assert_eq!(from_html(&format!("<div>{first}</div>")).canonical(), read.canonical());
    }

    #[test]
    fn without_a_loss_the_document_is_the_same(doc in arbitrary::document()) {
        let (value, losses) = adf::write(&doc, &Verbatim);
        if losses.is_empty() {
            prop_assert_eq!(from_adf(&value).canonical(), doc.canonical());
        }
        let (text, losses) = html::write(&doc, &Verbatim);
        if losses.is_empty() {
            prop_assert_eq!(from_html(&text).canonical(), doc.canonical(), "{}", text);
        }
    }

    #[test]
    fn adf_to_html_is_a_fixed_point(doc in arbitrary::document()) {
        let adf = to_adf(&doc);
        let first = to_html(&from_adf(&adf));
        let back = to_adf(&from_html(&first));
        prop_assert_eq!(to_html(&from_adf(&back)), first);
    }

    #[test]
    fn html_to_adf_is_a_fixed_point(text in arbitrary::html()) {
        let first = to_adf(&from_html(&text));
        let (back, losses) = html::write(&from_adf(&first), &Verbatim);
        let second = to_adf(&from_html(&back));
        if losses.is_empty() {
            prop_assert_eq!(&second, &first, "{}", back);
        }
        prop_assert_eq!(to_html(&from_adf(&second)), back);
    }

    #[test]
    fn html_that_comes_back_as_something_else_has_a_loss(text in arbitrary::html()) {
        for to in Format::ALL {
            let (read, _) = html::read(&text);
            let (there, mut lost) = to.write(&read, &Verbatim);
            let (held, more) = to.read(there.as_bytes()).expect("what was written is read");
            lost.extend(more);
            let (back, more) = html::write(&held, &Verbatim);
            lost.extend(more);
            if lost.is_empty() {
                prop_assert_eq!(html::read(&back).0.canonical(), read.canonical(), "{} to {}", there, back);
            }
        }
    }

    #[test]
    fn any_html_is_read_and_nothing_executable_written(text in arbitrary::html()) {
        let out = to_html(&from_html(&text));
        prop_assert!(!out.contains("<script"));
        prop_assert!(!out.contains("=\"javascript:"));
        prop_assert!(!out.contains("onerror="), "{}", out);
        prop_assert_eq!(to_html(&from_html(&out)), out);
    }

    #[test]
    fn any_text_is_read_as_html(text in any::<String>(), bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        to_adf(&from_html(&text));
        to_adf(&from_html(&String::from_utf8_lossy(&bytes)));
    }

    #[test]
    fn any_json_is_read_as_adf(value in arbitrary::json()) {
        let read = from_adf(&value);
        to_adf(&read);
        to_html(&read);
        to_html(&from_adf(&doc(&json!([value]))));
    }

    #[test]
    fn normal_form_does_not_change_meaning(doc in arbitrary::document()) {
        let normal = crate::normal::document(doc.clone(), &mut crate::loss::Losses::default());
        prop_assert_eq!(normal.canonical(), doc.canonical());
        let again = crate::normal::document(normal.clone(), &mut crate::loss::Losses::default());
        prop_assert_eq!(again, normal);
    }
}

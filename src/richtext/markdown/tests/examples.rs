//! Examples: Markdown as people write it, and documents as they are written.

use serde_json::{Value, json};

use crate::loss::LossKind;
use crate::{Document, Loss, Verbatim, adf, html, markdown};

const GUID: &str = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";

fn kinds(losses: &[Loss]) -> Vec<LossKind> {
    losses.iter().map(|loss| loss.kind).collect()
}

fn document(content: &Value) -> Document {
    adf::read(&json!({"type": "doc", "version": 1, "content": content})).0
}

fn paragraph(content: &Value) -> Value {
    json!([{"type": "paragraph", "content": content}])
}

fn text(text: &str, marks: &[&str]) -> Value {
    let marks: Vec<Value> = marks.iter().map(|mark| json!({"type": mark})).collect();
    json!({"type": "text", "text": text, "marks": marks})
}

/// Markdown that reads as what this HTML shows, with losses of these kinds.
#[track_caller]
fn check_read(input: &str, expected: &str, lost: &[LossKind]) {
    let (read, losses) = markdown::read(input);
    assert_eq!(html::write(&read, &Verbatim).0, expected, "{input}");
    assert_eq!(kinds(&losses), lost, "{input}");
}

/// ADF that is written as this Markdown and comes back as it was, without any loss.
#[track_caller]
fn check_both(content: &Value, expected: &str) {
    let doc = document(content);
    let (written, losses) = markdown::write(&doc, &Verbatim);
    assert_eq!(written, expected);
    assert_eq!(losses, [], "{expected}");
    assert_eq!(markdown::read(&written), (doc, Vec::new()), "{expected}");
}

/// ADF that is written as this Markdown, with losses of these kinds.
#[track_caller]
fn check_lossy(content: &Value, expected: &str, lost: &[LossKind]) {
    let (written, losses) = markdown::write(&document(content), &Verbatim);
    assert_eq!(written, expected);
    assert_eq!(kinds(&losses), lost);
}

#[test]
fn markdown_is_read_as_azure_devops_shows_it() {
    for (input, expected) in [
        ("plain", "<p>plain</p>"),
        ("a\nb", "<p>a<br>b</p>"),
        ("a  \nb\\\nc", "<p>a<br>b<br>c</p>"),
        ("a  b\n\n\nc", "<p>a b</p><p>c</p>"),
        (
            "**a** _b_ ~~c~~ `d  e`",
            "<p><b>a</b> <i>b</i> <s>c</s> <code>d &nbsp;e</code></p>",
        ),
        ("# T\n\n---", "<h1>T</h1><hr>"),
        ("T\n===", "<h1>T</h1>"),
        (
            "> a\n> > b",
            "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>",
        ),
        (
            "- a\n- b\n  1. c\n",
            "<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>",
        ),
        (
            "7. a\n\n   b",
            "<ol start=\"7\"><li><p>a</p><p>b</p></li></ol>",
        ),
        (
            "[a](https://a.example/?b&c)",
            "<p><a href=\"https://a.example/?b&amp;c\">a</a></p>",
        ),
        ("[a]\n\n[a]: /b", "<p><a href=\"/b\">a</a></p>"),
        (
            "<https://a.example>",
            "<p><a href=\"https://a.example\">https://a.example</a></p>",
        ),
        (
            "#123 @name https://a.example",
            "<p>#123 @name https://a.example</p>",
        ),
        ("    code", "<pre><code>code</code></pre>"),
        (
            "|a|b|\n|-|:-:|\n|c `d\\|e`|f|",
            "<table><tbody><tr><th>a</th><th><p style=\"text-align:center\">b</p></th></tr>\
             <tr><td>c <code>d|e</code></td><td><p style=\"text-align:center\">f</p></td></tr></tbody></table>",
        ),
    ] {
        check_read(input, expected, &[]);
    }
}

#[test]
fn mentions_are_read_where_markdown_is() {
    let mention = format!("@<{GUID}>");
    let shown = format!("<a href=\"#\" data-vss-mention=\"version:2.0,{GUID}\">@{GUID}</a>");
    check_read(
        &format!("Hi {mention}, you"),
        &format!("<p>Hi {shown}, you</p>"),
        &[],
    );
    check_read(
        &format!("|{mention}|\n|-|"),
        &format!("<table><tbody><tr><th>{shown}</th></tr></tbody></table>"),
        &[],
    );
    let escaped = format!("<p>@&lt;{GUID}&gt;</p>");
    check_read(&format!("@&lt;{GUID}&gt;"), &escaped, &[]);
    check_read(
        &format!("\\@<{GUID}>"),
        &escaped.replace("@&lt;", "\\@&lt;").replace("\\", ""),
        &[],
    );
    check_read(
        &format!("`{mention}`"),
        &format!("<p><code>@&lt;{GUID}&gt;</code></p>"),
        &[],
    );
    check_read(
        &format!("```\n{mention}\n```"),
        &format!("<pre><code>@&lt;{GUID}&gt;</code></pre>"),
        &[],
    );
    check_read(
        "@<user@domain.example>",
        "<p>@<a href=\"mailto:user@domain.example\">user@domain.example</a></p>",
        &[],
    );
    check_read("@<1>", "<p>@&lt;1&gt;</p>", &[]);
}

#[test]
fn no_reference_to_a_letter_forges_a_mention_or_a_size() {
    check_read(
        &format!("[text that stays](vss&#120;:{GUID})"),
        "<p>text that stays</p>",
        &[LossKind::UnsafeUrl],
    );
    check_read(
        "[a](/u \"vss&#120;=10x10\") (vss&#x78;=1x1)",
        "<p><a href=\"/u\">a</a> (vssx=1x1)</p>",
        &[],
    );
}

#[test]
fn images_are_read_with_the_size_that_azure_devops_adds() {
    for (input, expected) in [
        (
            "![a b](/i =20x10)",
            "<p><img src=\"/i\" alt=\"a b\" width=\"20\" height=\"10\"></p>",
        ),
        ("![](/i =20x)", "<p><img src=\"/i\" width=\"20\"></p>"),
        ("![](/i =x10)", "<p><img src=\"/i\" height=\"10\"></p>"),
        ("![*a* `b`](/i)", "<p><img src=\"/i\" alt=\"a b\"></p>"),
        (
            "[![a](/i)](/l)",
            "<p><a href=\"/l\"><img src=\"/i\" alt=\"a\"></a></p>",
        ),
        ("[a](/u =5x5)", "<p>[a](/u =5x5)</p>"),
        (
            "`(a =5x5)` f(a =5x5)",
            "<p><code>(a =5x5)</code> f(a =5x5)</p>",
        ),
    ] {
        check_read(input, expected, &[]);
    }
}

#[test]
fn html_within_markdown_is_read_as_a_browser_would() {
    for (input, expected, lost) in [
        ("a<br>b<u>c</u>", "<p>a<br>b<u>c</u></p>", vec![]),
        ("<b>a *b*</b>", "<p><b>a <i>b</i></b></p>", vec![]),
        (
            "<details><summary>s</summary>\n\n- a\n\n</details>\n\nb",
            "<p><b>s</b></p><ul><li>a</li></ul><p>b</p>",
            vec![LossKind::Expand],
        ),
        (
            "<table><tr><td>\n\n**a**\n\n</td></tr></table>",
            "<table><tbody><tr><td><b>a</b></td></tr></tbody></table>",
            vec![],
        ),
        (
            "<div align=center>\n\na\n\n</div>\n\nb",
            "<p style=\"text-align:center\">a</p><p>b</p>",
            vec![],
        ),
        ("a <foo> b", "<p>a b</p>", vec![LossKind::Unsupported]),
        ("a <!-- b --> c", "<p>a c</p>", vec![]),
        (
            "<div class=\"a\n\nb",
            "<p>&lt;div class=\"a</p><p>b</p>",
            vec![],
        ),
    ] {
        check_read(input, expected, &lost);
    }
}

#[test]
fn nothing_executable_passes_and_nothing_swallows_what_follows() {
    for (input, expected, lost) in [
        (
            "<script>x</script>\n\nb",
            "<p>b</p>",
            vec![LossKind::Script],
        ),
        ("a <script>x", "<p>a x</p>", vec![LossKind::Script]),
        (
            "a <style>x\n\nb",
            "<p>a x</p><p>b</p>",
            vec![LossKind::Unsupported],
        ),
        ("<textarea>\n\nb", "<p>b</p>", vec![LossKind::Unsupported]),
        (
            "[a](javascript:x) [b](data:x)",
            "<p>a b</p>",
            vec![LossKind::UnsafeUrl, LossKind::UnsafeUrl],
        ),
        (
            "![a](data:image/png;base64,x)",
            "<p>[image: a]</p>",
            vec![LossKind::Image],
        ),
        (
            "<a href=\"java&#10;script:x\">a</a>",
            "<p>a</p>",
            vec![LossKind::UnsafeUrl],
        ),
        ("<img src=/i onerror=x>", "<p><img src=\"/i\"></p>", vec![]),
    ] {
        check_read(input, expected, &lost);
    }
}

#[test]
fn daily_nodes_cross_both_ways_without_loss() {
    check_both(&json!([]), "");
    check_both(
        &paragraph(&json!([text("a < b & c *d* snake_case 5 | 6", &[])])),
        "a &lt; b & c \\*d\\* snake_case 5 \\| 6",
    );
    check_both(&paragraph(&json!([])), "&nbsp;");
    check_both(
        &paragraph(&json!([text(" two  spaces ", &[])])),
        "&nbsp;two &nbsp;spaces&nbsp;",
    );
    check_both(
        &paragraph(
            &json!([text("1. a", &[]), {"type": "hardBreak"}, text("- b", &[]), {"type": "hardBreak"},
            {"type": "hardBreak"}, text("# c", &[]), {"type": "hardBreak"}]),
        ),
        "1\\. a  \n\\- b<br><br># c<br><br>",
    );
    check_both(
        &paragraph(&json!([
            text("a ", &["strong"]),
            text("b", &["strong", "em"]),
            text(" c", &["underline"]),
            text("d", &["strike"]),
            text("e`", &["code"])
        ])),
        "**a _b_**<u> c</u><s>d</s>`` e` ``",
    );
    check_both(
        &paragraph(&json!([
            text("x", &[]),
            text("a", &["strong"]),
            text(" y ", &[]),
            text("b", &["strong"])
        ])),
        "x<b>a</b> y **b**",
    );
    check_both(
        &json!([{"type": "heading", "attrs": {"level": 2}, "content": [text("C#", &[])]}, {"type": "rule"},
            {"type": "blockquote", "content": [{"type": "paragraph", "content": [text("q", &[])]}]},
            {"type": "codeBlock", "attrs": {"language": "c++"}, "content": [text("\n```\n\t<b>\n", &[])]}]),
        "## C\\#\n\n___\n\n> q\n\n````c++\n\n```\n\t<b>\n\n````",
    );
    check_both(
        &paragraph(
            &json!([text("Hi!", &[]), {"type": "text", "text": "a", "marks": [
            {"type": "link", "attrs": {"href": "https://a.example/(b)?c=d&e", "title": "\"t\""}}]}]),
        ),
        "Hi\\![a](https://a.example/\\(b\\)?c=d&e \"&quot;t&quot;\")",
    );
}

#[test]
fn lists_tasks_and_tables_cross_both_ways() {
    let item = |content: Value| json!({"type": "listItem", "content": content});
    let p = |content: &str| json!({"type": "paragraph", "content": [text(content, &[])]});
    check_both(
        &json!([{"type": "orderedList", "attrs": {"order": 9}, "content": [
                item(json!([p("a"), {"type": "bulletList", "content": [item(json!([p("b")]))]}])), item(json!([p("c")]))]},
            {"type": "orderedList", "attrs": {"order": 1}, "content": [item(json!([p("d"), p("e")]))]}]),
        "9. a\n   - b\n10. c\n\n1) d\n\n   e",
    );
    let task = |state: &str, content: &str| json!({"type": "taskItem", "attrs": {"localId": "", "state": state}, "content": [text(content, &[])]});
    let (doc, losses) = markdown::read("- [x] a\n  - [ ] b\n- [ ] c");
    assert_eq!(losses, []);
    let expected = document(
        &json!([{"type": "taskList", "attrs": {"localId": ""}, "content": [task("DONE", "a"),
        {"type": "taskList", "attrs": {"localId": ""}, "content": [task("TODO", "b")]}, task("TODO", "c")]}]),
    );
    assert_eq!(doc.canonical(), expected.canonical());
    assert_eq!(
        markdown::write(&doc, &Verbatim),
        ("- [x] a\n  - [ ] b\n- [ ] c".to_owned(), Vec::new())
    );
    check_read(
        "- [x] a\n- b",
        "<ul><li>☑ a</li><li>b</li></ul>",
        &[LossKind::Task],
    );
    let cell = |kind: &str, content: Value| json!({"type": kind, "content": content});
    let row = |cells: Value| json!({"type": "tableRow", "content": cells});
    check_both(
        &json!([{"type": "table", "content": [
            row(json!([cell("tableHeader", json!([p("a|b")])), cell("tableHeader", json!([p("c")]))])),
            row(json!([cell("tableCell", json!([p("")])), cell("tableCell", paragraph(&json!([text("x", &[]),
                {"type": "hardBreak"}, text("y|", &["code"])])))]))]}]),
        "| a\\|b | c |\n| --- | --- |\n|  | x<br><code>y\\|</code> |",
    );
    check_both(
        &json!([{"type": "table", "content": [row(json!([cell("tableCell", json!([p("a"),
            {"type": "codeBlock", "content": [text("b\n\nc", &[])]}]))]))]}]),
        "<table><tbody><tr><td><p>a</p><pre><code>b&#10;&#10;c</code></pre></td></tr></tbody></table>",
    );
}

#[test]
fn what_markdown_lacks_is_shown_and_named() {
    let p = json!({"type": "paragraph", "content": [text("x", &[])]});
    check_lossy(
        &json!([{"type": "panel", "attrs": {"panelType": "warning"}, "content": [p]}]),
        "> **Warning**\n>\n> x",
        &[LossKind::Panel],
    );
    check_lossy(
        &paragraph(&json!([{"type": "mention", "attrs": {"id": "5b10", "text": "@Ann <B>"}}])),
        "@Ann &lt;B&gt;",
        &[LossKind::Mention],
    );
    check_lossy(
        &json!([{"type": "paragraph", "content": [text("a", &[])],
            "marks": [{"type": "indentation", "attrs": {"level": 2}}]}]),
        "a",
        &[LossKind::Style],
    );
    check_lossy(
        &paragraph(
            &json!([{"type": "date", "attrs": {"timestamp": "951782400000"}}, text(" ", &[]),
            {"type": "status", "attrs": {"text": "DONE", "color": "green"}}]),
        ),
        "2000-02-29 **\\[DONE\\]**",
        &[LossKind::Date, LossKind::Status],
    );
}

#[test]
fn a_mention_is_written_as_azure_devops_reads_it() {
    let content = paragraph(
        &json!([text("Hi ", &[]), {"type": "mention", "attrs": {"id": GUID, "text": "@Ann"}}]),
    );
    check_lossy(&content, &format!("Hi @<{GUID}>"), &[]);
    let aligned = json!([{"type": "paragraph", "content": [text("m", &[])],
        "marks": [{"type": "alignment", "attrs": {"align": "center"}}]}]);
    check_both(&aligned, "<p style=\"text-align:center\">m</p>");
}

#[test]
fn an_image_whose_text_begins_with_a_caret_stays_an_image() {
    let text = "![\\^a](https://a.example/i.png)";
    let (image, losses) = markdown::read(text);
    assert_eq!(
        html::write(&image, &Verbatim).0,
        "<p><img src=\"https://a.example/i.png\" alt=\"^a\"></p>"
    );
    assert_eq!(markdown::write(&image, &Verbatim).0, text);
    assert_eq!(losses, []);
}

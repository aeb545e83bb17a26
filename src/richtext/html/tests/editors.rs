//! What editors write, and the document that it is: as the HTML that is written for it, or as ADF where HTML cannot
//! say it.

use serde_json::{Value, json};

use crate::tests::assert_valid;
use crate::{Verbatim, adf, html};

/// HTML that is read as the document that this HTML is written for.
#[track_caller]
fn check(input: &str, expected: &str) {
    let (read, _) = html::read(input);
    let (written, _) = html::write(&read, &Verbatim);
    assert_eq!(written, expected, "{input}");
    let (value, _) = adf::write(&read, &Verbatim);
    assert_valid(&value);
    let again = html::write(&adf::read(&value).0, &Verbatim).0;
    assert_eq!(html::write(&html::read(&again).0, &Verbatim).0, again);
}

/// HTML that is read as the document that this ADF is written for.
#[track_caller]
fn check_adf(input: &str, expected: &Value) {
    let (value, _) = adf::write(&html::read(input).0, &Verbatim);
    assert_valid(&value);
    assert_eq!(value["content"], *expected, "{input}");
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn paragraph(words: &str) -> Value {
    json!({"type": "paragraph", "content": [text(words)]})
}

#[test]
fn word_writes_paragraphs_of_its_own_kind() {
    for (input, expected) in [
        (
            "<!--[if gte mso 9]><xml><o:OfficeDocumentSettings><o:AllowPNG/></o:OfficeDocumentSettings></xml><![endif]-->\
             <style><!-- p.MsoNormal{margin:0cm} --></style>\
             <p class=MsoNormal style='margin-bottom:8.0pt'>One <b style='mso-bidi-font-weight:normal'>two</b>\
             <span style='mso-spacerun:yes'>  </span>three<o:p></o:p></p>\r\n\r\n\
             <p class=MsoNormal><o:p>&nbsp;</o:p></p>\r\n<p class=MsoNormal>four</p>",
            "<p>One <b>two</b> three</p><p><br></p><p>four</p>",
        ),
        (
            "<xml><w:WordDocument><w:View>Normal</w:View></w:WordDocument></xml><p class=MsoNormal>x</p>",
            "<p>x</p>",
        ),
        (
            "<h1 style='mso-list:none'>Title<o:p></o:p></h1><p class=MsoNormal align=center style='text-align:center'>\
             <span lang=EN-US style='font-size:11.0pt;font-family:\"Calibri\",sans-serif;color:#C00000'>red</span></p>",
            "<h1>Title</h1><p style=\"text-align:center\"><span style=\"color:#c00000\">red</span></p>",
        ),
        (
            "<p class=MsoNormal><u><span style='color:windowtext'>u</span></u><s>s</s><sup>2</sup>\
             <span style='background:yellow;mso-highlight:yellow'>h</span><span style='display:none;mso-hide:all'>no</span></p>",
            "<p><u>u</u><s>s</s><sup>2</sup><span style=\"background-color:#ffff00\">h</span></p>",
        ),
        (
            "<table class=MsoTableGrid border=1 cellspacing=0 cellpadding=0 style='border-collapse:collapse;border:none'>\
             <tr style='mso-yfti-irow:0'><td valign=top style='border:solid windowtext 1.0pt;padding:0cm 5.4pt 0cm 5.4pt'>\
             <p class=MsoNormal style='margin-bottom:0cm'>a<o:p></o:p></p></td><td colspan=2 style='background:#D9E2F3'>\
             <p class=MsoNormal>b<o:p></o:p></p><p class=MsoNormal>c<o:p></o:p></p></td></tr></table>",
            "<table><tbody><tr><td>a</td><td colspan=\"2\" style=\"background-color:#d9e2f3\"><p>b</p><p>c</p></td></tr>\
             </tbody></table>",
        ),
    ] {
        check(input, expected);
    }
}

/// An item as Word writes it.
fn item(level: u8, list: u8, marker: &str, words: &str) -> String {
    format!(
        "<p class=MsoListParagraphCxSpMiddle style='margin-left:{level}0pt;text-indent:-18.0pt;mso-list:l{list} level{level} lfo1'>\
         <![if !supportLists]><span style='font-family:Symbol;mso-fareast-font-family:Symbol'><span style='mso-list:Ignore'>\
         {marker}<span style='font:7.0pt \"Times New Roman\"'>&nbsp;&nbsp;&nbsp; </span></span></span><![endif]>{words}<o:p></o:p></p>\r\n"
    )
}

#[test]
fn paragraphs_that_word_calls_a_list_are_a_list() {
    let all = |items: &[(u8, u8, &str, &str)]| -> String {
        let items = items.iter();
        items
            .map(|(level, list, marker, words)| item(*level, *list, marker, words))
            .collect()
    };
    for (input, expected) in [
        (
            all(&[(1, 0, "·", "a"), (1, 0, "·", "<b>b</b>")]),
            "<ul><li>a</li><li><b>b</b></li></ul>",
        ),
        (
            all(&[(1, 0, "3.", "a"), (1, 0, "4.", "b")]),
            "<ol start=\"3\"><li>a</li><li>b</li></ol>",
        ),
        (
            all(&[
                (1, 0, "1.", "a"),
                (2, 0, "a.", "b"),
                (3, 0, "§", "c"),
                (2, 0, "b.", "d"),
                (1, 0, "2.", "e"),
            ]),
            "<ol><li>a<ol><li>b<ul><li>c</li></ul></li><li>d</li></ol></li><li>e</li></ol>",
        ),
        (
            all(&[(3, 0, "·", "deep"), (1, 0, "·", "a")]),
            "<ul><li>deep</li></ul><ul><li>a</li></ul>",
        ),
        (
            all(&[(1, 0, "·", "a"), (1, 1, "1.", "b")]),
            "<ul><li>a</li></ul><ol><li>b</li></ol>",
        ),
        (
            format!(
                "{}<p class=MsoNormal>x</p>{}",
                item(1, 0, "(i)", "a"),
                item(1, 0, "o", "b")
            ),
            "<ol><li>a</li></ol><p>x</p><ul><li>b</li></ul>",
        ),
        (
            format!(
                "<table><tr><td>{}</td></tr></table>",
                item(1, 0, "1.2.", "a")
            ),
            "<table><tbody><tr><td><ol start=\"2\"><li>a</li></ol></td></tr></tbody></table>",
        ),
        (
            "<p class=MsoListParagraph><span style='mso-list:Ignore'>§ </span>x</p>".to_owned(),
            "<p>§ x</p>",
        ),
        (
            "<div style='mso-list:l0 level1 lfo1'>a<p style='mso-list:l0 level2 lfo1'>b</p></div>"
                .to_owned(),
            "<ul><li><p>a</p><p>b</p></li></ul>",
        ),
        (
            "<p style='mso-list:l0 level99 lfo1'>x</p><p style='mso-list:none'>y</p>".to_owned(),
            "<p>x</p><p>y</p>",
        ),
    ] {
        check(&input, expected);
    }
}

#[test]
fn outlook_writes_mails() {
    for (input, expected) in [
        (
            "<div class=WordSection1><p class=MsoNormal>Hi<o:p></o:p></p>\
             <div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'>\
             <p class=MsoNormal><b>From:</b> Ann &lt;ann@a.example&gt;<br><b>Sent:</b> Monday<o:p></o:p></p></div></div>\
             <p class=MsoNormal>old<o:p></o:p></p></div>",
            "<p>Hi</p><hr><p><b>From:</b> Ann &lt;ann@a.example&gt;<br><b>Sent:</b> Monday</p><p>old</p>",
        ),
        (
            "<div style='border:none;border-left:solid blue 1.5pt;padding:0cm 0cm 0cm 4.0pt'><p class=MsoNormal>q</p></div>",
            "<blockquote><p>q</p></blockquote>",
        ),
        (
            "<div class=\"elementToProof\" style=\"font-family: Aptos, sans-serif; font-size: 12pt; color: rgb(0, 0, 0);\">a</div>\
             <div class=\"elementToProof\"><br></div><div id=\"Signature\"><p>b</p></div>",
            "<p><span style=\"color:#000000\">a</span></p><p><br></p><p>b</p>",
        ),
        (
            "<div class=gmail_quote><div dir=ltr class=gmail_attr>On Monday Ann wrote:<br></div><blockquote class=gmail_quote \
             style=\"margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex\"><div dir=ltr>q<div>r</div>\
             </div></blockquote></div>",
            "<p>On Monday Ann wrote:</p><blockquote><p>q</p><p>r</p></blockquote>",
        ),
        (
            "<p><a href=\"mailto:ann@a.example\" title=\"mailto:ann@a.example\">ann@a.example</a></p>",
            "<p><a href=\"mailto:ann@a.example\">ann@a.example</a></p>",
        ),
    ] {
        check(input, expected);
    }
}

#[test]
fn browsers_write_what_is_typed_or_pasted() {
    for (input, expected) in [
        (
            "<meta charset='utf-8'><b style=\"font-weight:normal;\" id=\"docs-internal-guid-1\"><p dir=\"ltr\" \
             style=\"line-height:1.38;margin-top:0pt\"><span style=\"font-size:11pt;font-family:Arial;color:#000000;\
             background-color:transparent;font-weight:700;font-style:normal;text-decoration:none;vertical-align:baseline;\
             white-space:pre-wrap;\">Bold  two</span></p><br /><ul style=\"margin-top:0\"><li dir=\"ltr\" aria-level=\"1\">\
             <p dir=\"ltr\" role=\"presentation\"><span style=\"white-space:pre-wrap\">a</span></p></li></ul></b>",
            "<p><b><span style=\"color:#000000\">Bold &nbsp;two</span></b></p><p><br></p><ul><li>a</li></ul>",
        ),
        (
            "a<div>b</div><div><br></div><div><span style=\"background-color: rgb(255, 255, 0);\">c</span></div>",
            "<p>a</p><p>b</p><p><br></p><p><span style=\"background-color:#ffff00\">c</span></p>",
        ),
        (
            "<span style=\"text-decoration-line: underline line-through\">a</span><span style=\"vertical-align:super\">2</span>",
            "<p><u><s>a</s></u><sup>2</sup></p>",
        ),
        (
            "<font color=\"#ff0000\" size=\"5\"><i>a</i></font><strike>b</strike><br>",
            "<p><i><span style=\"color:#ff0000\">a</span></i><s>b</s></p>",
        ),
        (
            "<div style=\"white-space:pre-wrap\">a  b\nc</div><div style=\"white-space:pre-line\">a  b\nc</div>",
            "<p>a &nbsp;b<br>c</p><p>a b<br>c</p>",
        ),
        (
            "<pre style='white-space:pre'><b>a</b>\n b</pre>",
            "<pre><code>a\n b</code></pre>",
        ),
        (
            "<p style=\"font: italic bold 12px/30px serif\">a</p>",
            "<p><b><i>a</i></b></p>",
        ),
        (
            "<span style=\"color: hsl(0, 100%, 50%)\">a</span><span style=\"background: url(x) #ff0\">b</span>",
            "<p><span style=\"color:#ff0000\">a</span><span style=\"background-color:#ffff00\">b</span></p>",
        ),
        (
            "<kbd>Ctrl</kbd>+<samp>x</samp><tt>y</tt> <var>n</var> <q>said</q> <abbr title=\"x\">HTML</abbr> <mark>m</mark> <small>s</small>",
            "<p><code>Ctrl</code>+<code>xy</code> <i>n</i> “said” HTML <span style=\"background-color:#ffff00\">m</span> s</p>",
        ),
        (
            "<dl><dt>t</dt><dd>d<p>e</p></dd></dl>",
            "<p><b>t</b></p><p>d</p><p>e</p>",
        ),
        ("<p hidden>no</p><p>yes</p>", "<p>yes</p>"),
        (
            "<table><tfoot><tr><td>f</table><table><thead><tr><th scope=col>h<tbody><tr bgcolor=red><td>b</table>",
            "<table><tbody><tr><td>f</td></tr></tbody></table><table><tbody><tr><th>h</th></tr><tr>\
             <td style=\"background-color:#ff0000\">b</td></tr></tbody></table>",
        ),
        (
            "<table><tfoot><tr><td>f</td></tr></tfoot><tbody><tr><td>b</td></tr></tbody></table>",
            "<table><tbody><tr><td>b</td></tr><tr><td>f</td></tr></tbody></table>",
        ),
        (
            "<table><caption>c</caption><tr><td>a</table>",
            "<p>c</p><table><tbody><tr><td>a</td></tr></tbody></table>",
        ),
    ] {
        check(input, expected);
    }
}

#[test]
fn team_foundation_server_wrote_fonts_and_margins() {
    for (input, expected) in [
        (
            "<p style=\"margin:0px\">Steps:</p><p style=\"margin:0px\">&nbsp;</p><ol><li><p style=\"margin:0px\">a</p></li></ol>",
            "<p>Steps:</p><p><br></p><ol><li>a</li></ol>",
        ),
        (
            "<P><FONT color=#0000ff face=Verdana size=2><STRONG>a</STRONG></FONT>&nbsp;b</P>",
            "<p><b><span style=\"color:#0000ff\">a</span></b> b</p>",
        ),
        (
            "<span style=\"font-family:Segoe UI\"><span style=\"color:rgb(255, 0, 0)\"><span style=\"font-weight:bold\">a\
             <span style=\"font-weight:normal\">b</span></span></span></span>",
            "<p><b><span style=\"color:#ff0000\">a</span></b><span style=\"color:#ff0000\">b</span></p>",
        ),
        (
            "<p align=right>a</p><div align=center>b</div><p align=justify>c</p>",
            "<p style=\"text-align:right\">a</p><p style=\"text-align:center\">b</p><p>c</p>",
        ),
        (
            "<img src=\"https://tfs.a.example/WorkItemTracking/v1.0/AttachFileHandler.ashx?FileNameGUID=1&amp;FileName=x.png\"/>",
            "<p><img src=\"https://tfs.a.example/WorkItemTracking/v1.0/AttachFileHandler.ashx?FileNameGUID=1&amp;FileName=x.png\"></p>",
        ),
    ] {
        check(input, expected);
    }
}

#[test]
fn azure_devops_writes_divisions_mentions_and_attachments() {
    for (input, expected) in [
        (
            "<div><div>a&nbsp;</div><div><br> </div><div>b <code>c &lt; d</code><br> </div></div>",
            "<p>a&nbsp;</p><p><br></p><p>b <code>c &lt; d</code></p>",
        ),
        (
            "<div><a href=\"#\" data-vss-mention=\"version:2.0,11111111-2222-3333-4444-555555555555\">@Ann B</a>&nbsp;see \
             <a href=\"https://dev.azure.com/o/p/_workitems/edit/7/\" data-vss-mention=\"version:1.0\">#7</a></div>",
            "<p><a href=\"#\" data-vss-mention=\"version:2.0,11111111-2222-3333-4444-555555555555\">@Ann B</a> see \
             <a href=\"https://dev.azure.com/o/p/_workitems/edit/7/\">#7</a></p>",
        ),
        (
            "<a href=\"#\" data-vss-mention=\"version:2.0,\">@Ann</a> <a data-vss-mention=\"{AB-1}\">Bob</a>",
            "<p>@Ann <a href=\"#\" data-vss-mention=\"version:2.0,AB-1\">@Bob</a></p>",
        ),
        (
            "<div><img src=\"https://dev.azure.com/o/p/_apis/wit/attachments/1?fileName=x.png\" alt=Image \
             style=\"width:300px;height:120.4px;\"><br></div>",
            "<p><img src=\"https://dev.azure.com/o/p/_apis/wit/attachments/1?fileName=x.png\" alt=\"Image\" width=\"300\" \
             height=\"120\"></p>",
        ),
        (
            "<pre><code><div>let a = 1;<br></div><div>&nbsp; b(a);<br></div></code></pre>",
            "<pre><code>let a = 1;\n  b(a);</code></pre>",
        ),
        (
            "<ul style=\"box-sizing:border-box;padding:0px 0px 0px 40px\"><li style=\"box-sizing:border-box\">a</li>\
             <ul><li>b</li></ul></ul>",
            "<ul><li>a<ul><li>b</li></ul></li></ul>",
        ),
        (
            "<table style=\"border-collapse:collapse\"><colgroup><col style=\"width:50%\"></colgroup><tbody><tr>\
             <td style=\"vertical-align:top;text-align:center\">a</td></tr></tbody></table>",
            "<table><tbody><tr><td><p style=\"text-align:center\">a</p></td></tr></tbody></table>",
        ),
    ] {
        check(input, expected);
    }
}

#[test]
fn items_with_tick_boxes_are_tasks() {
    let list = |entries: Value| json!([{"type": "taskList", "attrs": {"localId": "local-1"}, "content": entries}]);
    let task = |id: u8, state: &str, words: &str| json!({"type": "taskItem", "attrs": {"localId": format!("local-{id}"), "state": state}, "content": [text(words)]});
    let two = list(json!([task(2, "DONE", "a"), task(3, "TODO", "b")]));
    for (input, expected) in [
        (
            "<ul><li><input type=checkbox checked disabled> a</li><li><input type=\"CheckBox\">b</li></ul>",
            &two,
        ),
        (
            "<ul class=\"contains-task-list\">\n<li class=\"task-list-item\"><p><label><input type=checkbox checked=\"\"> a\
             </label></p></li>\n<li><p><input type=checkbox> b</p></li></ul>",
            &two,
        ),
        (
            "<ul><li><input type=checkbox checked> a<ul><li><input type=checkbox> b</li></ul></li></ul>",
            &list(json!([task(2, "DONE", "a"),
                {"type": "taskList", "attrs": {"localId": "local-3"}, "content": [task(4, "TODO", "b")]}])),
        ),
        (
            "<ul><li><input type=checkbox> a</li><li>b</li></ul>",
            &json!([{"type": "bulletList", "content": [
                {"type": "listItem", "content": [paragraph("☐ a")]}, {"type": "listItem", "content": [paragraph("b")]}]}]),
        ),
    ] {
        check_adf(input, expected);
    }
    check(
        "<ul><li><input type=checkbox checked> a</li></ul>",
        "<ul><li>☑ a</li></ul>",
    );
}

#[test]
fn what_html_says_and_our_html_does_not_reaches_jira() {
    let media =
        json!({"type": "media", "attrs": {"type": "external", "url": "https://a.example/i.png"}});
    for (input, expected) in [
        (
            "<details open><summary>More <b>of</b> it</summary><p>a</p>b</details>",
            json!([{"type": "expand", "attrs": {"title": "More of it"}, "content": [paragraph("a"), paragraph("b")]}]),
        ),
        (
            "<details><summary>out</summary><details><summary>in</summary>x</details></details>",
            json!([{"type": "expand", "attrs": {"title": "out"}, "content": [
                {"type": "nestedExpand", "attrs": {"title": "in"}, "content": [paragraph("x")]}]}]),
        ),
        (
            "<figure><img src=https://a.example/i.png><figcaption>c</figcaption></figure>",
            json!([{"type": "mediaSingle", "attrs": {"layout": "center"}, "content": [
                media, {"type": "caption", "content": [text("c")]}]}]),
        ),
        (
            "<figure><figcaption>c</figcaption><p>x</p></figure>",
            json!([paragraph("c"), paragraph("x")]),
        ),
        (
            "<pre><code class=\"hljs language-rust\">fn <span class=hljs-title>a</span>()</code></pre>",
            json!([{"type": "codeBlock", "attrs": {"language": "rust"}, "content": [text("fn a()")]}]),
        ),
        (
            "<pre class=\"lang-c++\">x</pre><pre class=\"language-a&quot;b\">y</pre>",
            json!([{"type": "codeBlock", "attrs": {"language": "c++"}, "content": [text("x")]},
                {"type": "codeBlock", "content": [text("y")]}]),
        ),
        (
            "<table><colgroup><col width=100 span=2><col style=\"width:150pt\"></colgroup><tr><td colspan=2>a<td valign=bottom>b</table>",
            json!([{"type": "table", "content": [{"type": "tableRow", "content": [
                {"type": "tableCell", "attrs": {"colspan": 2, "colwidth": [100, 100]}, "content": [paragraph("a")]},
                {"type": "tableCell", "attrs": {"colwidth": [200], "valign": "bottom"}, "content": [paragraph("b")]}]}]}]),
        ),
        (
            "<blockquote style=\"margin:0 0 0 40px;border:none;padding:0px\"><div>a</div>\
             <blockquote style=\"border:none\">b</blockquote></blockquote>",
            json!([{"type": "paragraph", "content": [text("a")], "marks": [{"type": "indentation", "attrs": {"level": 1}}]},
                {"type": "paragraph", "content": [text("b")], "marks": [{"type": "indentation", "attrs": {"level": 2}}]}]),
        ),
        (
            "<a href=https://a.example/ title=\"where it leads\">x</a>",
            json!([{"type": "paragraph", "content": [{"type": "text", "text": "x", "marks": [
                {"type": "link", "attrs": {"href": "https://a.example/", "title": "where it leads"}}]}]}]),
        ),
        (
            "<table><tr><td>a<table><tr><td>b<td>c</table></table>",
            json!([{"type": "table", "content": [{"type": "tableRow", "content": [
                {"type": "tableCell", "content": [paragraph("a"), paragraph("b | c")]}]}]}]),
        ),
    ] {
        check_adf(input, &expected);
    }
}

#[test]
fn what_a_title_and_code_cannot_hold_is_named() {
    use crate::loss::LossKind::{Image, Mark};
    for (input, lost) in [
        (
            "<details><summary> a\n<span>b</span></summary>c</details>",
            vec![],
        ),
        (
            "<details><summary><img src=x.png><a href=/y>t</a></summary></details>",
            vec![Image, Mark],
        ),
        ("<details><summary><b>t</b></summary></details>", vec![Mark]),
        ("<pre><code>a</code></pre>", vec![]),
        ("<pre>a<img src=x.png></pre>", vec![Image]),
        ("<pre>a<b>b</b></pre>", vec![Mark]),
    ] {
        let losses = html::read(input).1;
        let kinds: Vec<_> = losses.iter().map(|loss| loss.kind).collect();
        assert_eq!(kinds, lost, "{input}");
    }
}

#[test]
fn what_a_document_has_no_place_for_is_told_once() {
    use crate::loss::Instead::{Nothing, Plain, Text};
    use crate::loss::LossKind::*;
    for (input, lost) in [
        ("<span style='font-size:11pt'>a</span>", (Mark, Plain)),
        ("<span style='font:bold 11pt Arial'>a</span>", (Mark, Plain)),
        (
            "<span style='text-transform:uppercase'>a</span>",
            (Mark, Plain),
        ),
        ("<font face=Arial>a</font>", (Mark, Plain)),
        ("<small>a</small>", (Mark, Plain)),
        ("<p style='text-align:justify'>a</p>", (Style, Plain)),
        ("<p dir=RTL>a</p>", (Style, Plain)),
        ("<p style='margin-left:.5in'>a</p>", (Style, Plain)),
        ("<div style='margin:0 0 0 40px'>a</div>", (Style, Plain)),
        ("<div style='border:1px solid'>a</div>", (Style, Plain)),
        ("<p style='border-left:1px solid'>a</p>", (Style, Plain)),
        (
            "<ol style='list-style-type:lower-roman'><li>a</ol>",
            (Style, Plain),
        ),
        ("<ol reversed><li>a</ol>", (Style, Plain)),
        ("<ol><li value=4>a</ol>", (Style, Plain)),
        (
            "a<img src=/i.png style='float:right'>",
            (MediaLayout, Plain),
        ),
        ("a<img src=/i.png width=50%>", (MediaLayout, Plain)),
        ("<table align=center><td>a</table>", (TableLayout, Plain)),
        (
            "<table style='width:300px'><td>a</table>",
            (TableLayout, Plain),
        ),
        ("<table><td title=t>a</table>", (Attribute, Plain)),
        ("<abbr title='by the way'>btw</abbr>", (Attribute, Plain)),
        ("<a name=top>a</a>", (Anchor, Nothing)),
        ("<button>a</button>", (Unsupported, Text)),
        ("<ruby>a<rt>b</ruby>", (Structure, Text)),
    ] {
        let losses = html::read(&input.repeat(3)).1;
        let told: Vec<_> = losses
            .iter()
            .map(|loss| (loss.kind, loss.instead))
            .collect();
        assert_eq!(told, [lost], "{input}");
    }
}

#[test]
fn what_says_nothing_of_its_own_is_no_loss() {
    for input in [
        "<p style='margin:0cm;padding:0 1px 2px 0;text-indent:0;font-size:inherit;float:none'>a</p>",
        "<p style='mso-list:l0 level1 lfo1;margin-left:.5in;text-indent:-.25in'>a</p>",
        "<ul style='list-style-type:disc'><li style='margin-left:10px'>a</ul>",
        "<blockquote style='margin:0 0 0 40px;border:none;padding:0px'>a</blockquote>",
        "<div style='border-left:solid blue 1.5pt'>a</div>",
        "<td style='border:1px solid'>a</td><p dir=ltr>b</p>",
        "<table width='100%' border=1><td>a</table>",
        "<img src=/i.png width=50 title=' '>",
        "<a href=/x title=t>a</a>",
    ] {
        assert_eq!(html::read(input).1, [], "{input}");
    }
}

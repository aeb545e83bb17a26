//! What attackers send. Whatever it is, what is written is harmless in a browser, and so is the ADF.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::browser::assert_safe;
use crate::tests::assert_valid;
use crate::{Document, Verbatim, adf, arbitrary, html};

/// Asserts that a document is harmless in every form that it is written in.
#[track_caller]
fn assert_harmless(doc: &Document) {
    let (text, _) = html::write(doc, &Verbatim);
    assert_safe(&text);
    let (value, _) = adf::write(doc, &Verbatim);
    assert_valid(&value);
    assert_urls(&value);
    assert_safe(&html::write(&html::read(&text).0, &Verbatim).0);
    assert_safe(&html::write(&adf::read(&value).0, &Verbatim).0);
}

/// Asserts that no URL in ADF could run anything.
#[track_caller]
fn assert_urls(node: &Value) {
    for name in ["url", "href"] {
        if let Some(url) = node["attrs"][name].as_str() {
            assert_eq!(
                crate::reference::harmless(url).as_deref(),
                Some(url).filter(|url| !url.is_empty())
            );
        }
    }
    for part in ["content", "marks"] {
        node[part]
            .as_array()
            .into_iter()
            .flatten()
            .for_each(assert_urls);
    }
}

const ATTACKS: &[&str] = &[
    // Scripts wherever they may stand.
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<script/x>alert(1)</script\t\n>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<p><script>alert(1)</p></script>x",
    "<table><script>alert(1)</script><tr><td>x</table>",
    "<table><tr><script>alert(1)</script><td>x</table>",
    "<select><script>alert(1)</script></select>",
    "<ul><script>alert(1)</script><li>x</ul>",
    "<b><script>alert(1)</b></script>",
    "<script>alert(1)",
    "<script><!--<script></script>--></script><img src=x onerror=alert(1)>",
    "<<script>alert(1)//<</script>",
    "<script\u{0}>alert(1)</script>",
    "<\u{0}script>alert(1)</script>",
    "<script type=text/plain>alert(1)</script>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><script href=data:,alert(1) />",
    "<svg><script>&#97;lert(1)</script></svg>",
    "<math><script>alert(1)</script></math>",
    // Handlers of events.
    "<img src=x onerror=alert(1)>",
    "<img src=https://a.example/i.png onload=alert(1) alt=x>",
    "<img/src=x/onerror=alert(1)>",
    "<img src=x\nonerror\n=\nalert(1)>",
    "<img src=x oNeRrOr=\"alert(1)\">",
    "<img src=`x`onerror=alert(1)>",
    "<img \"\"\"><script>alert(1)</script>\">",
    "<body onload=alert(1)>x",
    "<html onmouseover=alert(1)>x",
    "<p onclick=alert(1)>x</p>",
    "<details open ontoggle=alert(1)><summary>s</summary>x</details>",
    "<input autofocus onfocus=alert(1)>",
    "<input type=checkbox onchange=alert(1) checked> x",
    "<a href=https://a.example/ onmouseover=alert(1)>x</a>",
    "<table onmouseover=alert(1)><tr onclick=alert(1)><td onclick=alert(1) colspan=\"2\" onerror=1>x</table>",
    "<ol start='1\" onmouseover=\"alert(1)'><li>x</ol>",
    "<video onloadstart=alert(1)><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<svg onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mi onclick=alert(1)>x</mi></math>",
    "<x onclick=alert(1)>x</x>",
    "<p style=animation-name:x onanimationstart=alert(1)>x</p>",
    // URLs that run.
    "<a href=javascript:alert(1)>x</a>",
    "<a href=JaVaScRiPt:alert(1)>x</a>",
    "<a href=\"java\tscript:alert(1)\">x</a>",
    "<a href=\"java\nscript:alert(1)\">x</a>",
    "<a href=\"java\r\nscript:alert(1)\">x</a>",
    "<a href=\" \u{1}\u{1f}javascript:alert(1)\">x</a>",
    "<a href=\"java\u{0}script:alert(1)\">x</a>",
    "<a href=\"\u{a0}javascript:alert(1)\">x</a>",
    "<a href=\"\u{feff}javascript:alert(1)\">x</a>",
    "<a href=\"\u{200b}javascript:alert(1)\">x</a>",
    "<a href=\"javascript&colon;alert(1)\">x</a>",
    "<a href=\"javascript&#58;alert(1)\">x</a>",
    "<a href=\"javascript&#x0003A;alert(1)\">x</a>",
    "<a href=\"&#106;&#97;vascript:alert(1)\">x</a>",
    "<a href=\"&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A;alert(1)\">x</a>",
    "<a href=\"jav&Tab;ascript:alert(1)\">x</a>",
    "<a href=\"jav&NewLine;ascript:alert(1)\">x</a>",
    "<a href=\"javascript://a.example/%0aalert(1)\">x</a>",
    "<a href=\"javascript:/*--></title></style>*/alert(1)\">x</a>",
    "<a href=\"vbscript:msgbox(1)\">x</a>",
    "<a href=\"livescript:x\">x</a>",
    "<a href=\"data:text/html,<script>alert(1)</script>\">x</a>",
    "<a href=\"data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==\">x</a>",
    "<a href=\"DATA:text/html,x\">x</a>",
    "<a href=\"blob:https://a.example/1\">x</a>",
    "<a href=\"filesystem:https://a.example/x\">x</a>",
    "<a href=\"file:///etc/passwd\">x</a>",
    "<a href=\"view-source:javascript:alert(1)\">x</a>",
    "<a href=\"feed:javascript:alert(1)\">x</a>",
    "<a href=\"jar:https://a.example!/\">x</a>",
    "<a href=\"intent:x#Intent;scheme=javascript;end\">x</a>",
    "<a href=\"ms-appx:x\">x</a>",
    "<a href=\"ｊavascript:alert(1)\">x</a>",
    "<a href=\"javascr\u{130}pt:alert(1)\">x</a>",
    "<a href=\"java\u{ad}script:alert(1)\">x</a>",
    "<a href=\"javascript\u{ff1a}alert(1)\">x</a>",
    "<a href=\"\u{202e}1trela:tpircsavaj\">x</a>",
    "<a xlink:href=\"javascript:alert(1)\">x</a>",
    "<a href=\"https://a.example/\" href=\"javascript:alert(1)\">x</a>",
    "<a href=\"javascript:alert(1)\" href=\"https://a.example/\">x</a>",
    "<a href=javascript:alert(1) data-vss-mention=\"version:2.0,1\">@x</a>",
    "<img src=javascript:alert(1)>",
    "<img src=\"data:image/svg+xml,<svg onload=alert(1)>\" alt=x>",
    "<img src=\"data:image/png;base64,AAAA\">",
    "<img src=\"mailto:x\">",
    "<img dynsrc=javascript:alert(1) lowsrc=javascript:alert(1) src=/x>",
    "<img srcset=\"javascript:alert(1) 1x\" src=/x longdesc=javascript:alert(1)>",
    "<body background=javascript:alert(1)>x",
    "<table background=javascript:alert(1)><tr><td background=javascript:alert(1)>x</table>",
    "<blockquote cite=javascript:alert(1)>x</blockquote>",
    "<q cite=javascript:alert(1)>x</q>",
    "<form action=javascript:alert(1)><button formaction=javascript:alert(1)>x</button></form>",
    "<input type=image src=javascript:alert(1)>",
    "<isindex action=javascript:alert(1) type=image>",
    "<svg><a xlink:href=javascript:alert(1)><text y=20>x</text></a></svg>",
    "<svg><a><animate attributeName=href values=javascript:alert(1) /><text>x</text></a></svg>",
    "<svg><use href=\"data:image/svg+xml,<svg id=x></svg>#x\" /></svg>",
    "<math href=javascript:alert(1)>x</math>",
    "<math><maction actiontype=statusline xlink:href=javascript:alert(1)>x</maction></math>",
    "<area shape=rect href=javascript:alert(1)>",
    "<map name=m><area href=javascript:alert(1)></map>",
    // CSS that runs or loads.
    "<p style=\"width:expression(alert(1))\">x</p>",
    "<p style=\"color:expression(alert(1))\">x</p>",
    "<p style=\"color:exp/**/ression(alert(1))\">x</p>",
    "<p style=\"background:url(javascript:alert(1))\">x</p>",
    "<p style=\"background-color:red;background:url('//evil.example/x')\">x</p>",
    "<p style=\"background-color:url(//evil.example/x)\">x</p>",
    "<p style=\"behavior:url(x.htc)\">x</p>",
    "<p style=\"-moz-binding:url(x.xml#x)\">x</p>",
    "<p style=\"color:red;}*{color:blue\">x</p>",
    "<span style=\"color:#f00&quot; onmouseover=&quot;alert(1)\">x</span>",
    "<span style=\"color:\\72 ed\">x</span>",
    "<span style='color:red\"><script>alert(1)</script>'>x</span>",
    "<td style=\"background-color:#ff0000\" bgcolor='red\" onclick=\"x'>x",
    "<table><tr><td bgcolor='\"><img src=x onerror=alert(1)>'>x</table>",
    "<p style=\"text-align:center&quot;&gt;&lt;script&gt;\">x</p>",
    "<font color='\"><script>alert(1)</script>'>x</font>",
    "<style>@import 'https://evil.example/x.css';</style>x",
    "<style>*{background:url(//evil.example)}</style><p>x",
    "<link rel=stylesheet href=https://evil.example/x.css>x",
    "<div style=\"position:fixed;top:0;left:0;width:100%;height:100%\"><a href=https://evil.example/>x</a></div>",
    // What loads other pages or changes this one.
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    "<iframe srcdoc=\"&lt;img src=x onerror=alert(1)&gt;\">",
    "<object data=javascript:alert(1)></object>",
    "<object data=\"data:text/html,<script>alert(1)</script>\"><embed src=x></object>",
    "<object><param name=src value=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<applet code=x>x</applet>",
    "<frameset onload=alert(1)><frame src=javascript:alert(1)></frameset>",
    "<base href=https://evil.example/><a href=/x>x</a>",
    "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
    "<meta charset=utf-7>+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "<link rel=import href=x>",
    "<portal src=https://evil.example/></portal>",
    "<dialog open>x</dialog>",
    "<form id=x></form><button form=x formaction=javascript:alert(1)>y</button>",
    "<form><input name=attributes><input name=parentNode></form>",
    "<a id=location href=https://a.example/ name=cookie>x</a>",
    // Text that becomes markup when a browser reads it a second time.
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>",
    "<noscript><style></noscript><img src=x onerror=alert(1)></style>",
    "<style><img src=\"</style><img src=x onerror=alert(1)//\">",
    "<title><a title=\"</title><img src=x onerror=alert(1)>\"></a></title>",
    "<textarea><img title=\"</textarea><img src=x onerror=alert(1)>\"></textarea>",
    "<xmp><img title=\"</xmp><img src=x onerror=alert(1)>\"></xmp>",
    "<noembed><img title=\"</noembed><img src=x onerror=alert(1)>\"></noembed>",
    "<noframes><img title=\"</noframes><img src=x onerror=alert(1)>\"></noframes>",
    "<iframe><img title=\"</iframe><img src=x onerror=alert(1)>\"></iframe>",
    "<plaintext><img src=x onerror=alert(1)>",
    "<listing>&lt;img src=x onerror=alert(1)&gt;</listing>",
    "<xmp>&lt;img src=x onerror=alert(1)&gt;</xmp>",
    "<pre>\n\n<img src=x onerror=alert(1)></pre>",
    "<template><script>alert(1)</script></template>",
    "<template><template><img src=x onerror=alert(1)></template></template>",
    "<div><template shadowrootmode=open><script>alert(1)</script></template></div>",
    "<select><template><style></select><img src=x onerror=alert(1)></style></template></select>",
    "<select><iframe></select><img src=x onerror=alert(1)>",
    "<select><option><style></option></select></style><img src=x onerror=alert(1)>",
    "<option><style></option></select><b><img src=x onerror=alert(1)></style></option>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<math><mtext><mglyph><svg><mtext><style><a title=\"</style><img src onerror=alert(1)>\">",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<math><annotation-xml encoding=text/html><style><img src=x onerror=alert(1)></style></annotation-xml></math>",
    "<math><annotation-xml encoding=\"text/html\"><xmp></annotation-xml></math><img src=x onerror=alert(1)>",
    "<math><mi><style><img src=x onerror=alert(1)></style></mi></math>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
    "<svg><p><style><a title=\"</style><img src=x onerror=alert(1)>\"></p></svg>",
    "<svg><foreignObject><p><svg><style></p><img src=x onerror=alert(1)></style></svg></foreignObject></svg>",
    "<svg><desc><table><svg><style></desc><img src=x onerror=alert(1)></style>",
    "<svg><title><style></title><img src=x onerror=alert(1)></style></svg>",
    "<svg><textarea><img src=x onerror=alert(1)></textarea></svg>",
    "<svg><![CDATA[><img src=x onerror=alert(1)>]]></svg>",
    "<svg><![CDATA[</svg><img src=x onerror=alert(1)>]]>",
    "<math><![CDATA[<script>]]>alert(1)</script></math>",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<![CDATA[<!--]]<script>alert(1)</script>-->",
    // Comments and declarations that end where a reader does not think they end.
    "<!--><img src=x onerror=alert(1)>-->",
    "<!---><img src=x onerror=alert(1)>-->",
    "<!-- --!><img src=x onerror=alert(1)>-->",
    "<!-- <!-- --><img src=x onerror=alert(1)> -->",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<![if !vml]><img src=x onerror=alert(1)><![endif]>",
    "<?xml version=1.0?><img src=x onerror=alert(1)>",
    "<?php echo '<script>alert(1)</script>' ?>",
    "<!DOCTYPE html [<!ENTITY x '<script>'>]>&x;alert(1)",
    "</ img src=x onerror=alert(1)><b>x",
    "<%<img src=x onerror=alert(1)>%>",
    "<a title='<!--' href=x>--><img src=x onerror=alert(1)></a>",
    "<p title=\"<!--\"><img alt=\"-->\" src=x onerror=alert(1)></p>",
    // Trees that the parser takes apart and puts together again.
    "<form><form><input onfocus=alert(1) autofocus></form></form>",
    "<form><div></form><form><div></form>x",
    "<a href=https://a.example/><a href=javascript:alert(1)>x</a></a>",
    "<a href=https://a.example/><table><a href=javascript:alert(1)>x</table></a>",
    "<b><p><i></b><script>alert(1)</script></i></p>",
    "<table><tr><td><table><tr><script>alert(1)</script></table></table>",
    "<table><caption><svg><style></caption><img src=x onerror=alert(1)></style></svg></table>",
    "<table><colgroup><script>alert(1)</script></colgroup></table>",
    "<table><b><tr><i><td><script>alert(1)</script></table>",
    "<nobr><nobr><script>alert(1)</script>",
    "<button><button onclick=alert(1)>x</button>",
    "<h1><h2 onclick=alert(1)>x</h1>",
    "<li><ul><li onclick=alert(1)></ul></li>",
    "<ruby><rt><script>alert(1)</script></ruby>",
    "<p><svg><p><script>alert(1)</script>",
    "<keygen autofocus onfocus=alert(1)>",
    // Text that would break out of an attribute or an element.
    "<img src=/x alt='\"><script>alert(1)</script>'>",
    "<img src=/x alt='&quot; onerror=&quot;alert(1)'>",
    "<img src='/x\" onerror=\"alert(1)'>",
    "<img src=\"/x?a='><script>alert(1)</script>\">",
    "<img src=/x alt=\"`onerror=alert(1)\">",
    "<a href='https://a.example/\" onclick=\"alert(1)'>x</a>",
    "<a href=\"https://a.example/?<script>alert(1)</script>\">x</a>",
    "<a href=https://a.example/ title='\"><script>alert(1)</script>'>x</a>",
    "<a href=# data-vss-mention='version:2.0,1\"><script>alert(1)</script>'>@x</a>",
    "<a href=# data-vss-mention='version:2.0,1\" onclick=\"alert(1)'>@<b onclick=alert(1)>x</b></a>",
    "<a href=# data-vss-mention=\"version:2.0,1\">@&lt;script&gt;alert(1)&lt;/script&gt;</a>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "<pre><code>&lt;/code&gt;&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;</code></pre>",
    "<pre><code class='language-\"><script>alert(1)</script>'>x</code></pre>",
    "<td width='1\" onclick=\"alert(1)' colspan='2\" onclick=\"x' rowspan=-1>x</td>",
    "<table><tr><td colspan='9999999999999' rowspan='1e9'>x</table>",
    "\u{0}<\u{0}img\u{0} src=x onerror=alert(1)>",
    "<img\u{b}src=x onerror=alert(1)>",
    "<p\u{2028}onclick=alert(1)>x</p>",
    "\u{fffe}\u{feff}<script>alert(1)</script>",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "¼script¾alert(1)¼/script¾",
    "<details><summary><script>alert(1)</script>\"><img src=x onerror=alert(1)></summary>x</details>",
    "<figure><img src=/x><figcaption><script>alert(1)</script><b onclick=alert(1)>c</b></figcaption></figure>",
    "<dl><dt onclick=alert(1)><script>alert(1)</script>t<dd>d</dl>",
    "<p class=MsoListParagraph style='mso-list:l0 level1 lfo1;x:expression(alert(1))'><script>alert(1)</script>x</p>",
    "<p><!--[if !supportLists]--><script>alert(1)</script><!--[endif]-->x</p>",
    "<v:shape onclick=alert(1)><v:imagedata src=javascript:alert(1) /></v:shape>",
    "<o:p><script>alert(1)</script></o:p>",
    "<foo@bar.example>x</foo@bar.example><img src=x onerror=alert(1)>",
];

#[test]
fn no_attack_in_html_passes() {
    for attack in ATTACKS {
        for text in [
            (*attack).to_owned(),
            format!("<div>{attack}</div>"),
            format!("<table><tr><td>{attack}</td></tr></table>"),
            format!("<ul><li>{attack}"),
            format!("<pre>{attack}</pre>"),
            format!("a<b>{attack}</b>"),
            format!("<!--{attack}-->"),
            attack.replace('<', "&lt;"),
        ] {
            let (read, _) = html::read(&text);
            assert_harmless(&read);
        }
    }
}

/// Every text and URL that ADF can hold, with an attack in it.
#[test]
fn no_attack_in_adf_passes() {
    let words = json!({"type": "paragraph", "content": [{"type": "text", "text": "a"}]});
    let line = |inline: Value| json!({"type": "paragraph", "content": [inline]});
    let marked = |mark: Value| json!({"type": "text", "text": "a", "marks": [mark]});
    for attack in ATTACKS.iter().chain(&[
        "javascript:alert(1)",
        "java\tscript:alert(1)",
        "\u{1}javascript:alert(1)",
        "data:text/html,x",
        "\" onclick=\"alert(1)",
        "red\"><script>alert(1)</script>",
        "--><script>alert(1)</script>",
        "]]><script>alert(1)</script>",
    ]) {
        let media =
            json!({"type": "media", "attrs": {"type": "external", "url": attack, "alt": attack}});
        let linked = json!({"type": "media", "attrs": {"type": "external", "url": "https://a.example/i", "alt": attack},
            "marks": [{"type": "link", "attrs": {"href": attack}}, {"type": "border", "attrs": {"size": 1, "color": attack}}]});
        let blocks = json!([
            line(json!({"type": "text", "text": attack})),
            line(marked(json!({"type": "link", "attrs": {"href": attack, "title": attack}}))),
            line(marked(json!({"type": "textColor", "attrs": {"color": attack}}))),
            line(marked(json!({"type": "backgroundColor", "attrs": {"color": attack}}))),
            line(marked(json!({"type": "annotation", "attrs": {"id": attack, "annotationType": "inlineComment"}}))),
            line(marked(json!({"type": attack}))),
            line(json!({"type": "mention", "attrs": {"id": attack, "text": attack, "accessLevel": attack}})),
            line(json!({"type": "mention", "attrs": {"id": "1", "text": attack}})),
            line(json!({"type": "emoji", "attrs": {"shortName": attack, "text": attack}})),
            line(json!({"type": "status", "attrs": {"text": attack, "color": attack, "style": attack}})),
            line(json!({"type": "date", "attrs": {"timestamp": attack}})),
            line(json!({"type": "placeholder", "attrs": {"text": attack}})),
            line(json!({"type": "inlineCard", "attrs": {"url": attack}})),
            line(json!({"type": "inlineCard", "attrs": {"data": {"url": attack, "name": attack}}})),
            line(json!({"type": "mediaInline", "attrs": {"id": attack, "collection": attack, "alt": attack}})),
            line(json!({"type": "inlineExtension", "attrs": {"extensionKey": attack, "extensionType": attack}})),
            line(json!({"type": attack, "attrs": {"text": attack}, "text": attack})),
            {"type": "codeBlock", "attrs": {"language": attack}, "content": [{"type": "text", "text": attack}]},
            {"type": "panel", "attrs": {"panelType": "custom", "panelIcon": attack, "panelColor": attack}, "content": [words]},
            {"type": "panel", "attrs": {"panelType": attack}, "content": [words]},
            {"type": "expand", "attrs": {"title": attack}, "content": [words]},
            {"type": "mediaSingle", "attrs": {"layout": attack}, "content": [media,
                {"type": "caption", "content": [{"type": "text", "text": attack}]}]},
            {"type": "mediaGroup", "content": [media, linked]},
            {"type": "mediaSingle", "content": [linked]},
            {"type": "blockCard", "attrs": {"url": attack}},
            {"type": "blockCard", "attrs": {"data": {"url": attack}}},
            {"type": "blockCard", "attrs": {"datasource": {"id": attack, "parameters": attack, "views": [{"type": attack}]}, "url": attack}},
            {"type": "embedCard", "attrs": {"url": attack, "layout": "center"}},
            {"type": "table", "attrs": {"layout": attack, "displayMode": attack}, "content": [{"type": "tableRow", "content": [
                {"type": "tableCell", "attrs": {"background": attack, "colspan": attack, "colwidth": [attack]}, "content": [words]}]}]},
            {"type": "orderedList", "attrs": {"order": attack}, "content": [{"type": "listItem", "content": [words]}]},
            {"type": "taskList", "attrs": {"localId": attack}, "content": [
                {"type": "taskItem", "attrs": {"localId": attack, "state": attack}, "content": [{"type": "text", "text": attack}]}]},
            {"type": "decisionList", "attrs": {"localId": "1"}, "content": [
                {"type": "decisionItem", "attrs": {"localId": attack, "state": attack}, "content": [{"type": "text", "text": attack}]}]},
            {"type": "extension", "attrs": {"extensionKey": attack, "extensionType": attack, "text": attack}},
            {"type": "syncBlock", "attrs": {"resourceId": attack, "localId": attack}},
            {"type": "heading", "attrs": {"level": attack}, "content": [{"type": "text", "text": attack}]},
            {"type": attack, "content": [words]},
        ]);
        let (read, _) = adf::read(&json!({"type": "doc", "version": 1, "content": blocks}));
        assert_harmless(&read);
    }
}

/// Text of pieces of attacks, whole or cut anywhere.
fn pieces() -> impl Strategy<Value = String> {
    let piece = (
        proptest::sample::select(ATTACKS),
        any::<prop::sample::Index>(),
        0_u8..3,
    );
    let piece = piece.prop_map(|(attack, index, how)| {
        let middle = attack.floor_char_boundary(index.index(attack.len() + 1));
        let (head, tail) = attack.split_at(middle);
        match how {
            0 => head.to_owned(),
            1 => tail.to_owned(),
            _ => attack.to_string(),
        }
    });
    proptest::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mixture_of_attacks_passes(text in pieces()) {
        assert_harmless(&html::read(&text).0);
    }

    #[test]
    fn no_text_passes_as_markup(text in any::<String>(), html in arbitrary::html()) {
        assert_harmless(&html::read(&text).0);
        assert_harmless(&html::read(&html).0);
        assert_harmless(&Document::from_plain(&text));
    }

    #[test]
    fn no_document_is_harmful(doc in arbitrary::document()) {
        assert_harmless(&doc);
    }
}

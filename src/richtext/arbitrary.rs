//! Generators of documents for the tests: every kind of node, in places where it may not stand as well.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::json;

use crate::block::*;
use crate::document::Document;
use crate::inline::*;
use crate::mark::{Border, Color, Link, Mark};

/// Text with what conversions stumble over: spaces at edges and in rows, breaks, markup characters, other scripts.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-c ]{0,6}",
        1 => "[ \u{a0}\t\n<>&\"'é😀\u{200b}\u{1}\r]{0,5}",
        1 => Just("<script>alert(1)</script>".to_owned()),
        1 => any::<String>(),
    ]
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,4}", "[ {}@\"<&a]{0,4}"]
}

fn url() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "https://[a-c]\\.example/[a-c &\"?#]{0,4}",
        1 => Just("javascript:alert(1)".to_owned()),
        1 => Just("data:text/html,x".to_owned()),
        1 => Just("/relative".to_owned()),
        1 => any::<String>(),
    ]
}

fn color() -> impl Strategy<Value = Color> {
    any::<[u8; 3]>().prop_map(Color)
}

fn mark() -> BoxedStrategy<Mark> {
    prop_oneof![
        Just(Mark::Strong),
        Just(Mark::Em),
        Just(Mark::Underline),
        Just(Mark::Strike),
        Just(Mark::Sub),
        Just(Mark::Sup),
        Just(Mark::Code),
        color().prop_map(Mark::Color),
        color().prop_map(Mark::Background),
        (url(), option::of(word())).prop_map(|(href, title)| Mark::Link(Link { href, title })),
        word().prop_map(Mark::Annotation),
        unknown().prop_map(|unknown| Mark::Unknown(Box::new(unknown))),
    ]
    .boxed()
}

fn unknown() -> impl Strategy<Value = Unknown> {
    (
        any::<String>(),
        prop_oneof![
            Just(Original::Adf(json!({"type": "new", "content": []}))),
            Just(Original::Html("<video onplay=alert(1)>".to_owned())),
            Just(Original::Gone),
        ],
    )
        .prop_map(|(kind, original)| Unknown { kind, original })
}

fn image() -> BoxedStrategy<Image> {
    let source = prop_oneof![
        url().prop_map(ImageSource::Url),
        (word(), word()).prop_map(|(id, collection)| ImageSource::File { id, collection }),
        word().prop_map(ImageSource::Attachment),
    ];
    let kind = prop_oneof![
        Just(MediaKind::File),
        Just(MediaKind::Image),
        Just(MediaKind::Link)
    ];
    let size = || option::of(0_u32..5_000);
    let border = (any::<u8>(), word()).prop_map(|(size, color)| Border { size, color });
    (
        source,
        kind,
        option::of(text()),
        size(),
        size(),
        option::of(url()),
        option::of(border),
    )
        .prop_map(|(source, kind, alt, width, height, link, border)| Image {
            reference: Box::new(ImageRef {
                source,
                kind,
                alt,
                width,
                height,
            }),
            link,
            border: border.map(Box::new),
        })
        .boxed()
}

fn target() -> impl Strategy<Value = CardTarget> {
    prop_oneof![
        url().prop_map(CardTarget::Url),
        url().prop_map(|url| CardTarget::Data(json!({"url": url}))),
        Just(CardTarget::Data(json!(1))),
    ]
}

fn inline() -> BoxedStrategy<Inline> {
    prop_oneof![
        8 => (text(), vec(mark(), 0..3)).prop_map(|(text, marks)| Inline::marked(text, marks)),
        2 => Just(Inline::HardBreak),
        1 => (word(), text()).prop_map(|(id, name)| Inline::Mention(Box::new(Mention {
            id, name, access_level: None, user_type: Some(UserType::Default),
        }))),
        2 => (word(), option::of(text())).prop_map(|(short_name, text)| {
            Inline::Emoji(Box::new(Emoji { short_name, id: None, text }))
        }),
        1 => (-1_000_000_000_000_i64..10_000_000_000_000).prop_map(|millis| Inline::Date(Date { millis })),
        1 => (text(), word()).prop_map(|(text, color)| Inline::Status(Box::new(Status { text, color, style: None }))),
        1 => target().prop_map(Inline::Card),
        2 => image().prop_map(Inline::Image),
        1 => text().prop_map(Inline::Placeholder),
        1 => word().prop_map(Inline::Anchor),
        1 => Just(Inline::Extension(InlineExtension {
            attrs: extension_attrs(), marks: Vec::new(),
        })),
        1 => unknown().prop_map(|unknown| Inline::Unknown(Box::new(unknown))),
    ]
    .boxed()
}

fn extension_attrs() -> serde_json::Map<String, serde_json::Value> {
    let attrs = json!({"extensionKey": "k", "extensionType": "t", "parameters": {"a": [1]}});
    attrs.as_object().cloned().unwrap_or_default()
}

fn line() -> BoxedStrategy<Vec<Inline>> {
    vec(inline(), 0..4).boxed()
}

fn style() -> impl Strategy<Value = BlockStyle> {
    let alignment = prop_oneof![
        4 => Just(Alignment::Start),
        1 => Just(Alignment::Center),
        1 => Just(Alignment::End),
    ];
    (
        alignment,
        prop_oneof![4 => Just(0_u8), 1 => any::<u8>()],
        proptest::bool::weighted(0.2),
    )
        .prop_map(|(alignment, indentation, small)| BlockStyle {
            alignment,
            indentation,
            small,
        })
}

fn placement() -> impl Strategy<Value = Placement> {
    prop_oneof![
        Just(Placement::Center),
        Just(Placement::Wide),
        Just(Placement::WrapLeft),
        Just(Placement::AlignEnd),
    ]
}

fn leaf() -> BoxedStrategy<Block> {
    let width = prop_oneof![
        (0_u32..20_000).prop_map(MediaWidth::Percent),
        (0_u32..2_000).prop_map(MediaWidth::Pixels),
    ];
    let breakout = || {
        option::of(
            (any::<bool>(), option::of(0_u32..2_000))
                .prop_map(|(full_width, width)| Breakout { full_width, width }),
        )
    };
    let view = prop_oneof![
        Just(CardView::Block),
        (placement(), option::of(0_u32..20_000)).prop_map(|(placement, width)| CardView::Embed {
            placement,
            width,
            original: Some((1, 2)),
        }),
        Just(CardView::Datasource {
            source: json!({"id": "x", "parameters": {}, "views": [{"type": "table"}]}),
            placement: None,
            width: None,
        }),
        Just(CardView::Datasource {
            source: json!({"id": 1}),
            placement: None,
            width: Some(1)
        }),
    ];
    prop_oneof![
        6 => (line(), style()).prop_map(|(inlines, style)| Block::Paragraph(Paragraph { inlines, style })),
        2 => (any::<u8>(), line(), style()).prop_map(|(level, inlines, style)| {
            Block::Heading(Heading { level, inlines, style })
        }),
        1 => (option::of(word()), text(), breakout()).prop_map(|(language, text, breakout)| {
            Block::Code(CodeBlock { language, text, breakout })
        }),
        1 => Just(Block::Rule),
        1 => (image(), option::of(line()), placement(), option::of(width)).prop_map(
            |(image, caption, placement, width)| Block::Media(Box::new(MediaSingle { image, caption, placement, width }))
        ),
        1 => vec(image(), 0..3).prop_map(Block::MediaGroup),
        1 => (target(), view).prop_map(|(target, view)| Block::Card(Box::new(Card { target, view }))),
        1 => vec(line(), 0..3).prop_map(|lines| Block::DecisionList(lines.into_iter().map(|inlines| {
            DecisionItem { inlines, ..DecisionItem::default() }
        }).collect())),
        1 => unknown().prop_map(Block::Unknown),
        1 => any::<bool>().prop_map(|valid| Block::Extension(Extension {
            attrs: if valid { extension_attrs() } else { serde_json::Map::new() },
            ..Extension::default()
        })),
    ]
    .boxed()
}

fn tasks(
    content: impl Strategy<Value = TaskContent> + Clone + 'static,
) -> impl Strategy<Value = TaskList> {
    let item = (any::<bool>(), content).prop_map(|(done, content)| {
        TaskEntry::Item(TaskItem {
            done,
            content,
            local_id: None,
        })
    });
    let list = |entries| TaskList {
        entries,
        local_id: None,
    };
    let nested = vec(item.clone(), 0..3).prop_map(move |entries| TaskEntry::List(list(entries)));
    vec(prop_oneof![3 => item, 1 => nested], 0..4).prop_map(list)
}

fn containers(inner: BoxedStrategy<Block>) -> BoxedStrategy<Block> {
    let blocks = || vec(inner.clone(), 0..4);
    let task = prop_oneof![
        line().prop_map(TaskContent::Inlines),
        blocks().prop_map(TaskContent::Blocks),
    ]
    .boxed();
    let kind = prop_oneof![
        Just(ListKind::Bullet),
        (0_u32..5).prop_map(|start| ListKind::Ordered { start }),
    ];
    let cell = (
        any::<bool>(),
        0_u32..4,
        0_u32..3,
        option::of(word()),
        blocks(),
    )
        .prop_map(|(header, colspan, rowspan, background, blocks)| Cell {
            header,
            colspan,
            rowspan,
            background,
            blocks,
            ..Cell::default()
        });
    let row = vec(cell, 0..3).prop_map(|cells| Row { cells });
    let panel = prop_oneof![Just(PanelKind::Info), Just(PanelKind::Custom)];
    let column = blocks().prop_map(|blocks| Column {
        width: 5_000,
        valign: None,
        blocks,
    });
    prop_oneof![
        4 => (kind, vec(blocks().prop_map(|blocks| Item { blocks }), 0..4)).prop_map(|(kind, items)| {
            Block::List(List { kind, items })
        }),
        1 => tasks(task).prop_map(Block::TaskList),
        2 => blocks().prop_map(|blocks| Block::Quote(Quote { blocks })),
        2 => (panel, text(), blocks()).prop_map(|(kind, title, blocks)| Block::Panel(Panel {
            kind, title, blocks, decoration: Box::default(),
        })),
        1 => (text(), blocks()).prop_map(|(title, blocks)| {
            Block::Expand(Expand { title, blocks, breakout: None })
        }),
        2 => (vec(row, 0..3), option::of(placement()), any::<bool>()).prop_map(
            |(rows, placement, numbered)| Block::Table(Table {
                rows, placement, numbered, ..Table::default()
            })
        ),
        1 => vec(column, 0..5).prop_map(|columns| Block::Layout(Layout { columns, breakout: None })),
        1 => blocks().prop_map(|blocks| Block::Extension(Extension {
            attrs: extension_attrs(), marks: Vec::new(), body: Some(blocks),
        })),
        1 => option::of(blocks()).prop_map(|body| Block::Sync(Box::new(SyncBlock {
            resource_id: "r".to_owned(), body, ..SyncBlock::default()
        }))),
    ]
    .boxed()
}

/// Any document, valid in no format in particular.
pub(crate) fn document() -> impl Strategy<Value = Document> {
    let block = leaf().prop_recursive(
        4,
        40,
        4,
        |inner| prop_oneof![1 => leaf(), 2 => containers(inner)],
    );
    vec(block, 0..5).prop_map(|blocks| Document { blocks })
}

/// Any JSON that looks somewhat like ADF.
pub(crate) fn json() -> impl Strategy<Value = serde_json::Value> {
    let kinds = [
        "doc",
        "paragraph",
        "text",
        "heading",
        "bulletList",
        "listItem",
        "table",
        "tableRow",
        "tableCell",
        "panel",
        "expand",
        "taskList",
        "taskItem",
        "blockTaskItem",
        "mediaSingle",
        "media",
        "blockquote",
        "codeBlock",
        "status",
        "date",
        "mention",
        "emoji",
        "inlineCard",
        "layoutSection",
        "layoutColumn",
        "extension",
        "bodiedExtension",
        "syncBlock",
        "decisionList",
        "decisionItem",
        "new",
        "hardBreak",
    ];
    let scalar = prop_oneof![
        Just(json!(null)),
        any::<f64>().prop_map(|number| json!(number)),
        text().prop_map(|text| json!(text)),
        proptest::sample::select(kinds.to_vec())
            .prop_map(|kind| json!({"type": kind, "text": "x"})),
    ];
    let attrs = proptest::sample::select(vec![
        json!({}),
        json!({"level": 9.5}),
        json!({"url": "javascript:x"}),
        json!({"id": "1", "collection": ""}),
        json!({"timestamp": "x"}),
        json!({"colspan": -1, "colwidth": ["a", 3]}),
        json!({"text": ""}),
        json!(7),
        json!({"extensionKey": "k", "extensionType": "t"}),
        json!({"url": "https://a.example/", "layout": "wide"}),
    ]);
    scalar.prop_recursive(6, 60, 5, move |inner| {
        (proptest::sample::select(kinds.to_vec()), attrs.clone(), vec(inner.clone(), 0..5), vec(inner, 0..2))
            .prop_map(|(kind, attrs, content, marks)| {
                json!({"type": kind, "attrs": attrs, "content": content, "marks": marks, "text": "t"})
            })
    })
}

/// HTML of fragments that editors and attackers write, well nested or not.
pub(crate) fn html() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => text(),
        6 => proptest::sample::select(vec![
            "<div>", "</div>", "<p>", "</p>", "<br>", "<b>", "</b>", "<i>", "</i>", "<ul>", "</ul>", "<ol start=3>",
            "</ol>", "<li>", "</li>", "<table>", "</table>", "<tr>", "<td colspan=2>", "<th>", "</td>", "<h2>", "</h2>",
            "<pre>", "</pre>", "<code>", "</code>", "<blockquote>", "</blockquote>", "<hr>", "&nbsp;", " ", "\n",
            "<a href=\"https://a.example/?x=1&amp;y\">", "</a>", "<a href=\"javascript:alert(1)\">",
            "<img src=\"https://a.example/i.png\" alt=x width=\"20px\">", "<img src=x onerror=alert(1)>",
            "<span style=\"color:red;font-weight:bold\">", "</span>", "<div style=\"text-align:center\">",
            "<script>alert(1)</script>", "<style>x</style>", "<svg><script>1</script></svg>", "<math><mtext>",
            "<a href=\"#\" data-vss-mention=\"version:2.0,{11-22}\">@Ann B</a>", "<template><p>x</template>",
            "<iframe src=x></iframe>", "<!-- c -->", "<input type=checkbox checked>", "<o:p>", "<font color=blue>",
            "<details>", "<summary>t</summary>", "</details>", "<figure>", "<figcaption>", "</figure>", "<dl><dt>", "<dd>", "<q>",
            "<div style=\"white-space:pre-wrap\"> a\n", "<p style=\"mso-list:l0 level1 lfo1\">",
            "<p style=\"mso-list:l0 level3 lfo1\"><span style=\"mso-list:Ignore\">1.</span>", "<li><input type=checkbox>",
            "<colgroup><col width=9 span=2></colgroup>", "<tfoot>", "<td width=20px valign=middle>", "<pre class=language-x>",
            "<blockquote style=\"border:none\">", "<div style=\"border-left:solid\">", "<div style=\"border-top:solid\">",
            "<a href=\"https://a.example/\" data-vss-mention=\"version:1.0\">", "<font color=red>", "<tr bgcolor=lime>",
            "<sub>", "</sub>", "<sup>", "<u>", "</u>", "<strike>", "<select><option>a", "<foo@bar>", "<caption>c",
        ]).prop_map(str::to_owned),
    ];
    vec(piece, 0..25).prop_map(|pieces| pieces.concat())
}

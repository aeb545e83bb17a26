"""People at work through the public clients of both products, while a node keeps both sides in step.

Reads {"jira": {"url", "project"}, "azure": {"url", "project"}, "patience": seconds} as JSON from standard input, and tells
on standard output, as JSON, what the people saw: each value below "seen" is what a client read on the other side. A wait
that takes longer than the patience ends the story with exit code 1 and says on standard error what did not come.

Usage: story.py jira | azure     who begins: an issue that gets its work item, or a work item that gets its issue
"""

import json
import sys
import time

import azure_side
import jira_side
from azure_side import Outline
from jira_side import marked, nodes, words

BRUNO = "712020:1b2e8d63-7f1e-4c7f-8b54-2e3a6c8d0f02"


def text(line, *marks):
    node = {"type": "text", "text": line}
    if marks:
        node["marks"] = list(marks)
    return node


def paragraph(*inline):
    return {"type": "paragraph", "content": list(inline)}


def listing(kind, *items):
    content = [{"type": "listItem", "content": list(item)} for item in items]
    return {"type": kind, "content": content}


def row(kind, *cells):
    content = [{"type": kind, "attrs": {}, "content": [paragraph(text(cell))]} for cell in cells]
    return {"type": "tableRow", "content": content}


def document(*blocks):
    return {"type": "doc", "version": 1, "content": list(blocks)}


CODE = 'if total > 10 && name != "":\n    ship(total)'

RICH = document(
    {"type": "heading", "attrs": {"level": 2}, "content": [text("Why parcels wait")]},
    paragraph(
        text("The depot "),
        text("must", {"type": "strong"}),
        text(" know "),
        text("before noon", {"type": "em"}),
        text(", see "),
        text("the plan", {"type": "link", "attrs": {"href": "https://wiki.acme.example/depot?week=7&all=1"}}),
        text(". Ask "),
        {"type": "mention", "attrs": {"id": BRUNO, "text": "@Bruno Belmonte", "accessLevel": ""}},
        text(" about "),
        text("Depot::wake()", {"type": "code"}),
        text("."),
    ),
    listing(
        "bulletList",
        [paragraph(text("Count the shelves")), listing("bulletList", [paragraph(text("Upper floor too"))])],
        [paragraph(text("Print the labels"))],
    ),
    listing("orderedList", [paragraph(text("Open the gate"))], [paragraph(text("Call the driver"))]),
    {"type": "codeBlock", "attrs": {"language": "python"}, "content": [text(CODE)]},
    {
        "type": "table",
        "attrs": {"isNumberColumnEnabled": False, "layout": "default"},
        "content": [row("tableHeader", "Depot", "Parcels"), row("tableCell", "North", "1 204")],
    },
    {"type": "blockquote", "content": [paragraph(text("Nobody told us on Friday."))]},
)

HTML = (
    "<h2>Kiosk mode</h2>"
    "<p>The screen <b>never</b> sleeps, <i>except</i> at night, see "
    '<a href="https://wiki.acme.example/kiosk">the kiosk page</a>.</p>'
    "<ul><li>Large buttons</li><li>No keyboard</li></ul>"
    "<pre><code>set idle=0</code></pre>"
    "<table><tbody><tr><th>Model</th><th>Inches</th></tr><tr><td>K2</td><td>32</td></tr></tbody></table>"
)


class Story:
    """Both sides with the people who work there."""

    def __init__(self, setting):
        self.patience = setting["patience"]
        self.alice = jira_side.Desk(setting["jira"], "alice@acme.example", "alice-token")
        self.bruno = azure_side.Desk(setting["azure"], "bruno-token")

    def wait(self, what, look):
        """What `look` gives as soon as it gives something."""
        end = time.monotonic() + self.patience
        while True:
            seen = look()
            if seen:
                return seen
            if time.monotonic() > end:
                sys.exit(f"story.py: waited {self.patience} s in vain for {what}")
            time.sleep(0.25)

    def until(self, what, read, holds):
        """What is read as soon as it is as it should be."""

        def look():
            seen = read()
            return seen if holds(seen) else None

        return self.wait(what, look)

    def issue_first(self):
        alice, bruno = self.alice, self.bruno
        title = "Depot learns of late parcels"
        priority = {"name": "High"}
        issue = alice.create("Story", title, RICH, labels=["depot", "shared"], priority=priority)
        key = issue.key
        alice.comment(key, document(paragraph(text("The driver "), text("waits", {"type": "strong"}), text(" outside."))))
        alice.move(key, "Start work")
        number = self.wait("the issue's link to its work item", lambda: alice.twin(key))
        item = self.until(
            "the work item to be active with its comment",
            lambda: bruno.read(number),
            lambda seen: seen["state"] == "Active" and len(seen["comments"]) == 1,
        )
        bruno.edit(number, {"System.Title": "Depot hears of late parcels", "System.State": "Resolved"})
        bruno.comment(number, "<p>The gate is <b>open</b>.</p>")
        back = self.until(
            "the edits of the work item in the issue",
            lambda: alice.read(key),
            lambda seen: seen["title"] == "Depot hears of late parcels"
            and seen["state"] == "In Review"
            and len(seen["comments"]) == 2,
        )
        alice.api.issue(key).update(fields={"summary": "Depot knows of late parcels"})
        again = self.until(
            "the issue's own second edit in the work item",
            lambda: bruno.read(number),
            lambda seen: seen["title"] == "Depot knows of late parcels" and len(seen["comments"]) == 2,
        )
        return {
            "issue": {"key": key, "untouched": back["description"] == RICH},
            "seen": {
                "work_item": item,
                "description": outline(item["description"]),
                "issue": without_bodies(back),
                "work_item_again": again,
            },
        }

    def work_item_first(self):
        alice, bruno = self.alice, self.bruno
        title = "Kiosk shows the queue"
        fields = {
            "System.Title": title,
            "System.Description": HTML,
            "System.Tags": "kiosk; quick win",
            "Microsoft.VSTS.Common.Priority": 1,
            "System.AssignedTo": "chandra@acme.example",
        }
        number = bruno.create("User Story", fields)
        source = bruno.read(number)["description"]
        bruno.edit(number, {"System.State": "Active"})
        bruno.comment(number, "<p>The <i>second</i> screen is here.</p>")
        key = self.wait("an issue of the work item's title", lambda: alice.find(title))
        issue = self.until(
            "the issue to be in progress with its comment",
            lambda: alice.read(key),
            lambda seen: seen["state"] == "In Progress" and len(seen["comments"]) == 1,
        )
        alice.api.issue(key).update(fields={"summary": "Kiosk shows the whole queue"})
        alice.move(key, "Send to review")
        alice.comment(key, document(paragraph(text("Tried with "), text("gloves", {"type": "em"}), text("."))))
        back = self.until(
            "the edits of the issue in the work item",
            lambda: bruno.read(number),
            lambda seen: seen["title"] == "Kiosk shows the whole queue"
            and seen["state"] == "Resolved"
            and len(seen["comments"]) == 2,
        )
        bruno.edit(number, {"Microsoft.VSTS.Common.Priority": 3})
        again = self.until(
            "the work item's own second edit in the issue",
            lambda: alice.read(key),
            lambda seen: seen["priority"] == "Medium" and len(seen["comments"]) == 2,
        )
        return {
            "work_item": {
                "number": number,
                "untouched": back["description"] == source,
                "linked_from_issue": alice.twin(key) == number,
            },
            "seen": {
                "issue": without_bodies(issue),
                "description": shape(issue["description"]),
                "work_item": back,
                "issue_again": without_bodies(again),
            },
        }


def outline(html):
    """What the description is made of, as a reader of the HTML sees it."""
    page = Outline(html)
    names = ["h2", "strong", "em", "code", "li", "ul", "ol", "pre", "th", "td", "blockquote", "a"]
    return {"links": page.links, "html": html, **{name: page.texts(name) for name in names}}


def shape(description):
    """What the description is made of, as a reader of the document sees it."""
    return {
        "headings": [words(node) for node in nodes(description, "heading")],
        "strong": marked(description, "strong"),
        "em": marked(description, "em"),
        "items": [words(node) for node in nodes(description, "listItem")],
        "code": [words(node) for node in nodes(description, "codeBlock")],
        "head": [words(node) for node in nodes(description, "tableHeader")],
        "cells": [words(node) for node in nodes(description, "tableCell")],
        "links": [
            mark["attrs"]["href"]
            for node in nodes(description, "text")
            for mark in node.get("marks", [])
            if mark["type"] == "link"
        ],
    }


def without_bodies(issue):
    """The issue with its texts as words."""
    comments = [
        {"by": each["by"], "text": words(each["body"]), "strong": marked(each["body"], "strong"), "em": marked(each["body"], "em")}
        for each in issue["comments"]
    ]
    return {**issue, "description": words(issue["description"]), "comments": comments}


def main():
    stories = {"jira": Story.issue_first, "azure": Story.work_item_first}
    if len(sys.argv) != 2 or sys.argv[1] not in stories:
        sys.exit(__doc__)
    story = Story(json.load(sys.stdin))
    print(json.dumps(stories[sys.argv[1]](story)))


if __name__ == "__main__":
    main()

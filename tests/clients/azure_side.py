"""A person at the Azure DevOps organisation, working through the public package `azure-devops`, unmodified."""

from html.parser import HTMLParser

from azure.devops.connection import Connection
from azure.devops.v7_1.work_item_tracking.models import CommentCreate, JsonPatchOperation, Wiql
from msrest.authentication import BasicAuthentication


class Desk:
    """One person's connection, and what that person reads and writes."""

    def __init__(self, organization, token):
        credentials = BasicAuthentication("", token)
        connection = Connection(base_url=organization["url"], creds=credentials)
        self.api = connection.clients_v7_1.get_work_item_tracking_client()
        self.project = organization["project"]

    def create(self, kind, fields):
        return self.api.create_work_item(patch(fields), self.project, kind).id

    def edit(self, number, fields):
        self.api.update_work_item(patch(fields), number)

    def comment(self, number, text):
        request = CommentCreate(text=text)
        return self.api.add_comment(request, self.project, number).id

    def find(self, title):
        """The number of the work item of that title; nothing while there is none."""
        query = f"SELECT [System.Id] FROM WorkItems WHERE [System.Title] = '{title}'"
        found = self.api.query_by_wiql(Wiql(query=query)).work_items
        return found[0].id if found else None

    def read(self, number):
        item = self.api.get_work_item(number, expand="All")
        fields = item.fields
        comments = self.api.get_comments(self.project, number).comments
        relations = item.relations or []
        return {
            "number": item.id,
            "type": fields["System.WorkItemType"],
            "title": fields["System.Title"],
            "description": fields.get("System.Description"),
            "state": fields["System.State"],
            "priority": fields.get("Microsoft.VSTS.Common.Priority"),
            "tags": sorted(tag for tag in fields.get("System.Tags", "").split("; ") if tag),
            "assignee": fields.get("System.AssignedTo", {}).get("displayName"),
            "comments": [
                {"by": comment.created_by.display_name, "text": comment.text}
                for comment in comments
            ],
            "links": [each.url for each in relations if each.rel == "Hyperlink"],
        }


def patch(fields):
    return [
        JsonPatchOperation(op="add", path=f"/fields/{name}", value=value)
        for name, value in fields.items()
    ]


class Outline(HTMLParser):
    """What a page of HTML is made of: the words inside every element, by the element's name."""

    NAMES = {"b": "strong", "i": "em"}

    def __init__(self, html):
        super().__init__()
        self.open = []
        self.parts = {}
        self.links = []
        self.feed(html or "")
        self.close()

    def handle_starttag(self, tag, attributes):
        if tag == "a":
            self.links.append(dict(attributes).get("href"))
        if tag not in ("br", "hr", "img"):
            name = self.NAMES.get(tag, tag)
            texts = self.parts.setdefault(name, [])
            texts.append("")
            self.open.append((name, len(texts) - 1))

    def handle_endtag(self, tag):
        name = self.NAMES.get(tag, tag)
        while self.open:
            if self.open.pop()[0] == name:
                return

    def handle_data(self, data):
        for name, at in self.open:
            self.parts[name][at] += data

    def texts(self, name):
        return [" ".join(text.split()) for text in self.parts.get(name, [])]

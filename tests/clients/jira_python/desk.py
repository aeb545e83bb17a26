"""Where one works from: a connection, a project, and small helpers."""

import jira

ALICE = "712020:0a1f7c52-6e0d-4b6e-9a43-1d2f5b7c9e01"
BRUNO = "712020:1b2e8d63-7f1e-4c7f-8b54-2e3a6c8d0f02"


class Desk:
    """One account at the site."""

    def __init__(self, site):
        self.site = site
        self.project = site["project"]
        self.api = self.connect(site["user"], site["token"])

    def connect(self, user, token, **more):
        return jira.JIRA(
            self.site["url"],
            basic_auth=(user, token),
            options={"rest_api_version": "3", "agile_rest_api_version": "1.0"},
            **more,
        )

    def fields(self, kind, summary, **more):
        return {"project": {"key": self.project}, "issuetype": {"name": kind}, "summary": summary, **more}

    def create(self, kind, summary, **more):
        return self.api.create_issue(fields=self.fields(kind, summary, **more))


def document(*paragraphs):
    """A document of the Atlassian Document Format, one plain paragraph per text."""
    content = [{"type": "paragraph", "content": [{"type": "text", "text": text}]} for text in paragraphs]
    return {"type": "doc", "version": 1, "content": content}


def words(node):
    """The text of a document; `node` is JSON or what the client made of it."""
    raw = getattr(node, "raw", node)
    if isinstance(raw, str):
        return raw
    return raw.get("text", "") + "".join(words(child) for child in raw.get("content", []))

"""A person at the Jira site, working through the public package `jira`, unmodified."""

import jira


class Desk:
    """One person's connection, and what that person reads and writes."""

    def __init__(self, site, user, token):
        self.api = jira.JIRA(
            site["url"],
            basic_auth=(user, token),
            options={"rest_api_version": "3"},
            max_retries=0,
        )
        self.project = site["project"]

    def create(self, kind, title, description, **more):
        fields = {
            "project": {"key": self.project},
            "issuetype": {"name": kind},
            "summary": title,
            "description": description,
            **more,
        }
        return self.api.create_issue(fields=fields)

    def move(self, key, transition):
        self.api.transition_issue(key, transition)

    def comment(self, key, body):
        return self.api.add_comment(key, body).id

    def twin(self, key):
        """The number of the work item that the issue's remote links lead to, or nothing."""
        for link in self.api.remote_links(key):
            address = link.object.url
            if "/_workitems/edit/" in address:
                return int(address.rsplit("/", 1)[1])
        return None

    def find(self, title):
        """The key of the issue of that title, as the search shows it; nothing while it does not."""
        query = f'project = {self.project} AND summary ~ "{title}"'
        found = self.api.enhanced_search_issues(query, fields="summary")
        exact = [issue.key for issue in found if issue.fields.summary == title]
        return exact[0] if exact else None

    def read(self, key):
        issue = self.api.issue(key)
        fields = issue.raw["fields"]
        comments = [comment.raw for comment in self.api.comments(key)]
        return {
            "key": issue.key,
            "type": fields["issuetype"]["name"],
            "title": fields["summary"],
            "description": fields["description"],
            "state": fields["status"]["name"],
            "priority": fields["priority"]["name"],
            "labels": sorted(fields["labels"]),
            "assignee": (fields["assignee"] or {}).get("displayName"),
            "comments": [
                {"by": comment["author"]["displayName"], "body": comment["body"]}
                for comment in comments
            ],
        }


def nodes(document, kind):
    """Every node of that type in a document, in reading order."""
    found = [document] if document.get("type") == kind else []
    for child in document.get("content", []):
        found.extend(nodes(child, kind))
    return found


def words(document):
    """The text of a document, its pieces joined as they stand."""
    pieces = [node["text"] for node in nodes(document, "text")]
    return "".join(pieces)


def marked(document, mark):
    """The texts that carry that mark."""
    return [
        node["text"]
        for node in nodes(document, "text")
        if any(each["type"] == mark for each in node.get("marks", []))
    ]

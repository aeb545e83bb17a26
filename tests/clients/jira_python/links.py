"""Links between issues, and links to the world outside."""

from day import equal, raises
from jira import JIRAError


def work(day, desk):
    issue_links(day, desk)
    remote_links(day, desk)


def issue_links(day, desk):
    api = desk.api
    first, second = desk.parcels[0], desk.parcels[1]
    with day.step("one issue blocks another, and both know it"):
        api.create_issue_link("Blocks", inwardIssue=first, outwardIssue=second)
        (link,) = api.issue(first).fields.issuelinks
        equal(link.type.name, "Blocks")
        other = getattr(link, "outwardIssue", None) or link.inwardIssue
        equal(other.key, second)
        desk.link = link.id
        (back,) = api.issue(second).fields.issuelinks
        equal(back.id, link.id)
    with day.step("a link is read by its id"):
        link = api.issue_link(desk.link)
        equal(sorted([link.inwardIssue.key, link.outwardIssue.key]), sorted([first, second]))
    with day.step("a link is removed from both"):
        api.delete_issue_link(desk.link)
        equal(api.issue(second).fields.issuelinks, [])
        with raises(JIRAError, lambda error: error.status_code == 404):
            api.issue_link(desk.link)


def remote_links(day, desk):
    api = desk.api
    page = {"url": "https://wiki.acme.example/depot", "title": "Depot"}
    with day.step("a link outside is made once by its global id"):
        made = api.add_remote_link(desk.parcels[4], page, globalId="system=wiki&id=7", relationship="is told in")
        again = api.add_remote_link(desk.parcels[4], {**page, "title": "The depot"}, globalId="system=wiki&id=7")
        equal(str(again.id), str(made.id))
        (link,) = api.remote_links(desk.parcels[4])
        equal((link.object.title, link.object.url), ("The depot", page["url"]))
    with day.step("a link outside is read and changed by its id"):
        link = api.remote_link(desk.parcels[4], made.id)
        equal(link.globalId, "system=wiki&id=7")
        link.update({"url": "https://wiki.acme.example/yard", "title": "Yard"}, globalId="system=wiki&id=7")
        equal(api.remote_link(desk.parcels[4], made.id).object.title, "Yard")
    with day.step("links outside are removed by id and by global id"):
        other = api.add_simple_link(desk.parcels[4], {"url": "https://acme.example", "title": "Home"})
        equal(len(api.remote_links(desk.parcels[4])), 2)
        api.delete_remote_link(desk.parcels[4], internal_id=other.id)
        api.delete_remote_link(desk.parcels[4], global_id="system=wiki&id=7")
        equal(api.remote_links(desk.parcels[4]), [])

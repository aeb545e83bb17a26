"""Users, whose e-mail addresses are hidden, and groups."""

from day import equal

from .desk import ALICE, BRUNO


def work(day, desk):
    api = desk.api
    with day.step("a user is read by account id, without an e-mail address"):
        user = api.user(ALICE)
        equal(user.displayName, "Alice Abara")
        equal(user.raw.get("emailAddress", ""), "")
        equal(user.active, True)
    with day.step("a hidden e-mail address still finds its user"):
        equal([user.accountId for user in api.search_users(query="bruno@acme.example")], [BRUNO])
    with day.step("a part of a name finds users"):
        equal([user.displayName for user in api.search_users(query="chandra")], ["Chandra Chowdhury"])
    with day.step("users are paged"):
        pages = [api.search_users(query="c", startAt=at, maxResults=1) for at in (0, 1)]
        equal(sorted(user.displayName for page in pages for user in page), ["Chandra Chowdhury", "Counterpart Sync"])
    with day.step("those who can be assigned are found by project"):
        found = api.search_assignable_users_for_issues(query="alice", project=desk.project)
        equal([user.accountId for user in found], [ALICE])
    with day.step("groups are picked by name, and tell their members"):
        groups = api.groups()
        assert groups, "no groups"
        members = api.group_members(groups[0])
        assert all(member["fullname"] for member in members.values()), members
        equal(api.groups(query=groups[0])[0], groups[0])

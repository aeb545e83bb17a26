"""Issues: made, read, edited, made in bulk, assigned, voted for, watched, given properties, deleted."""

from day import equal, raises
from jira import JIRAError

from .desk import ALICE, BRUNO, document, words


def work(day, desk):
    desk.story = None
    one(day, desk)
    several(day, desk)
    attention(day, desk)
    properties(day, desk)
    family(day, desk)
    history(day, desk)
    farewell(day, desk)


def one(day, desk):
    api = desk.api
    with day.step("an issue is made with a rich description and read back whole"):
        made = desk.create(
            "Story",
            "Checkout learns to wait",
            description=document("The depot is asleep.", "Wake it."),
            priority={"name": "High"},
            labels=["daywork", "depot"],
            duedate="2027-02-28",
        )
        desk.story = made.key
        issue = api.issue(made.key)
        equal(issue.fields.summary, "Checkout learns to wait")
        equal(issue.raw["fields"]["description"], document("The depot is asleep.", "Wake it."))
        equal(issue.fields.priority.name, "High")
        equal(sorted(issue.fields.labels), ["daywork", "depot"])
        equal(issue.fields.duedate, "2027-02-28")
        equal(issue.fields.status.name, "To Do")
        equal(issue.fields.reporter.displayName, "Counterpart Sync")
    with day.step("only the fields that were asked for come back"):
        issue = api.issue(desk.story, fields="summary,status")
        equal(sorted(issue.raw["fields"]), ["status", "summary"])
    with day.step("an edit changes what it names and nothing else"):
        issue = api.issue(desk.story)
        issue.update(summary="Checkout has learned to wait", fields={"priority": {"name": "Low"}})
        again = api.issue(desk.story)
        equal(again.fields.summary, "Checkout has learned to wait")
        equal(again.fields.priority.name, "Low")
        equal(words(again.raw["fields"]["description"]), "The depot is asleep.Wake it.")
    with day.step("labels are added and removed one by one"):
        issue = api.issue(desk.story)
        issue.update(update={"labels": [{"add": "quick-win"}, {"remove": "depot"}]})
        equal(sorted(api.issue(desk.story).fields.labels), ["daywork", "quick-win"])
    with day.step("an issue is assigned by a part of the e-mail address, and to nobody"):
        api.assign_issue(desk.story, "bruno@acme.example")
        equal(api.issue(desk.story).fields.assignee.accountId, BRUNO)
        api.assign_issue(desk.story, None)
        equal(api.issue(desk.story).fields.assignee, None)
    with day.step("what the edit screen holds is told"):
        meta = api.editmeta(desk.story)["fields"]
        equal(meta["summary"]["required"], True)
        assert "set" in meta["labels"]["operations"], meta["labels"]
        assert "Highest" in [each["name"] for each in meta["priority"]["allowedValues"]]


def several(day, desk):
    api = desk.api
    with day.step("issues are made in bulk"):
        kinds = ["Task", "Bug", "Task", "Bug", "Story", "Task"]
        priorities = ["Highest", "High", "Medium", "Low", "Lowest", "Medium"]
        rows = [
            desk.fields(kind, f"Parcel {number} is late", priority={"name": priority}, labels=["daywork", "parcel"])
            for number, (kind, priority) in enumerate(zip(kinds, priorities), 1)
        ]
        made = api.create_issues(rows)
        equal([each["status"] for each in made], ["Success"] * 6)
        desk.parcels = [each["issue"].key for each in made]
        equal(made[3]["issue"].fields.priority.name, "Low")
    with day.step("in a bulk, those that are refused do not harm the others"):
        rows = [desk.fields("Task", "Parcel 7 is late", labels=["daywork"]), desk.fields("Task", "", labels=["daywork"])]
        made = api.create_issues(rows, prefetch=False)
        equal([each["status"] for each in made], ["Success", "Error"])
        assert "summary" in made[1]["error"], made[1]
        desk.seventh = made[0]["issue"].key


def attention(day, desk):
    api = desk.api
    with day.step("an issue is watched by somebody and no longer"):
        api.add_watcher(desk.story, "alice@acme.example")
        watchers = api.watchers(desk.story)
        assert ALICE in [user.accountId for user in watchers.watchers]
        count = watchers.watchCount
        api.remove_watcher(desk.story, "alice@acme.example")
        equal(api.watchers(desk.story).watchCount, count - 1)
    with day.step("a vote is given and taken back"):
        alice = desk.connect("alice@acme.example", "alice-token")
        alice.add_vote(desk.story)
        votes = alice.votes(desk.story)
        equal((votes.votes, votes.hasVoted), (1, True))
        alice.remove_vote(desk.story)
        equal(alice.votes(desk.story).votes, 0)


def properties(day, desk):
    api = desk.api
    with day.step("a property is set, listed, changed and removed"):
        api.add_issue_property(desk.story, "daywork.mark", {"depot": "north", "shelves": [1, 2]})
        mark = api.issue_property(desk.story, "daywork.mark")
        equal(mark.raw["value"], {"depot": "north", "shelves": [1, 2]})
        api.add_issue_property(desk.story, "daywork.mark", {"depot": "south"})
        equal([each.key for each in api.issue_properties(desk.story)], ["daywork.mark"])
        api.issue_property(desk.story, "daywork.mark").delete()
        equal(api.issue_properties(desk.story), [])


def family(day, desk):
    api = desk.api
    with day.step("a sub-task and its parent know each other"):
        part = desk.create("Sub-task", "Print the labels", parent={"key": desk.story}, labels=["daywork"])
        desk.part = part.key
        equal(api.issue(part.key).fields.parent.key, desk.story)
        equal([each.key for each in api.issue(desk.story).fields.subtasks], [part.key])
    with day.step("an epic is the parent of a story"):
        desk.epic = desk.create("Epic", "Depot at night", labels=["daywork"]).key
        api.issue(desk.story).update(fields={"parent": {"key": desk.epic}})
        equal(api.issue(desk.story).fields.parent.key, desk.epic)


def history(day, desk):
    with day.step("the changelog tells who changed what, the newest first"):
        issue = desk.api.issue(desk.story, expand="changelog")
        entries = issue.changelog.histories
        moves = [(item.field, item.fromString, item.toString) for entry in entries for item in entry.items]
        assert ("summary", "Checkout learns to wait", "Checkout has learned to wait") in moves, moves
        assert ("priority", "High", "Low") in moves, moves
        equal(entries[0].author.displayName, "Counterpart Sync")


def farewell(day, desk):
    with day.step("a deleted issue is gone, and with subtasks only when that is said"):
        parent = desk.create("Task", "Will go")
        desk.create("Sub-task", "Will go too", parent={"key": parent.key})
        with raises(JIRAError, lambda error: error.status_code == 400):
            parent.delete()
        parent.delete(deleteSubtasks=True)
        with raises(JIRAError, lambda error: error.status_code == 404 and "does not exist" in error.text):
            desk.api.issue(parent.key)

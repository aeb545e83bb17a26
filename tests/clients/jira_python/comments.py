"""Comments: said, paged, changed, restricted, removed."""

from day import equal, raises
from jira import JIRAError

from .desk import document, words


def work(day, desk):
    api = desk.api
    with day.step("a comment is said and read alone"):
        made = api.add_comment(desk.story, document("The driver waits."))
        read = api.comment(desk.story, made.id)
        equal(words(read.raw["body"]), "The driver waits.")
        equal(read.author.displayName, "Counterpart Sync")
        desk.comment = made.id
    with day.step("a comment is changed, and says when"):
        comment = api.comment(desk.story, desk.comment)
        comment.update(body=document("The driver waits outside."))
        again = api.comment(desk.story, desk.comment)
        equal(words(again.raw["body"]), "The driver waits outside.")
        assert again.updated >= again.created
    with day.step("comments come in pages, in the order that was asked for"):
        parcel = desk.parcels[0]
        for number in range(5):
            api.add_comment(parcel, document(f"Call {number}"))
        pages = [api.comments(parcel, start_at=at, max_results=2, order_by="created") for at in (0, 2, 4)]
        equal([words(each.raw["body"]) for page in pages for each in page], [f"Call {number}" for number in range(5)])
        newest = api.comments(parcel, max_results=1, order_by="-created")
        equal(words(newest[0].raw["body"]), "Call 4")
    with day.step("a comment for a group is seen with its restriction"):
        group = "jira-software-users"
        made = api.add_comment(desk.parcels[1], document("Not for everybody."), visibility={"type": "group", "value": group})
        shown = api.comment(desk.parcels[1], made.id)
        equal((shown.visibility.type, shown.visibility.value), ("group", group))
    with day.step("a comment for a role is for those who play it"):
        with raises(JIRAError, lambda error: error.status_code == 400):
            api.add_comment(desk.parcels[1], document("For others."), visibility={"type": "role", "value": "Administrators"})
    with day.step("a removed comment is gone"):
        gone = api.add_comment(desk.parcels[1], document("Never mind."))
        gone.delete()
        with raises(JIRAError, lambda error: error.status_code == 404):
            api.comment(desk.parcels[1], gone.id)

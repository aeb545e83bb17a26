"""Comments, their versions and reactions."""

from azure.devops.v7_1.work_item_tracking.models import CommentCreate, CommentUpdate
from day import equal


def work(day, desk):
    api, project = desk.api, desk.project
    with day.step("a comment is said, changed, and keeps its versions"):
        made = api.add_comment(CommentCreate(text="<p>The gate is shut.</p>"), project, desk.story)
        desk.comment = made.id
        changed = api.update_comment(CommentUpdate(text="<p>The gate is open.</p>"), project, desk.story, made.id)
        equal(changed.version, 2)
        assert "open" in api.get_comment(project, desk.story, made.id).text
        texts = {each.version: each.text for each in api.get_comment_versions(project, desk.story, made.id)}
        assert "shut" in texts[1] and "open" in texts[2], texts
        assert "shut" in api.get_comment_version(project, desk.story, made.id, 1).text
    with day.step("a comment is written in Markdown"):
        made = api.add_work_item_comment(CommentCreate(text="The **second** gate"), project, desk.story, "markdown")
        equal(made.text, "The **second** gate")
        changed = api.update_work_item_comment(CommentUpdate(text="The *third* gate"), project, desk.story, made.id, "markdown")
        equal(changed.text, "The *third* gate")
        desk.second_comment = made.id
    with day.step("comments come in pages and by ids"):
        parcel = desk.parcels[0]
        made = [api.add_comment(CommentCreate(text=f"Call {number}"), project, parcel).id for number in range(5)]
        seen, token = [], None
        while True:
            page = api.get_comments(project, parcel, top=2, continuation_token=token, order="asc")
            equal(page.total_count, 5)
            seen += [each.id for each in page.comments]
            token = page.continuation_token
            if not token:
                break
        equal(seen, made)
        some = api.get_comments_batch(project, parcel, made[1:3])
        equal(sorted(each.id for each in some.comments), made[1:3])
    with day.step("a reaction is given, counted, and taken back"):
        given = api.create_comment_reaction(project, desk.story, desk.comment, "heart")
        equal((given.count, given.is_current_user_engaged), (1, True))
        hearts = {each.type: each.count for each in api.get_comment_reactions(project, desk.story, desk.comment)}
        equal(hearts.get("heart"), 1)
        people = api.get_engaged_users(project, desk.story, desk.comment, "heart")
        equal([each.display_name for each in people], ["Counterpart Sync"])
        api.delete_comment_reaction(project, desk.story, desk.comment, "heart")
        left = {each.type: each.count for each in api.get_comment_reactions(project, desk.story, desk.comment)}
        assert not left.get("heart"), left
    with day.step("a removed comment is shown only to those who ask for it"):
        api.delete_comment(project, desk.story, desk.second_comment)
        shown = [each.id for each in api.get_comments(project, desk.story).comments]
        assert desk.second_comment not in shown, shown
        all_of_them = api.get_comments(project, desk.story, include_deleted=True).comments
        gone = next(each for each in all_of_them if each.id == desk.second_comment)
        equal(gone.is_deleted, True)

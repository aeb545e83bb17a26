"""Boards, sprints, the backlog and the order of things."""

from day import equal, raises
from jira import JIRAError


def work(day, desk):
    api = desk.api
    with day.step("the project has a scrum board"):
        boards = api.boards(projectKeyOrID=desk.project, type="scrum")
        assert boards, "no scrum board"
        desk.board = boards[0].id
        equal(boards[0].type, "scrum")
    with day.step("a sprint is planned"):
        made = api.create_sprint("Night 1", desk.board, goal="Open the gate")
        desk.sprint = made.id
        sprint = api.sprint(made.id)
        equal((sprint.name, sprint.state, sprint.goal), ("Night 1", "future", "Open the gate"))
        assert "Night 1" in api.sprints_by_name(desk.board, state="future")
    with day.step("issues go into the sprint, which begins and ends"):
        api.add_issues_to_sprint(desk.sprint, desk.parcels[4:6])
        dates = {"startDate": "2026-12-01T08:00:00.000Z", "endDate": "2026-12-14T18:00:00.000Z"}
        began = api.update_sprint(desk.sprint, name="Night 1", state="active", goal="Open the gate", **dates)
        equal(began["state"], "active")
        found = day.until(
            "the issues of the open sprint",
            lambda: sorted(issue.key for issue in api.enhanced_search_issues(f"sprint = {desk.sprint}", fields="summary")),
            lambda keys: keys == sorted(desk.parcels[4:6]),
        )
        equal(len(found), 2)
    with day.step("a sprint does not go back"):
        with raises(JIRAError, lambda error: error.status_code == 400):
            api.update_sprint(desk.sprint, name="Night 1", state="future", startDate="2026-12-01T08:00:00.000Z", endDate="2026-12-14T18:00:00.000Z")
    with day.step("an issue goes back to the backlog"):
        api.move_to_backlog([desk.parcels[5]])
        day.until(
            "one issue is left in the sprint",
            lambda: [issue.key for issue in api.enhanced_search_issues(f"sprint = {desk.sprint}", fields="summary")],
            lambda keys: keys == [desk.parcels[4]],
        )
    with day.step("issues go into an epic"):
        api.add_issues_to_epic(desk.epic, [desk.parcels[4]])
        equal(api.issue(desk.parcels[4]).fields.parent.key, desk.epic)
    with day.step("an issue is ranked before another"):
        api.rank(desk.parcels[1], next_issue=desk.parcels[0])
        first, second = (
            [issue.key for issue in api.enhanced_search_issues(f"key in ({desk.parcels[0]}, {desk.parcels[1]}) ORDER BY Rank {way}", fields="summary")]
            for way in ("ASC", "DESC")
        )
        equal(first, list(reversed(second)))

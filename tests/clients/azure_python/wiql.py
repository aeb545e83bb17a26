"""Twenty queries: flat ones, ones of links, and ones of the past."""

import datetime

from azure.devops.v7_1.work_item_tracking.models import TeamContext, Wiql
from day import equal

from .desk import STATE


def work(day, desk):
    # One item goes through its states, so that the past can be asked for.
    with day.step("the past begins"):
        now = day.control("clock")["now_ms"]
        desk.moment = datetime.datetime.fromtimestamp(now / 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        day.control("clock", {"advance_ms": 2_000})
        desk.edit(desk.parcels[1], {STATE: "Active"})
        desk.edit(desk.parcels[1], {STATE: "Resolved"})
    flat(day, desk)
    links(day, desk)
    pages(day, desk)


def ask(desk, text, **more):
    return desk.api.query_by_wiql(Wiql(query=text), team_context=TeamContext(project=desk.project), **more)


def flat(day, desk):
    one, two, three, four, five, six = desk.parcels
    everything = [one, two, three, four, five, six]
    queries = [
        ("[System.WorkItemType] = 'Bug'", [two, four]),
        ("[System.WorkItemType] IN ('Task', 'User Story')", [one, three, five, six]),
        ("[System.WorkItemType] <> 'Bug'", [one, three, five, six]),
        ("[System.WorkItemType] NOT IN ('Bug', 'Task')", [five]),
        ("[Microsoft.VSTS.Common.Priority] = 1", [one]),
        ("[Microsoft.VSTS.Common.Priority] > 2 AND [System.State] = 'New'", [three, four, six]),
        ("[Microsoft.VSTS.Common.Priority] <= 2", [one, two, five]),
        ("[System.State] = 'Resolved'", [two]),
        ("EVER [System.State] = 'Active'", [two]),
        ("[System.Title] CONTAINS 'Parcel 4'", [four]),
        ("[System.Title] CONTAINS WORDS 'late'", everything),
        ("[System.Title] NOT CONTAINS 'Parcel 1'", [two, three, four, five, six]),
        ("[System.AreaPath] UNDER @project", everything),
        ("[System.AssignedTo] = ''", everything),
        ("[System.CreatedBy] = @me", everything),
        ("[System.CreatedDate] >= @today - 1", everything),
        (f"[System.Id] IN ({one}, {two}, 999999)", [one, two]),
        ("([System.WorkItemType] = 'Bug' OR [Microsoft.VSTS.Common.Priority] = 1) AND NOT [Microsoft.VSTS.Common.Priority] = 4", [one, two]),
        ("[System.Parent] = %d" % (desk.story or 0), [one]),
    ]
    for clause, expected in queries:
        with day.step(f"WIQL: {clause}"):
            text = f"SELECT [System.Id], [System.Title] FROM WorkItems WHERE [System.TeamProject] = @project AND [System.Tags] CONTAINS 'parcel' AND {clause} ORDER BY [System.Id]"
            equal([each.id for each in ask(desk, text).work_items], sorted(expected))
    with day.step("WIQL: ASOF shows the past"):
        text = f"SELECT [System.Id] FROM WorkItems WHERE [System.Tags] CONTAINS 'parcel' AND [System.State] = 'New' ORDER BY [System.Id] ASOF '{desk.moment}'"
        equal([each.id for each in ask(desk, text, time_precision=True).work_items], everything)
    with day.step("WIQL: the order is what was asked for"):
        text = "SELECT [System.Id] FROM WorkItems WHERE [System.Tags] CONTAINS 'parcel' ORDER BY [Microsoft.VSTS.Common.Priority] DESC, [System.Id] ASC"
        result = ask(desk, text)
        equal([each.id for each in result.work_items], [four, three, six, two, five, one])
        equal([each.field.reference_name for each in result.sort_columns], ["Microsoft.VSTS.Common.Priority", "System.Id"])


def links(day, desk):
    with day.step("WIQL: links of one kind"):
        text = (
            "SELECT [System.Id] FROM WorkItemLinks WHERE ([Source].[System.Id] = %d) "
            "AND ([System.Links.LinkType] = 'System.LinkTypes.Hierarchy-Forward') MODE (MustContain)" % desk.story
        )
        result = ask(desk, text)
        equal(result.query_result_type, "workItemLink")
        pairs = [(each.source.id if each.source else None, each.target.id) for each in result.work_item_relations]
        assert (desk.story, desk.parcels[0]) in pairs, pairs
    with day.step("WIQL: a tree"):
        text = (
            "SELECT [System.Id] FROM WorkItemLinks WHERE ([Source].[System.Id] = %d) "
            "AND ([System.Links.LinkType] = 'System.LinkTypes.Hierarchy-Forward') MODE (Recursive)" % desk.story
        )
        result = ask(desk, text)
        equal(result.query_type, "tree")
        assert desk.parcels[0] in [each.target.id for each in result.work_item_relations]


def pages(day, desk):
    with day.step("a query is cut at its top, and goes on from the last id"):
        seen, last, pages = [], 0, 0
        while True:
            text = f"SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project AND [System.Id] > {last} ORDER BY [System.Id]"
            page = [each.id for each in ask(desk, text, top=40).work_items]
            if not page:
                break
            seen, last, pages = seen + page, page[-1], pages + 1
        assert pages >= 2 and len(seen) == len(set(seen)), (pages, len(seen))
        assert set(desk.parcels) <= set(seen)

"""Queries that are kept: folders, the tree of them, and running them."""

from azure.devops.exceptions import AzureDevOpsServiceError
from azure.devops.v7_1.work_item_tracking.models import QueryBatchGetRequest, QueryHierarchyItem, TeamContext
from day import equal, raises

TEXT = "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project AND [System.Tags] CONTAINS 'parcel' ORDER BY [System.Id]"


def work(day, desk):
    api, project = desk.api, desk.project
    with day.step("a project has own and shared queries"):
        roots = api.get_queries(project, depth=1)
        assert {"My Queries", "Shared Queries"} <= {each.name for each in roots}, [each.name for each in roots]
    with day.step("a query is kept in a folder"):
        folder = api.create_query(QueryHierarchyItem(name="Depot", is_folder=True), project, "Shared Queries")
        desk.folder = folder.id
        made = api.create_query(QueryHierarchyItem(name="Late parcels", wiql=TEXT), project, "Shared Queries/Depot")
        desk.query = made.id
        read = api.get_query(project, made.id, expand="wiql")
        equal((read.name, read.path), ("Late parcels", "Shared Queries/Depot/Late parcels"))
        assert "parcel" in read.wiql, read.wiql
        shown = api.get_query(project, "Shared Queries/Depot", depth=1)
        equal([each.name for each in shown.children], ["Late parcels"])
    with day.step("a kept query is run"):
        found = api.query_by_id(desk.query, team_context=TeamContext(project=project))
        equal([each.id for each in found.work_items], desk.parcels)
    with day.step("kept queries are found by name and by ids"):
        hits = api.search_queries(project, "late")
        assert desk.query in [each.id for each in hits.value], hits
        (one,) = api.get_queries_batch(QueryBatchGetRequest(ids=[desk.query]), project)
        equal(one.name, "Late parcels")
    with day.step("a kept query is renamed and removed with its folder"):
        equal(api.update_query(QueryHierarchyItem(name="Very late parcels"), project, desk.query).name, "Very late parcels")
        api.delete_query(project, desk.folder)
        with raises(AzureDevOpsServiceError, lambda error: "TF401243" in error.message or "QueryItemNotFound" in (error.type_key or "")):
            api.get_query(project, desk.query)
    with day.step("a query that cannot be read is not kept"):
        with raises(AzureDevOpsServiceError, lambda error: error.message):
            api.create_query(QueryHierarchyItem(name="Broken", wiql="SELECT nothing"), project, "My Queries")

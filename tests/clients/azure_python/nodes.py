"""Areas and iterations."""

from azure.devops.exceptions import AzureDevOpsServiceError
from azure.devops.v7_1.work_item_tracking.models import WorkItemClassificationNode as Node
from day import equal, raises


def work(day, desk):
    api, project = desk.api, desk.project
    with day.step("a project has a root of areas and one of iterations"):
        roots = api.get_root_nodes(project, depth=2)
        equal(sorted(each.structure_type for each in roots), ["area", "iteration"])
        equal({each.name for each in roots}, {project})
    with day.step("an area is made below another, and read"):
        made = api.create_or_update_classification_node(Node(name="Depot"), project, "areas")
        desk.area = made.id
        api.create_or_update_classification_node(Node(name="Night"), project, "areas", path="Depot")
        depot = api.get_classification_node(project, "areas", path="Depot", depth=1)
        equal([each.name for each in depot.children], ["Night"])
        equal(depot.path, f"\\{project}\\Area\\Depot")
    with day.step("an iteration has dates"):
        dates = {"startDate": "2026-12-01T00:00:00Z", "finishDate": "2026-12-14T00:00:00Z"}
        made = api.create_or_update_classification_node(Node(name="Night 1", attributes=dates), project, "iterations")
        assert made.attributes["startDate"].startswith("2026-12-01"), made.attributes
        changed = api.update_classification_node(Node(name="Night one", attributes=made.attributes), project, "iterations", path="Night 1")
        equal(changed.name, "Night one")
    with day.step("nodes are read by their ids"):
        (node,) = api.get_classification_nodes(project, [desk.area])
        equal(node.name, "Depot")
    with day.step("two nodes of one name are refused"):
        with raises(AzureDevOpsServiceError, lambda error: "VS402371" in error.message):
            api.create_or_update_classification_node(Node(name="depot"), project, "areas")
    with day.step("a removed node hands its items on"):
        root = next(each for each in api.get_root_nodes(project) if each.structure_type == "area")
        item = desk.create("Task", "Lives at night", fields={"System.AreaPath": f"{project}\\Depot\\Night"})
        api.delete_classification_node(project, "areas", path="Depot/Night", reclassify_id=root.id)
        equal(desk.fields(item.id)["System.AreaPath"], project)

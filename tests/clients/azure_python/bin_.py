"""The recycle bin."""

from azure.devops.exceptions import AzureDevOpsServiceError
from azure.devops.v7_1.work_item_tracking.models import WorkItemDeleteBatchRequest, WorkItemDeleteUpdate
from day import equal, raises


def gone(error):
    return "TF401232" in error.message


def work(day, desk):
    api, project = desk.api, desk.project
    with day.step("a deleted item lies in the bin and comes back"):
        number = desk.create("Task", "Will come back").id
        told = api.delete_work_item(number, project)
        equal((told.id, told.name), (number, "Will come back"))
        with raises(AzureDevOpsServiceError, gone):
            api.get_work_item(number)
        assert number in [each.id for each in api.get_deleted_work_item_shallow_references(project)]
        equal(api.get_deleted_work_item(number, project).name, "Will come back")
        equal([each.id for each in api.get_deleted_work_items([number], project)], [number])
        api.restore_work_item(WorkItemDeleteUpdate(is_deleted=False), number, project)
        equal(desk.fields(number)["System.Title"], "Will come back")
    with day.step("many are deleted at once"):
        numbers = [desk.create("Task", f"Will go {each}").id for each in range(3)]
        told = api.delete_work_items(WorkItemDeleteBatchRequest(ids=numbers), project)
        equal(sorted(each.id for each in told.results), numbers)
        with raises(AzureDevOpsServiceError, gone):
            api.get_work_item(numbers[1])
        desk.gone = numbers
    with day.step("what is destroyed does not come back"):
        api.destroy_work_item(desk.gone[0], project)
        left = [each.id for each in api.get_deleted_work_item_shallow_references(project)]
        assert desk.gone[0] not in left and desk.gone[1] in left, left
        api.delete_work_item(desk.create("Task", "Straight to dust").id, project, destroy=True)

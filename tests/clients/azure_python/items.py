"""Work items: made, read, edited, read in bulk, their updates and revisions."""

from azure.devops.exceptions import AzureDevOpsServiceError
from azure.devops.v7_1.work_item_tracking.models import WorkItemBatchGetRequest
from day import equal, raises

from .desk import PRIORITY, STATE, TITLE, op, patch


def work(day, desk):
    one(day, desk)
    several(day, desk)
    past(day, desk)
    careful(day, desk)


def one(day, desk):
    api = desk.api
    with day.step("an item is made and read back whole"):
        made = desk.create(
            "User Story",
            "Depot learns of late parcels",
            fields={
                "System.Description": "<p>Nobody told <b>us</b>.</p>",
                "System.Tags": "daywork; depot",
                PRIORITY: 1,
                "System.AssignedTo": "bruno@acme.example",
                "System.AreaPath": f"{desk.project}\\Depot",
            },
        )
        desk.story = made.id
        item = api.get_work_item(made.id, expand="all")
        equal(item.rev, 1)
        equal(item.fields[TITLE], "Depot learns of late parcels")
        equal(item.fields["System.AssignedTo"]["displayName"], "Bruno Belmonte")
        equal(item.fields["System.Tags"], "daywork; depot")
        equal(item.fields[STATE], "New")
        assert "<b>us</b>" in item.fields["System.Description"], item.fields
    with day.step("only the fields that were asked for come back"):
        item = api.get_work_item(desk.story, fields=[TITLE, STATE])
        equal(sorted(item.fields), [STATE, TITLE])
    with day.step("an edit raises the revision"):
        item = desk.edit(desk.story, {TITLE: "Depot hears of late parcels", STATE: "Active"})
        equal((item.rev, item.fields[STATE]), (2, "Active"))
        assert item.fields["System.Reason"], item.fields
        item = desk.edit(desk.story, {"System.AssignedTo": ""})
        assert "System.AssignedTo" not in item.fields, item.fields
    with day.step("a field is cleared by its removal"):
        item = desk.edit(desk.story, {"System.Description": None})
        assert "System.Description" not in item.fields, item.fields


def several(day, desk):
    api = desk.api
    with day.step("many items are read at once, in two ways"):
        kinds = ["Task", "Bug", "Task", "Bug", "User Story", "Task"]
        priorities = [1, 2, 3, 4, 2, 3]
        desk.parcels = [
            desk.create(kind, f"Parcel {number} is late", fields={PRIORITY: priority, "System.Tags": "daywork; parcel"}).id
            for number, (kind, priority) in enumerate(zip(kinds, priorities), 1)
        ]
        listed = api.get_work_items(desk.parcels, fields=[TITLE])
        equal([each.id for each in listed], desk.parcels)
        request = WorkItemBatchGetRequest(ids=desk.parcels[:3], fields=["System.Id", PRIORITY])
        equal([each.fields[PRIORITY] for each in api.get_work_items_batch(request)], [1, 2, 3])
    with day.step("in a batch, a missing item fails it or is left out"):
        ids = [desk.parcels[0], 999_999]
        with raises(AzureDevOpsServiceError, lambda error: "TF401232" in error.message):
            api.get_work_items_batch(WorkItemBatchGetRequest(ids=ids, fields=[TITLE]))
        found = api.get_work_items_batch(WorkItemBatchGetRequest(ids=ids, fields=[TITLE], error_policy="omit"))
        equal([each.id for each in found if each is not None], ids[:1])


def past(day, desk):
    api = desk.api
    with day.step("updates tell what was changed from what to what"):
        updates = api.get_updates(desk.story)
        titles = [each.fields[TITLE] for each in updates if each.fields and TITLE in each.fields]
        equal((titles[-1].old_value, titles[-1].new_value), ("Depot learns of late parcels", "Depot hears of late parcels"))
        second = api.get_update(desk.story, updates[1].id)
        equal(second.rev, updates[1].rev)
        equal([each.id for each in api.get_updates(desk.story, top=1, skip=1)], [second.id])
    with day.step("revisions are whole items of their time"):
        revisions = api.get_revisions(desk.story)
        equal([each.rev for each in revisions], list(range(1, len(revisions) + 1)))
        equal(revisions[0].fields[TITLE], "Depot learns of late parcels")
        equal(api.get_revision(desk.story, 2).fields[STATE], "Active")
        equal([each.rev for each in api.get_revisions(desk.story, top=2, skip=1)], [2, 3])
    with day.step("an item is read as it was"):
        first = api.get_revision(desk.story, 1).fields["System.ChangedDate"]
        equal(api.get_work_item(desk.story, as_of=first).fields[TITLE], "Depot learns of late parcels")


def careful(day, desk):
    api = desk.api
    with day.step("what would be saved is shown and not saved"):
        item = desk.edit(desk.story, {TITLE: "Only tried"}, validate_only=True)
        equal(item.fields[TITLE], "Only tried")
        equal(desk.fields(desk.story)[TITLE], "Depot hears of late parcels")
    with day.step("a stale revision is refused, a fresh one is not"):
        rev = api.get_work_item(desk.story).rev
        stale = [op("test", "/rev", rev - 1), *patch({PRIORITY: 3})]
        with raises(AzureDevOpsServiceError, lambda error: "VS403351" in error.message and error.type_key == "TestPatchOperationFailedException"):
            api.update_work_item(stale, desk.story)
        fresh = [op("test", "/rev", rev), *patch({PRIORITY: 3})]
        equal(api.update_work_item(fresh, desk.story).fields[PRIORITY], 3)
    with day.step("who may bypass rules writes history"):
        forged = {"System.CreatedBy": "alice@acme.example", "System.CreatedDate": "2020-01-02T03:04:05Z"}
        made = desk.create("Task", "From the old system", fields=forged, bypass_rules=True)
        equal(made.fields["System.CreatedBy"]["displayName"], "Alice Abara")
        assert made.fields["System.CreatedDate"].startswith("2020-01-02"), made.fields
    with day.step("an item becomes another type"):
        item = desk.edit(desk.parcels[5], {"System.WorkItemType": "Bug", STATE: "New"})
        equal(item.fields["System.WorkItemType"], "Bug")
        equal(desk.edit(desk.parcels[5], {"System.WorkItemType": "Task", STATE: "New"}).fields["System.WorkItemType"], "Task")

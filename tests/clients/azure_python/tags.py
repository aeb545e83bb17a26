"""Tags: on items, and as a list of their own."""

from azure.devops.v7_1.work_item_tracking.models import WorkItemTagDefinition
from day import equal

from .desk import op


def work(day, desk):
    api = desk.api
    with day.step("adding tags merges them, replacing does not"):
        added = api.update_work_item([op("add", "/fields/System.Tags", "urgent")], desk.parcels[0])
        equal(sorted(added.fields["System.Tags"].split("; ")), ["daywork", "parcel", "urgent"])
        replaced = api.update_work_item([op("replace", "/fields/System.Tags", "daywork; parcel; later")], desk.parcels[0])
        equal(sorted(replaced.fields["System.Tags"].split("; ")), ["daywork", "later", "parcel"])
    with day.step("tags are listed, read, renamed and removed"):
        listed = {each.name: each.id for each in api.get_tags(desk.project)}
        assert {"daywork", "parcel", "later"} <= set(listed), listed
        equal(api.get_tag(desk.project, "later").id, listed["later"])
        equal(api.update_tag(WorkItemTagDefinition(name="some-day"), desk.project, "later").name, "some-day")
        assert "some-day" in desk.fields(desk.parcels[0])["System.Tags"]
        api.delete_tag(desk.project, "some-day")
        assert "some-day" not in desk.fields(desk.parcels[0])["System.Tags"]

"""Links between items, and links to the world outside."""

from azure.devops.exceptions import AzureDevOpsServiceError
from day import equal, raises

from .desk import op, relation

CHILD = "System.LinkTypes.Hierarchy-Forward"
PARENT = "System.LinkTypes.Hierarchy-Reverse"
RELATED = "System.LinkTypes.Related"


def work(day, desk):
    api = desk.api
    address = lambda number: api.get_work_item(number).url
    with day.step("a parent knows its child, and the child its parent"):
        api.update_work_item([relation(CHILD, address(desk.parcels[0]))], desk.story)
        child = api.get_work_item(desk.parcels[0], expand="relations")
        equal([each.rel for each in child.relations], [PARENT])
        equal(desk.fields(desk.parcels[0])["System.Parent"], desk.story)
    with day.step("a second parent is refused"):
        with raises(AzureDevOpsServiceError, lambda error: "TF201036" in error.message or "TF201065" in error.message):
            api.update_work_item([relation(CHILD, address(desk.parcels[0]))], desk.parcels[4])
    with day.step("related items, and the word about why"):
        item = api.update_work_item([relation(RELATED, address(desk.parcels[1]), comment="same truck")], desk.parcels[2])
        equal(item.relations[0].attributes["comment"], "same truck")
        changed = api.update_work_item([op("replace", "/relations/0/attributes/comment", "same driver")], desk.parcels[2])
        equal(changed.relations[0].attributes["comment"], "same driver")
        back = api.get_work_item(desk.parcels[1], expand="relations")
        equal([each.rel for each in back.relations], [RELATED])
    with day.step("a link outside is kept and removed"):
        page = relation("Hyperlink", "https://wiki.acme.example/depot", comment="told here")
        item = api.update_work_item([page], desk.parcels[3])
        equal(item.relations[0].url, "https://wiki.acme.example/depot")
        left = api.update_work_item([op("remove", "/relations/0")], desk.parcels[3])
        equal(left.relations or [], [])

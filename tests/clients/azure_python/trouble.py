"""What the client raises when something is wrong."""

from azure.devops.exceptions import AzureDevOpsServiceError
from azure.devops.v7_1.work_item_tracking.models import Wiql, WorkItemBatchGetRequest
from day import equal, raises
from msrest.exceptions import ClientException, DeserializationError

from .desk import PRIORITY, STATE, TITLE


def says(code):
    return lambda error: code in error.message


def work(day, desk):
    api = desk.api
    with day.step("a wrong token meets the sign-in page"):
        with raises(DeserializationError, lambda error: "text/html" in str(error)):
            desk.connect("wrong").clients_v7_1.get_work_item_tracking_client().get_work_item(desk.story)
    with day.step("an unknown item is TF401232"):
        with raises(AzureDevOpsServiceError, lambda error: says("TF401232")(error) and error.type_key == "WorkItemUnauthorizedAccessException"):
            api.get_work_item(999_999)
    with day.step("an unknown type is VS402323"):
        with raises(AzureDevOpsServiceError, says("VS402323")):
            desk.create("Parcel", "No such type")
    with day.step("rules are told by field"):
        with raises(AzureDevOpsServiceError, says("TF401320")):
            desk.create("Bug", "")
        with raises(AzureDevOpsServiceError, says("TF401320")):
            desk.edit(desk.parcels[0], {STATE: "Unheard of"})
        with raises(AzureDevOpsServiceError, says("TF401320")):
            desk.edit(desk.parcels[0], {PRIORITY: 9})
        with raises(AzureDevOpsServiceError, says("TF401347")):
            desk.edit(desk.parcels[0], {"System.AreaPath": f"{desk.project}\\Nowhere"})
        with raises(AzureDevOpsServiceError, says("TF51535")):
            desk.edit(desk.parcels[0], {"Custom.NoSuchField": 1})
        with raises(AzureDevOpsServiceError, lambda error: "unknown identity" in error.message):
            desk.edit(desk.parcels[0], {"System.AssignedTo": "nobody@acme.example"})
        equal(desk.fields(desk.parcels[0])[TITLE], "Parcel 1 is late")
    with day.step("too many at once is VS403474"):
        with raises(AzureDevOpsServiceError, says("VS403474")):
            api.get_work_items_batch(WorkItemBatchGetRequest(ids=list(range(1, 202)), fields=[TITLE]))
    with day.step("a query that cannot be read is refused"):
        for text in ("SELECT", "SELECT [System.Id] FROM WorkItems WHERE [No.Such] = 1", "SELECT [System.Id] FROM Nothing"):
            with raises(AzureDevOpsServiceError, lambda error: error.message):
                api.query_by_wiql(Wiql(query=text))
    with day.step("a throttled request is raised, or tried again by the client"):
        with day.fault("throttle_429", "/_apis/wit/fields", retry_after_s=1):
            with raises(ClientException, lambda error: True):
                api.get_work_item_fields()
        assert api.get_work_item_fields(), "nothing after the throttling"
    with day.step("after ten thousand revisions the answer is 500"):
        with day.fault("revision_limit_500", "/_apis/wit/workItems/"):
            with raises(ClientException, lambda error: "10,000" in str(error) or "500" in str(error)):
                desk.edit(desk.parcels[0], {PRIORITY: 2})

"""Where one works from: a connection, a project, and small helpers."""

from azure.devops.connection import Connection
from azure.devops.v7_1.work_item_tracking.models import JsonPatchOperation
from msrest.authentication import BasicAuthentication

TITLE = "System.Title"
STATE = "System.State"
PRIORITY = "Microsoft.VSTS.Common.Priority"


class Desk:
    """One account at the organisation."""

    def __init__(self, organization):
        self.organization = organization
        self.project = organization["project"]
        self.connection = self.connect(organization["token"])
        self.clients = self.connection.clients_v7_1
        self.api = self.clients.get_work_item_tracking_client()

    def connect(self, token):
        return Connection(base_url=self.organization["url"], creds=BasicAuthentication("", token))

    def create(self, kind, title, **more):
        fields = {TITLE: title, **more.pop("fields", {})}
        return self.api.create_work_item(patch(fields), self.project, kind, **more)

    def edit(self, number, fields, **more):
        return self.api.update_work_item(patch(fields), number, **more)

    def fields(self, number):
        return self.api.get_work_item(number).fields


def op(op, path, value=None):
    return JsonPatchOperation(op=op, path=path, value=value)


def patch(fields):
    """A patch document that sets these fields; nothing instead of a value clears the field."""
    return [op("remove", f"/fields/{name}") if value is None else op("add", f"/fields/{name}", value) for name, value in fields.items()]


def relation(rel, url, **attributes):
    return op("add", "/relations/-", {"rel": rel, "url": url, "attributes": attributes})

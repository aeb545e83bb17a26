"""The feeds of what was changed. This client reads their batches and shows nothing of them, so the check goes by the log."""

from azure.devops.v7_1.work_item_tracking.models import ReportingWorkItemRevisionsFilter
from day import equal


def work(day, desk):
    api = desk.api
    with day.step("revisions and links are told in batches"):
        before = len(day.calls())
        api.read_reporting_revisions_get(desk.project, fields=["System.Title"], max_page_size=100)
        api.read_reporting_revisions_post(ReportingWorkItemRevisionsFilter(fields=["System.Title"], types=["Bug"]), desk.project)
        api.get_reporting_links_by_link_type(desk.project)
        equal(len(day.calls()), before + 3)

"""What the client raises when something is wrong."""

from day import equal, raises
from jira import JIRAError

from .desk import document


def work(day, desk):
    api = desk.api
    with day.step("a wrong token is 401"):
        with raises(JIRAError, lambda error: error.status_code == 401):
            desk.connect(desk.site["user"], "wrong", max_retries=0).myself()
    with day.step("an unknown issue is 404, in words"):
        with raises(JIRAError, lambda error: error.status_code == 404 and "Issue does not exist" in error.text):
            api.issue(f"{desk.project}-999999")
    with day.step("a refused field is named"):
        with raises(JIRAError, lambda error: error.status_code == 400 and "summary" in error.response.json()["errors"]):
            desk.create("Task", "")
        with raises(JIRAError, lambda error: error.status_code == 400 and "labels" in error.response.json()["errors"]):
            desk.create("Task", "Spaces", labels=["two words"])
        with raises(JIRAError, lambda error: error.status_code == 400 and "customfield_99999" in error.response.json()["errors"]):
            desk.create("Task", "Unknown", customfield_99999="x")
    with day.step("a refused edit changes nothing"):
        before = api.issue(desk.story).fields.summary
        with raises(JIRAError, lambda error: error.status_code == 400):
            api.issue(desk.story).update(fields={"summary": "Half", "priority": {"name": "Unheard of"}})
        equal(api.issue(desk.story).fields.summary, before)
    with day.step("a body that is no document is 400"):
        with raises(JIRAError, lambda error: error.status_code == 400):
            api.add_comment(desk.story, "plain text")
        with raises(JIRAError, lambda error: error.status_code == 400):
            api.add_comment(desk.story, {**document("x"), "version": 2})
    with day.step("a query that cannot be read is 400"):
        with raises(JIRAError, lambda error: error.status_code == 400):
            api.enhanced_search_issues(f"project = {desk.project} AND")
        with raises(JIRAError, lambda error: error.status_code == 400):
            api.enhanced_search_issues("no_such_field = 1")
    with day.step("the removed search says where to go"):
        with raises(JIRAError, lambda error: error.status_code == 410 and "/rest/api/3/search/jql" in error.text):
            api.find("search?jql=project%3D{0}", desk.project)
    with day.step("a throttled request is tried again"):
        with day.fault("throttle_429", "/rest/api/3/myself", times=1, retry_after_s=1):
            equal(api.myself()["displayName"], "Counterpart Sync")
    with day.step("without patience, throttling is raised"):
        hasty = desk.connect(desk.site["user"], desk.site["token"], max_retries=0)
        with day.fault("throttle_429", "/rest/api/3/priority"):
            with raises(JIRAError, lambda error: error.status_code == 429):
                hasty.priorities()

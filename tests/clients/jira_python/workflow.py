"""Transitions, with what they require."""

from day import equal, raises
from jira import JIRAError

from .desk import document, words


def work(day, desk):
    api = desk.api
    parcel = desk.parcels[2]
    with day.step("only what is possible from here is offered"):
        names = [each["name"] for each in api.transitions(parcel)]
        assert "Start work" in names and "Approve" not in names, names
        equal(api.find_transitionid_by_name(parcel, "start WORK"), "11")
    with day.step("an issue moves along, with a comment on the way"):
        api.transition_issue(parcel, "Start work")
        equal(api.issue(parcel).fields.status.name, "In Progress")
        api.transition_issue(parcel, "Send to review", comment=document("Please look."))
        equal(words(api.comments(parcel)[-1].raw["body"]), "Please look.")
    with day.step("what cannot be done from here is refused"):
        with raises(JIRAError, lambda error: error.status_code == 400):
            api.transition_issue(parcel, "11")
        equal(api.issue(parcel).fields.status.name, "In Review")
    with day.step("the end has a resolution, and going back takes it away"):
        offered = api.transitions(parcel, expand="transitions.fields")
        approve = next(each for each in offered if each["name"] == "Approve")
        fields = {}
        if "resolution" in approve.get("fields", {}):
            fields["resolution"] = {"name": "Done"}
        api.transition_issue(parcel, approve["id"], fields=fields)
        done = api.issue(parcel)
        equal((done.fields.status.name, done.fields.resolution.name), ("Done", "Done"))
        api.transition_issue(parcel, "Reopen")
        equal(api.issue(parcel).fields.resolution, None)
    with day.step("a field that the transition does not have is refused by name"):
        with raises(JIRAError, lambda error: error.status_code == 400 and "duedate" in error.response.json()["errors"]):
            api.transition_issue(parcel, "Send to review", fields={"duedate": "2027-01-01"})
        api.transition_issue(parcel, "Send to review")
        api.transition_issue(parcel, "Approve")

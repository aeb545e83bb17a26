"""Time spent."""

import datetime

from day import equal, raises
from jira import JIRAError

from .desk import document, words


def work(day, desk):
    api = desk.api
    parcel = desk.parcels[3]
    with day.step("time is logged with a beginning and a word about it"):
        began = datetime.datetime(2026, 11, 20, 9, 30, tzinfo=datetime.timezone.utc)
        made = api.add_worklog(parcel, timeSpent="2h 30m", comment=document("Counted shelves"), started=began)
        desk.worklog = made.id
        read = api.worklog(parcel, made.id)
        equal(read.timeSpentSeconds, 9000)
        equal(words(read.raw["comment"]), "Counted shelves")
        assert read.started.startswith("2026-11-20T"), read.started
    with day.step("logged time adds up in the issue"):
        api.add_worklog(parcel, timeSpentSeconds=1800)
        equal(len(api.worklogs(parcel)), 2)
        equal(api.issue(parcel).fields.timetracking.timeSpentSeconds, 10800)
    with day.step("logged time is changed and removed"):
        api.worklog(parcel, desk.worklog).update(fields={"timeSpent": "1h"})
        equal(api.worklog(parcel, desk.worklog).timeSpentSeconds, 3600)
        api.worklog(parcel, desk.worklog).delete(adjustEstimate="leave")
        equal([each.timeSpentSeconds for each in api.worklogs(parcel)], [1800])
    with day.step("no time at all is refused"):
        with raises(JIRAError, lambda error: error.status_code == 400):
            api.add_worklog(parcel)

"""Twenty queries, and pages of them."""

from day import equal


def work(day, desk):
    settle(day, desk)
    table(day, desk)
    pages(day, desk)
    saved(day, desk)


def settle(day, desk):
    """The index shows everything that was written before it is asked in earnest."""
    with day.step("the index comes after"):
        day.until(
            "all issues of the day",
            lambda: keys(desk, "labels = daywork AND labels = parcel AND status = Done"),
            lambda found: found == [desk.parcels[2]],
        )
        day.until(
            "the epic of the day",
            lambda: keys(desk, f"parent = {desk.epic} AND labels = parcel"),
            lambda found: found == [desk.parcels[4]],
        )


def keys(desk, query):
    found = desk.api.enhanced_search_issues(query, maxResults=100, fields="summary")
    return sorted(issue.key for issue in found)


def table(day, desk):
    one, two, three, four, five, six = desk.parcels
    ours = "labels = parcel AND "
    queries = [
        ("type = Bug", [two, four]),
        ("issuetype in (Task, Story)", [one, three, five, six]),
        ("priority = Highest", [one]),
        ("priority in (High, Low)", [two, four]),
        ("priority > Medium", [one, two]),
        ("priority not in (Medium, Lowest)", [one, two, four]),
        ("status != Done", [one, two, four, five, six]),
        ("statusCategory = Done", [three]),
        ("resolution is EMPTY", [one, two, four, five, six]),
        ("resolution is not EMPTY", [three]),
        ("status was \"In Review\"", [three]),
        ("status changed", [three]),
        ("assignee is EMPTY", [one, two, three, four, five, six]),
        ("reporter = currentUser()", [one, two, three, four, five, six]),
        ("summary ~ \"Parcel 4\"", [four]),
        (f"key in ({one}, {two}) ORDER BY key DESC", [one, two]),
        (f"parent = {desk.epic}", [five]),
        ("created >= -1d AND updated <= now()", [one, two, three, four, five, six]),
        ("created < startOfDay(-2)", []),
        ("(type = Bug OR priority = Highest) AND NOT priority = Low", [one, two]),
        ("updated >= 1732877091000", [one, two, three, four, five, six]),
    ]
    for query, expected in queries:
        with day.step(f"JQL: {query}"):
            equal(keys(desk, ours + query), sorted(expected))


def pages(day, desk):
    api = desk.api
    with day.step("all issues of the project come page by page, each once"):
        seen, token, count = [], None, 0
        while True:
            page = api.enhanced_search_issues(
                f"project = {desk.project} ORDER BY key ASC", nextPageToken=token, maxResults=25, fields="summary", json_result=True
            )
            seen += [issue["key"] for issue in page["issues"]]
            count += 1
            token = page.get("nextPageToken")
            if not token:
                break
        assert count >= 3, f"{count} pages"
        equal(len(seen), len(set(seen)))
        everything = api.enhanced_search_issues(f"project = {desk.project}", maxResults=0, fields="summary")
        equal(sorted(issue.key for issue in everything), sorted(seen))
    with day.step("a search by POST finds the same"):
        found = api.enhanced_search_issues("labels = parcel", fields="summary", use_post=True)
        equal(sorted(issue.key for issue in found), sorted(desk.parcels))
    with day.step("a count needs no pages"):
        equal(api.approximate_issue_count("labels = parcel"), 6)


def saved(day, desk):
    api = desk.api
    with day.step("a query is saved as a filter, and a query can name it"):
        made = api.create_filter("Parcels of the day", "What the depot sends", "labels = parcel", True)
        equal(api.filter(made.id).jql, "labels = parcel")
        equal(keys(desk, f"filter = {made.id} AND priority = Highest"), [desk.parcels[0]])
    with day.step("a filter is changed, is a favourite, and is removed"):
        changed = api.update_filter(made.id, name="Parcels in a hurry", jql="labels = parcel AND priority = Highest")
        equal(changed.description, "What the depot sends")
        equal([one.name for one in api.favourite_filters()], ["Parcels in a hurry"])
        equal(keys(desk, f"filter = {made.id}"), [desk.parcels[0]])
        changed.delete()
        equal(api.favourite_filters(), [])

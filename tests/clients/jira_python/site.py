"""What the site is: server, own account, permissions, and all that an administrator has set up."""

from day import equal


def work(day, desk):
    api = desk.api
    with day.step("the server says that it is Cloud"):
        info = api.server_info()
        equal(info["deploymentType"], "Cloud")
        assert info["baseUrl"].startswith("http"), info
    with day.step("the account knows itself"):
        me = api.myself()
        equal(me["displayName"], "Counterpart Sync")
        equal(api.current_user("accountId"), me["accountId"])
    with day.step("permissions are told one by one"):
        asked = "BROWSE_PROJECTS,EDIT_ISSUES,ADMINISTER"
        told = api.my_permissions(projectKey=desk.project, permissions=asked)["permissions"]
        equal(sorted(told), sorted(asked.split(",")))
        assert told["BROWSE_PROJECTS"]["havePermission"] is True, told
    with day.step("fields have names and schemas"):
        fields = {field["id"]: field for field in api.fields()}
        equal(fields["summary"]["name"], "Summary")
        equal(fields["labels"]["schema"]["items"], "string")
        assert any(field["custom"] for field in fields.values())
    projects(day, desk)
    vocabulary(day, desk)


def projects(day, desk):
    api = desk.api
    with day.step("projects are listed and read one by one"):
        keys = [project.key for project in api.projects()]
        assert desk.project in keys, keys
        project = api.project(desk.project)
        equal(project.name, "Web Shop")
        equal(api.project(project.id).key, desk.project)
        assert {kind.name for kind in project.issueTypes} >= {"Epic", "Story", "Task", "Bug", "Sub-task"}
    with day.step("a project has roles with actors"):
        roles = api.project_roles(desk.project)
        assert roles, "no roles"
        name, place = sorted(roles.items())[0]
        role = api.project_role(desk.project, place["id"])
        equal(role.name, name)


def vocabulary(day, desk):
    """Everything that has a list and a page of its own."""
    api = desk.api
    lists = [
        ("issue types", api.issue_types, api.issue_type, "Story"),
        ("statuses", api.statuses, api.status, "In Progress"),
        ("status categories", api.statuscategories, api.statuscategory, "Done"),
        ("priorities", api.priorities, api.priority, "Highest"),
        ("resolutions", api.resolutions, api.resolution, "Done"),
        ("link types", api.issue_link_types, api.issue_link_type, "Blocks"),
    ]
    for what, every, one, name in lists:
        with day.step(f"{what} are listed, and one is read by its id"):
            found = [each for each in every() if each.name == name]
            equal(len(found), 1)
            equal(one(found[0].id).name, name)

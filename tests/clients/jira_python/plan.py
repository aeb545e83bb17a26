"""Versions and components."""

from day import equal, raises
from jira import JIRAError


def work(day, desk):
    versions(day, desk)
    components(day, desk)


def versions(day, desk):
    api = desk.api
    with day.step("a version is made and found by its name"):
        made = api.create_version("Night depot 1.0", desk.project, description="First night", releaseDate="2027-03-31")
        desk.version = made.id
        equal(api.version(made.id).name, "Night depot 1.0")
        equal(api.get_project_version_by_name(desk.project, "Night depot 1.0").id, made.id)
        equal(api.version(made.id).releaseDate, "2027-03-31")
    with day.step("a version is fixed by issues, which it counts"):
        api.issue(desk.parcels[0]).update(fields={"fixVersions": [{"id": desk.version}]})
        equal([each.name for each in api.issue(desk.parcels[0]).fields.fixVersions], ["Night depot 1.0"])
        equal(api.version_count_related_issues(desk.version)["issuesFixedCount"], 1)
        equal(api.version_count_unresolved_issues(desk.version), 1)
    with day.step("a version is renamed, released and moved"):
        api.rename_version(desk.project, "Night depot 1.0", "Night depot 1.1")
        api.version(desk.version).update(released=True)
        equal((api.version(desk.version).name, api.version(desk.version).released), ("Night depot 1.1", True))
        second = api.create_version("Night depot 2.0", desk.project)
        desk.second_version = second.id
        api.move_version(second.id, position="First")
        ours = [each.id for each in api.project_versions(desk.project) if each.name.startswith("Night depot")]
        equal(ours, [second.id, desk.version])
    with day.step("a removed version hands its issues on"):
        other = api.version(desk.second_version)
        api.version(desk.version).delete(moveFixIssuesTo=other.id)
        equal([each.id for each in api.issue(desk.parcels[0]).fields.fixVersions], [other.id])
        with raises(JIRAError, lambda error: error.status_code == 404):
            api.version(desk.version)


def components(day, desk):
    api = desk.api
    with day.step("a component is made, listed and changed"):
        made = api.create_component("Gate", desk.project, description="All that opens")
        desk.component = made.id
        assert "Gate" in [each.name for each in api.project_components(desk.project)]
        api.component(made.id).update(description="All that opens and shuts")
        equal(api.component(made.id).description, "All that opens and shuts")
    with day.step("a component counts its issues"):
        api.issue(desk.parcels[0]).update(fields={"components": [{"name": "Gate"}]})
        equal(api.component_count_related_issues(desk.component), 1)
    with day.step("two components of one name are refused"):
        with raises(JIRAError, lambda error: error.status_code in (400, 409)):
            api.create_component("Gate", desk.project)
    with day.step("a removed component leaves its issues"):
        api.delete_component(desk.component)
        equal(api.issue(desk.parcels[0]).fields.components, [])

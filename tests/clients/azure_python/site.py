"""What the organisation is: projects, work item types, their fields and states."""

from day import equal

from .desk import PRIORITY, STATE


def work(day, desk):
    core = desk.clients.get_core_client()
    with day.step("projects are listed and read"):
        projects = core.get_projects()
        assert desk.project in [each.name for each in projects], projects
        project = core.get_project(desk.project, include_capabilities=True)
        equal((project.name, project.state), (desk.project, "wellFormed"))
        desk.project_id = project.id
        assert "processTemplate" in project.capabilities, project.capabilities
    with day.step("the collection's processes are listed and read"):
        listed = core.get_processes()
        assert {"Agile", "Scrum", "CMMI", "Basic"} <= {each.name for each in listed}, [each.name for each in listed]
        agile = next(each for each in listed if each.name == "Agile")
        equal(core.get_process_by_id(agile.id).name, "Agile")
    types(day, desk)
    fields(day, desk)


def types(day, desk):
    api = desk.api
    with day.step("work item types have states with categories"):
        names = [each.name for each in api.get_work_item_types(desk.project)]
        assert {"Epic", "Feature", "User Story", "Task", "Bug"} <= set(names), names
        story = api.get_work_item_type(desk.project, "User Story")
        equal(story.reference_name, "Microsoft.VSTS.WorkItemTypes.UserStory")
        assert "New" in [each.to for each in story.transitions[""]], story.transitions
        states = {each.name: each.category for each in api.get_work_item_type_states(desk.project, "User Story")}
        equal(states, {"New": "Proposed", "Active": "InProgress", "Resolved": "Resolved", "Closed": "Completed", "Removed": "Removed"})
    with day.step("a type's fields say what they allow"):
        all_fields = api.get_work_item_type_fields_with_references(desk.project, "Bug", expand="all")
        title = next(each for each in all_fields if each.reference_name == "System.Title")
        equal(title.always_required, True)
        priority = api.get_work_item_type_field_with_references(desk.project, "Bug", PRIORITY, expand="allowedValues")
        equal([str(value) for value in priority.allowed_values], ["1", "2", "3", "4"])
    with day.step("types belong to categories"):
        categories = [each.reference_name for each in api.get_work_item_type_categories(desk.project)]
        assert "Microsoft.RequirementCategory" in categories, categories
        requirement = api.get_work_item_type_category(desk.project, "Microsoft.RequirementCategory")
        equal(requirement.default_work_item_type.name, "User Story")
    with day.step("a template shows what a new item begins with"):
        template = api.get_work_item_template(desk.project, "Bug")
        equal(template.fields[STATE], "New")


def fields(day, desk):
    api = desk.api
    with day.step("fields are listed and read"):
        listed = {each.reference_name: each for each in api.get_work_item_fields()}
        equal(listed["System.Id"].type, "integer")
        equal(listed["System.AssignedTo"].is_identity, True)
        equal(api.get_work_item_field(PRIORITY).name, "Priority")
    with day.step("relation types are listed and read"):
        names = [each.reference_name for each in api.get_relation_types()]
        assert {"System.LinkTypes.Hierarchy-Forward", "Hyperlink", "AttachedFile", "ArtifactLink"} <= set(names), names
        child = api.get_relation_type("System.LinkTypes.Hierarchy-Forward")
        equal((child.name, child.attributes["topology"]), ("Child", "tree"))

"""Processes, their types, states, fields and rules."""

from day import equal


def work(day, desk):
    process = desk.clients.get_work_item_tracking_process_client()
    with day.step("the four system processes are there"):
        listed = {each.name: each for each in process.get_list_of_processes()}
        assert {"Agile", "Scrum", "CMMI", "Basic"} <= set(listed), listed
        desk.agile = listed["Agile"].type_id
        equal(process.get_process_by_its_id(desk.agile).customization_type, "system")
        desk.scrum = listed["Scrum"].type_id
    with day.step("a process has types with states"):
        names = {each.name for each in process.get_process_work_item_types(desk.scrum)}
        assert {"Product Backlog Item", "Bug", "Task", "Epic", "Feature", "Impediment"} <= names, names
        item = "Microsoft.VSTS.WorkItemTypes.ProductBacklogItem"
        equal(process.get_process_work_item_type(desk.scrum, item).name, "Product Backlog Item")
        states = process.get_state_definitions(desk.scrum, item)
        equal([each.name for each in states], ["New", "Approved", "Committed", "Done", "Removed"])
        equal(process.get_state_definition(desk.scrum, item, states[0].id).state_category, "Proposed")
    with day.step("a type has fields and rules"):
        bug = "Microsoft.VSTS.WorkItemTypes.Bug"
        fields = process.get_all_work_item_type_fields(desk.agile, bug)
        assert "System.Title" in [each.reference_name for each in fields]
        title = process.get_work_item_type_field(desk.agile, bug, "System.Title")
        equal((title.name, title.required), ("Title", True))
        assert isinstance(process.get_process_work_item_type_rules(desk.agile, bug), list)

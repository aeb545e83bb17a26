"""Identities and the Graph."""

from azure.devops.v7_1.graph.models import GraphSubjectLookup, GraphSubjectLookupKey, GraphSubjectQuery
from day import equal


def work(day, desk):
    with day.step("an identity is found by its address"):
        identities = desk.clients.get_identity_client()
        (alice,) = identities.read_identities(search_filter="MailAddress", filter_value="alice@acme.example", query_membership="None")
        equal(alice.provider_display_name, "Alice Abara")
        desk.alice = alice
        (again,) = identities.read_identities(identity_ids=alice.id)
        equal(again.subject_descriptor, alice.subject_descriptor)
    with day.step("users are listed and read"):
        graph = desk.clients.get_graph_client()
        desk.graph = graph
        users = graph.list_users().graph_users
        names = {user.principal_name: user for user in users}
        assert "alice@acme.example" in names, names
        user = graph.get_user(names["alice@acme.example"].descriptor)
        equal((user.display_name, user.mail_address), ("Alice Abara", "alice@acme.example"))
        desk.descriptor = user.descriptor
    with day.step("descriptors and storage keys lead to each other"):
        key = desk.graph.get_storage_key(desk.descriptor).value
        equal(desk.graph.get_descriptor(key).value, desk.descriptor)
    with day.step("subjects are searched and looked up"):
        (found,) = desk.graph.query_subjects(GraphSubjectQuery(query="chandra", subject_kind=["User"]))
        equal(found.display_name, "Chandra Chowdhury")
        looked = desk.graph.lookup_subjects(GraphSubjectLookup(lookup_keys=[GraphSubjectLookupKey(descriptor=desk.descriptor)]))
        equal(looked[desk.descriptor].display_name, "Alice Abara")
    with day.step("groups have members"):
        groups = desk.graph.list_groups().graph_groups
        assert groups, "no groups"
        equal(desk.graph.get_group(groups[0].descriptor).display_name, groups[0].display_name)
        memberships = desk.graph.list_memberships(desk.descriptor)
        assert all(each.member_descriptor == desk.descriptor for each in memberships), memberships

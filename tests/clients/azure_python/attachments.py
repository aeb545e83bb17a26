"""Attachments: up, linked, down, compared byte by byte."""

import io

from day import equal

from .desk import op, relation

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 300


def work(day, desk):
    api = desk.api
    with day.step("what goes up comes down, byte by byte"):
        made = api.create_attachment(io.BytesIO(PICTURE), desk.project, file_name="Tor groß.png", upload_type="Simple")
        assert made.url.rpartition("/")[2].startswith(made.id), made.url
        desk.attachment = made
        parts = api.get_attachment_content(made.id, desk.project, file_name="Tor groß.png")
        assert b"".join(parts) == PICTURE, "the bytes differ"
    with day.step("an item names its attachments"):
        file = relation("AttachedFile", desk.attachment.url, name="Tor groß.png", comment="The gate")
        item = api.update_work_item([file], desk.story)
        (link,) = [each for each in item.relations if each.rel == "AttachedFile"]
        equal((link.attributes["name"], link.attributes["comment"]), ("Tor groß.png", "The gate"))
        equal(link.attributes["resourceSize"], len(PICTURE))
    with day.step("an attachment is taken off the item"):
        item = api.get_work_item(desk.story, expand="relations")
        at = next(number for number, each in enumerate(item.relations) if each.rel == "AttachedFile")
        left = api.update_work_item([op("test", "/rev", item.rev), op("remove", f"/relations/{at}")], desk.story)
        assert not [each for each in left.relations or [] if each.rel == "AttachedFile"]

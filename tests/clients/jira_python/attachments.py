"""Attachments: up, down, compared byte by byte, removed."""

import io

from day import equal, raises
from jira import JIRAError

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 300


def work(day, desk):
    api = desk.api
    with day.step("attachments are switched on"):
        meta = api.attachment_meta()
        equal(meta["enabled"], True)
        assert meta["uploadLimit"] > len(PICTURE), meta
    with day.step("what goes up comes down, byte by byte"):
        made = api.add_attachment(desk.story, io.BytesIO(PICTURE), filename="Tor zum Hof größer.png")
        equal(made.size, len(PICTURE))
        desk.attachment = made.id
        read = api.attachment(made.id)
        equal(read.filename, "Tor zum Hof größer.png")
        equal(read.author.displayName, "Counterpart Sync")
        assert read.get() == PICTURE, "the bytes differ"
        equal(b"".join(read.iter_content(1000)), PICTURE)
    with day.step("an issue names its attachments"):
        api.add_attachment(desk.story, io.BytesIO(b"second"), filename="notes.txt")
        names = sorted(each.filename for each in api.issue(desk.story).fields.attachment)
        equal(names, ["Tor zum Hof größer.png", "notes.txt"])
    with day.step("a removed attachment is gone"):
        api.delete_attachment(desk.attachment)
        with raises(JIRAError, lambda error: error.status_code == 404):
            api.attachment(desk.attachment)
        equal([each.filename for each in api.issue(desk.story).fields.attachment], ["notes.txt"])

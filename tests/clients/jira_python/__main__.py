"""A working day at a Jira site with the PyPI package `jira`, unmodified.

Reads the first line of `counterpart emulate` from standard input. Usage: python -m jira_python
"""

import json
import sys

from day import Day, root_of

from . import attachments, comments, issues, links, people, plan, search, site, sprints, trouble, workflow, worklogs
from .desk import Desk


def main():
    given = json.load(sys.stdin)["jira"]
    day = Day(root_of(given["url"]))
    desk = Desk(given)
    for area in (site, people, issues, comments, attachments, links, plan, workflow, worklogs, sprints, search, trouble):
        with day.area(area.__name__):
            area.work(day, desk)
    day.end()


if __name__ == "__main__":
    main()

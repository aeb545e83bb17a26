"""A working day at an Azure DevOps organisation with the PyPI package `azure-devops`, unmodified.

Reads the first line of `counterpart emulate` from standard input. Usage: python -m azure_python
"""

import json
import sys

from day import Day, root_of

from . import attachments, bin_, comments, feeds, hooks, items, links, nodes, people, processes, queries, site, tags, trouble, wiql
from .desk import Desk


def main():
    given = json.load(sys.stdin)["azure"]
    day = Day(root_of(given["url"]))
    desk = Desk(given)
    for area in (site, people, processes, nodes, items, comments, attachments, links, tags, wiql, queries, feeds, bin_, hooks, trouble):
        with day.area(area.__name__):
            area.work(day, desk)
    day.end()


if __name__ == "__main__":
    main()

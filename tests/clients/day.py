"""A scripted working day: named steps, a wait for what comes later, and the count of what the day has used.

A step that fails ends the day. With COUNTERPART_KEEP_GOING=1 the day goes on and tells all failures at its end.
"""

import json
import os
import sys
import time
import traceback
import urllib.request
from contextlib import contextmanager

PATIENCE_SECONDS = 20


class Day:
    """Counts steps, and asks an emulator's control endpoints about the rest."""

    def __init__(self, root):
        self.root = root
        self.steps = 0
        self.failures = []
        self.keeps_going = os.environ.get("COUNTERPART_KEEP_GOING") == "1"

    @contextmanager
    def step(self, name):
        """One step of the day; its name says what it shows."""
        self.steps += 1
        try:
            yield
        except Exception as failure:
            if not self.keeps_going:
                print(f"not shown: {name}", file=sys.stderr)
                raise
            at = traceback.extract_tb(failure.__traceback__)
            here = [f"{os.path.basename(frame.filename)}:{frame.lineno}" for frame in at if "/tests/clients/" in frame.filename]
            text = " ".join(f"{type(failure).__name__}: {failure}".split())[:400]
            self.failures.append(f"{name} [{here[-1] if here else '?'}] {text}")

    @contextmanager
    def area(self, name):
        """The steps of one area of work, which may share what they make."""
        try:
            yield
        except Exception as failure:
            if not self.keeps_going:
                raise
            self.failures.append(f"the rest of {name}: {type(failure).__name__}: {failure}")

    def until(self, what, look, holds):
        """Looks again and again until it holds; a search index lags behind what was written."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            seen = look()
            if holds(seen):
                return seen
            assert time.monotonic() < end, f"not in time: {what}; last seen: {seen}"
            time.sleep(0.1)

    def control(self, name, body=None):
        """Reads a control endpoint of the emulator, or writes to it when there is a body."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.root}/_emulator/{name}", data=data, headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    @contextmanager
    def fault(self, name, path, **more):
        """While this lasts, requests whose path fits meet the fault."""
        rule = {"match": {"path": path}, "fault": name, "p": 1.0, **more}
        self.control("faults", {"rules": [rule], "seed": 1})
        try:
            yield
        finally:
            self.control("faults", {"rules": [], "seed": 1})

    def calls(self):
        """The distinct operations that the emulator has answered: method and path template."""
        rows = self.control("requests")["endpoints"]
        return sorted({f"{row['method']} {row['endpoint']}" for row in rows if not row["endpoint"].startswith("/_emulator")})

    def end(self):
        """Tells how the day went on standard output, as JSON."""
        for failure in self.failures:
            print(failure, file=sys.stderr)
        print(json.dumps({"steps": self.steps, "calls": self.calls(), "failures": self.failures}))
        sys.exit(1 if self.failures else 0)


@contextmanager
def raises(kind, check):
    """What happens inside raises that kind of exception, and the check holds of it."""
    try:
        yield
    except kind as raised:
        assert check(raised), f"raised otherwise: {raised}"
        return
    raise AssertionError(f"nothing was raised, {kind.__name__} was expected")


def equal(seen, expected):
    """Fails, showing both, unless they are equal."""
    assert seen == expected, f"\n  seen:     {seen!r}\n  expected: {expected!r}"


def root_of(url):
    """`http://host:port` of an address, where the control endpoints are."""
    return "/".join(url.split("/")[:3])

"""Service hooks: what can be told, to whom, and subscriptions to it."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from azure.devops.exceptions import AzureDevOpsServiceError
from azure.devops.v7_1.service_hooks.models import Subscription, SubscriptionsQuery
from day import equal, raises


class Ear:
    """A receiver on this machine that keeps what it hears."""

    def __init__(self):
        heard = self.heard = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                heard.append((dict(self.headers), json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def work(day, desk):
    hooks = desk.clients.get_service_hooks_client()
    with day.step("publishers and consumers say what they can"):
        assert "tfs" in [each.id for each in hooks.list_publishers()]
        equal(hooks.get_publisher("tfs").id, "tfs")
        events = [each.id for each in hooks.list_event_types("tfs")]
        assert {"workitem.created", "workitem.updated", "workitem.deleted", "workitem.restored", "workitem.commented"} <= set(events), events
        equal(hooks.get_event_type("tfs", "workitem.created").id, "workitem.created")
        assert "webHooks" in [each.id for each in hooks.list_consumers()]
        equal(hooks.get_consumer("webHooks").id, "webHooks")
        equal([each.id for each in hooks.list_consumer_actions("webHooks")], ["httpRequest"])
        equal(hooks.get_consumer_action("webHooks", "httpRequest").id, "httpRequest")
    ear = Ear()
    try:
        subscriptions(day, desk, hooks, ear)
    finally:
        ear.server.shutdown()


def subscriptions(day, desk, hooks, ear):
    def wanted(event):
        return Subscription(
            publisher_id="tfs",
            event_type=event,
            resource_version="1.0",
            consumer_id="webHooks",
            consumer_action_id="httpRequest",
            publisher_inputs={"projectId": desk.project_id},
            consumer_inputs={"url": ear.url, "basicAuthUsername": "depot", "basicAuthPassword": "gate"},
        )

    with day.step("a subscription is made, read and found"):
        made = hooks.create_subscription(wanted("workitem.created"))
        desk.subscription = made.id
        read = hooks.get_subscription(made.id)
        equal((read.event_type, read.status), ("workitem.created", "enabled"))
        assert read.consumer_inputs.get("basicAuthPassword") != "gate", "the password is shown"
        assert made.id in [each.id for each in hooks.list_subscriptions(publisher_id="tfs")]
        query = hooks.create_subscriptions_query(SubscriptionsQuery(publisher_id="tfs", event_type="workitem.created"))
        assert made.id in [each.id for each in query.results]
    with day.step("a new item is told, with the name and password"):
        number = desk.create("Task", "Ring the bell").id
        headers, body = day.until(
            "the delivery",
            lambda: next((each for each in ear.heard if each[1]["resource"].get("id") == number), None),
            lambda found: found is not None,
        )
        equal(body["eventType"], "workitem.created")
        equal(body["resource"]["fields"]["System.Title"], "Ring the bell")
        equal(headers["Authorization"], "Basic " + base64.b64encode(b"depot:gate").decode())
        notes = day.until(
            "the notification",
            lambda: hooks.get_notifications(desk.subscription),
            lambda found: [each for each in found if each.result == "succeeded"],
        )
        equal(hooks.get_notification(desk.subscription, notes[0].id).subscription_id, desk.subscription)
    with day.step("a subscription is replaced and removed"):
        changed = hooks.replace_subscription(wanted("workitem.updated"), desk.subscription)
        equal(changed.event_type, "workitem.updated")
        hooks.delete_subscription(desk.subscription)
        with raises(AzureDevOpsServiceError, lambda error: error.message):
            hooks.get_subscription(desk.subscription)

"""The memory's audit as a list of dicts, to measure beside: nothing checked, nothing protected."""

import json
import sys
import time
import tracemalloc
import uuid
from datetime import datetime, timezone

EVENTS = 10_000
OPERATIONS = ["STORE", "RECALL", "FORGET", "COMPACT", "EXPORT", "IMPORT"]


class Logger:
    def __init__(self):
        self.events = []

    def log_event(self, operation, user_id, session_id, entry_ids, metadata, status, duration_ms):
        self.events.append(
            {
                "event_id": f"evt_{uuid.uuid4()}",
                "timestamp": datetime.now(timezone.utc),
                "operation": operation,
                "user_id": user_id,
                "session_id": session_id,
                "entry_ids": entry_ids,
                "metadata": metadata,
                "status": status,
                "duration_ms": duration_ms,
            }
        )

    def query(self, user_id=None, operation=None, status=None, start_time=None, entry_ids=None):
        return [
            event
            for event in self.events
            if (user_id is None or event["user_id"] == user_id)
            and (operation is None or event["operation"] == operation)
            and (status is None or event["status"] == status)
            and (start_time is None or event["timestamp"] >= start_time)
            and (entry_ids is None or any(e in event["entry_ids"] for e in entry_ids))
        ]

    def statistics(self):
        by_operation = {}
        for event in self.events:
            by_operation[event["operation"]] = by_operation.get(event["operation"], 0) + 1
        worked = sum(1 for event in self.events if event["status"] == "SUCCESS")
        took = sum(event["duration_ms"] for event in self.events)
        return by_operation, worked / len(self.events), took / len(self.events)


def fill(logger):
    for n in range(EVENTS):
        logger.log_event(
            OPERATIONS[n % 6],
            f"user_{n % 500}",
            "session_abc",
            [f"entry_{n}"],
            {"source": "api"},
            "FAILURE" if n % 50 == 0 else "SUCCESS",
            45.2,
        )


def best(rounds, act):
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        times.append(time.perf_counter() - began)
    return min(times)


def main():
    rounds = int(sys.argv[1])
    print("log_event", best(rounds, lambda: fill(Logger())) * 1e6 / EVENTS)
    tracemalloc.start()
    logger = Logger()
    fill(logger)
    print("bytes", tracemalloc.get_traced_memory()[0] / EVENTS)
    tracemalloc.stop()
    late = logger.events[EVENTS * 99 // 100]["timestamp"]
    for name, conditions in [
        ("by_user", {"user_id": "user_7"}),
        ("by_status", {"status": "FAILURE"}),
        ("by_operation", {"operation": "FORGET"}),
        ("by_time", {"start_time": late}),
        ("by_entry", {"entry_ids": ["entry_77"]}),
    ]:
        print(name, best(rounds * 20, lambda: logger.query(**conditions)) * 1e6)
    print("statistics", best(rounds, logger.statistics) * 1e3)


main()

"""Calls every operation that the sandbox implements with boto3, as a client that knows nothing of the sandbox.

Reads the names and addresses as one JSON object from stdin. Writes each call with its parameters and its result.
"""

import json
import sys
from collections import defaultdict
from datetime import datetime

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from calls_of_hosts import HOSTS, HOSTS_LATER
from calls_of_messages import MESSAGES
from calls_of_operations import OPERATIONS, OPERATIONS_LATER
from models import NAMES


class Stopped(Exception):
    """A refused call on which later calls depend."""


class Account:
    """A served sandbox. `place` has the names that only its stack knows."""

    def __init__(self, place: dict):
        self.place = place
        self.now = datetime.fromisoformat(place["now"].replace("Z", "+00:00"))
        self.called: dict[str, dict[str, set]] = defaultdict(lambda: {"members": set(), "outcomes": set()})
        self.problems: list[str] = []
        self._clients: dict = {}

    def _client(self, service: str, key: str):
        known = self._clients.get((service, key))
        if known is None:
            # A malformed request must reach the service, so boto3 must not validate it first.
            config = Config(retries={"total_max_attempts": 1}, parameter_validation=key != "malformed")
            known = boto3.client(
                NAMES.get(service, service),
                endpoint_url=self.place["url"],
                region_name=self.place["region"],
                aws_access_key_id=key,
                aws_secret_access_key="anything",
                config=config,
            )
            self._clients[service, key] = known
        return known

    def _call(self, key: str, service: str, operation: str, parameters: dict) -> tuple[str, dict]:
        client = self._client(service, key)
        told = self.called[f"{service}.{operation}"]
        told["members"] |= parameters.keys()
        try:
            answer = client._make_api_call(operation, parameters)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            told["outcomes"].add(code)
            return code, error.response
        told["outcomes"].add("ok")
        return "ok", answer

    def call(self, service: str, operation: str, **parameters) -> dict:
        """Returns the answer of a call that must succeed."""
        outcome, answer = self._call("operator", service, operation, parameters)
        if outcome != "ok":
            self.problems.append(f"{service}.{operation}({parameters}) was refused: {outcome}: {answer['Error']['Message']}")
            raise Stopped
        return answer

    def refused(self, code: str, service: str, operation: str, malformed: bool = False, **parameters) -> None:
        """Makes a call that AWS must refuse with this code."""
        outcome, _ = self._call("malformed" if malformed else "operator", service, operation, parameters)
        if outcome != code:
            self.problems.append(f"{service}.{operation}({parameters}) ended with {outcome}, not {code}")

    def report(self) -> str:
        called = {name: {what: sorted(values) for what, values in told.items()} for name, told in self.called.items()}
        return json.dumps({"called": called, "problems": self.problems})


def main() -> None:
    account = Account(json.load(sys.stdin))
    for part in [*HOSTS_LATER, *OPERATIONS_LATER] if account.place["later"] else [*HOSTS, *MESSAGES, *OPERATIONS]:
        try:
            part(account)
        except Stopped:
            continue
        except Exception as error:  # noqa: BLE001: an answer that lacks what the next call needs; the other parts go on
            account.problems.append(f"{part.__name__}: {error!r}")
    print(account.report())


main()

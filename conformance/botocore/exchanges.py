"""Checks calls, given as JSON lines on stdin, against botocore's models. Writes one JSON object: counts and problems."""

import base64
import json
import sys
from collections import Counter

import deviations
import errors
import inputs
import outputs
from models import operation_of, protocol_of, service_model, signing_name


def decoded(message: dict) -> dict:
    return {**message, "body": base64.b64decode(message["body"])}


def checked(exchange: dict) -> tuple[str, str, list[str]]:
    """The operation of a call, its result, and its problems."""
    request, answer = decoded(exchange["request"]), decoded(exchange["response"])
    service = service_model(signing_name(request["headers"]))
    protocol = protocol_of(service, request["headers"])
    if answer["status"] == 501:
        return service.service_name, "not implemented", []
    operation, labels = operation_of(service, protocol, request)
    if protocol not in (service.metadata.get("protocols") or [service.metadata["protocol"]]):
        raise ValueError(f"{service.service_name} does not speak {protocol}")
    name = f"{service.signing_name}.{operation.name}"
    is_error = answer["status"] >= 300
    found = errors.problems_of(operation, protocol, answer) if is_error else outputs.problems_of(operation, protocol, answer)
    # A request that is refused as malformed may be malformed, because it was sent to see just that.
    malformed = "Credential=malformed/" in request["headers"]["authorization"]
    return name, "error" if is_error else "ok", found if malformed else [*inputs.problems_of(operation, protocol, request, labels), *found]


def main() -> None:
    counts, problems = Counter(), Counter()
    operations: dict[str, set[str]] = {}
    for line in sys.stdin:
        exchange = json.loads(line)
        try:
            name, outcome, found = checked(exchange)
        except Exception as error:  # noqa: BLE001: what cannot be understood is a finding about this call
            name, outcome = f"{exchange['request']['method']} {exchange['request']['url']}", "unreadable"
            found = [f"{type(error).__name__}: {error}"]
        counts[outcome] += 1
        operations.setdefault(name, set()).add(outcome)
        for problem in found:
            if deviations.is_known(f"{name}: {problem}"):
                counts["known deviations of AWS"] += 1
                continue
            problems[f"{name}: {problem}"] += 1
    json.dump({"counts": counts, "operations": {name: sorted(how) for name, how in operations.items()}, "problems": problems}, sys.stdout)


main()

"""Checks a raw error: its code, its HTTP status, and where each protocol puts them."""

import json
import re
from xml.etree import ElementTree

import cbor
from botocore.model import OperationModel
from outputs import Checker, local

# Errors that any service of a protocol may return, whatever its model says.
# See https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and its siblings, and, for the services on
# JSON, https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html.
COMMON = {
    "AccessDenied": 403,
    "AccessDeniedException": (400, 403),
    "InternalFailure": 500,
    "InternalError": 500,
    "InternalServerError": 500,
    "InvalidClientTokenId": 403,
    "InvalidParameterCombination": 400,
    "InvalidParameterValue": 400,
    "MissingAction": 400,
    "MissingParameter": 400,
    "MalformedInput": 400,
    "SerializationException": 400,
    "ServiceUnavailable": 503,
    "Throttling": 400,
    "ThrottlingException": (400, 429),
    "ValidationError": 400,
    "ValidationException": 400,
}
# EC2 models no errors. See https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html.
EC2_STATUS = {"DryRunOperation": 412, "UnauthorizedOperation": 403, "RequestLimitExceeded": 503, "InternalError": 500, "Unavailable": 503}
EC2_CODE = re.compile(r"[A-Z][A-Za-z0-9]+(\.[A-Z][A-Za-z0-9]+)*")
# The error of the sandbox itself, which AWS never returns.
NOT_IN_AWS = "NotImplementedBySandbox"


def read(protocol: str, answer: dict) -> tuple[str, object]:
    """Returns the code of an error, and the place of its other members. Raises the problem of a wrong form."""
    headers, body = answer["headers"], answer["body"]
    if protocol in ("query", "ec2"):
        root = ElementTree.fromstring(body)
        error = root.find("./Errors/Error") if protocol == "ec2" else root.find("./{*}Error")
        wanted = ("Response", "RequestID") if protocol == "ec2" else ("ErrorResponse", "RequestId")
        if local(root) != wanted[0] or error is None or root.find(f"./{{*}}{wanted[1]}") is None:
            raise ValueError(f"the form of an error is broken: {body.decode()[:200]}")
        parts = {local(node): node for node in error}
        if protocol == "query" and parts["Type"].text not in ("Sender", "Receiver"):
            raise ValueError(f"the Type is {parts['Type'].text}")
        if not (parts["Message"].text or "").strip():
            raise ValueError("the Message is empty")
        return parts["Code"].text, parts
    value = cbor.decode(body) if protocol == "smithy-rpc-v2-cbor" else json.loads(body)
    in_body = str(value.get("__type", "")).rsplit("#", 1)[-1]
    in_header = headers.get("x-amzn-errortype", "").split(":")[0].rsplit("#", 1)[-1]
    if protocol == "rest-json" and not in_header:
        raise ValueError("there is no header x-amzn-errortype")
    if protocol != "rest-json" and not in_body:
        raise ValueError("the body has no __type")
    if in_body and in_header and in_body != in_header:
        raise ValueError(f"the header says {in_header}, the body {in_body}")
    return in_body or in_header, value


def problems_of(operation: OperationModel, protocol: str, answer: dict) -> list[str]:
    try:
        code, value = read(protocol, answer)
    except (ValueError, KeyError) as error:
        return [f"error: {error!r}"]
    status = answer["status"]
    if code == NOT_IN_AWS:
        return []
    if protocol == "ec2":
        wanted = EC2_STATUS.get(code, 400)
        return [*([] if EC2_CODE.fullmatch(code) else [f"error: {code} is no code of EC2"]), *status_problem(code, status, wanted)]
    shape = next((one for one in operation.error_shapes if code in (one.name, code_of(one))), None)
    if shape is None:
        wanted = COMMON.get(code)
        if wanted is None:
            known = ", ".join(one.name for one in operation.error_shapes)
            return [f"error: {operation.name} knows no {code}, only {known}"]
        return status_problem(code, status, wanted)
    return [
        *status_problem(code, status, status_of(operation, shape)),
        *query_compatible_problem(operation, protocol, shape, answer),
        *(member_problems(operation, protocol, shape, value) if isinstance(value, dict) and protocol not in ("query", "ec2") else []),
    ]


def code_of(shape) -> str:
    return shape.metadata.get("error", {}).get("code", shape.name)


def status_of(operation: OperationModel, shape):
    """The expected HTTP status. Models of JSON services seldom name one, and those services return 400 and 500."""
    error = shape.metadata.get("error", {})
    named = error.get("httpStatusCode")
    fault = shape.metadata.get("fault", False)
    if named is None and not fault and "awsQueryCompatible" in operation.service_model.metadata:
        # botocore's model of SQS lacks the statuses as well.
        return (400, 403, 404)
    return named or (500 if fault else 400)


def status_problem(code: str, status: int, wanted) -> list[str]:
    good = wanted if isinstance(wanted, tuple) else (wanted,)
    return [] if status in good else [f"error: the status of {code} is {status}, not {' or '.join(map(str, good))}"]


def query_compatible_problem(operation, protocol: str, shape, answer: dict) -> list[str]:
    """Services that once spoke query still name that protocol's code: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html"""
    if "awsQueryCompatible" not in operation.service_model.metadata or protocol in ("query", "ec2"):
        return []
    told = answer["headers"].get("x-amzn-query-error", "")
    fault = "Receiver" if shape.metadata.get("fault") else "Sender"
    # botocore's model of SQS lacks the codes, such as AWS.SimpleQueueService.NonExistentQueue.
    code = re.escape(code_of(shape)) if "error" in shape.metadata else r"(AWS\.SimpleQueueService\.)?\w+"
    return [] if re.fullmatch(f"{code};{fault}", told) else [f"error: the header x-amzn-query-error is {told!r}"]


def member_problems(operation, protocol: str, shape, value: dict) -> list[str]:
    checker = Checker(operation, protocol)
    members = {name: one for name, one in value.items() if name != "__type"}
    if not any(str(members.get(name, "")).strip() for name in ("message", "Message")):
        checker.problem(" (error)", "has no message")
    # All models spell the member of the message alike. Services send it in either case, and clients read both.
    names = {name.lower(): name for name in shape.members}
    members = {names.get(name.lower(), name) if name.lower() == "message" else name: one for name, one in members.items()}
    if not any(name.lower() == "message" for name in shape.members):
        members = {name: one for name, one in members.items() if name.lower() != "message"}
    checker.json(shape, members, " (error)")
    return checker.problems

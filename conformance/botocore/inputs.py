"""Reads a raw request as the model of its service says, strictly: everything that the model does not know is a problem."""

import base64
import json
import re
from datetime import datetime, timezone
from urllib.parse import parse_qs, parse_qsl, urlsplit

import botocore.serialize
import cbor
from botocore.validate import ParamValidator
from dateutil.parser import isoparse
from strict import REQUEST, broken_constraints

NUMBERS = {"integer": int, "long": int, "float": float, "double": float}


class Reader:
    """One request. Parsing collects its `problems`."""

    def __init__(self, operation, protocol: str):
        self.operation = operation
        self.protocol = protocol
        self.problems: list[str] = []

    def problem(self, path: str, what: str) -> None:
        self.problems.append(f"input{path}: {what}")

    # JSON and CBOR

    def json(self, shape, value, path: str, located: bool = False):
        kind = shape.type_name
        if value is None:
            self.problem(path, "is null")
            return None
        if kind == "structure":
            return self.json_structure(shape, value, path, located)
        if kind == "list":
            if not self.is_a(list, value, path):
                return None
            read = [self.json(shape.member, one, f"{path}[{index}]") for index, one in enumerate(value)]
            self.constraints(shape, read, path)
            return read
        if kind == "map":
            if not self.is_a(dict, value, path):
                return None
            for key in value:
                self.constraints(shape.key, key, f"{path} (key)")
            return {key: self.json(shape.value, one, f"{path}.{key}") for key, one in value.items()}
        return self.simple(shape, value, path)

    def json_structure(self, shape, value, path: str, located: bool):
        if getattr(shape, "is_document_type", False):
            return value
        if not self.is_a(dict, value, path):
            return None
        # Members of a REST call that belong elsewhere are not in the body.
        members = {
            member.serialization.get("name", name): (name, member)
            for name, member in shape.members.items()
            if not located or member.serialization.get("location") is None
        }
        for name in value.keys() - members.keys():
            self.problem(path, f"has no member {name}")
        return {
            members[name][0]: self.json(members[name][1], one, f"{path}.{members[name][0]}")
            for name, one in value.items()
            if name in members
        }

    def simple(self, shape, value, path: str):
        kind = shape.type_name
        if kind in ("string", "character"):
            read = value if self.is_a(str, value, path) else None
        elif kind == "boolean":
            read = value if self.is_a(bool, value, path) else None
        elif kind in NUMBERS:
            wanted = int if kind in ("integer", "long") else (int, float)
            read = value if self.is_a(wanted, value, path) and not isinstance(value, bool) else None
        elif kind == "timestamp":
            read = value if isinstance(value, datetime) else self.timestamp(value, path)
        elif kind == "blob":
            read = value if isinstance(value, bytes) else base64.b64decode(value)
        else:
            raise ValueError(f"{kind} at {path}")
        if read is not None and not isinstance(read, (datetime, bytes)):
            self.constraints(shape, read, path)
        return read

    def timestamp(self, value, path: str):
        if isinstance(value, (int, float)):
            return datetime.fromtimestamp(value, timezone.utc)
        try:
            return isoparse(value)
        except (TypeError, ValueError):
            self.problem(path, f"{value!r} is no time")
            return None

    def is_a(self, kind, value, path: str) -> bool:
        if isinstance(value, kind):
            return True
        self.problem(path, f"{value!r} is a {type(value).__name__}")
        return False

    def constraints(self, shape, value, path: str) -> None:
        for what in broken_constraints(shape, value, REQUEST):
            self.problem(path, what)

    # Forms

    def form(self, shape, node, path: str):
        kind = shape.type_name
        if kind == "structure":
            members = {self.form_name(name, member): (name, member) for name, member in shape.members.items()}
            for name in node.keys() - members.keys():
                self.problem(path, f"has no member {name}")
            return {
                members[name][0]: self.form(members[name][1], one, f"{path}.{members[name][0]}")
                for name, one in node.items()
                if name in members
            }
        if kind == "list":
            flat = self.protocol == "ec2" or shape.serialization.get("flattened")
            entries = node if flat else self.only(node, shape.member.serialization.get("name", "member"), path)
            read = [self.form(shape.member, one, f"{path}[{at}]") for at, one in self.numbered(entries, path)]
            self.constraints(shape, read, path)
            return read
        if kind == "map":
            entries = node if shape.serialization.get("flattened") else self.only(node, "entry", path)
            names = shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")
            return {
                one[names[0]][""]: self.form(shape.value, one[names[1]], path)
                for _at, one in self.numbered(entries, path)
            }
        return self.text(shape, node.get(""), path)

    def form_name(self, name: str, member) -> str:
        if self.protocol != "ec2":
            flattened = member.type_name == "list" and member.serialization.get("flattened")
            return member.member.serialization.get("name", name) if flattened else member.serialization.get("name", name)
        query_name = member.serialization.get("queryName")
        if query_name:
            return query_name
        name = member.serialization.get("name", name)
        return name[0].upper() + name[1:]

    def only(self, node: dict, name: str, path: str) -> dict:
        for other in node.keys() - {name}:
            self.problem(path, f"has {other or 'a value'} where {name} is expected")
        return node.get(name, {})

    def numbered(self, node: dict, path: str):
        numbers = sorted(int(key) for key in node if key.isdigit())
        if numbers != list(range(1, len(node) + 1)):
            self.problem(path, f"is numbered {', '.join(node)}")
        return [(number, node[str(number)]) for number in numbers]

    def text(self, shape, text, path: str):
        if text is None:
            self.problem(path, "has no value")
            return None
        kind = shape.type_name
        if kind == "boolean":
            return self.simple(shape, {"true": True, "false": False}.get(text, text), path)
        if kind in NUMBERS:
            return self.simple(shape, NUMBERS[kind](text), path)
        return self.simple(shape, text, path)

    # Requests

    def read(self, request: dict, labels: dict):
        shape, body = self.operation.input_shape, request["body"]
        if self.protocol in ("query", "ec2"):
            form = [(key, text) for key, text in parse_qsl(body.decode(), True, True) if key not in ("Action", "Version")]
            return self.form(shape, tree_of(form), "") if shape is not None else {}
        if self.protocol == "smithy-rpc-v2-cbor":
            return self.json(shape, cbor.decode(body) if body else {}, "")
        if self.protocol == "json":
            return self.json(shape, json.loads(body or b"{}"), "") if shape is not None else {}
        return self.rest(shape, request, labels)

    def rest(self, shape, request: dict, labels: dict):
        if shape is None:
            return {}
        read = self.json_structure(shape, json.loads(request["body"] or b"{}"), "", True) or {}
        query = parse_qs(urlsplit(request["url"]).query, keep_blank_values=True)
        fixed = parse_qs(urlsplit(self.operation.http["requestUri"]).query, keep_blank_values=True)
        for name, member in shape.members.items():
            where, wire_name = member.serialization.get("location"), member.serialization.get("name", name)
            if where == "uri":
                read[name] = self.text(member, labels[wire_name], f".{name}")
            elif where == "querystring" and wire_name in query:
                texts = query.pop(wire_name)
                is_list = member.type_name == "list"
                read[name] = (
                    [self.text(member.member, text, f".{name}") for text in texts]
                    if is_list
                    else self.text(member, texts[0], f".{name}")
                )
            elif where == "header" and wire_name.lower() in request["headers"]:
                read[name] = self.text(member, request["headers"][wire_name.lower()], f".{name}")
        for name in query.keys() - fixed.keys():
            self.problem("", f"has no parameter {name}")
        return read


def tree_of(form) -> dict:
    """`Filter.1.Name=x` is `Filter` → `1` → `Name` → the empty name → the text."""
    root: dict = {}
    for key, text in form:
        node = root
        for part in key.split("."):
            node = node.setdefault(part, {})
        node[""] = text
    return root


def problems_of(operation, protocol: str, request: dict, labels: dict) -> list[str]:
    """All problems of a request, by botocore's model of the operation."""
    reader = Reader(operation, protocol)
    parameters = reader.read(request, labels)
    problems = reader.problems
    shape = operation.input_shape
    if shape is not None:
        report = ParamValidator().validate(parameters, shape)
        if report.has_errors():
            problems.append(f"input: {report.generate_report()}")
    if not problems:
        problems += differences(operation, protocol, request, parameters)
    return problems


def differences(operation, protocol: str, request: dict, parameters: dict) -> list[str]:
    """The differences from what botocore would send for the same parameters."""
    service = operation.service_model
    serializer = botocore.serialize.create_serializer(protocol, include_validation=False)
    own = serializer.serialize_to_request(parameters, operation)
    ours, theirs = comparable_request(protocol, request), comparable_own(protocol, own)
    return [
        f"request: {part} is {ours[part]!r}, botocore sends {theirs[part]!r}"
        for part in ours
        if ours[part] != theirs[part]
    ]


def comparable_request(protocol: str, request: dict) -> dict:
    url = urlsplit(request["url"])
    body = request["body"]
    if protocol == "rest-json":
        return {
            "method": request["method"],
            "path": url.path,
            "query": sorted(parse_qsl(url.query, True)),
            "body": normal(json.loads(body or b"{}")),
        }
    common = {"method": request["method"], "path": url.path or "/"}
    return {**common, "body": body_of(protocol, body), "target": request["headers"].get("x-amz-target")}


def comparable_own(protocol: str, own: dict) -> dict:
    body = own["body"]
    raw = body if isinstance(body, bytes) else str(body or "").encode()
    if protocol == "rest-json":
        url = urlsplit(own["url_path"])
        query = parse_qsl(url.query, True)
        for name, value in own["query_string"].items():
            query += [(name, str(one)) for one in (value if isinstance(value, list) else [value])]
        return {"method": own["method"], "path": url.path, "query": sorted(query), "body": normal(json.loads(raw or b"{}"))}
    common = {"method": own["method"], "path": own["url_path"], "target": own["headers"].get("X-Amz-Target")}
    if protocol in ("query", "ec2"):
        return {**common, "body": sorted((name, normal(text_of(value))) for name, value in body.items())}
    return {**common, "body": body_of(protocol, raw)}


def text_of(value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def body_of(protocol: str, body: bytes):
    if protocol in ("query", "ec2"):
        return sorted((name, normal(text)) for name, text in parse_qsl(body.decode(), True))
    if protocol == "smithy-rpc-v2-cbor":
        return normal(cbor.decode(body) if body else {})
    return normal(json.loads(body or b"{}"))


def normal(value):
    """Makes equal times equal, however they are written."""
    if isinstance(value, dict):
        return {key: normal(one) for key, one in value.items()}
    if isinstance(value, list):
        return [normal(one) for one in value]
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)", value):
        return isoparse(value).timestamp()
    return value

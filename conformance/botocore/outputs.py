"""Checks a raw answer against the model of its service, strictly: names, types, enums and required members."""

import base64
import binascii
import json
import re
from datetime import datetime
from xml.etree import ElementTree

import cbor
from strict import ANSWER, broken_constraints

WHOLE = re.compile(r"-?\d+")
DECIMAL = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
# The format of times in AWS's XML services: whole seconds, or three digits after the point.
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")


class Checker:
    def __init__(self, operation, protocol: str):
        self.operation = operation
        self.protocol = protocol
        self.problems: list[str] = []

    def problem(self, path: str, what: str) -> None:
        self.problems.append(f"output{path}: {what}")

    def required(self, shape, present, path: str) -> None:
        for name in shape.required_members:
            if name not in present:
                self.problem(path, f"lacks {name}, which is required")

    def constraints(self, shape, value, path: str) -> None:
        for what in broken_constraints(shape, value, ANSWER):
            self.problem(path, what)

    # JSON and CBOR

    def json(self, shape, value, path: str, members=None) -> None:
        kind = shape.type_name
        if kind == "structure":
            self.json_structure(shape, value, path, members)
        elif kind == "list":
            if self.is_a(list, value, path):
                for index, one in enumerate(value):
                    self.json(shape.member, one, f"{path}[{index}]")
        elif kind == "map":
            if self.is_a(dict, value, path):
                for key, one in value.items():
                    self.constraints(shape.key, key, f"{path} (key)")
                    self.json(shape.value, one, f"{path}.{key}")
        else:
            self.json_simple(shape, value, path)

    def json_structure(self, shape, value, path: str, members) -> None:
        if getattr(shape, "is_document_type", False) or not self.is_a(dict, value, path):
            return
        known = {
            member.serialization.get("name", name): (name, member)
            for name, member in (shape.members if members is None else members).items()
        }
        present = set()
        for name, one in value.items():
            if name not in known:
                self.problem(path, f"has no member {name}")
            else:
                present.add(known[name][0])
                self.json(known[name][1], one, f"{path}.{known[name][0]}")
        if members is None:
            self.required(shape, present, path)

    def json_simple(self, shape, value, path: str) -> None:
        kind = shape.type_name
        if kind in ("string", "character"):
            if self.is_a(str, value, path):
                self.constraints(shape, value, path)
        elif kind == "boolean":
            self.is_a(bool, value, path)
        elif kind in ("integer", "long"):
            if self.is_a(int, value, path) and isinstance(value, bool):
                self.problem(path, "is a boolean")
        elif kind in ("float", "double"):
            if self.is_a((int, float), value, path) and isinstance(value, bool):
                self.problem(path, "is a boolean")
        elif kind == "timestamp":
            self.json_time(shape, value, path)
        elif kind == "blob":
            if self.protocol == "smithy-rpc-v2-cbor":
                self.is_a(bytes, value, path)
            elif self.is_a(str, value, path):
                try:
                    base64.b64decode(value, validate=True)
                except binascii.Error:
                    self.problem(path, "is no base64")
        else:
            raise ValueError(f"{kind} at {path}")

    def json_time(self, shape, value, path: str) -> None:
        if self.protocol == "smithy-rpc-v2-cbor":
            self.is_a(datetime, value, path)
        elif shape.serialization.get("timestampFormat") == "iso8601":
            if not isinstance(value, str) or not ISO.fullmatch(value):
                self.problem(path, f"{value!r} is no ISO 8601 time")
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
            self.problem(path, f"{value!r} is no time in epoch seconds")
        elif not 0 < value < 10_000_000_000:
            self.problem(path, f"{value!r} is not in seconds")

    def is_a(self, kind, value, path: str) -> bool:
        if isinstance(value, kind):
            return True
        self.problem(path, f"{value!r} is a {type(value).__name__}")
        return False

    # XML

    def xml(self, shape, nodes: list, path: str) -> None:
        """Reads a member. `nodes` are all its elements, of which a flattened list has several."""
        kind = shape.type_name
        if kind == "list":
            self.xml_list(shape, nodes, path)
            return
        if kind == "map" and shape.serialization.get("flattened"):
            self.xml_map(shape, nodes, path)
            return
        if len(nodes) > 1:
            self.problem(path, f"is there {len(nodes)} times")
        [node, *_] = nodes
        if kind == "structure":
            self.xml_structure(shape, list(node), path)
        elif kind == "map":
            self.xml_map(shape, self.only(node, "entry", path), path)
        else:
            if len(node) > 0:
                self.problem(path, "has elements in it")
            self.xml_simple(shape, node.text or "", path)

    def xml_structure(self, shape, nodes: list, path: str, ignored=()) -> None:
        known = {self.xml_name(name, member): (name, member) for name, member in shape.members.items()}
        found: dict[str, list] = {}
        for node in nodes:
            found.setdefault(local(node), []).append(node)
        for name, same in found.items():
            if name in known:
                self.xml(known[name][1], same, f"{path}.{known[name][0]}")
            elif name not in ignored:
                self.problem(path, f"has no member {name}")
        self.required(shape, {known[name][0] for name in found if name in known}, path)

    def xml_name(self, name: str, member) -> str:
        if member.type_name == "list" and member.serialization.get("flattened"):
            return member.member.serialization.get("name", member.serialization.get("name", name))
        return member.serialization.get("name", name)

    def xml_list(self, shape, nodes: list, path: str) -> None:
        if not shape.serialization.get("flattened"):
            if len(nodes) > 1:
                self.problem(path, f"is there {len(nodes)} times")
            nodes = self.only(nodes[0], shape.member.serialization.get("name", "member"), path)
        for index, node in enumerate(nodes):
            self.xml(shape.member, [node], f"{path}[{index}]")

    def xml_map(self, shape, nodes: list, path: str) -> None:
        names = shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")
        for node in nodes:
            parts = {local(one): one for one in node}
            if set(parts) != set(names):
                self.problem(path, f"an entry has {', '.join(parts)}")
                continue
            self.xml(shape.key, [parts[names[0]]], f"{path} (key)")
            self.xml(shape.value, [parts[names[1]]], path)

    def only(self, node, name: str, path: str) -> list:
        if (node.text or "").strip():
            self.problem(path, f"has the text {node.text!r}")
        for one in node:
            if local(one) != name:
                self.problem(path, f"has {local(one)} where {name} is expected")
        return [one for one in node if local(one) == name]

    def xml_simple(self, shape, text: str, path: str) -> None:
        kind = shape.type_name
        if kind == "boolean" and text not in ("true", "false"):
            self.problem(path, f"{text!r} is no boolean")
        elif kind in ("integer", "long") and not WHOLE.fullmatch(text):
            self.problem(path, f"{text!r} is no whole number")
        elif kind in ("float", "double") and not DECIMAL.fullmatch(text):
            self.problem(path, f"{text!r} is no number")
        elif kind == "timestamp" and not ISO.fullmatch(text):
            self.problem(path, f"{text!r} is no time")
        elif kind == "string":
            self.constraints(shape, text, path)

    # Answers

    def check(self, answer: dict) -> None:
        shape, body = self.operation.output_shape, answer["body"]
        if self.protocol in ("query", "ec2"):
            self.check_xml(shape, ElementTree.fromstring(body))
            return
        if self.protocol == "smithy-rpc-v2-cbor":
            if answer["headers"].get("smithy-protocol") != "rpc-v2-cbor":
                self.problem("", "has no header smithy-protocol")
            self.json(shape, cbor.decode(body), "")
            return
        wanted = self.operation.http.get("responseCode", 200)
        if answer["status"] != wanted:
            self.problem("", f"the status is {answer['status']}, not {wanted}")
        if shape is None:
            if body not in (b"", b"{}"):
                self.problem("", "has a body, which nothing is said of")
            return
        value = json.loads(body or b"{}")
        if self.protocol == "json":
            self.json(shape, value, "")
            return
        in_body = {name: one for name, one in shape.members.items() if one.serialization.get("location") is None}
        self.json(shape, value, "", in_body)
        # Members in headers are no part of the body. No operation here has any.
        self.required(shape, [name for name, one in in_body.items() if one.serialization.get("name", name) in value], "")

    def check_xml(self, shape, root) -> None:
        operation = self.operation
        namespace = operation.service_model.metadata.get("xmlNamespace")
        name = f"{operation.wire_name}Response"
        if local(root) != name:
            self.problem("", f"the root is {local(root)}, not {name}")
        if namespace and not root.tag.startswith((f"{{{namespace}}}", f"{{{namespace}/}}")):
            self.problem("", f"the namespace is not {namespace}: {root.tag}")
        parts = {local(node): node for node in root}
        if self.protocol == "ec2":
            if "requestId" not in parts:
                self.problem("", "has no requestId")
            rest = [node for node in root if local(node) != "requestId"]
            if shape is not None:
                self.xml_structure(shape, rest, "")
            # Operations without an output of their own return only this.
            elif [local(node) for node in rest] not in ([], ["return"]):
                self.problem("", "has elements that nothing is said of")
            return
        if "ResponseMetadata" not in parts or parts["ResponseMetadata"].find("./{*}RequestId") is None:
            self.problem("", "has no ResponseMetadata with a RequestId")
        wrapper = shape.serialization.get("resultWrapper") if shape is not None else None
        names = {wrapper, "ResponseMetadata"} - {None}
        if set(parts) != names:
            self.problem("", f"has {', '.join(parts)}, not {', '.join(sorted(names))}")
        elif wrapper is not None:
            self.xml_structure(shape, list(parts[wrapper]), "")


def local(node) -> str:
    return node.tag.rsplit("}", 1)[-1]


def problems_of(operation, protocol: str, answer: dict) -> list[str]:
    """All problems of a raw answer that is no error, by botocore's model of the operation."""
    checker = Checker(operation, protocol)
    checker.check(answer)
    return checker.problems

"""The models of AWS's services, as botocore packages them, and the parts of a raw request that name one of their operations."""

import re
from functools import cache
from urllib.parse import parse_qs, unquote, urlsplit

import botocore.loaders
from botocore.model import OperationModel, ServiceModel

# The services whose name differs from the one that requests are signed for.
NAMES = {"monitoring": "cloudwatch", "elasticloadbalancing": "elbv2"}


@cache
def service_model(signing_name: str) -> ServiceModel:
    name = NAMES.get(signing_name, signing_name)
    return ServiceModel(botocore.loaders.Loader().load_service_model(name, "service-2"), name)


def signing_name(headers: dict) -> str:
    """The service of `Credential=AKID/20260714/eu-central-1/eks/aws4_request`."""
    found = re.search(r"Credential=[^/,\s]+/\d+/[^/]+/([^/]+)/aws4_request", headers.get("authorization", ""))
    if found is None:
        raise ValueError("the request is not signed")
    return found[1]


def protocol_of(service: ServiceModel, headers: dict) -> str:
    """The protocol of a request, because services may speak several."""
    if headers.get("smithy-protocol") == "rpc-v2-cbor":
        return "smithy-rpc-v2-cbor"
    if "x-amz-target" in headers:
        return "json"
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return "ec2" if service.metadata["protocol"] == "ec2" else "query"
    return "rest-json"


def operation_of(service: ServiceModel, protocol: str, request: dict) -> tuple[OperationModel, dict]:
    """The operation that a request is for, and the parameters that its path holds."""
    headers = request["headers"]
    if protocol == "json":
        prefix, name = headers["x-amz-target"].rsplit(".", 1)
        wanted = service.metadata.get("targetPrefix", prefix)
        if prefix != wanted:
            raise ValueError(f"the target is {prefix}, not {wanted}")
        return service.operation_model(name), {}
    if protocol == "smithy-rpc-v2-cbor":
        return service.operation_model(request["url"].rsplit("/operation/", 1)[1]), {}
    if protocol in ("query", "ec2"):
        form = parse_qs(request["body"].decode(), keep_blank_values=True)
        [version] = form["Version"]
        if version != service.api_version:
            raise ValueError(f"the version is {version}, not {service.api_version}")
        return service.operation_model(form["Action"][0]), {}
    return rest_operation(service, request)


def rest_operation(service: ServiceModel, request: dict) -> tuple[OperationModel, dict]:
    path = urlsplit(request["url"]).path
    for name in service.operation_names:
        operation = service.operation_model(name)
        if operation.http["method"] != request["method"]:
            continue
        template = urlsplit(operation.http["requestUri"]).path
        pattern = "".join(label_or_text(part) for part in re.split(r"(\{[^}]+\})", template))
        found = re.fullmatch(pattern, path)
        if found is not None:
            labels = {label: unquote(text) for label, text in found.groupdict().items()}
            return operation, labels
    raise ValueError(f"no operation at {request['method']} {path}")


def label_or_text(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    name = part.strip("{}")
    return f"(?P<{name.rstrip('+')}>.+)" if name.endswith("+") else f"(?P<{name}>[^/]+)"

"""CBOR, as botocore reads it."""

from io import BufferedReader, BytesIO

from botocore.parsers import RpcV2CBORParser


def decode(body: bytes):
    """The value of a body, with times as datetime."""
    return RpcV2CBORParser().parse_data_item(BufferedReader(BytesIO(body)))

#!/usr/bin/env python3
"""Seeds for the fuzz targets, out of the cases and models that the tests use: corpus/TARGET/*."""

import base64
import hashlib
import json
import os
import zlib
from pathlib import Path
from urllib.parse import quote

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SEPARATOR = "\x1e"
LARGEST = 4000


def seed(target, data):
    data = data.encode() if isinstance(data, str) else data
    if len(data) > LARGEST:
        return
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ("seed-" + hashlib.sha256(data).hexdigest()[:16])).write_bytes(data)


def cases(path):
    read = json.loads((ROOT / path).read_text())
    return read["cases"] if isinstance(read, dict) else read


# Policies: as the harness of crates/policy completes them.

KINDS = {"Identity": "i", "Session": "s", "Bucket": "r", "Topic": "n", "Trust": "t",
         "ServiceControl": "c", "ResourceControl": "o"}


def document(written, letter):
    if written == "all":
        written = {}
    elif written == "deny all":
        written = {"Effect": "Deny"}
    if isinstance(written, dict) and "Statement" in written:
        return written
    return {"Version": "2012-10-17", "Statement": [
        complete(dict(one), letter) for one in (written if isinstance(written, list) else [written])]}


def complete(statement, letter):
    statement.setdefault("Effect", "Allow")
    if letter in "trno" and "NotPrincipal" not in statement:
        statement.setdefault("Principal", {"AWS": "*"} if letter == "t" else "*")
    if "NotAction" not in statement:
        action = {"t": "sts:AssumeRole", "r": "s3:*", "n": "sns:*"}.get(letter, "*")
        statement.setdefault("Action", action)
    if letter != "t" and "NotResource" not in statement:
        statement.setdefault("Resource", "*")
    return statement


def policies():
    for path in sorted((ROOT / "crates/policy/tests/cases").glob("*.json")):
        theme = json.loads(path.read_text())
        for case in theme["cases"]:
            parts = []

            def add(letter, written):
                parts.append(letter + json.dumps(document(written, letter), separators=(",", ":")))

            if theme["ask"] == "validity":
                text = case["document"]
                parts.append(KINDS[case["kind"]] + (text if isinstance(text, str) else json.dumps(text)))
            for one in case.get("identity", []):
                add("i", one)
            if "condition" in case:
                add("i", {"Condition": case["condition"]})
            for letter, name in (("b", "boundary"), ("r", "bucket"), ("t", "trust")):
                if name in case:
                    add(letter, case[name])
            for one in case.get("session") or []:
                add("s", one)
            for letter, name in (("c", "scp"), ("o", "rcp")):
                for level in case.get(name) or []:
                    for one in level:
                        add(letter, one)
            context = "".join(
                f"{key}={'|'.join(value) + ('|' if len(value) < 2 else '') if isinstance(value, list) else value}\n"
                for key, value in case.get("context", {}).items())
            head = "\n".join([case.get("action", "s3:GetObject"),
                              case.get("resource", "arn:aws:s3:::box/a/key"),
                              case.get("principal", "ann"), context])
            seed("policy", SEPARATOR.join([head, *parts]))


# Signatures and chunked bodies: AWS's published cases.

def signatures():
    for form in ("header", "query"):
        for path in sorted((ROOT / "crates/sigv4/tests/cases").glob(f"*/*/{form}-signed-request.txt")):
            text = path.read_text()
            for letter in "sS":
                seed("sigv4", letter + text)
    for letter in "sS":
        seed("sigv4", letter + "GET /b/k?AWSAccessKeyId=AKIDEXAMPLE&Expires=1440938200&Signature=a%2Bb= HTTP/1.1\nhost:localhost\n\n")
        seed("sigv4", letter + "GET /b/k?acl HTTP/1.1\nhost:localhost\ndate:Sun, 30 Aug 2015 12:36:00 GMT\nauthorization:AWS AKIDEXAMPLE:frJIUN8DYpKDtOLCwo//yllqDzg=\nx-amz-meta-a:b\n\n")
        seed("sigv4", letter + "PUT /b/k HTTP/1.1\nhost:localhost\nx-amz-content-sha256:STREAMING-UNSIGNED-PAYLOAD-TRAILER\nx-amz-trailer:x-amz-checksum-crc32\n\nabc")


def chunks():
    for flags in (0, 7, 31, 33):
        signature = "a" * 64
        seed("chunks", bytes([flags, 5]) + b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAA\r\nx-amz-a:b\r\n\r\n")
        seed("chunks", bytes([flags, 0]) + b"0\r\nx-amz-checksum-crc32:AAAA\r\nx-amz-a: b \r\n\r\n")
        seed("chunks", bytes([flags, 5]) + f"5;chunk-signature={signature}\r\nhello\r\n0;chunk-signature={signature}\r\n\r\n".encode())
        seed("chunks", bytes([flags, 5]) + f"0;chunk-signature={signature}\r\nx-amz-checksum-crc32:AAAA\r\nx-amz-trailer-signature:{signature}\r\n\r\n".encode())


# Forms that upload.

def field(name, value):
    return f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'


def forms():
    conditions = ('{"bucket":"bkt"},["starts-with","$key","up/"],["starts-with","$x-amz-credential",""],'
                  '["starts-with","$x-amz-date",""],["content-length-range",2,10],{"success_action_status":"201"}')
    signed = [("policy", "@P"), ("x-amz-algorithm", "AWS4-HMAC-SHA256"), ("x-amz-credential", "@C"),
              ("x-amz-date", "20260102T030405Z"), ("x-amz-signature", "@S")]
    file = ('--edge\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
            "Content-Type: text/plain\r\n\r\nhello\r\n--edge--\r\n")
    more = [[], [("acl", "private")], [("Content-Type", "text/plain")], [("x-amz-meta-a", "b")],
            [("tagging", "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>")],
            [("success_action_redirect", "http://localhost/")], [("x-amz-checksum-crc32", "NhCmhg==")]]
    for letter in "aA":
        for extra in more:
            listed = conditions + "".join(f',["starts-with","${name}",""]' for name, _ in extra)
            fields = [("key", "up/${filename}"), ("success_action_status", "201"), *signed, *extra]
            body = "".join(field(*one) for one in fields) + file
            seed("form", letter + listed + SEPARATOR + body)
    version2 = [("AWSAccessKeyId", "AKIAROOT000000000001"), ("policy", "@P"), ("signature", "a+b=")]
    seed("form", "A" + conditions + SEPARATOR + "".join(field(*one) for one in [("key", "k"), *version2]) + file)
    seed("form", "A" + conditions + SEPARATOR + field("key", "k") + file)


# Inputs of operations: one that fills all members of each, out of the model; and the codecs' cases.

def example(shapes, name, depth=0, member=""):
    shape = shapes[name]
    kind = shape["type"]
    if kind == "structure":
        members = shape.get("members", {})
        wanted = shape.get("required", []) if depth > 3 else members
        return {key: example(shapes, members[key]["shape"], depth + 1, key) for key in wanted}
    if kind == "list":
        return [example(shapes, shape["member"]["shape"], depth + 1, member)] * max(1, shape.get("min", 1))
    if kind == "map":
        return {text(shapes[shape["key"]["shape"]], "k"): example(shapes, shape["value"]["shape"], depth + 1)}
    if kind in ("integer", "long"):
        return max(1, shape.get("min", 1))
    if kind in ("double", "float"):
        return 1.5
    if kind == "boolean":
        return True
    if kind == "timestamp":
        return "2026-01-02T03:04:05Z"
    if kind == "blob":
        return base64.b64encode(b"b").decode()
    return text(shape, member)


def text(shape, member):
    if "enum" in shape:
        return shape["enum"][0]
    guess = {"Path": "/", "PathPrefix": "/", "AccountId": "123456789012", "SerialNumber": "123456789",
             "AuthenticationCode1": "123456", "AuthenticationCode2": "123456", "TokenCode": "123456"}
    value = guess.get(member, "a")
    if "arn" in member.lower():
        value = "arn:aws:iam::123456789012:role/a"
    if "Document" in member:
        value = '{"Version":"2012-10-17","Statement":[]}'
    return value + "a" * max(0, shape.get("min", 0) - len(value))


def query_form(shapes, name, value, prefix=""):
    shape = shapes[name]
    dot = f"{prefix}." if prefix else ""
    if shape["type"] == "structure":
        for key, inner in value.items():
            member = shape["members"][key]
            yield from query_form(shapes, member["shape"], inner, dot + member.get("locationName", key))
    elif shape["type"] == "list":
        element = shape["member"].get("locationName", "member")
        for index, inner in enumerate(value, 1):
            step = f"{prefix}.{index}" if shape.get("flattened") else f"{prefix}.{element}.{index}"
            yield from query_form(shapes, shape["member"]["shape"], inner, step)
    elif shape["type"] == "map":
        for index, (key, inner) in enumerate(value.items(), 1):
            step = f"{prefix}.entry.{index}"
            yield f"{step}.key", key
            yield from query_form(shapes, shape["value"]["shape"], inner, f"{step}.value")
    else:
        yield prefix, str(value).lower() if isinstance(value, bool) else str(value)


def xml(shapes, name, value, element, flattened=False):
    shape = shapes[name]
    if shape["type"] == "structure":
        inside, attributes = "", ""
        for key, inner in value.items():
            member = shape["members"][key]
            if member.get("xmlAttribute"):
                attributes += f' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" {member["locationName"]}="{inner}"'
            elif "location" not in member:
                inside += xml(shapes, member["shape"], inner, member.get("locationName", key))
        return f"<{element}{attributes}>{inside}</{element}>"
    if shape["type"] == "list":
        if shape.get("flattened"):
            return "".join(xml(shapes, shape["member"]["shape"], inner, element) for inner in value)
        of = shape["member"].get("locationName", "member")
        return f"<{element}>" + "".join(xml(shapes, shape["member"]["shape"], inner, of) for inner in value) + f"</{element}>"
    if shape["type"] == "map":
        return ""
    return f"<{element}>{str(value).lower() if isinstance(value, bool) else value}</{element}>"


def message(method, target, headers, body):
    lines = "".join(f"{name}:{value}\n" for name, value in headers)
    return f"{method} {target} HTTP/1.1\nhost:localhost\n{lines}\n{body}"


def rest_seed(shapes, name, operation):
    uri, (headers, body) = operation["http"]["requestUri"], ([], "")
    uri = uri.replace("{Bucket}", "bkt").replace("{Key+}", "a/k")
    if "input" in operation:
        shape = shapes[operation["input"]["shape"]]
        value = example(shapes, operation["input"]["shape"])
        for key, inner in value.items():
            member = shape["members"][key]
            place, wire = member.get("location"), member.get("locationName", key)
            if place == "querystring" and not isinstance(inner, (dict, list)):
                uri += ("&" if "?" in uri else "?") + f"{wire}={quote(str(inner))}"
            elif place == "headers":
                headers += [(wire + inside, text) for inside, text in inner.items()]
            elif place == "header":
                headers.append((wire, ",".join(map(str, inner)) if isinstance(inner, list) else inner))
            elif shape.get("payload") == key and shapes[member["shape"]]["type"] == "structure":
                body = xml(shapes, member["shape"], inner, wire)
        if not body and "payload" not in shape and any("location" not in member for member in shape["members"].values()):
            body = xml(shapes, operation["input"]["shape"], value, operation["input"].get("locationName", operation["input"]["shape"]))
    seed("rest_xml", message(operation["http"]["method"], uri, headers, body))


def inputs():
    letters = {"iam": "i", "sts": "s", "cloudformation": "c", "sns": "n", "wardian": "w"}
    for path in sorted((ROOT / "data/models").glob("*.json")):
        model, service = json.loads(path.read_text()), path.stem
        shapes = model["shapes"]
        for name, operation in model["operations"].items():
            if service == "s3":
                rest_seed(shapes, name, operation)
                continue
            value, form = {}, []
            if "input" in operation:
                value = example(shapes, operation["input"]["shape"])
                form = list(query_form(shapes, operation["input"]["shape"], value))
            if service in ("organizations", "ssm"):
                seed("json", f"{service}.{name}\n" + json.dumps(value, separators=(",", ":")))
            elif service in letters:
                pairs = [("Action", name), ("Version", model["metadata"].get("apiVersion", "")), *form]
                seed("query", letters[service] + "&".join(f"{key}={quote(text, safe='')}" for key, text in pairs))
    for case in cases("crates/wire/cases/query.json"):
        service, name = case["operation"].split(":")
        seed("query", letters.get(service, "i") + f"Action={name}&" + case["form"])
    for case in cases("crates/wire/cases/json.json"):
        seed("json", case["operation"].replace(":", ".") + "\n" + case["document"])
    for case in cases("crates/wire/cases/rest.json"):
        target = "/b/k" + ("?" + case["query"] if case.get("query") else "")
        for method in ("PUT", "POST", "GET"):
            headers = [(name, value) for name, value in case.get("headers", {}).items()]
            seed("rest_xml", message(method, target, headers, case.get("body") or ""))
    for route, headers, _ in cases("crates/wire/cases/routes.json"):
        method, target = route.split(" ", 1)
        listed = [(one, "/b/k") if isinstance(one, str) else tuple(one) for one in (headers.items() if isinstance(headers, dict) else headers)]
        seed("rest_xml", message(method, target, listed, ""))


# Templates.

def templates():
    for path in sorted((ROOT / "crates/cloudformation/tests/cases").glob("*.json")):
        for case in cases(path):
            body = case.get("template")
            if "declared" in case:
                body = {"Parameters": case["declared"], "Resources": {"B": {"Type": "AWS::S3::Bucket"}}}
            if body is None:
                continue
            if isinstance(body, list):
                body = "\n".join(body)
            elif isinstance(body, dict):
                body = json.dumps(body, separators=(",", ":"))
            given = case.get("parameters") or {}
            lines = "".join(f"{name}={value}\n" for name, value in given.items() if isinstance(value, str))
            seed("template", body + (SEPARATOR + lines if lines else ""))


# What a session token seals: (account, identity, key id, session, via) and a salt, as CBOR.

def cbor(value):
    def head(major, number):
        if number < 24:
            return bytes([major << 5 | number])
        info, width = (24, 1) if number < 256 else (26, 4) if number < 1 << 32 else (27, 8)
        return bytes([major << 5 | info]) + number.to_bytes(width, "big")
    if value is None:
        return b"\xf6"
    if isinstance(value, int):
        return head(0, value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    return head(5, len(value)) + b"".join(cbor(key) + cbor(inner) for key, inner in value.items())


def tokens():
    salt, account, key = bytes([9] * 32), "123456789012", "ASIAEXAMPLE000000001"
    session = [1767323045, 1767326645, ['{"Version":"2012-10-17","Statement":[]}'], ["arn:aws:iam::aws:policy/X"],
               {"team": "red"}, ["team"], 1767323045, "ann"]
    for identity in ([0, []], [1, []], [2, ["AIDAEXAMPLE"]], [3, ["AROAEXAMPLE", "deploy", "run"]],
                     [4, ["AIDAEXAMPLE", "temp"]], [4, [None, "temp"]], [5, ["cloudformation.amazonaws.com"]]):
        for given in (None, session):
            for held in (account, 123456789012):
                plain = cbor([[held, identity, key, given, ["cloudformation.amazonaws.com"]], salt])
                seed("token", b"\x00" + plain)
                packer = zlib.compressobj(6, zlib.DEFLATED, -15)
                seed("token", b"\x01" + packer.compress(plain) + packer.flush())


if __name__ == "__main__":
    for make in (policies, signatures, chunks, forms, inputs, templates, tokens):
        make()
    for folder in sorted((HERE / "corpus").iterdir()):
        print(folder.name, len(os.listdir(folder)))

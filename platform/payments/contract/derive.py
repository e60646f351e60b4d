"""Derive an OpenAPI 3.0 document from the type declarations of the installed `stripe` SDK.

The SDK's service, params and resource modules are themselves generated from Stripe's own OpenAPI document for the API
version that the SDK pins. Reading them as syntax trees (never importing them) gives complete request schemas for exactly
that version: every parameter, which are required, the values of enums, and hashes that admit nothing else.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from payments.contract.selection import DROP, FAMILIES, KEEP, RESOURCES

Schema = dict[str, Any]
FunctionNode = ast.FunctionDef

PRIMITIVES: dict[str, Schema] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "Decimal": {"type": "string", "format": "decimal"},
    "Any": {},
    "object": {},
}
# Python words that the SDK had to spell differently from the wire
WIRE_NAMES = {"from_": "from", "object_": "object", "in_": "in"}
# Schemas shorter than this are written in place; longer ones are stored once and referred to.
INLINE_LIMIT = 260


class UnknownDeclarationError(Exception):
    """The SDK declares a type in a form that this module cannot read."""


class Scope(Protocol):
    """Resolves a class name, as seen from one place of the SDK, to a schema."""

    def ref(self, dotted: str) -> Schema: ...


class Module:
    """One parsed module of the SDK: its classes, functional TypedDicts and imports."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.classes: dict[str, ast.ClassDef] = {}
        self.functional: dict[str, ast.Dict] = {}  # Name = TypedDict("Name", {...})
        self.imports: dict[str, tuple[str, str]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    self.imports[alias.asname or alias.name] = (node.module, alias.name)
        for statement in self.tree.body:
            if isinstance(statement, ast.ClassDef):
                self.classes[statement.name] = statement
            elif isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
                self._add_functional(statement, statement.value)

    def _add_functional(self, statement: ast.Assign, call: ast.Call) -> None:
        target = statement.targets[0]
        if isinstance(target, ast.Name) and getattr(call.func, "id", "") == "TypedDict":
            fields = call.args[1]
            assert isinstance(fields, ast.Dict)
            self.functional[target.id] = fields


class Sdk:
    """The installed SDK's sources, parsed on demand."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._modules: dict[str, Module | None] = {}

    def module(self, dotted: str) -> Module | None:
        """The parsed module, or None when it is not part of the SDK."""
        if dotted not in self._modules:
            base = self.root.parent.joinpath(*dotted.split("."))
            path = base.with_name(base.name + ".py")
            path = path if path.is_file() else base / "__init__.py"
            self._modules[dotted] = Module(path) if path.is_file() else None
        return self._modules[dotted]

    def find(self, module: Module, name: str) -> tuple[Module | None, str]:
        """The module that really defines `name` as seen from `module`, and its name there."""
        if name in module.classes or name in module.functional:
            return module, name
        if name in module.imports:
            source, original = module.imports[name]
            target = self.module(source)
            if target is not None:
                return self.find(target, original)
        return None, name

    def api_version(self) -> str:
        """The API version that this SDK sends with every request."""
        module = self.module("stripe._api_version")
        assert module is not None
        for node in module.classes["_ApiVersion"].body:
            if (
                isinstance(node, ast.Assign)
                and isinstance(node.targets[0], ast.Name)
                and node.targets[0].id == "CURRENT"
            ):
                assert isinstance(node.value, ast.Constant)
                return str(node.value.value)
        raise UnknownDeclarationError("stripe._api_version names no current version")


def base_name(node: ast.expr) -> str:
    """The last part of a possibly dotted name: `a.b.C` gives `C`."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def dotted_name(node: ast.expr) -> str:
    """The whole of a possibly dotted name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return dotted_name(node.value) + "." + node.attr
    return ""


def union_members(node: ast.expr) -> list[ast.expr | None]:
    """The alternatives of a type, with None standing for null; quoted annotations are read too."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return union_members(ast.parse(node.value, mode="eval").body)
    if isinstance(node, ast.Constant) and node.value is None:
        return [None]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return union_members(node.left) + union_members(node.right)
    if isinstance(node, ast.Subscript):
        name = base_name(node.value)
        if name == "Union":
            assert isinstance(node.slice, ast.Tuple)
            return [member for element in node.slice.elts for member in union_members(element)]
        if name == "Optional":
            return [*union_members(node.slice), None]
    return [node]


def literal_values(node: ast.Subscript) -> list[Any]:
    """The values inside `Literal[...]`."""
    elements = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return [element.value for element in elements if isinstance(element, ast.Constant)]


def enum_schema(values: list[Any]) -> Schema:
    """A schema that admits exactly these values."""
    kind = "string" if all(isinstance(v, str) for v in values) else "integer"
    if all(isinstance(v, bool) for v in values):
        kind = "boolean"
    return {"type": kind, "enum": values}


class Builder:
    """Turns declarations into schemas and keeps those that are shared."""

    def __init__(self, sdk: Sdk) -> None:
        self.sdk = sdk
        self.schemas: dict[str, Schema] = {}
        self.building: set[str] = set()
        self.deletable: set[str] = set()
        self._by_digest: dict[str, str] = {}

    def store(self, name: str, schema: Schema) -> Schema:
        """A reference to the stored schema, or the schema itself when it is short."""
        text = json.dumps(schema, sort_keys=True)
        if len(text) <= INLINE_LIMIT:
            return schema
        digest = hashlib.sha256(text.encode()).hexdigest()
        if digest not in self._by_digest:
            unique, number = name, 2
            while unique in self.schemas:
                unique, number = f"{name}_{number}", number + 1
            self._by_digest[digest] = unique
            self.schemas[unique] = schema
        return {"$ref": "#/components/schemas/" + self._by_digest[digest]}

    def type(self, node: ast.expr, scope: Scope) -> Schema:
        """The schema of an annotation."""
        members = union_members(node)
        values: list[Any] = []
        others: list[ast.expr] = []
        admits_empty = False
        for member in members:
            if isinstance(member, ast.Subscript) and base_name(member.value) == "Literal":
                found = literal_values(member)
                admits_empty = admits_empty or found == [""]
                values += [] if found == [""] else found
            elif member is not None:
                others.append(member)
        options: list[Schema] = []
        if values:
            options.append(enum_schema(values))
            # The SDK types every enum as `Literal[...] | str` so that older code survives new values.
            # The listed ones are the documented set, and the one we hold ourselves to.
            others = [other for other in others if base_name(other) != "str"]
        for other in others:
            schema = self.single(other, scope)
            if schema not in options:
                options.append(schema)
        if admits_empty:
            options.append({"type": "string", "enum": [""]})
        schema = options[0] if len(options) == 1 else {"anyOf": options}
        if None not in members:
            return schema
        return {"anyOf": [schema], "nullable": True} if "$ref" in schema else {**schema, "nullable": True}

    def single(self, node: ast.expr, scope: Scope) -> Schema:
        """The schema of an annotation that is no union."""
        if isinstance(node, ast.Name | ast.Attribute):
            name = base_name(node)
            if isinstance(node, ast.Name) and name in PRIMITIVES:
                return dict(PRIMITIVES[name])
            if name == "datetime":
                return {"type": "string", "format": "date-time"}
            return scope.ref(dotted_name(node))
        if isinstance(node, ast.Subscript):
            return self._generic(node, scope)
        raise UnknownDeclarationError(ast.dump(node))

    def _generic(self, node: ast.Subscript, scope: Scope) -> Schema:
        name = base_name(node.value)
        if name in ("List", "list", "Sequence"):
            return {"type": "array", "items": self.type(node.slice, scope)}
        if name in ("Dict", "dict", "Mapping"):
            assert isinstance(node.slice, ast.Tuple)
            return {"type": "object", "additionalProperties": self.type(node.slice.elts[1], scope)}
        if name == "UntypedStripeObject":
            return {"type": "object", "additionalProperties": self.type(node.slice, scope)}
        if name in ("ListObject", "SearchResultObject"):
            return list_schema(self.type(node.slice, scope), searched=name == "SearchResultObject")
        if name == "ExpandableField":
            target = self.type(node.slice, scope)
            gone = self.deleted_variant(target)
            return {"anyOf": [{"type": "string"}, target] + ([gone] if gone else []), "x-expandable": True}
        if name in ("NotRequired", "Required", "ClassVar"):
            return self.type(node.slice, scope)
        raise UnknownDeclarationError(ast.dump(node))

    def deleted_variant(self, schema: Schema) -> Schema | None:
        """The `{id, object, deleted: true}` form of a resource that can be deleted, else None."""
        name = str(schema.get("$ref", "")).rsplit("/", 1)[-1]
        if name not in self.deletable:
            return None
        self.schemas.setdefault(
            "deleted_" + name,
            {
                "type": "object",
                "required": ["deleted", "id", "object"],
                "properties": {
                    "deleted": {"type": "boolean", "enum": [True]},
                    "id": {"type": "string"},
                    "object": {"type": "string", "enum": [name]},
                },
            },
        )
        return {"$ref": "#/components/schemas/deleted_" + name}


def list_schema(items: Schema, *, searched: bool) -> Schema:
    """A page of a list, or of search results."""
    properties: dict[str, Schema] = {
        "data": {"type": "array", "items": items},
        "has_more": {"type": "boolean"},
        "object": {"type": "string", "enum": ["search_result" if searched else "list"]},
        "url": {"type": "string"},
        "total_count": {"type": "integer"},
    }
    if searched:
        properties["next_page"] = {"type": "string", "nullable": True}
    return {"type": "object", "required": ["data", "has_more", "object", "url"], "properties": properties}


class ParamScope:
    """Names inside a params module, as request schemas."""

    def __init__(self, builder: Builder, module: Module) -> None:
        self.builder, self.module = builder, module

    def ref(self, dotted: str) -> Schema:
        name = dotted.split(".")[-1]
        module, real = self.builder.sdk.find(self.module, name)
        if module is not None:
            return self.builder.store(real, params_schema(self.builder, module, real))
        if "IO" in dotted:
            return {"type": "string", "format": "binary"}
        if name in ("UntypedStripeObject", "Amount", "StripeObject"):
            return {"type": "object"}
        raise UnknownDeclarationError(f"request type {dotted} in {self.module.path}")


def params_schema(builder: Builder, module: Module, name: str) -> Schema:
    """The closed hash that a params TypedDict declares, parents included."""
    scope = ParamScope(builder, module)
    properties: dict[str, Schema] = {}
    required: list[str] = []

    def add(key: str, annotation: ast.expr) -> None:
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            annotation = ast.parse(annotation.value, mode="eval").body
        optional = isinstance(annotation, ast.Subscript) and base_name(annotation.value) == "NotRequired"
        inner = annotation.slice if optional and isinstance(annotation, ast.Subscript) else annotation
        properties[key] = builder.type(inner, scope)
        if not optional:
            required.append(key)

    if name in module.functional:
        fields = module.functional[name]
        for key, value in zip(fields.keys, fields.values, strict=True):
            assert isinstance(key, ast.Constant)
            add(str(key.value), value)
    else:
        declared = module.classes[name]
        for base in map(base_name, declared.bases):
            if base.startswith("_") or base in module.classes:
                owner, real = builder.sdk.find(module, base)
                assert owner is not None
                parent = params_schema(builder, owner, real)
                properties.update(parent["properties"])
                required += parent.get("required", [])
        for node in declared.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                add(node.target.id, node.annotation)
    schema: Schema = {"type": "object", "properties": dict(sorted(properties.items())), "additionalProperties": False}
    if required:
        schema["required"] = sorted(set(required))
    return schema


class ResourceScope:
    """Names inside a resource class, as response schemas."""

    def __init__(self, builder: Builder, module: Module, outer: list[ast.ClassDef]) -> None:
        self.builder, self.module, self.outer = builder, module, outer

    def ref(self, dotted: str) -> Schema:
        parts = dotted.split(".")
        module, real = self.builder.sdk.find(self.module, parts[0])
        if module is not None:
            declared = module.classes[real]
            if len(parts) == 1:
                return self._top_level(module, declared, real)
            return self._descend(module, [declared], parts[1:])
        for depth, declared in reversed(list(enumerate(self.outer))):
            if nested_class(declared, parts[0]) is not None:
                return self._descend(self.module, self.outer[: depth + 1], parts)
        return {"type": "object"}

    def _top_level(self, module: Module, declared: ast.ClassDef, name: str) -> Schema:
        resource = object_name(declared)
        if resource is not None:
            return resource_reference(self.builder, module, declared, resource)
        if name in ("StripeObject", "UntypedStripeObject"):
            return {"type": "object"}
        return nested_schema(self.builder, module, [declared])

    def _descend(self, module: Module, chain: list[ast.ClassDef], parts: list[str]) -> Schema:
        chain = list(chain)
        for part in parts:
            inner = nested_class(chain[-1], part)
            if inner is None:
                return {"type": "object"}
            chain.append(inner)
        return nested_schema(self.builder, module, chain)


def nested_class(declared: ast.ClassDef, name: str) -> ast.ClassDef | None:
    """The class of that name written directly inside `declared`."""
    return next((n for n in declared.body if isinstance(n, ast.ClassDef) and n.name == name), None)


def object_name(declared: ast.ClassDef) -> str | None:
    """The resource's `object` value, such as `payment_intent`; None for parts of resources."""
    for node in declared.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "OBJECT_NAME":
            assert isinstance(node.value, ast.Constant)
            return str(node.value.value)
    return None


def resource_reference(builder: Builder, module: Module, declared: ast.ClassDef, resource: str) -> Schema:
    """A reference to a resource's schema; resources outside the selection stay open hashes."""
    if resource not in RESOURCES:
        return {"type": "object", "x-object": resource}
    if resource not in builder.schemas and resource not in builder.building:
        builder.building.add(resource)
        if any(isinstance(n, ast.AnnAssign) and getattr(n.target, "id", "") == "deleted" for n in declared.body):
            builder.deletable.add(resource)
        builder.schemas[resource] = {**class_schema(builder, module, [declared]), "x-resourceId": resource}
        builder.building.discard(resource)
    return {"$ref": "#/components/schemas/" + resource}


def nested_schema(builder: Builder, module: Module, chain: list[ast.ClassDef]) -> Schema:
    """The schema of a part of a resource; payment method families that we do not use stay open."""
    declared = chain[-1]
    if len(chain) >= 2 and chain[0].name != "Account":
        siblings = [node.name for node in chain[-2].body if isinstance(node, ast.ClassDef)]
        common = ("BillingDetails", "AllowRedisplay", "RadarOptions")
        is_family = "Card" in siblings and len(siblings) > 12 and declared.name not in common
        if is_family and declared.name not in FAMILIES:
            return {"type": "object"}
    return builder.store("r." + ".".join(c.name for c in chain), class_schema(builder, module, chain))


def class_schema(builder: Builder, module: Module, chain: list[ast.ClassDef]) -> Schema:
    """The hash that a resource class declares; a field is required when it is never null or absent."""
    properties: dict[str, Schema] = {}
    required: list[str] = []
    scope = ResourceScope(builder, module, chain)
    for node in chain[-1].body:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        key = node.target.id
        if key in ("OBJECT_NAME", "deleted") or key.startswith("_"):
            continue
        wire = WIRE_NAMES.get(key, key)
        properties[wire] = builder.type(node.annotation, scope)
        if not properties[wire].get("nullable"):
            required.append(wire)
    schema: Schema = {"type": "object", "properties": dict(sorted(properties.items()))}
    if required:
        schema["required"] = sorted(required)
    return schema


def service_calls(sdk: Sdk) -> Iterator[tuple[Module, FunctionNode, ast.Call]]:
    """Every synchronous service method of the SDK with the HTTP call it makes."""
    for base, folders, files in os.walk(sdk.root):
        folders[:] = sorted(folder for folder in folders if folder != "__pycache__")
        for file in sorted(files):
            if not file.endswith("_service.py") or file == "_stripe_service.py":
                continue
            relative = Path(base, file).relative_to(sdk.root.parent)
            module = sdk.module(".".join(relative.with_suffix("").parts))
            assert module is not None
            for declared in module.classes.values():
                for function in declared.body:
                    if isinstance(function, ast.FunctionDef):
                        call = request_call(function)
                        if call is not None:
                            yield module, function, call


def request_call(function: FunctionNode) -> ast.Call | None:
    """The `self._request(...)` inside a service method."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "_request":
            return node
    return None


def path_template(node: ast.expr) -> str:
    """The path of a call, with placeholders as `{name}`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):  # "...".format(...)
        node = node.func.value
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise UnknownDeclarationError(ast.dump(node))


def params_type(function: FunctionNode) -> str | None:
    """The name of the TypedDict that a service method takes."""
    arguments = function.args
    for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
        if argument.arg == "params" and argument.annotation is not None:
            match = re.search(r"(\w+Params)\b", ast.unparse(argument.annotation))
            return match.group(1) if match else None
    return None


def body_type(path: str) -> str:
    """The content type that requests to this path carry."""
    if path.startswith("/v2/"):
        return "application/json"
    return "multipart/form-data" if path == "/v1/files" else "application/x-www-form-urlencoded"


def operation_schema(builder: Builder, module: Module, function: FunctionNode, method: str, path: str) -> Schema:
    """One OpenAPI operation: its parameters and what it answers."""
    operation: Schema = {}
    name = params_type(function)
    schema: Schema = {"type": "object", "properties": {}, "additionalProperties": False}
    if name is not None:
        owner, real = builder.sdk.find(module, name)
        assert owner is not None
        schema = params_schema(builder, owner, real)
    if method == "post":
        operation["requestBody"] = {"content": {body_type(path): {"schema": schema}}}
    else:
        required = schema.get("required", [])
        operation["parameters"] = [
            {"in": "query", "name": key, "required": key in required, "schema": value}
            for key, value in schema["properties"].items()
        ]
    if function.returns is not None and base_name(function.returns) != "None":
        answer = builder.type(function.returns, ResourceScope(builder, module, []))
        gone = builder.deleted_variant(answer)
        if gone and method == "delete":
            answer = gone
        elif gone and method == "get":
            answer = {"anyOf": [answer, gone]}
        operation["responses"] = {
            "200": {"content": {"application/json": {"schema": answer}}},
            "default": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/error"}}}},
        }
    return operation


def add_error_schema(builder: Builder) -> None:
    """The envelope of every answer that is not a success."""
    module = builder.sdk.module("stripe._error_object")
    assert module is not None
    error = class_schema(builder, module, [module.classes["ErrorObject"]])
    error["required"] = ["type"]
    error["properties"].setdefault("advice_code", {"type": "string"})
    error["properties"]["request_log_url"] = {"type": "string"}
    builder.schemas["api_error"] = error
    builder.schemas["error"] = {
        "type": "object",
        "required": ["error"],
        "properties": {"error": {"$ref": "#/components/schemas/api_error"}},
    }


def derive(root: Path) -> Schema:
    """The OpenAPI document of the SDK whose package lies at `root`.

    Raises UnknownDeclarationError when the SDK writes its types in a form this module does not know.
    """
    sdk = Sdk(root)
    builder = Builder(sdk)
    keep = [re.compile(pattern + r"\Z") for pattern in KEEP]
    drop = [re.compile(pattern + r"\Z") for pattern in DROP]
    paths: dict[str, dict[str, Schema]] = {}
    for module, function, call in service_calls(sdk):
        method, path = path_template(call.args[0]), path_template(call.args[1])
        if any(p.match(path) for p in keep) and not any(p.match(path) for p in drop):
            paths.setdefault(path, {})[method] = operation_schema(builder, module, function, method, path)
    add_error_schema(builder)
    return {
        "openapi": "3.0.0",
        "info": {"title": "Stripe API, derived from the SDK's types", "version": sdk.api_version()},
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": reachable(paths, builder.schemas)},
    }


def references(node: Any) -> Iterator[str]:
    """The names of all schemas that `node` refers to."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value.rsplit("/", 1)[1]
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def reachable(paths: Schema, schemas: dict[str, Schema]) -> dict[str, Schema]:
    """Only the schemas that some operation, the error envelope or an event needs."""
    wanted: set[str] = set()
    waiting = [*references(paths), "error", "event"]
    while waiting:
        name = waiting.pop()
        if name not in wanted and name in schemas:
            wanted.add(name)
            waiting += references(schemas[name])
    return {name: schemas[name] for name in sorted(wanted)}

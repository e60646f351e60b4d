"""A contract in memory, and the walk of a value along its schema."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Schema = dict[str, Any]
Tree = dict[str, Any]

MAX_TEXT = 5000
DEFAULT_ARTICLES = {"integer": "an integer", "number": "a number", "boolean": "a boolean", "string": "a string"}
KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)\Z")
TEXT_FORMS = {
    "integer": re.compile(r"-?\d+\Z"),
    "number": re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?\Z"),
    "boolean": re.compile(r"(true|false)\Z"),
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong: where (a parameter in brackets), what in words, and Stripe's error code if it has one."""

    where: str
    what: str
    code: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path, with the schema of what it takes and what it answers."""

    method: str
    template: str
    pattern: re.Pattern[str]
    request: Schema
    content_type: str
    response: Schema | None


@dataclass(slots=True)
class Contract:
    """The derived document, ready for look-ups. `version` is the API version it belongs to."""

    document: Schema
    version: str = field(init=False)
    schemas: dict[str, Schema] = field(init=False)
    operations: list[Operation] = field(init=False)

    def __post_init__(self) -> None:
        self.version = self.document["info"]["version"]
        self.schemas = self.document["components"]["schemas"]
        self.operations = [
            _operation(method, template, declared)
            for template, methods in self.document["paths"].items()
            for method, declared in methods.items()
        ]
        # fewest placeholders first, so that /search wins over /{id}
        self.operations.sort(key=lambda o: (o.template.count("{"), o.template))

    def resolve(self, schema: Schema) -> Schema:
        """The schema behind a reference."""
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].rsplit("/", 1)[1]]
        return schema

    def find(self, method: str, path: str) -> Operation | None:
        """The operation for a method and a concrete path; None when Stripe has no such thing."""
        return next((o for o in self.operations if o.method == method.lower() and o.pattern.match(path)), None)

    def knows_path(self, path: str) -> bool:
        """Whether some method is allowed on this path."""
        return any(o.pattern.match(path) for o in self.operations)

    def decode(self, schema: Schema, tree: Tree) -> tuple[dict[str, Any], list[Violation]]:
        """Form text as typed values (integers, booleans, lists), with everything that does not fit the schema."""
        walk = _Walk(self, form=True)
        value = walk.visit(tree, schema, "")
        return (value if isinstance(value, dict) else {}), walk.found

    def check_json(self, schema: Schema, value: Any) -> list[Violation]:
        """What is wrong with a JSON value."""
        walk = _Walk(self, form=False)
        walk.visit(value, schema, "")
        return walk.found


def _operation(method: str, template: str, declared: Schema) -> Operation:
    pattern = "".join(
        f"(?P<{piece[1:-1]}>[^/]+)" if piece.startswith("{") else re.escape(piece)
        for piece in re.split(r"(\{\w+\})", template)
    )
    bodies = declared.get("requestBody", {}).get("content", {})
    content_type = next(iter(bodies), "")
    if content_type:
        request = bodies[content_type]["schema"]
    else:
        query = declared.get("parameters", [])
        request = {
            "type": "object",
            "additionalProperties": False,
            "properties": {p["name"]: p["schema"] for p in query},
            "required": [p["name"] for p in query if p["required"]],
        }
    answer = declared.get("responses", {}).get("200")
    response = answer["content"]["application/json"]["schema"] if answer else None
    return Operation(method, template, re.compile(pattern + r"\Z"), request, content_type, response)


def tree_from_pairs(pairs: Iterable[tuple[str, str]]) -> tuple[Tree, list[Violation]]:
    """Nested hashes from bracketed form keys, and the keys that are malformed.

    Arrays stay hashes keyed by their index: only the schema can tell an array from a hash whose keys are numbers.
    """
    root: Tree = {}
    found: list[Violation] = []
    for key, value in pairs:
        match = KEY.match(key)
        if not match:
            found.append(Violation(key, f"Invalid parameter name: {key}"))
            continue
        parts = [match.group(1), *re.findall(r"\[([^\[\]]*)\]", match.group(2))]
        if not _plant(root, parts, value):
            found.append(Violation(key, "was given twice, or both as a value and as a hash"))
    return root, found


def _plant(node: Tree, parts: list[str], value: str) -> bool:
    """Put a value at its place; False when the place is taken."""
    for index, part in enumerate(parts):
        name = part if part else str(len(node))  # a[]=1 appends
        if index == len(parts) - 1:
            if name in node:
                return False
            node[name] = value
            return True
        child = node.setdefault(name, {})
        if not isinstance(child, dict):
            return False
        node = child
    return True


def closest(word: str, words: Iterable[Any], cutoff: float = 0.75) -> str | None:
    """The word most like the given one, if any is like it."""
    near = difflib.get_close_matches(word, [str(w) for w in words], 1, cutoff)
    return near[0] if near else None


def spoken_list(values: Iterable[Any]) -> str:
    """`a, b, or c`, the way Stripe writes it."""
    words = [str(value) for value in values]
    if len(words) > 2:
        return ", ".join(words[:-1]) + ", or " + words[-1]
    return " or ".join(words)


class _Walk:
    """Walks a value and a schema together, gathering violations and building the typed value.

    In a form the leaves are text and must parse as the declared type; in JSON they must be of that type.
    """

    def __init__(self, contract: Contract, *, form: bool) -> None:
        self.contract, self.form = contract, form
        self.found: list[Violation] = []

    def visit(self, value: Any, schema: Schema, where: str) -> Any:
        schema = self.contract.resolve(schema)
        if value is None and not self.form:
            self._null(schema, where)
            return None
        if "anyOf" in schema:
            return self._any_of(value, schema["anyOf"], where)
        kind = schema.get("type")
        if kind == "object":
            return self._hash(value, schema, where)
        if kind == "array":
            return self._array(value, schema, where)
        return self._scalar(value, str(kind), schema, where) if kind else value

    def _add(self, where: str, what: str, code: str = "") -> None:
        self.found.append(Violation(where, what, code))

    def _null(self, schema: Schema, where: str) -> None:
        nullable = schema.get("nullable") or any(
            self.contract.resolve(option).get("nullable") for option in schema.get("anyOf", [])
        )
        if not nullable and (schema.get("type") or schema.get("anyOf")):
            self._add(where, "must not be null")

    def _any_of(self, value: Any, options: list[Schema], where: str) -> Any:
        best: tuple[tuple[bool, int], list[Violation]] | None = None
        for option in options:
            trial = _Walk(self.contract, form=self.form)
            typed = trial.visit(value, option, where)
            if not trial.found:
                return typed
            # Nothing fits so far: prefer the alternative that gets furthest into the value.
            at_the_top = any(v.where == where for v in trial.found)
            rank = (at_the_top, len(trial.found))
            if best is None or rank < best[0]:
                best = (rank, trial.found)
        if best is not None:
            self.found += best[1]
        return value

    def _hash(self, value: Any, schema: Schema, where: str) -> Any:
        if not isinstance(value, dict):
            self._add(where, "Invalid object")
            return value
        properties: dict[str, Schema] = schema.get("properties", {})
        extra = schema.get("additionalProperties", True)
        typed: dict[str, Any] = {}
        for key, item in value.items():
            at = f"{where}[{key}]" if where else key
            if key in properties:
                typed[key] = self.visit(item, properties[key], at)
            elif isinstance(extra, dict):
                typed[key] = self.visit(item, extra, at)
            else:
                typed[key] = item
                if extra is False:
                    self._unknown(key, at, properties)
        for key in schema.get("required", []):
            if key not in value:
                at = f"{where}[{key}]" if where else key
                self._add(at, f"Missing required {'param' if self.form else 'field'}: {at}.", "parameter_missing")
        return typed

    def _unknown(self, key: str, at: str, properties: dict[str, Schema]) -> None:
        near = closest(key, properties)
        hint = f". Did you mean {near}?" if near else ""
        self._add(at, f"Received unknown parameter: {at}{hint}", "parameter_unknown")

    def _array(self, value: Any, schema: Schema, where: str) -> Any:
        items = value
        if self.form and isinstance(value, dict) and all(key.isdigit() for key in value):
            indexes = sorted(value, key=int)
            if [int(index) for index in indexes] != list(range(len(indexes))):
                self._add(where, "Invalid array: indexes must run from 0 without gaps")
            items = [value[index] for index in indexes]
        if not isinstance(items, list):
            self._add(where, "Invalid array")
            return value
        return [self.visit(item, schema.get("items", {}), f"{where}[{index}]") for index, item in enumerate(items)]

    def _scalar(self, value: Any, kind: str, schema: Schema, where: str) -> Any:
        if isinstance(value, dict | list):
            self._add(where, f"Invalid {kind}: must be {DEFAULT_ARTICLES[kind]}, not a hash or an array")
            return value
        typed = self._from_text(str(value), kind, where) if self.form else self._from_json(value, kind, where)
        if typed is None:
            return value
        if "enum" in schema and typed not in schema["enum"]:
            self._not_listed(typed, schema["enum"], where)
        elif kind == "string":
            self._text(str(typed), schema, where)
        return typed

    def _from_text(self, text: str, kind: str, where: str) -> Any:
        if kind == "string":
            return text
        if not TEXT_FORMS[kind].match(text):
            code = "parameter_invalid_integer" if kind == "integer" else ""
            if text == "":
                code = "parameter_invalid_empty"
            self._add(where, f"Invalid {kind}: {text}", code)
            return None
        return {"integer": int, "number": float}.get(kind, lambda t: t == "true")(text)

    def _from_json(self, value: Any, kind: str, where: str) -> Any:
        types: dict[str, tuple[type, ...]] = {
            "integer": (int,),
            "number": (int, float),
            "boolean": (bool,),
            "string": (str,),
        }
        wrong_bool = isinstance(value, bool) and kind != "boolean"
        if wrong_bool or not isinstance(value, types[kind]):
            self._add(where, f"Invalid {kind}: must be {DEFAULT_ARTICLES[kind]}, got {value!r}")
            return None
        return value

    def _not_listed(self, value: Any, allowed: list[Any], where: str) -> None:
        near = closest(str(value), allowed)
        hint = f" (did you mean {near}?)" if near else ""
        listed = spoken_list(allowed if len(allowed) <= 12 else [*allowed[:12], "…"])
        self._add(where, f"Invalid {where}: must be one of {listed}; got {value!r}{hint}")

    def _text(self, text: str, schema: Schema, where: str) -> None:
        if schema.get("format") == "decimal" and not re.fullmatch(r"-?\d+(\.\d+)?", text):
            self._add(where, f"Invalid decimal: {text}")
        if len(text) > MAX_TEXT and schema.get("format") != "binary":
            self._add(where, f"Invalid string: must be at most {MAX_TEXT} characters", "parameter_invalid_string")

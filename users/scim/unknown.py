"""PATCH of attributes that no schema has: stored and echoed as those that come with POST and PUT are, never dropped.

scim2_models keeps them with the resource, and its PATCH passes them over. What is no whole attribute, of the resource
or of an extension that only the directory knows, is refused: a part of a known attribute, or what a filter chooses.
"""

from typing import Any

from scim2_models import InvalidPathException, PatchOperation, Path

from users.scim.schemas import PROVIDER

_KNOWN = {str(model.__schema__).lower() for model in PROVIDER.models}


def patch_unknown(resource: Any, patch_op: Any) -> bool:
    """Carry out what is asked of unknown attributes. False if nothing changed. Raises InvalidPathException."""
    kept: dict[str, Any] = dict(resource._unknown_attributes or {})
    before = dict(kept)
    for operation in patch_op.operations or []:
        for path, value in _asked(type(resource), operation):
            _apply(kept, path, value, removes=operation.op == PatchOperation.Op.remove)
    if kept == before:
        return False
    resource._unknown_attributes = kept
    return True


def _asked(model: Any, operation: Any) -> list[tuple[str, Any]]:
    """The unknown attributes that an operation names, by its path or by the keys of its value."""
    bound: Any = Path
    if operation.path:
        return [(str(operation.path), operation.value)] if _is_unknown(bound[model](str(operation.path))) else []
    if not isinstance(operation.value, dict):
        return []
    asked = []
    for key, value in operation.value.items():
        if key.lower() == "schemas":
            continue
        path = bound[model](key)
        if _is_unknown(path):
            asked.append((key, value))
        elif isinstance(value, dict):
            separator = ":" if path.model is not None else "."
            for part in value:
                if key and _is_unknown(bound[model](f"{key}{separator}{part}")):
                    raise InvalidPathException(path=f"{key}{separator}{part}", detail=f"'{part}' is not known")
    return asked


def _is_unknown(path: Any) -> bool:
    return path.model is None and path.resolve() is None


def _apply(kept: dict[str, Any], text: str, value: Any, *, removes: bool) -> None:
    keys = _keys(kept, text, value)
    host = kept
    for key in keys[:-1]:
        inner = host.get(key)
        host[key] = dict(inner) if isinstance(inner, dict) else {}
        host = host[key]
    if removes or value is None:
        host.pop(keys[-1], None)
        if len(keys) > 1 and not kept[keys[0]]:
            del kept[keys[0]]
    elif isinstance(value, dict) and isinstance(host.get(keys[-1]), dict):
        host[keys[-1]] = host[keys[-1]] | value
    else:
        host[keys[-1]] = value


def _keys(kept: dict[str, Any], text: str, value: Any) -> list[str]:
    """Where the attribute stands: by itself, or in an extension."""
    if "[" in text:
        raise InvalidPathException(path=text, detail=f"'{text}' is not known, so nothing can be chosen from it")
    if not text.lower().startswith("urn:"):
        if "." in text:
            raise InvalidPathException(path=text, detail=f"'{text}' is not known")
        return [text]
    if text in kept or isinstance(value, dict):
        return [text]
    schema, _colon, name = text.rpartition(":")
    if schema.lower() in _KNOWN:
        raise InvalidPathException(path=text, detail=f"'{text}' is not known")
    return [schema, *name.split(".")]

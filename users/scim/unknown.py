"""PATCH of attributes that no schema has: stored and echoed as those that come with POST and PUT are, never dropped.

scim2_models keeps them with the resource, and its PATCH passes them over. What is no whole attribute, of the resource
or of an extension that only the directory knows, is refused: a part of a known attribute, or what a filter chooses.
"""

from typing import Any

from scim2_models import ComplexAttribute, InvalidPathException, PatchOperation, Path

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
        path = bound[model](str(operation.path))
        if _is_unknown(path):
            return [(str(operation.path), operation.value)]
        _refuse_unknown_parts(path, operation.value)
        return []
    asked = []
    for key, value in operation.value.items() if isinstance(operation.value, dict) else ():
        if key.lower() == "schemas":
            continue
        path = bound[model](key)
        if _is_unknown(path):
            asked.append((key, value))
        else:
            _refuse_unknown_parts(path, value)
    return asked


def _is_unknown(path: Any) -> bool:
    return path.model is None and path.resolve() is None


def _refuse_unknown_parts(path: Any, value: Any) -> None:
    """What is written key by key, at the path of an extension or of one complex value, must be known by each key."""
    separator = ":" if path.model is not None else "." if _is_one_complex_value(path) else None
    if separator is None or not isinstance(value, dict):
        return
    for key, part in value.items():
        if path.model is not None and key.lower() == "schemas":
            continue
        inner = type(path)(f"{path}{separator}{key}")
        if _is_unknown(inner):
            raise InvalidPathException(path=str(inner), detail=f"'{key}' is not known")
        _refuse_unknown_parts(inner, part)


def _is_one_complex_value(path: Any) -> bool:
    binding = path.resolve()
    return (
        binding is not None
        and binding.sub_field_name is None
        and isinstance(binding.field_type, type)
        and issubclass(binding.field_type, ComplexAttribute)
        and (not binding.is_multivalued or path.value_filter is not None)
    )


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

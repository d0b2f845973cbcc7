"""The layer map of pyproject.toml is whole: a module that is not on it could import anything."""

import tomllib
from pathlib import Path

from django.conf import settings

# Read by everything, or run by itself; they import no app.
BESIDE_THE_MAP = ("portal.embedded", "portal.env", "portal.processes", "portal.settings", "portal.templatetags")


def test_every_module_has_its_place_on_the_layer_map() -> None:
    root = Path(settings.BASE_DIR)
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "layers")
    placed = [name.strip(" ()\n") for layer in layers for name in layer.split(":")]
    modules = [
        ".".join(path.relative_to(root).with_suffix("").parts)
        for package in ("companies", "licensing", "portal", "users")
        for path in (root / package).rglob("*.py")
        if path.name not in {"__init__.py", "apps.py"} and "migrations" not in path.parts
    ]
    assert len(modules) > 50
    assert [
        module
        for module in modules
        if not module.startswith(BESIDE_THE_MAP)
        and not any(module == name or module.startswith(f"{name}.") for name in placed)
    ] == []

"""YAML: the data files that ship beside the modules that read them, and those that users write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

# libyaml's, which PyYAML's wheels bring along, takes an eighth of the time.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_yaml(text: str) -> Any:
    """What a YAML text says, of plain types. Raises ``yaml.YAMLError``."""
    return yaml.load(text, Loader=_LOADER)


def load_beside(module: str, name: str) -> Any:
    """What the file ``name`` beside a module says; ``module`` is the module's ``__file__``."""
    return parse_yaml(Path(module).with_name(name).read_text(encoding="utf-8"))

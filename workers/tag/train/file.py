"""The model file written: columns of the vocabulary, the weights of one or more networks as fp16."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workers.tag.statistical.model import FORMAT


def write(
    path: Path,
    keys: Sequence[str],
    counts: np.ndarray,
    tables: tuple[np.ndarray, np.ndarray],
    networks: Sequence[Mapping[str, np.ndarray]],
    tags: Sequence[str],
) -> None:
    """Write what `Model.load` reads. `tables`: vectors int8, lists uint8, a row a key."""
    about = {"format": FORMAT, "tags": list(tags), "licence": "CC BY-SA 4.0, see names.md"}
    vectors, lists = tables
    path.parent.mkdir(parents=True, exist_ok=True)
    columns: dict[str, Any] = {
        name: np.stack([np.asarray(weights[name], np.float16) for weights in networks]) for name in networks[0]
    }
    np.savez_compressed(
        path,
        about=np.frombuffer(json.dumps(about).encode(), np.uint8),
        keys=np.frombuffer("\n".join(keys).encode(), np.uint8),
        counts=counts.astype(np.uint32),
        vectors=vectors,
        lists=lists,
        **columns,
    )

"""Configuration files are read safely, whoever wrote them: aliases, tags that make objects, depth, size, each file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from workers.cli.config import find_faults
from workers.errors import UserError
from workers.settings import MAX_YAML_BYTES, read_yaml
from workers.tag.sources import load_yaml

CONFIG = Path(__file__).parents[3] / "config"
LAUGHS = "a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
)
"""442 bytes or so that load in milliseconds and are three milliard words when somebody walks through them."""
FILES = sorted(
    str(path.relative_to(CONFIG)) for path in CONFIG.rglob("*.yaml") if path.parent.name in {"config", "entities"}
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile") / "config"
    shutil.copytree(CONFIG, folder, ignore=shutil.ignore_patterns("requirements", "models", "bench"))
    return folder


def test_the_list_of_files_is_no_empty_promise() -> None:
    assert {"settings.yaml", "feeds.yaml", "alerts.yaml", "boilerplate.yaml", "entities/states.yaml"} <= set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_billion_laughs_in_any_file_is_a_fault_with_its_name(name: str, copy: Path) -> None:
    file = copy / name
    good = file.read_bytes()
    file.write_text(LAUGHS, "utf-8")
    try:
        for reader in (read_yaml, load_yaml):
            with pytest.raises(UserError, match=r"aliases .* are not allowed"):
                reader(file)
    finally:
        file.write_bytes(good)


def test_the_check_of_the_configuration_names_them_all(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASID_CONFIG", str(copy))
    spoiled = {name: (copy / name).read_bytes() for name in ("feeds.yaml", "alerts.yaml", "boilerplate.yaml")}
    try:
        for name in spoiled:
            (copy / name).write_text(LAUGHS, "utf-8")
        found = {Path(fault.place.partition(":")[0]).name for fault in find_faults() if "aliases" in fault.problem}
    finally:
        for name, good in spoiled.items():
            (copy / name).write_bytes(good)
    assert found == set(spoiled)


@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object/apply:os.system [ls]\n",
        "a: !!python/name:os.system\n",
        "[" * 100_000,
        "{a: " * 50_000,
        "- " * 50_000,
        "? " * 50_000,
        "".join(" " * n + "a:\n" for n in range(1500)),
        "a: [1\n",
    ],
)
@pytest.mark.parametrize("reader", [read_yaml, load_yaml])
def test_objects_depth_and_nonsense_are_faults(text: str, reader: object, tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text)
    with pytest.raises(UserError, match="not valid YAML"):
        reader(file)  # type: ignore[operator]


@pytest.mark.parametrize("reader", [read_yaml, load_yaml])
def test_a_file_beyond_the_cap_is_not_read(reader: object, tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("a: " + "x" * MAX_YAML_BYTES)
    with pytest.raises(UserError, match="is larger than"):
        reader(file)  # type: ignore[operator]

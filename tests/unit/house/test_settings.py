"""Settings: every fault at once, with its place; one environment variable a key."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from workers.errors import UserError
from workers.settings import Settings, _environment_keys, read_settings, read_yaml

CONFIG = Path(__file__).parents[3] / "config"


def configuration(folder: Path, text: str) -> dict[str, str]:
    (folder / "settings.yaml").write_text(text, "utf-8")
    return {"RASID_CONFIG": str(folder)}


def test_the_shipped_file_documents_every_key_with_its_default() -> None:
    document = yaml.safe_load((CONFIG / "settings.yaml").read_text("utf-8"))
    listed = {
        f"RASID_{section}_{key}".upper() if isinstance(keys, dict) else f"RASID_{section}".upper()
        for section, keys in document.items()
        for key in (keys if isinstance(keys, dict) else [""])
    }
    assert listed == set(_environment_keys())
    assert read_settings({"RASID_CONFIG": str(CONFIG)}) == Settings(config_dir=CONFIG)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    environ = configuration(tmp_path, "worker: {batch: 7, tick: 3}\n") | {"RASID_WORKER_BATCH": "9"}
    found = read_settings(environ)
    assert (found.worker.batch, found.worker.tick) == (9, 3)


def test_a_secret_may_come_from_a_file_and_is_not_printed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    environ = configuration(tmp_path, "data: x\n") | {"RASID_ELASTICSEARCH_PASSWORD_FILE": str(tmp_path / "secret")}
    found = read_settings(environ)
    assert found.elasticsearch.password is not None
    assert found.elasticsearch.password.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(found)


def test_all_faults_come_at_once_with_their_places(tmp_path: Path) -> None:
    text = "data: x\nworker:\n  batch: 0\n  tik: 3\n"
    environ = configuration(tmp_path, text) | {"RASID_WORKER_TICK": "soon", "RASID_REDIS_URI": "x"}
    with pytest.raises(UserError) as caught:
        read_settings(environ)
    faults = [str(f) for f in caught.value.faults]
    assert len(faults) == 4
    assert any(f.startswith(f"{tmp_path}/settings.yaml:3: worker.batch") for f in faults)
    assert any(f.startswith(f"{tmp_path}/settings.yaml:4: worker.tik") for f in faults)
    assert any(f.startswith("RASID_WORKER_TICK: worker.tick") for f in faults)
    assert any(f.startswith("RASID_REDIS_URI: is not a setting (did you mean RASID_REDIS_URL?") for f in faults)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x [1]\nb: *x\n", "aliases"),
        ("a: [1\n", "not valid YAML"),
        ("a: !!python/object/apply:os.system [ls]\n", "not valid YAML"),
        ("[" * 20_000, "not valid YAML"),
    ],
)
def test_hostile_yaml_is_a_fault_not_a_crash(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text)
    with pytest.raises(UserError, match=said):
        read_yaml(file)


def test_a_yaml_document_knows_its_lines(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("a:\n  - b: 1\n  - b: 2\n")
    document = read_yaml(file)
    assert document.place(("a", "1", "b")) == f"{file}:3"
    assert document.place(("a", "1", "missing")) == f"{file}:3"

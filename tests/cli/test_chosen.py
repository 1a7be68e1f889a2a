"""Commands typed elsewhere obey what the server chose in its own settings file, while it runs and after it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.aws.ecr.asking import client
from tests.aws.ecr.putting import put_image
from tests.cli.test_env import environment
from tests.cli.test_gc import refused
from tests.clients import processes
from tests.clients.serving import serving
from tests.domain.lifecycle_worlds import a_rule, a_text

NAME = "team/app"
SETTINGS = """
[protection]
tags = ["release-*"]
[trash]
retention_days = 30
[gc]
interval = 0
[lifecycle]
interval = 0
"""


def command(folder: Path, *arguments: str) -> Any:
    """What a command says that was given other settings."""
    env = environment(ENTREPOT_TRASH__RETENTION_DAYS="0", ENTREPOT_PROTECTION__TAGS="none")
    words = [sys.executable, "-m", "entrepot", *arguments, "--data-dir", str(folder), "--json"]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_commands_obey_the_server(tmp_path: Path) -> None:
    """Protected images stay, and what a policy takes is in the bin; gc leaves the bin alone, also after the server."""
    chosen = tmp_path / "server.toml"
    chosen.write_text(SETTINGS)
    env = processes.environment(tmp_path) | {"ENTREPOT_CONFIG": str(chosen)}
    with serving(tmp_path, env, workers=1) as server, client(server) as ecr:
        ecr.create_repository(repositoryName=NAME)
        put_image(ecr, NAME, "release-1")
        old = put_image(ecr, NAME, "old", number=1)
        put_image(ecr, NAME, "new", number=2)
        ecr.put_lifecycle_policy(repositoryName=NAME, lifecyclePolicyText=a_text(a_rule(1, "any", more_than=1)))
        [ran] = command(server.data_dir, "lifecycle", "run", NAME)
        assert (ran["expired"], ran["held"]) == (1, 1)
        left = ecr.list_images(repositoryName=NAME)["imageIds"]
        assert sorted(image["imageTag"] for image in left) == ["new", "release-1"]
        for dry in ([], ["--dry-run"]):
            assert command(server.data_dir, "gc", *dry)[0]["images"] == 0
    assert command(server.data_dir, "gc")[0]["images"] == 0
    assert [image["digest"] for image in command(server.data_dir, "trash", "list")] == [old.digest]


def test_gc_tells_of_the_bin(tmp_path: Path) -> None:
    """How many images of the bin are kept long enough, and how many went; a broken file takes none."""
    env = processes.environment(tmp_path) | {"ENTREPOT_GC__INTERVAL": "0", "ENTREPOT_TRASH__RETENTION_DAYS": "1e-7"}
    with serving(tmp_path, env, workers=1) as server, client(server) as ecr:
        ecr.create_repository(repositoryName=NAME)
        image = put_image(ecr, NAME, "1")
        ecr.batch_delete_image(repositoryName=NAME, imageIds=[{"imageDigest": image.digest}])
        words = [sys.executable, "-m", "entrepot", "gc", "--data-dir", str(server.data_dir)]
        dry = subprocess.check_output([*words, "--dry-run"], env=environment(), text=True, timeout=60)
        assert "1 image would be removed from the recycle bin for good; what they free is not counted" in dry
    kept = server.data_dir / "run" / "chosen.json"
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-9])
    assert "start the server again, which writes it anew" in refused("gc", "--data-dir", str(server.data_dir))
    kept.write_bytes(whole)
    done = subprocess.check_output(words, env=environment(), text=True, timeout=60)
    assert done.splitlines()[1] == "1 image removed from the recycle bin for good"

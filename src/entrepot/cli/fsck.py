"""`entrepot fsck`: look at every row, file and byte, and mend what can be mended without loss."""

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

import msgspec

from entrepot import app, chosen
from entrepot.cli.progress import attempt, bar, many, size
from entrepot.config import ConfigError, Settings, load
from entrepot.registry import fsck
from entrepot.server import runtime
from entrepot.store import blobs


def run(config_file: str | None, flags: Mapping[str, object], *, repair: bool, quick: bool, as_json: bool) -> int:
    """Check; return 0 when all is well, 1 when something is left to do, 2 when it cannot be checked."""

    def work() -> int:
        settings = load(config_file, os.environ, flags)
        report = _check(settings, repair=repair, quick=quick)
        sys.stdout.write(document(report) if as_json else text(report, repair=repair))
        return 1 if report.left else 0

    room = "make room on the disk of the data folder and run it again"
    return attempt(work, full=room, interrupted="run it again; what was repaired stays so")


def _check(settings: Settings, *, repair: bool, quick: bool) -> fsck.Report:
    if not Path(settings.data_dir).is_dir():  # to take it alone would make it
        raise ConfigError(f"there is no registry in {settings.data_dir}: name its folder with --data-dir")
    with runtime.locked(settings.data_dir) if repair else nullcontext(), app.operator(settings) as registry:
        _, total = registry.db.read(blobs.total)
        with bar("checking", total) as advance:
            return _run(fsck.check, registry, settings, repair=repair, quick=quick, advance=advance)


def _run(check: Callable[..., fsck.Report], registry: object, settings: Settings, **options: object) -> fsck.Report:
    return check(registry, sparse=chosen.obeyed(settings).oci.sparse_manifests, **options)


def document(report: fsck.Report) -> str:
    """The report as JSON."""
    checked = {"blobs": report.blobs, "bytes": report.bytes, "manifests": report.manifests, "files": report.files}
    findings = [asdict(finding) for finding in report.findings]
    repaired = len(findings) - report.left
    return msgspec.json.encode({"checked": checked, "findings": findings, "repaired": repaired}).decode() + "\n"


def text(report: fsck.Report, *, repair: bool) -> str:
    """The report for people."""
    lines = [f"{finding.kind}: {finding.where}\n    {finding.remedy}" for finding in report.findings]
    lines.append(
        f"{many(report.blobs, 'blob')} ({size(report.bytes)}), {many(report.manifests, 'manifest')} "
        f"and {many(report.files, 'file')} checked."
    )
    repaired = len(report.findings) - report.left
    if not report.findings:
        lines.append("All is well.")
    elif report.left and not repair:
        lines.append(f"Findings: {report.left}. Stop the server and run it again with --repair.")
    else:
        lines.append(f"Findings repaired: {repaired}, left: {report.left}.")
    return "\n".join(lines) + "\n"

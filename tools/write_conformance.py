"""Write `docs/conformance.md`: each sentence of the OCI specification that a test proves, section by section."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.conformance.sections import CLAIMS, ORDER, Claim  # noqa: E402  # the path comes first

PAGE = ROOT / "docs" / "conformance.md"
SUITE = ROOT / "tests" / "conformance"

HEAD = """# What of the OCI distribution specification is proved

Written by `tools/write_conformance.py` from the tests in `tests/conformance/`, which speak HTTP and TLS to a real
server of two workers, with a login; a test fails where this page is out of date. Run them with
`make test ARGS=tests/conformance`.

The sections and endpoints are those of the OCI distribution specification 1.1; the sentences are ours. *field* is what
no specification says and clients rely on. Where the specification leaves a choice, ECR decides
([differences](differences.md)). {claims} sentences in {sections} sections.

The public conformance programme of the specification (its `main` of 2026) is not part of `make test`: it needs Go
modules from the network. It was last run on 2026-11-21 with a login, over HTTP and over TLS, twice on the same data:
with every optional part on 1,032 of 1,032 tests pass, with the settings for 1.1+dev 986 of 986, for 1.1 860 with 2
switched off, for 1.0 850 with 8 switched off; none fails and none is skipped. To repeat it:

```sh
OCI_VERSION=1.1 OCI_REGISTRY=localhost:5000 OCI_TLS=disabled OCI_REPO1=conformance/repo1 OCI_REPO2=conformance/repo2 \
  OCI_USERNAME=AWS OCI_PASSWORD="$(aws ecr get-login-password)" OCI_API_BLOBS_DIGEST_HEADER=true \
  OCI_API_MANIFESTS_DIGEST_HEADER=true OCI_API_BLOBS_UPLOAD_CANCEL=true OCI_API_MANIFESTS_TAG_PARAM=true \
  OCI_DATA_SPARSE=true ./conformance
```

Both repositories have to be there, and `OCI_DATA_SPARSE` needs `oci.sparse_manifests = true`.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the page would change")
    check = parser.parse_args().check
    text = page()
    if PAGE.exists() and PAGE.read_text("utf-8") == text:
        return 0
    print(f"{'stale' if check else 'wrote'} {PAGE.name}")
    if not check:
        PAGE.write_text(text, "utf-8")
    return 1 if check else 0


def page() -> str:
    for path in sorted(SUITE.glob("test_*.py")):
        importlib.import_module(f"tests.conformance.{path.stem}")
    return HEAD.format(claims=len(CLAIMS), sections=len(ORDER)) + "".join(map(section, ORDER))


def section(title: str) -> str:
    found = [(test, claim) for test, claim in CLAIMS.items() if claim.section == title]
    lines = [f"\n## {title}\n\n| | what is proved | endpoints | test |\n|---|---|---|---|\n"]
    return "".join(lines + [row(test, claim) for test, claim in found])


def row(test: str, claim: Claim) -> str:
    return f"| {claim.level} | {claim.sentence} | {', '.join(claim.endpoints)} | `{test}` |\n"


if __name__ == "__main__":
    sys.exit(main())

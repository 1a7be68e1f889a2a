"""The patterns of names, as they also stand in ECR's error messages."""

from __future__ import annotations

REPOSITORY_NAME = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*"  # the ECR model's
TAG = r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}"  # OCI distribution-spec, "Pulling manifests"
DIGEST_LIKE = r"[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+"  # what ECR takes for a digest before it looks an image up

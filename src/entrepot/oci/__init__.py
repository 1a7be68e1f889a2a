"""The OCI door: `/v2/`, as the OCI distribution specification writes it and docker, podman and others speak it."""

"""Pulls over TLS, each server with the same certificate; pushes over TLS are among the pushes."""

from bench import pull
from bench.workloads import WITH_FILES, Part

PART = Part("tls", "Pulls over TLS", WITH_FILES, pull.fill_for_tls, pull.workloads_over_tls)

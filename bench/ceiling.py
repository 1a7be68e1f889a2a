"""What the generator can do at most: the same pushes to nginx, which reads them and keeps nothing."""

from __future__ import annotations

from pathlib import Path

from bench import generator, servers
from bench.content import KB, MB
from bench.push import CHUNKS, PUT
from bench.workloads import Scale

# Size, its name, connections, whether over TLS.
ROWS = (
    (10 * KB, "10 KB", 1, False),
    (10 * KB, "10 KB", 16, False),
    (MB, "1 MB", 16, False),
    (100 * MB, "100 MB", 1, False),
    (100 * MB, "100 MB", 8, False),
    (MB, "1 MB", 16, True),
    (100 * MB, "100 MB", 1, True),
)


def against_a_sink(folder: Path, scale: Scale) -> dict[str, tuple[float, float]]:
    """Blobs a second and MB a second that the generator pushes to a sink, by a row's name; about 15 seconds.

    Raises Failed.
    """
    found = {}
    with servers.opened([servers.SINK], folder) as [sink]:
        for size, name, connections, tls in ROWS:
            for style in (PUT, CHUNKS):
                options = {"repository": "bench/app", "size": size, "chunked": style == CHUNKS, "tls": tls}
                count = 0 if size <= MB else scale.of(4 * connections, connections)
                seconds = scale.of(10, 1) / 10
                job = generator.job(sink, "bench.push:blobs", connections, seconds, count=count, **options)
                load = generator.run(job)
                found[f"push {name}, {style}, c={connections}{', TLS' if tls else ''}"] = load.rate, load.megabytes
    return found

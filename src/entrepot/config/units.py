"""The units that defaults are written in: a MiB in bytes, a day in seconds."""

MIB = 1024 * 1024
DAY = 24 * 3600.0

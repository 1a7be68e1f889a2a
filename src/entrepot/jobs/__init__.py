"""The clock's door: what is due when, each one call of a use case."""

"""What every door needs of HTTP: types, logs, metrics and the wrapper that observes each request."""

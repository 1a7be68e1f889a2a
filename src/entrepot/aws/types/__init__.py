"""Generated types of the AWS APIs, one module per service."""

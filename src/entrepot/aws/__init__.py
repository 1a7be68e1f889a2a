"""The AWS door: JSON, Query and CBOR calls, checked against AWS's own service models."""

"""Calls to other servers on somebody's behalf."""

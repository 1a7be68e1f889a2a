"""What a registry does: one function per thing, called by every door. No HTTP, no SQL text."""

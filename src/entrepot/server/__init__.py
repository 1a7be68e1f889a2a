"""The server: a parent that keeps workers and a jobs process alive, and the HTTP that workers speak."""

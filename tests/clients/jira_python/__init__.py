"""The PyPI package `jira` at work."""

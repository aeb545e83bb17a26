"""The PyPI package `azure-devops` at work."""

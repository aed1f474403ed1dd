"""Errors that a user can cause; the command line prints each as one line and turns it into an exit code."""

from __future__ import annotations


class CohabitError(Exception):
    """Base of all errors whose message is meant for the user as it stands."""

    exit_code = 1


class DataError(CohabitError):
    """The data or the store said no (exit code 1)."""

    exit_code = 1


class UsageError(CohabitError):
    """The call itself is wrong: an unknown name, an impossible option (exit code 2)."""

    exit_code = 2

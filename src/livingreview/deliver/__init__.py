"""Hands over what was found: the digest mail, the Atom feed, the step summary and outputs of a CI run."""

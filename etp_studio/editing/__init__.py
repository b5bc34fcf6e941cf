"""Editing ground truth: what lies under the pointer, where a boundary lands, what a gesture means.

Nothing here writes, and nothing knows Qt; an edit is a value of `etp_core.project`.
"""

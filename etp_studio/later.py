"""Texts that are marked where they stand and translated where they are shown, without a screen."""


def later(text: str) -> str:
    """Mark a text for translation that is shown elsewhere, with `etp_studio.texts.tr`."""
    return text

"""The words of the window in the person's language: every visible text goes through `tr`.

Texts that stand in tables are marked with `later` there and go through `tr` where they are shown.
How they are collected and translated is told in docs/translating.md.
"""

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from etp_studio.later import later as later
from etp_studio.resources import resource


def tr(text: str, about: str = "", n: int = -1) -> str:
    """The text in the person's language, itself where there is no translation.

    n: a number that `%n` in the text stands for, and that the text's plural goes by. about: tells
    texts apart that are the same in English only.
    """
    return QCoreApplication.translate("", text, about or None, n)


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


ENGINE_WORDS = (  # which the engine says in English and the window shows
    later("actionness"),
    later("refinement"),
    later("localization"),
    later("all"),
    later("extract"),
    later("motion"),
    later("synth"),
    later("clips"),
    later("videos"),
    later("validation videos"),
    later("missed"),
    later("boundaries"),
    later("double detection"),
    later("wrong label"),
    later("localisation"),
    later("confusion"),
    later("background"),
)


def load_translations(app: QCoreApplication, locale: QLocale | None = None) -> list[str]:
    """Install the translations of ours and of Qt's dialogs that there are; gives their files.

    What a language lacks is in English, whose plurals are such a file themselves.
    """
    locale = locale or QLocale()
    ours = str(resource("translations"))
    loaded = []
    for own, name, folder in (
        (QLocale("en"), "etp-studio", ours),
        (locale, "qtbase", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)),
        (locale, "etp-studio", ours),
    ):
        translator = QTranslator(app)
        if translator.load(own, name, "_", folder):
            app.installTranslator(translator)
            loaded.append(Path(translator.filePath()).stem)
    return loaded

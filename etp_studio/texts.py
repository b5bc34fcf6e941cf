"""The words of the window in the person's language: every visible text goes through `tr`.

Texts that stand in tables are marked with `later` there and go through `tr` where they are shown.
How they are collected and translated is told in docs/translating.md.
"""

from contextlib import suppress

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from etp_studio.resources import resource


def tr(text: str) -> str:
    """The text in the person's language, itself where there is no translation."""
    return QCoreApplication.translate("", text)


def later(text: str) -> str:
    """Mark a text for translation that is shown elsewhere, with `tr`."""
    return text


def load_translations(app: QCoreApplication, locale: QLocale | None = None) -> list[str]:
    """Install the translations of ours and of Qt's dialogs that there are; gives their names."""
    locale = locale or QLocale()
    places = {"qtbase": QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)}
    with suppress(FileNotFoundError):  # nobody has translated it yet
        places["etp-studio"] = str(resource("translations"))
    loaded = []
    for name, folder in places.items():
        translator = QTranslator(app)
        if translator.load(locale, name, "_", folder):
            app.installTranslator(translator)
            loaded.append(name)
    return loaded

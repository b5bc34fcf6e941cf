"""Every text of the window can be translated: where texts are bracketed, all of them are."""

import ast
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractListModel, QLocale, Qt, QTranslator
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QDockWidget,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QTabBar,
    QTextBrowser,
    QWidget,
)

import etp_studio
from etp_studio.actions import SPECS, Action
from etp_studio.jobs.training import PRESETS
from etp_studio.keys import KeysDialog
from etp_studio.picture_dialog import PictureDialog
from etp_studio.texts import capital, load_translations, tr
from etp_studio.timeline.overlay import chip_text

SOURCES = Path(etp_studio.__file__).parent
TRANSLATIONS = SOURCES.parent / "resources" / "translations"
ROOT = f"Path({str(SOURCES.parent)!r})"
FILLED = re.compile(r"\{[^}]*\}|%n|\n")
UNSPOKEN = {"ETP Studio", "AP", "VFR", "PTS", "mAP@0.3", "mAP@0.5", "mAP@0.7"}  # in any language


class Brackets(QTranslator):
    """A language in which every text stands in brackets."""

    def translate(self, context, text, disambiguation=None, n=-1):
        return f"⟦{text}⟧"

    def isEmpty(self):
        return False


@pytest.fixture
def bracketed(qapp):
    translator = Brackets()
    qapp.installTranslator(translator)
    yield
    qapp.removeTranslator(translator)


def untranslated(texts) -> list[str]:
    """The texts with words in them that no translation reached."""
    words = {text for text in texts if any(c.isalpha() for c in text)}
    return sorted(text for text in words - UNSPOKEN if "⟦" not in text)


def seen(root: QWidget, kind):
    return [widget for widget in root.findChildren(kind) if widget.parent() is not None]


def test_menus_and_actions_are_translated(bracketed, window):
    texts = [menu.title() for menu in seen(window, QMenu)]
    for action in window.actions():
        texts += [action.text(), action.toolTip()]
    for menu in seen(window.menuBar(), QMenu):
        texts += [action.text() for action in menu.actions()]
    assert len(texts) > len(SPECS)
    assert untranslated(texts) == []


def test_docks_tabs_buttons_and_fields_are_translated(bracketed, opened):
    texts = [dock.windowTitle() for dock in seen(opened, QDockWidget)]
    for tabs in seen(opened, QTabBar):
        texts += [tabs.tabText(i) for i in range(tabs.count())]
    for button in seen(opened, QAbstractButton):
        texts += [button.text(), button.toolTip()]
    texts += [field.placeholderText() for field in seen(opened, QLineEdit)]
    assert untranslated(texts) == []


def test_headers_are_translated(bracketed, opened):
    texts = []
    for header in seen(opened, QHeaderView):
        model = header.model()
        if model is not None and header.orientation() is Qt.Orientation.Horizontal:
            for section in range(model.columnCount()):
                for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
                    texts.append(str(model.headerData(section, header.orientation(), role) or ""))
    assert len(texts) > 20
    assert untranslated(texts) == []


def test_tooltips_and_names_for_screen_readers_are_translated(bracketed, opened):
    texts = []
    for widget in seen(opened, QWidget):
        if not widget.objectName().startswith("qt_"):
            texts += [widget.toolTip(), widget.accessibleName()]
    assert [text for text in untranslated(texts) if "h264" not in text] == []


def test_the_first_page_is_translated(bracketed, window):
    texts = [label.text() for label in seen(window.welcome, QLabel)]
    texts += [button.text() for button in seen(window.welcome, QAbstractButton)]
    assert untranslated(texts) == []


def test_the_dialogs_of_keys_and_pictures_are_translated(bracketed, opened):
    for dialog in (KeysDialog(opened.actions_by_name, opened), PictureDialog(opened)):
        texts = [dialog.windowTitle()]
        texts += [button.text() for button in seen(dialog, QAbstractButton)]
        texts += [label.text() for label in seen(dialog, QLabel)]
        assert untranslated(texts) == []
        dialog.close()


@pytest.fixture
def painted(monkeypatch):
    """Every text that our code paints."""
    texts = []
    draw = QPainter.drawText

    def record(painter, *given):
        texts.extend(one for one in given if isinstance(one, str))
        return draw(painter, *given)

    monkeypatch.setattr(QPainter, "drawText", record)
    return texts


def shown_in(root: QWidget) -> list[str]:
    """The texts of labels, lists, tables and pages of a window, and their tooltips."""
    texts = []
    for label in seen(root, QLabel):
        texts.append(label.text())
    for page in seen(root, QTextBrowser):
        texts += [line for line in page.toPlainText().splitlines() if not page.isHidden()]
    for view in seen(root, QAbstractItemView):
        model = view.model()
        if model is None or isinstance(view, QHeaderView):
            continue
        for row in range(model.rowCount()):
            columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount()
            for column in range(columns):
                for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
                    texts += str(model.index(row, column).data(role) or "").splitlines()
    return texts


def test_everything_the_window_says_and_paints_is_translated(qtbot, bracketed, painted, opened):
    """With detections, reviewed, measured, explained, hovered, nudged, and what it says to it."""
    session, timeline = opened.session, opened.timeline
    opened.docks.bring("Review")
    qtbot.waitUntil(lambda: len(opened.review.table.rows.keys) > 0)
    timeline.show_dropped(True)
    for title in ("Segments", "Review", "Metrics", "History", "Why"):
        opened.docks.bring(title)
        if title == "Metrics":
            qtbot.waitUntil(lambda: opened.metrics.answer is not None)
        opened.grab()
    session.select_detection(session.detections[0].row)
    said = shown_in(opened)
    lanes = timeline.lanes
    for lane, bars in enumerate(lanes.scene.lanes[:3]):
        for bar in range(len(bars)):
            said.append(chip_text(lanes, lane, bar))
    session.select(session.segments[0].id)
    for name in ("end_back", "end_on", "accept", "next_issue", "copy", "paste", "undo", "loop"):
        opened.actions_by_name[Action(name)].trigger()
        said.append(opened.messages.text)
        opened.grab()
    assert len(said) > 100 and len(painted) > 100
    known = {label.name for label in session.labels} | {step.title for step in history(session)}
    known |= {video.name for video in session.videos} | {Path(v.name).stem for v in session.videos}
    known |= {step.author for step in history(session)}
    known |= {capital(case.text) for case in opened.metrics.answer.cases}  # the engine's words
    known |= {preset.capitalize() for preset in PRESETS}
    known |= {part for one in opened.history._shown for part in (one.what, one.before, one.after)}
    assert [text for text in untranslated(said + painted) if not is_data(text, known)] == []


def history(session):
    return session.project.history()


def is_data(text: str, known: set[str]) -> bool:
    """Whether a text is made of names, times and numbers alone."""
    for name in sorted(known - {""}, key=len, reverse=True):
        text = text.replace(name, "")
    return not re.search(r"[^\W\d_]{2,}", re.sub(r"tIoU|h264|mp4|PTS", "", text))


def test_without_a_translation_a_text_is_itself(qapp):
    assert tr("Open &videos…") == "Open &videos…"


def test_a_language_nobody_translated_to_changes_nothing(qapp):
    loaded = load_translations(qapp, QLocale("mi_NZ"))
    assert [name for name in loaded if name.startswith("etp-studio")] == ["etp-studio_en"]
    assert tr("%n segment(s)", "", 1) == "1 segment"
    assert tr("%n segment(s)", "", 2) == "2 segments"


@pytest.fixture
def tools(monkeypatch):
    """Those of PySide6 can be called by name: they lie beside this Python."""
    folder = Path(sys.executable).parent
    monkeypatch.setenv("PATH", os.pathsep.join((str(folder), os.environ["PATH"])))


def test_a_translation_made_as_told_is_what_the_window_shows(qapp, tmp_path, monkeypatch):
    """What docs/translating.md tells to do, and the file where the program looks for it."""
    folder = tmp_path / "translations"
    folder.mkdir()
    update = folder / "update.py"
    update.write_text((TRANSLATIONS / "update.py").read_text().replace("HERE.parents[1]", ROOT))
    subprocess.run([sys.executable, str(update), "fr"], check=True)
    words = folder / "etp-studio_fr.ts"
    text = words.read_text()
    for source in ("Open &amp;videos…", "Opening …", "Worst cases", "Segments of ground truth"):
        assert f"<source>{source}</source>" in text
    entry = '<source>Opening …</source>\n        <translation type="unfinished"></translation>'
    done = "<source>Opening …</source>\n        <translation>Ouverture …</translation>"
    assert entry in text
    words.write_text(text.replace(entry, done))
    subprocess.run([sys.executable, str(update)], check=True)
    monkeypatch.setattr("etp_studio.texts.resource", lambda name: tmp_path / name)
    before = qapp.findChildren(QTranslator)
    assert "etp-studio_fr" in load_translations(qapp, QLocale("fr_FR"))
    assert tr("Opening …") == "Ouverture …"
    for translator in qapp.findChildren(QTranslator):
        if translator not in before:
            qapp.removeTranslator(translator)
            translator.deleteLater()
    assert tr("Opening …") == "Opening …"


def marked() -> set[str]:
    """Every text that the sources mark, as Python reads them."""
    texts = set()
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("tr", "later"):
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    texts.add(first.value)
    return texts


@pytest.mark.usefixtures("tools")
def test_every_text_that_is_marked_is_collected(tmp_path):
    """The tool does not look into f-strings: a text in one would never be translated."""
    words = tmp_path / "all_fr.ts"
    command = ["pyside6-lupdate", "-tr-function-alias", "tr+=later"]
    sources = map(str, SOURCES.rglob("*.py"))
    subprocess.run([*command, *sources, "-ts", words], check=True, capture_output=True)
    found = {message.findtext("source") for message in ET.parse(words).iter("message")}
    assert marked() - found == set()


@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize("words", sorted(TRANSLATIONS.glob("*.ts")), ids=lambda path: path.stem)
def test_the_files_that_the_program_loads_are_made_of_the_translations(words, tmp_path):
    made = tmp_path / "made.qm"
    subprocess.run(["pyside6-lrelease", words, "-qm", made], check=True, capture_output=True)
    assert made.read_bytes() == words.with_suffix(".qm").read_bytes()


@pytest.mark.parametrize("words", sorted(TRANSLATIONS.glob("*.ts")), ids=lambda path: path.stem)
def test_translations_keep_what_is_filled_in(words):
    for message in ET.parse(words).iter("message"):
        source = message.findtext("source", "")
        translation = message.find("translation")
        forms = [form.text for form in translation.iter("numerusform")] or [translation.text]
        for text in filter(None, forms):
            assert sorted(FILLED.findall(text)) == sorted(FILLED.findall(source)), source

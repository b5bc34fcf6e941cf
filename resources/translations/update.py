"""Collects the studio's texts for its translations, and makes the files that the program loads.

    python resources/translations/update.py        # after a text has changed; or: update.py fr

Needs the tools of PySide6. What is translated stays; texts that are gone are dropped. The plurals
of English are made here: "%n frame(s)" becomes "1 frame" and "2 frames".
"""

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = HERE.parents[1] / "etp_studio"


def collect(words: Path, *more: str) -> None:
    """Bring the texts of the sources into a .ts file."""
    sources = sorted(map(str, SOURCES.rglob("*.py")))
    options = ["-tr-function-alias", "tr+=later", "-locations", "none", "-no-obsolete", *more]
    run("pyside6-lupdate", *options, *sources, "-ts", str(words))


def fill_english(words: Path) -> None:
    """Write the plurals of English."""
    tree = ET.parse(words)
    for message in tree.iter("message"):
        text = message.findtext("source", "")
        translation = message.find("translation")
        assert translation is not None
        translation.attrib.pop("type", None)
        for form, ending in zip(translation.iter("numerusform"), ("", "s"), strict=True):
            form.text = text.replace("(s)", ending)
    body = ET.tostring(tree.getroot(), "unicode")
    words.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{body}\n', "utf-8")


def run(tool: str, *arguments: str) -> None:
    """Run a tool of PySide6, that of this Python if it has one; only what goes wrong is shown."""
    beside = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    command = [shutil.which(tool, path=beside) or tool, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)


def main() -> None:
    """Update every language that there is, and those that are named."""
    languages = {path.stem.split("_")[1] for path in HERE.glob("*.ts")} | set(sys.argv[1:]) | {"en"}
    for language in sorted(languages):
        words = HERE / f"etp-studio_{language}.ts"
        english = language == "en"
        collect(words, *(["-pluralonly"] if english else ["-target-language", language]))
        if english:
            fill_english(words)
        run("pyside6-lrelease", str(words), "-qm", str(words.with_suffix(".qm")))


if __name__ == "__main__":
    main()

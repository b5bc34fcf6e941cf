"""What the window remembers between sessions, and where things are kept."""

from pathlib import Path

from platformdirs import user_cache_path, user_data_path
from PySide6.QtCore import QByteArray, QSettings

from etp_studio.resources import resource

_RECENT = "recent"
_RECENT_COUNT = 12


def recent_projects() -> list[Path]:
    """The projects opened lately that are still there, newest first."""
    return [path for path in _recent() if path.is_file()]


def add_recent(project: Path) -> None:
    """Put a project at the top of the recent ones."""
    paths = [project, *(path for path in _recent() if path != project)]
    QSettings().setValue(_RECENT, [str(path) for path in paths[:_RECENT_COUNT]])


def _recent() -> list[Path]:
    stored = QSettings().value(_RECENT)
    texts = [stored] if isinstance(stored, str) else stored or []
    return [Path(text) for text in texts if text]


def annotator() -> str | None:
    """The name that segments carry; None: the login name."""
    return str(QSettings().value("annotator") or "") or None


def set_annotator(name: str) -> None:
    """Sign with another name from now on; "" is the login name."""
    QSettings().setValue("annotator", name)


def model() -> Path | None:
    """The model directory that `detect` uses: the chosen one, else the shipped one, else None."""
    chosen = QSettings().value("model")
    if chosen and is_model(Path(chosen)):
        return Path(chosen)
    return shipped_model()


def is_model(folder: Path) -> bool:
    """Whether a folder holds a model."""
    return (folder / "model.toml").is_file()


def shipped_model() -> Path | None:
    """The demo model that came with the program, if it did."""
    try:
        return resource("demo-model/model.toml").parent
    except FileNotFoundError:
        return None


def set_model(folder: Path) -> None:
    """Use another model from now on."""
    QSettings().setValue("model", str(folder))


def shown(name: str) -> bool:
    """Whether something of the view is wanted: by the name of its action."""
    return QSettings().value(f"shown/{name}", "true") in (True, "true")


def set_shown(name: str, on: bool) -> None:
    """Remember whether something of the view is wanted."""
    QSettings().setValue(f"shown/{name}", on)


def loudness() -> tuple[float, bool]:
    """Volume in [0, 1], and whether the sound is muted."""
    muted = QSettings().value("sound/muted", "false") in (True, "true")
    return min(max(float(QSettings().value("sound/volume", 1.0)), 0.0), 1.0), muted


def set_loudness(volume: float, muted: bool) -> None:
    """Remember volume and mute."""
    QSettings().setValue("sound/volume", volume)
    QSettings().setValue("sound/muted", muted)


def threshold() -> float:
    """The score from which on detections are shown; fainter ones are many and mostly wrong."""
    return float(QSettings().value("threshold", 0.2))


def set_threshold(score: float) -> None:
    """Remember the threshold."""
    QSettings().setValue("threshold", score)


def colours() -> str:
    """ "system", "light" or "dark"."""
    value = QSettings().value("colours", "system")
    return value if value in ("light", "dark") else "system"


def set_colours(name: str) -> None:
    """Use these colours from now on."""
    QSettings().setValue("colours", name)


def tour_seen() -> bool:
    """Whether the tour was shown already."""
    return QSettings().value("tour") is not None


def set_tour_seen() -> None:
    """The tour was shown."""
    QSettings().setValue("tour", 1)


def layout(name: str) -> QByteArray | None:
    """A stored geometry or dock layout."""
    value = QSettings().value(f"layout/{name}")
    return value if isinstance(value, QByteArray) else None


def set_layout(name: str, value: QByteArray) -> None:
    """Remember a geometry or dock layout."""
    QSettings().setValue(f"layout/{name}", value)


def projects_folder() -> Path:
    """Where projects are kept that nobody has given a place."""
    return user_data_path("etp-studio") / "projects"


def models_folder() -> Path:
    """Where models are kept that were trained from the window, a folder each."""
    return user_data_path("etp-studio") / "models"


def automatic_project(video: Path, fingerprint: str) -> Path:
    """The project file that is kept for a video which was opened without one."""
    return projects_folder() / f"{video.stem}-{fingerprint[:8]}.etp"


def demo_folder() -> Path:
    """Where the generated demo videos lie; deleting it loses nothing but time."""
    return user_cache_path("etp-studio") / "demo"

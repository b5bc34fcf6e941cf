"""Everything the window can be told to do: one list, with menus, texts and keys."""

from dataclasses import dataclass
from enum import StrEnum, auto

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QKeySequence

from etp_studio.texts import later, tr


class Action(StrEnum):
    """The actions, in the order of the menus."""

    new_project = auto()
    open_videos = auto()
    open_project = auto()
    demo = auto()
    save_as = auto()
    find_videos = auto()
    import_annotations = auto()
    merge_project = auto()
    export = auto()
    export_picture = auto()
    copy_picture = auto()
    export_plot = auto()
    backups = auto()
    quit = auto()
    undo = auto()
    redo = auto()
    set_start = auto()
    set_end = auto()
    start_back = auto()
    start_on = auto()
    end_back = auto()
    end_on = auto()
    split = auto()
    merge = auto()
    duplicate = auto()
    copy = auto()
    paste = auto()
    paste_same = auto()
    select_all = auto()
    delete = auto()
    unsure = auto()
    accept = auto()
    accept_boundary = auto()
    accept_all = auto()
    keep = auto()
    reject = auto()
    next_issue = auto()
    pick_label = auto()
    new_label = auto()
    annotator = auto()
    find = auto()
    play = auto()
    pause = auto()
    backwards = auto()
    faster = auto()
    frame_back = auto()
    frame_on = auto()
    frames_back = auto()
    frames_on = auto()
    second_back = auto()
    second_on = auto()
    to_start = auto()
    to_end = auto()
    first_frame = auto()
    last_frame = auto()
    loop = auto()
    go_to = auto()
    copy_frame = auto()
    mute = auto()
    louder = auto()
    quieter = auto()
    previous_segment = auto()
    next_segment = auto()
    deselect = auto()
    previous_video = auto()
    next_video = auto()
    zoom_in = auto()
    zoom_out = auto()
    fit = auto()
    zoom_segment = auto()
    picture_in = auto()
    picture_out = auto()
    picture_whole = auto()
    picture_left = auto()
    picture_right = auto()
    picture_up = auto()
    picture_down = auto()
    follow = auto()
    thumbnails = auto()
    waveform = auto()
    proposals_lane = auto()
    error_lane = auto()
    annotator_lanes = auto()
    onion = auto()
    full_screen = auto()
    dropped = auto()
    show_all = auto()
    stage_back = auto()
    stage_on = auto()
    colours_system = auto()
    colours_light = auto()
    colours_dark = auto()
    detect = auto()
    detect_all = auto()
    motion = auto()
    cancel = auto()
    delete_run = auto()
    train = auto()
    choose_model = auto()
    palette = auto()
    keys = auto()
    tour = auto()
    about = auto()


@dataclass(frozen=True)
class Spec:
    """How an action is shown: its menu, its text, its keys, a tip, an icon.

    `repeats`: holding the key repeats it. `checkable`: it is on or off. A `-` before the menu's
    name draws a line above.
    """

    menu: str
    text: str
    keys: tuple[str, ...] = ()
    tip: str = ""
    icon: str = ""
    repeats: bool = False
    checkable: bool = False


_A = Action
SPECS: dict[Action, Spec] = {
    _A.new_project: Spec(
        "File", later("&New project…"), ("Ctrl+N",), later("An empty one, for other videos")
    ),
    _A.open_videos: Spec("File", later("Open &videos…"), ("Ctrl+O",), icon="video"),
    _A.open_project: Spec("File", later("Open &project…"), ("Ctrl+Shift+O",), icon="open"),
    _A.demo: Spec("File", later("Try the &demo"), icon="demo"),
    _A.save_as: Spec(
        "-File", later("&Save project as…"), ("Ctrl+Shift+S",), later("Go on in a copy")
    ),
    _A.find_videos: Spec(
        "File",
        later("&Find missing videos…"),
        (),
        later("In a folder and all below it, by what they hold"),
    ),
    _A.import_annotations: Spec(
        "-File", later("&Import annotations…"), ("Ctrl+Shift+I",), icon="import"
    ),
    _A.export: Spec(
        "File", later("&Export…"), ("Ctrl+E",), later("Ground truth and detections"), "export"
    ),
    _A.export_picture: Spec(
        "File",
        later("Export pic&ture…"),
        ("Ctrl+Shift+E",),
        later("Of the timeline, as PNG or SVG"),
    ),
    _A.copy_picture: Spec(
        "File", later("&Copy picture"), ("Ctrl+Alt+C",), later("Of the timeline")
    ),
    _A.export_plot: Spec(
        "File", later("Export p&lot…"), (), later("Of the metrics, precision over recall")
    ),
    _A.merge_project: Spec(
        "File", later("&Merge project…"), (), later("Bring in what was done in another project")
    ),
    _A.backups: Spec(
        "File", later("&Backups…"), (), later("Open an earlier state, or repair a project")
    ),
    _A.quit: Spec("-File", later("&Quit"), ("Ctrl+Q",)),
    _A.undo: Spec("Edit", later("&Undo"), ("Ctrl+Z",), icon="undo", repeats=True),
    _A.redo: Spec("Edit", later("&Redo"), ("Ctrl+Shift+Z", "Ctrl+Y"), icon="redo", repeats=True),
    _A.set_start: Spec(
        "-Edit", later("Set &start at playhead"), ("I",), later("The frame shown is the first")
    ),
    _A.set_end: Spec(
        "Edit", later("Set &end at playhead"), ("O",), later("The frame shown is the first after")
    ),
    _A.start_back: Spec("Edit", later("Start a frame earlier"), ("Q",), repeats=True),
    _A.start_on: Spec("Edit", later("Start a frame later"), ("W",), repeats=True),
    _A.end_back: Spec("Edit", later("End a frame earlier"), ("E",), repeats=True),
    _A.end_on: Spec("Edit", later("End a frame later"), ("R",), repeats=True),
    _A.split: Spec("-Edit", later("S&plit at playhead"), ("B",)),
    _A.merge: Spec("Edit", later("&Merge with next"), ("M",)),
    _A.duplicate: Spec("Edit", later("D&uplicate"), ("Ctrl+D",)),
    _A.copy: Spec("-Edit", later("&Copy segments"), ("Ctrl+C",)),
    _A.paste: Spec(
        "Edit", later("Paste at the pla&yhead"), ("Ctrl+V",), later("Also into another video")
    ),
    _A.paste_same: Spec(
        "Edit",
        later("Paste at the same times"),
        ("Ctrl+Shift+V",),
        later("Into a recording of the same events"),
    ),
    _A.select_all: Spec("Edit", later("Select &all segments"), ("Ctrl+A",)),
    _A.delete: Spec("Edit", later("&Delete segment"), ("Del",)),
    _A.unsure: Spec("Edit", later("Uns&ure of the segment"), ("U",), later("Or sure again")),
    _A.accept: Spec(
        "-Edit", later("&Accept"), ("Return", "Enter"), later("What was detected, and go on")
    ),
    _A.accept_boundary: Spec(
        "Edit",
        later("Accept the &boundaries only"),
        ("Shift+Return", "Shift+Enter"),
        later("And go on"),
    ),
    _A.accept_all: Spec(
        "Edit",
        later("Accept all detections shown"),
        ("Ctrl+Shift+A",),
        later("That have no segment yet"),
    ),
    _A.keep: Spec(
        "Edit", later("&Keep as it is"), ("Y",), later("The ground truth is right; go on")
    ),
    _A.reject: Spec("Edit", later("Re&ject"), ("X",), later("What was detected is wrong; go on")),
    _A.next_issue: Spec(
        "Edit", later("&Next disagreement"), ("N",), later("In this video or a later one")
    ),
    _A.pick_label: Spec(
        "-Edit", later("&Label by name…"), ("T",), later("Type a few letters of it")
    ),
    _A.new_label: Spec("Edit", later("&New label…"), ("Ctrl+L",), icon="add"),
    _A.annotator: Spec(
        "-Edit", later("Ann&otator…"), (), later("Whose name the segments that you draw carry")
    ),
    _A.play: Spec("Playback", later("&Play or pause"), ("Space",), icon="play"),
    _A.pause: Spec("Playback", later("P&ause"), ("K",)),
    _A.backwards: Spec("Playback", later("Play &backwards, faster"), ("J",)),
    _A.faster: Spec("Playback", later("Play &forwards, faster"), ("L",)),
    _A.frame_back: Spec("-Playback", later("A frame back"), ("Left", ","), "", "step-back", True),
    _A.frame_on: Spec("Playback", later("A frame on"), ("Right", "."), "", "step-forward", True),
    _A.frames_back: Spec("Playback", later("Ten frames back"), ("Shift+Left", "<"), repeats=True),
    _A.frames_on: Spec("Playback", later("Ten frames on"), ("Shift+Right", ">"), repeats=True),
    _A.second_back: Spec("Playback", later("A second back"), ("Ctrl+Left",), repeats=True),
    _A.second_on: Spec("Playback", later("A second on"), ("Ctrl+Right",), repeats=True),
    _A.to_start: Spec("-Playback", later("To the segment's start, or the video's"), ("Home",)),
    _A.to_end: Spec("Playback", later("To the segment's end, or the video's"), ("End",)),
    _A.first_frame: Spec("Playback", later("First frame"), ("Ctrl+Home",), icon="first"),
    _A.last_frame: Spec("Playback", later("Last frame"), ("Ctrl+End",), icon="last"),
    _A.loop: Spec(
        "-Playback", later("&Loop the segment"), ("P",), later("With a second before it"), "loop"
    ),
    _A.go_to: Spec("Playback", later("&Go to frame or time…"), ("G",)),
    _A.copy_frame: Spec(
        "-Playback",
        later("&Copy the frame"),
        ("Ctrl+Shift+C",),
        later("As a picture at full resolution"),
    ),
    _A.mute: Spec("Playback", later("M&ute"), ("Ctrl+M",)),
    _A.louder: Spec("Playback", later("Louder"), ("Ctrl+Up",), repeats=True),
    _A.quieter: Spec("Playback", later("Quieter"), ("Ctrl+Down",), repeats=True),
    _A.previous_segment: Spec("View", later("Previous segment"), ("Up",), repeats=True),
    _A.next_segment: Spec("View", later("Next segment"), ("Down",), repeats=True),
    _A.find: Spec("View", later("F&ind segments"), ("Ctrl+F",)),
    _A.deselect: Spec("View", later("Select nothing"), ("Esc",), later("Closes a message, too")),
    _A.previous_video: Spec("-View", later("Previous video"), ("PgUp",)),
    _A.next_video: Spec("View", later("Next video"), ("PgDown",)),
    _A.zoom_in: Spec("-View", later("Zoom &in"), ("+", "=")),
    _A.zoom_out: Spec("View", later("Zoom &out"), ("-",)),
    _A.fit: Spec("View", later("&Fit the video"), ("F",)),
    _A.zoom_segment: Spec("View", later("Zoom to the &segment"), ("Z",)),
    _A.picture_in: Spec(
        "-View", later("Look closer at the picture"), ("Ctrl++", "Ctrl+="), later("Or the wheel")
    ),
    _A.picture_out: Spec("View", later("Look from further away"), ("Ctrl+-",)),
    _A.picture_whole: Spec(
        "View", later("The whole picture"), ("Ctrl+0",), later("Or a double click on it")
    ),
    _A.picture_left: Spec(
        "View", later("Look further left"), ("Alt+Left",), later("Or drag the picture"), "", True
    ),
    _A.picture_right: Spec("View", later("Look further right"), ("Alt+Right",), repeats=True),
    _A.picture_up: Spec("View", later("Look further up"), ("Alt+Up",), repeats=True),
    _A.picture_down: Spec("View", later("Look further down"), ("Alt+Down",), repeats=True),
    _A.follow: Spec("-View", later("Follow the &playhead"), checkable=True),
    _A.thumbnails: Spec("View", later("Show &thumbnails"), checkable=True),
    _A.waveform: Spec(
        "View", later("Show &waveform"), (), later("Where there is sound"), "", False, True
    ),
    _A.proposals_lane: Spec(
        "View",
        later("Show the Algorithm &1 lane"),
        (),
        later("What the curves give at the threshold"),
        checkable=True,
    ),
    _A.error_lane: Spec(
        "View",
        later("Show the &error lane"),
        (),
        later("By how many frames each boundary was missed"),
        checkable=True,
    ),
    _A.annotator_lanes: Spec(
        "View",
        later("Show annotator &lanes"),
        (),
        later("Where two or more have annotated"),
        checkable=True,
    ),
    _A.onion: Spec(
        "View",
        later("Show fra&mes around a boundary"),
        (),
        later("While it is moved, and where Home and End lead"),
        checkable=True,
    ),
    _A.full_screen: Spec("View", later("Video in f&ull screen"), ("F11",), later("Esc leaves it")),
    _A.dropped: Spec(
        "View",
        later("Show &dropped proposals"),
        ("H",),
        later("Those that did not go on, and why"),
        "",
        False,
        True,
    ),
    _A.show_all: Spec(
        "View",
        later("Show &all detections"),
        ("A",),
        later("Not only the best for each segment"),
        checkable=True,
    ),
    _A.stage_back: Spec(
        "View", later("A stage back"), ("[",), later("Where the proposals were before")
    ),
    _A.stage_on: Spec("View", later("A stage forward"), ("]",)),
    _A.colours_system: Spec(
        "-View", later("Colours as the system"), (), later("Its theme"), checkable=True
    ),
    _A.colours_light: Spec(
        "View", later("Light colours"), (), later("The light theme"), checkable=True
    ),
    _A.colours_dark: Spec(
        "View", later("Dark colours"), (), later("The dark theme"), checkable=True
    ),
    _A.detect: Spec(
        "Detect", later("&Detect actions"), ("D",), later("In the video shown"), "detect"
    ),
    _A.detect_all: Spec("Detect", later("Detect in &all videos"), ("Shift+D",)),
    _A.motion: Spec(
        "Detect", later("Propose by &motion"), (), later("Where something moves: needs no model")
    ),
    _A.cancel: Spec(
        "Detect", later("&Cancel"), ("Ctrl+.",), later("Stop what runs and what waits"), "cancel"
    ),
    _A.delete_run: Spec(
        "Detect", later("Delete detections…"), (), later("Those of the newest run on this video")
    ),
    _A.train: Spec(
        "-Detect", later("&Train a model…"), ("Ctrl+T",), later("On the project's ground truth")
    ),
    _A.choose_model: Spec("Detect", later("Choose &model…")),
    _A.palette: Spec(
        "Help", later("&Commands…"), ("Ctrl+Shift+P",), later("Find a command by its name")
    ),
    _A.keys: Spec("Help", later("&Keys"), ("?", "F1")),
    _A.tour: Spec("Help", later("&Tour"), (), later("What the parts of the window are for")),
    _A.about: Spec("Help", later("&About ETP Studio")),
}
del _A

TITLES = {
    "File": later("&File"),
    "Edit": later("&Edit"),
    "Playback": later("&Playback"),
    "View": later("&View"),
    "Detect": later("&Detect"),
    "Help": later("&Help"),
}
MENUS = tuple(dict.fromkeys(spec.menu.removeprefix("-") for spec in SPECS.values()))


def default_keys(name: Action) -> list[QKeySequence]:
    """The keys an action comes with ("," alone would be read as a separator)."""
    named = {",": Qt.Key.Key_Comma, ".": Qt.Key.Key_Period}
    return [QKeySequence(named.get(key, key)) for key in SPECS[name].keys]


def keys_of(name: Action) -> list[QKeySequence]:
    """The keys of an action: those chosen by the person, else its own."""
    stored = QSettings().value(f"keys/{name}")
    if stored is None:
        return default_keys(name)
    texts = [stored] if isinstance(stored, str) else stored
    return [QKeySequence.fromString(text) for text in texts if text]


def plain_text(name: Action) -> str:
    """What an action is called outside a menu."""
    return tr(SPECS[name].text).replace("&", "").removesuffix("…")


def key_text(name: Action) -> str:
    """The keys as people read them, or ""."""
    native = QKeySequence.SequenceFormat.NativeText
    return tr(" or ").join(key.toString(native) for key in keys_of(name))


def way_to(name: Action) -> str:
    """How a text calls an action: by its keys, or by its name where it has none."""
    return key_text(name) or f"“{plain_text(name)}”"


def tool_tip(name: Action, what: str = "") -> str:
    """What an action does (to `what`), and its keys."""
    tip = f"{plain_text(name)}: {what}" if what else plain_text(name)
    if SPECS[name].tip:
        tip = f"{tip}. {tr(SPECS[name].tip)}"
    keys = key_text(name)
    return f"{tip} ({keys})" if keys else tip


def digit_of(label: int) -> str:
    """The digit that gives the label at this place of the list, or ""; the tenth has 0."""
    return str((label + 1) % 10) if label < 10 else ""

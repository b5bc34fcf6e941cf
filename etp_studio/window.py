"""The main window: where everything stands, its menus, and what it remembers."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QGridLayout,
    QMainWindow,
    QSizePolicy,
    QStackedWidget,
    QWidget,
)

from etp_core.errors import EtpError
from etp_studio import dialogs, settings
from etp_studio.actions import Action
from etp_studio.background import Background
from etp_studio.care import Care, why_read_only
from etp_studio.demo_start import DemoStart
from etp_studio.detecting import use_model
from etp_studio.docks import Docks
from etp_studio.editor import Editor
from etp_studio.exporting import Exchange
from etp_studio.full_screen import FullScreen
from etp_studio.giving_way import open_at
from etp_studio.handlers import handlers
from etp_studio.icons import icon
from etp_studio.intake import Intake
from etp_studio.jobs.detection import Detections
from etp_studio.jobs.dock import JobsDock
from etp_studio.jobs.pane import JobsPane
from etp_studio.jobs.queue import JobQueue
from etp_studio.jobs.train_window import TrainWindow
from etp_studio.jobs.training import Plan, Trainings
from etp_studio.look import renew_look
from etp_studio.menus import fill_menu_bar, make_tool_bar, update_actions
from etp_studio.messages import MessageBar
from etp_studio.moment import show_case
from etp_studio.opening import Opener
from etp_studio.picture import Pictures
from etp_studio.place import Place
from etp_studio.playback.player import Player
from etp_studio.playback.transport import TransportBar
from etp_studio.playback.video_view import VideoView
from etp_studio.qactions import draw_icons, mind_focus, register
from etp_studio.relocating import Relocation
from etp_studio.review.board import ReviewBoard
from etp_studio.review.desk import ReviewDesk
from etp_studio.review.history import HistoryPane
from etp_studio.review.labels import LabelPane
from etp_studio.review.metrics import MetricsPane
from etp_studio.review.pane import ReviewPane
from etp_studio.review.queue import QueueView
from etp_studio.review.reviewer import Reviewer
from etp_studio.review.segments import SegmentPane
from etp_studio.session import Session
from etp_studio.strips import restore_strips
from etp_studio.texts import tr
from etp_studio.threshold import ThresholdControl
from etp_studio.timeline.view import TimelineView
from etp_studio.tour import Tour
from etp_studio.tour_steps import tour_steps
from etp_studio.welcome import WelcomePage
from etp_studio.wiring import Wiring
from etp_studio.work import Work


class MainWindow(QMainWindow):
    """One window, one session."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("ETP Studio")
        self.setAcceptDrops(True)
        self.background = Background(self)
        self.session = Session(self, self.background)
        self.player = Player(self)
        self.jobs = JobQueue(self)
        self.detections = Detections(self.jobs, self.background)
        self.editor = Editor(self.session, self.player)
        self.board = ReviewBoard(self.session)
        self.reviewer = Reviewer(self.session, self.player, self.board)
        self.opener = Opener(self.session, self.background)
        self.relocation = Relocation(self.session, self.background)
        self.exchange = Exchange(self.session, self.background)
        self.pictures = Pictures(self, self.background)
        self.trainings = Trainings(self.jobs, self.background)
        self.care = Care(self.session, self, self.open)

        self.actions_by_name = register(self, handlers(self))
        self._make_views()
        self._make_centre()
        self.docks = Docks(self)
        for title, pane in (("Metrics", self.metrics), ("History", self.history)):
            self.docks[title].visibilityChanged.connect(pane.set_seen)
        self._jobs_dock = JobsDock(self, self.docks["Jobs"], self.jobs_pane, self.jobs)
        fill_menu_bar(self, self.actions_by_name, self.docks.toggles)
        self._bar = make_tool_bar(self.actions_by_name, self.threshold)
        self.addToolBar(self._bar)
        others = [self.menuBar(), self._bar, self.timeline, *self.findChildren(QDockWidget)]
        self.full_screen = FullScreen(self, others)
        self.wiring = Wiring(
            self.session,
            self.player,
            self.editor,
            self.detections,
            video=self.video,
            transport=self.transport,
            timeline=self.timeline,
            queue=self.queue,
            segments=self.segments,
            labels=self.labels,
            threshold=self.threshold,
            messages=self.messages,
            board=self.board,
            reviewer=self.reviewer,
        )
        self.place = Place(self.session, self.player, self.timeline, self.wiring.positions)
        self.desk = ReviewDesk(self.session, self.board, self.reviewer, self.review)
        self.docks["Segments"].visibilityChanged.connect(self.wiring.set_table_seen)
        self.docks["Review"].visibilityChanged.connect(self.desk.set_seen)
        self.board.changed.connect(self.wiring.show_queue_soon)
        self.reviewer.hint.connect(self.messages.notice)
        self.session.project_changed.connect(self._project_changed)
        self.session.video_changed.connect(lambda _: self._update_actions())
        self.session.history_changed.connect(self._update_actions)
        self.player.playing_changed.connect(self._playing_changed)
        self.queue.locate_requested.connect(self._ask_where)
        self.jobs.changed.connect(self._update_actions)
        self.relocation.done.connect(self.messages.notice)
        self.relocation.failed.connect(self.messages.error)
        self.care.done.connect(self.messages.notice)
        self.care.failed.connect(self.messages.error)
        self.exchange.done.connect(self.messages.notice)
        self.exchange.failed.connect(self.messages.error)
        self.pictures.done.connect(self.messages.notice)
        self.pictures.failed.connect(self.messages.error)
        for plot in (self.metrics.plot, self.training.loss, self.training.score):
            self.pictures.offer(plot)
        self.training.train_requested.connect(self.train)
        self.training.model_chosen.connect(partial(use_model, self))
        self.trainings.started.connect(self.training.show_training)
        self.trainings.ended.connect(self._trained)
        self.trainings.failed.connect(self.messages.error)
        for digit in range(10):
            shortcut = QShortcut(QKeySequence(str(digit)), self)
            shortcut.activated.connect(partial(self.editor.label_at, (digit - 1) % 10))
        QApplication.instance().focusChanged.connect(self._focus_changed)
        self.intake = Intake(self)
        self.demo = DemoStart(self)
        self._restore()
        self._project_changed()

    # What stands where

    def _make_views(self) -> None:
        acts = self.actions_by_name
        self.video = VideoView()
        buttons = (Action.first_frame, Action.frame_back, Action.play, Action.frame_on)
        self.transport = TransportBar([acts[name] for name in (*buttons, Action.last_frame)])
        self.timeline = TimelineView(background=self.background)
        self.queue = QueueView()
        self.segments = SegmentPane()
        self.labels = LabelPane()
        self.history = HistoryPane(self.session, self.background)
        self.review = ReviewPane(
            {
                tr("Accept"): acts[Action.accept],
                tr("Boundaries"): acts[Action.accept_boundary],
                tr("Keep"): acts[Action.keep],
                tr("Reject"): acts[Action.reject],
                tr("Next"): acts[Action.next_issue],
            }
        )
        self.metrics = MetricsPane(self.session, self.background)
        self.metrics.case_chosen.connect(partial(show_case, self))
        self.jobs_pane = JobsPane(self.jobs)
        self.training = TrainWindow(self.session, self)
        self.threshold = ThresholdControl()
        self.messages = MessageBar()
        begin = (Action.open_videos, Action.open_project, Action.demo)
        self.welcome = WelcomePage([acts[name] for name in begin])
        self.welcome.project_chosen.connect(lambda path: self.open([path]))

    def _make_centre(self) -> None:
        self._splitter = Work(self.video, self.transport, self.timeline)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(self._splitter)
        centre = QWidget()
        grid = QGridLayout(centre)  # a message lies over the work, which stays where it is
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(self._pages, 0, 0)
        grid.addWidget(self.messages, 0, 0, Qt.AlignmentFlag.AlignTop)
        self.messages.raise_()
        self.setCentralWidget(centre)

    # What the actions do

    def open(self, paths: list[Path]) -> None:
        """Open projects and videos; annotations are imported into what is open then."""
        self.intake.open(paths)

    @property
    def loaded(self) -> bool:
        """Whether nothing that was asked for is still to appear (see `--screenshot`)."""
        if self.demo.waiting or self.background.busy:
            return False
        video = self.session.video
        if video is None:
            return True
        if self.detections.running(video.id):
            return False
        return self.video.on_screen or video.id in self.session.errors

    def train(self, plan: Plan) -> None:
        """Train on the project's ground truth."""
        if self.session.project is not None:
            self.trainings.start(self.session.project, plan)

    def _trained(self, plan: Plan) -> None:
        self.training.show_models()
        self.messages.notice(
            tr("Trained {}. Detect → Train a model lists it.").format(plan.folder.name)
        )

    def new_label(self) -> None:
        """Put the cursor where a label's name is typed."""
        self.docks.bring("Labels")
        self.labels.name.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def set_colours(self, name: str) -> None:
        """Use the system's colours, light or dark ones from now on."""
        settings.set_colours(name)
        renew_look(QApplication.instance())
        self._update_actions()

    def show_tour(self) -> None:
        """What the parts of the window are for."""
        settings.set_tour_seen()
        Tour(tour_steps(self), self).ended.connect(self.video.setFocus)

    def find_segments(self) -> None:
        """Ctrl+F: put the cursor where segments are looked for."""
        self.docks.bring("Segments")
        self.segments.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.segments.search.selectAll()

    def deselect(self) -> None:
        """Esc: give up a drag, else leave full screen, else what was begun, selected and said."""
        if not self.timeline.cancel() and not self.full_screen.leave():
            self.messages.hide()
            self.player.loop = None
            self.editor.drop_begun()
            self.session.select(None)
            self.session.select_detection(None)

    def zoom_segment(self) -> None:
        """Show the selected segment large."""
        segment = self.session.selected_segment
        if segment:
            self.timeline.show_range(segment.start, segment.end)

    def toggle_follow(self) -> None:
        """Whether the timeline follows the playhead."""
        self.timeline.follow = self.actions_by_name[Action.follow].isChecked()

    def _ask_where(self, video_id: int) -> None:
        video = self.session.video_with(video_id)
        if video:
            dialogs.find_video(self, video.name, partial(self.opener.relink, video_id))

    def find_videos(self) -> None:
        """Ask for a folder and find the missing videos in it."""
        dialogs.find_videos(self, lambda folder: self.relocation.look_in(folder, self))

    def new_project(self, path: Path) -> None:
        """Make an empty project and open it."""
        try:
            self.opener.new_project(path)
        except EtpError as error:
            self.messages.error(str(error))

    def save_as(self, path: Path) -> None:
        """Go on in a copy of the project."""
        try:
            self.opener.save_as(path)
        except EtpError as error:
            self.messages.error(str(error))

    # Keeping the window true

    def _project_changed(self) -> None:
        project = self.session.project
        self.detections.forget()
        self.layout().setEnabled(False)  # laid out once, in the next turn
        self._pages.setCurrentWidget(self._splitter if project else self.welcome)
        wide = QSizePolicy.Policy.Ignored if project else QSizePolicy.Policy.Preferred
        self.welcome.setSizePolicy(wide, wide)  # out of sight it asks for no room
        self.docks.set_present(project is not None)
        self._bar.setVisible(project is not None)
        self.layout().setEnabled(True)
        self.video.setFocus()  # and not a field that would take the keys
        looked_at = tr(" (read only)") if project and project.read_only else ""
        name = f"{project.path.stem}{looked_at} – " if project else ""
        self.setWindowTitle(f"{name}ETP Studio")
        self.setWindowFilePath(str(project.path) if project else "")
        if project is None:
            self.welcome.set_recent(settings.recent_projects())
        elif project.read_only:
            self.messages.error(why_read_only(project))
        elif missing := len(self.session.errors):  # nothing else was looked for yet
            self.messages.error(
                tr("A video is not where it was: File, Find missing videos")
                if missing == 1
                else tr("%n videos are not where they were: File, Find missing videos", "", missing)
            )
        self._update_actions()

    def _update_actions(self) -> None:
        update_actions(self.actions_by_name, self.session, self.jobs)

    def _focus_changed(self, _: QWidget | None, focus: QWidget | None) -> None:
        mind_focus(self.actions_by_name, focus)

    def _playing_changed(self, playing: bool) -> None:
        self.actions_by_name[Action.play].setIcon(icon("pause" if playing else "play"))

    def _restore(self) -> None:
        open_at(self, 1440, 900)
        geometry, splitter = settings.layout("geometry"), settings.layout("splitter")
        if geometry:
            self.restoreGeometry(geometry)
        if splitter:
            self._splitter.restoreState(splitter)
        self.actions_by_name[Action.follow].setChecked(self.timeline.follow)
        restore_strips(self)
        self.transport.loudness.set(*settings.loudness())
        self.session.set_threshold(settings.threshold())

    def focusNextPrevChild(self, onward: bool) -> bool:
        """Tab: panes that lie behind others are passed over."""
        first = QApplication.focusWidget()
        while super().focusNextPrevChild(onward):
            now = QApplication.focusWidget()
            if now is None or now is first or not self.docks.hidden(now):
                return True
        return False

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "actions_by_name"):
            draw_icons(self.actions_by_name)
            self._playing_changed(self.player.playing)
            self.labels.refresh_icons()
        super().changeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.open(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.full_screen.leave()
        settings.set_threshold(self.session.threshold)
        settings.set_loudness(*self.transport.loudness.value)
        if self.session.project:
            settings.set_layout("geometry", self.saveGeometry())
            self.docks.remember()
            settings.set_layout("splitter", self._splitter.saveState())
        self.place.remember()
        self.training.close()
        self.hide()
        self.shutdown()
        super().closeEvent(event)

    def shutdown(self) -> None:
        """End threads and processes and close the project; everything is on disk already."""
        self.metrics.set_seen(False)
        self.detections.forget()
        self.jobs.shutdown()
        self._jobs_dock.stop()
        self.desk.close()
        self.board.close()
        self.wiring.close()
        self.relocation.cancel()
        self.care.close()
        self.background.close()
        self.opener.close()
        self.timeline.media.shutdown()
        self.player.shutdown()
        if self.session.project:
            self.session.project.close()

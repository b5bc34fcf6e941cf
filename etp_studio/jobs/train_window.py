"""The window that trains: which videos, which stage and preset, what comes of it while it runs."""

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from etp_core.evolution import STAGES
from etp_studio import settings
from etp_studio.giving_way import open_at
from etp_studio.jobs.models import ModelInfo, known_models
from etp_studio.jobs.pane import state_text
from etp_studio.jobs.training import (
    PRESETS,
    STAGE_CHOICES,
    Plan,
    Role,
    Training,
    last_folder,
    new_folder,
    suggest,
)
from etp_studio.plots import StillPlot
from etp_studio.session import Session
from etp_studio.texts import capital, tr
from etp_studio.theme import class_hue, of_palette

_KEY = Qt.ItemDataRole.UserRole
_MEASURE = "mAP@0.5"


class TrainWindow(QWidget):
    """Asks for a training (`train_requested(Plan)`), shows the newest one, lists the models."""

    train_requested = Signal(object)
    model_chosen = Signal(object)  # Path

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(tr("Training"))
        open_at(self, 1000, 680)
        self._session = session
        self._roles: dict[int, Role] = {}
        self._counted = False  # whether the roles are from counts of all videos
        self._training: Training | None = None
        self._models: list[ModelInfo] = []
        self.name = QLineEdit()
        self.name.setAccessibleName(tr("Name of the model"))
        self.name.setToolTip(tr("Of the folder that the model is kept in"))
        self.stage = QComboBox()
        self.stage.addItems([capital(tr(choice)) for choice in STAGE_CHOICES])
        self.stage.setAccessibleName(tr("Stage"))
        self.stage.setToolTip(tr("Which of the three networks are trained"))
        self.preset = QComboBox()
        self.preset.setAccessibleName(tr("Preset"))
        self.preset.setToolTip(tr("How: the list says what for"))
        self.preset.addItems([preset.capitalize() for preset in PRESETS])
        for index, tip in enumerate(PRESETS.values()):
            self.preset.setItemData(index, tr(tip), Qt.ItemDataRole.ToolTipRole)
        self.share = QSpinBox(minimum=0, maximum=90, singleStep=5, value=20)
        self.share.setSuffix(tr(" % for validation"))
        self.share.setAccessibleName(tr("Share of the videos for validation"))
        self.share.setToolTip(tr("Videos that are not trained on, to measure how good it is"))
        self.share.valueChanged.connect(self._split)
        self.annotator = QComboBox()
        self.annotator.setAccessibleName(tr("Whose ground truth"))
        self.annotator.setToolTip(
            tr("Where several people have annotated the same videos, choose one of them")
        )
        self.seed = QSpinBox(maximum=1_000_000)
        self.seed.setAccessibleName(tr("Seed"))
        self.seed.setToolTip(tr("The same seed on the same data gives the same model"))
        self.resume = QCheckBox(tr("Go on where the last training of this name was interrupted"))
        self.name.textChanged.connect(lambda _: self._offer_to_go_on())
        self.videos = _table(
            tr("Videos and what they are used for"), (tr("Video"), tr("Segments"), tr("Use"))
        )
        self.videos.setToolTip(tr("Select videos and say what they are used for"))
        roles = QHBoxLayout()
        for role, text in zip(
            Role, (tr("Train on"), tr("Validate on"), tr("Leave out")), strict=True
        ):
            button = QPushButton(text)
            button.setToolTip(tr("Use the selected videos so"))
            button.clicked.connect(lambda _=False, role=role: self._use(role))
            roles.addWidget(button)
        self.start = QPushButton(tr("Start training"))
        self.start.setDefault(True)
        self.start.clicked.connect(self._ask)
        self.note = QLabel()
        self.note.setObjectName("muted")
        self.note.setWordWrap(True)
        form = self._form = QFormLayout()
        form.addRow(tr("Name"), self.name)
        form.addRow(tr("Stage"), self.stage)
        form.addRow(tr("Preset"), self.preset)
        form.addRow(tr("Ground truth"), self.annotator)
        form.addRow(tr("Split"), self.share)
        form.addRow(tr("Seed"), self.seed)
        form.addRow(self.resume)
        left = QWidget()
        column = QVBoxLayout(left)
        column.addLayout(form)
        column.addWidget(self.videos, 1)
        column.addLayout(roles)
        column.addWidget(self.note)
        column.addWidget(self.start)

        self.loss = _plot(tr("loss"), "loss")
        self.score = _plot(tr("validation {}, %").format(_MEASURE), "validation")
        self.state = QLabel()
        self.stop = QPushButton(tr("Cancel"))
        self.stop.setToolTip(tr("Stop this training; it can go on later"))
        self.stop.clicked.connect(self._stop)
        for widget in (self.state, self.stop):
            widget.hide()
        now = QHBoxLayout()
        now.addWidget(self.state, 1)
        now.addWidget(self.stop)
        self.figures = QLabel(tr("The loss and the mAP on the validation videos appear here."))
        self.figures.setObjectName("muted")
        self.figures.setWordWrap(True)
        live = QWidget()
        column = QVBoxLayout(live)
        column.addLayout(now)
        column.addWidget(self.figures)
        column.addWidget(self.loss, 1)
        column.addWidget(self.score, 1)

        self.models = _table(
            tr("Models"), (tr("Model"), tr("Classes"), "mAP@0.3", _MEASURE, "mAP@0.7", tr("Made"))
        )
        self.models.itemDoubleClicked.connect(lambda item: self._take(item.row()))
        use = QPushButton(tr("Detect with this model"))
        use.clicked.connect(lambda: self._take(self.models.currentRow()))
        listed = QWidget()
        column = QVBoxLayout(listed)
        column.addWidget(self.models)
        column.addWidget(use)

        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setAccessibleName(tr("Progress and models"))
        self.tabs.addTab(live, tr("Progress"))
        self.tabs.addTab(listed, tr("Models"))
        halves = QSplitter()
        halves.addWidget(left)
        halves.addWidget(self.tabs)
        halves.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(halves)
        session.project_changed.connect(self._project_changed)
        session.videos_changed.connect(self._videos_changed)
        self._dress()

    def bring(self) -> None:
        """Show it in front."""
        self.show()
        self.raise_()
        self.activateWindow()

    # What is to be trained

    def _project_changed(self) -> None:
        project = self._session.project
        self.name.setText(project.path.stem if project else "")
        self._roles = {}
        self._split()
        self._list_annotators()

    def _videos_changed(self) -> None:
        if self._session.counted and not self._counted:
            self._split()
        else:
            self._fill()

    def _split(self) -> None:
        self._counted = self._session.counted
        counts = {v.id: self._session.counts.get(v.id, 0) for v in self._session.videos}
        self._roles = suggest(counts, self.share.value() / 100)
        self._fill()

    def _fill(self) -> None:
        """Show the videos; those that got their first segment are trained on from now on."""
        if not self.isVisible():
            return
        session = self._session
        self.videos.setRowCount(len(session.videos))
        for row, video in enumerate(session.videos):
            count = session.counts.get(video.id, 0)
            if video.id not in self._roles:
                self._roles[video.id] = Role.train if count else Role.unused
            for column, text in enumerate(
                (video.name, str(count), tr(self._roles[video.id].value))
            ):
                item = self.videos.item(row, column)
                if item is None:
                    item = QTableWidgetItem()
                    self.videos.setItem(row, column, item)
                item.setText(text)
                item.setData(_KEY, video.id)
        used = [role for role in self._roles.values() if role is not Role.unused]
        train = used.count(Role.train)
        self.start.setEnabled(train > 0)
        self.note.setText(
            tr("Videos to train on: {}, to validate on: {}").format(train, len(used) - train)
            if train
            else tr("Draw or import ground truth first: there is nothing to train on.")
            if session.counted
            else tr("Counting the segments…")
        )

    def _list_annotators(self) -> None:
        """Whose ground truth there is to choose from; what was chosen stays chosen."""
        project, chosen = self._session.project, self.annotator.currentData()
        names = project.annotators() if project else []
        self.annotator.clear()
        self.annotator.addItem(tr("Everybody's"), None)
        for name in names:
            self.annotator.addItem(name, name)
        self.annotator.setCurrentIndex(max(self.annotator.findData(chosen), 0))
        self._form.setRowVisible(self.annotator, len(names) > 1)

    def _use(self, role: Role) -> None:
        for index in self.videos.selectionModel().selectedRows():
            self._roles[index.data(_KEY)] = role
        self._fill()

    def _offer_to_go_on(self) -> None:
        there = last_folder(settings.models_folder(), self.name.text()) is not None
        self.resume.setEnabled(there)
        self.resume.setChecked(self.resume.isChecked() and there)

    def _ask(self) -> None:
        name, models = self.name.text(), settings.models_folder()
        last = last_folder(models, name) if self.resume.isChecked() else None
        folder = last or new_folder(models, name)
        stage = STAGE_CHOICES[self.stage.currentIndex()]
        preset = tuple(PRESETS)[self.preset.currentIndex()]
        whose = self.annotator.currentData()
        seed, resume = self.seed.value(), last is not None
        plan = Plan(folder, dict(self._roles), stage, preset, seed, resume, whose)
        self.train_requested.emit(plan)

    # What comes of it

    def show_training(self, training: Training) -> None:
        """Draw the figures of this training from now on."""
        if self._training is not None:
            self._training.changed.disconnect(self._draw)
            self._training.job.progressed.disconnect(self._tell)
            self._training.job.ended.disconnect(self._tell)
        self._training = training
        training.changed.connect(self._draw)
        training.job.progressed.connect(self._tell)
        training.job.ended.connect(self._tell)
        training.destroyed.connect(self._gone)
        self.tabs.setCurrentIndex(0)
        for widget in (self.state, self.stop):
            widget.show()
        self._draw()
        self._tell()

    def _gone(self) -> None:
        self._training = None

    def _tell(self, *_: object) -> None:
        """What the training does just now, or how it ended."""
        if self._training is not None:
            job = self._training.job
            self.state.setText(f"{job.title}: {state_text(job)}")
            self.stop.setVisible(job.outcome is None)

    def _stop(self) -> None:
        if self._training is not None:
            self._training.job.cancel()

    def _draw(self) -> None:
        training = self._training
        if training is None:
            return
        lines = []
        for plot, figure in ((self.loss, "loss"), (self.score, _MEASURE)):
            plot.clear()
            for number, (task, curves) in enumerate(training.curves.items()):
                points = curves.get(figure, [])
                if not points:
                    continue
                x, y = zip(*points, strict=True)
                symbol = "o" if figure == _MEASURE else None
                pen = pg.mkPen(class_hue(number), width=2)
                plot.plot(x, y, pen=pen, name=task, symbol=symbol, symbolBrush=class_hue(number))
                lines.append(f"{task}: {figure} {y[-1]:.4g}")
        nothing = tr("The loss and the mAP on the validation videos appear here.")
        self.figures.setText("  ·  ".join(lines) or nothing)

    # Models

    def show_models(self) -> None:
        """List the models that there are, the one in use marked."""
        self._models = known_models()
        chosen = settings.model()
        self.models.setRowCount(len(self._models))
        for row, model in enumerate(self._models):
            scores = [model.metrics.get(name) for name in ("mAP@0.3", _MEASURE, "mAP@0.7")]
            name = model.name
            if model.stages and model.stages[-1] != STAGES[-1]:
                name = tr("{} (up to {})").format(name, tr(model.stages[-1]))
            texts = [
                tr("{} (in use)").format(name) if model.folder == chosen else name,
                str(len(model.classes)),
                *("–" if score is None else f"{score:.1f}" for score in scores),
                model.made.strftime("%Y-%m-%d %H:%M"),
            ]
            tip = f"{model.folder}\n{', '.join(model.classes)}\n{model.features}\n" + tr(
                "trained on %n video(s): {}", "", model.videos
            ).format(", ".join(model.stages))
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(tip)
                self.models.setItem(row, column, item)

    def _take(self, row: int) -> None:
        if 0 <= row < len(self._models):
            self.model_chosen.emit(self._models[row].folder)
            self.show_models()

    def showEvent(self, event: QEvent) -> None:
        super().showEvent(event)
        self._fill()
        self._list_annotators()
        self._offer_to_go_on()
        self.show_models()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()

    def _dress(self) -> None:
        theme = of_palette(self.palette())
        for plot in (self.loss, self.score):
            plot.setBackground(theme.surface)
            for side in ("left", "bottom"):
                plot.getAxis(side).setPen(theme.line)
                plot.getAxis(side).setTextPen(theme.muted)


def _table(name: str, columns: tuple[str, ...]) -> QTableWidget:
    table = QTableWidget(0, len(columns))
    table.setAccessibleName(name)
    table.setHorizontalHeaderLabels(columns)
    table.horizontalHeader().setDefaultAlignment(
        Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    )
    table.verticalHeader().hide()
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    header = table.horizontalHeader()
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    return table


def _plot(title: str, file_name: str) -> StillPlot:
    plot = StillPlot(title, file_name)
    plot.getAxis("left").enableAutoSIPrefix(False)  # "x0.001" is read too late
    plot.setLabel("left", title)
    plot.setLabel("bottom", "iterations")
    plot.addLegend(offset=(-10, 10))
    return plot

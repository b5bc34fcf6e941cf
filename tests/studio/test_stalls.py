"""Nothing holds the window up: opening, then 500 key and mouse events, every turn timed.

Timed by the GUI thread's own processor time: what it does itself, however busy the machine is.
"""

import gc
import time

from projects import evolution_of, project_of
from stalls import Session

from etp_core.project import AddSegment, Batch


def test_no_turn_of_the_event_loop_is_long(qtbot, window, tmp_path, clip, phone_clip):
    project = project_of(tmp_path / "work.etp", clip, phone_clip, segments=())
    spans = [(i * 0.019, i * 0.019 + 0.1, 1 + i % 2) for i in range(200)]
    edits = tuple(AddSegment(1, label, start, end) for start, end, label in spans)
    project.apply(Batch(edits, "fill"))
    found = tuple((start, end, label - 1, 0.5) for start, end, label in spans)
    project.add_run(1, evolution_of("clip", found), {})
    project.add_run(2, evolution_of("phone"), {})
    project.close()
    gc.collect()
    gc.freeze()  # as the program does once its window is made (etp_studio.app.make_window)
    session = Session(window, seed=1, clock=time.thread_time)
    if session.open(tmp_path / "work.etp"):  # long twice is no chance of a machine that is busy
        window.session.set_project(None)
        session.open(tmp_path / "work.etp")
    assert window.session.evolution is not None
    stalls = session.play(500)
    gc.unfreeze()
    assert session.done == 500
    assert [f"{1000 * seconds:.0f} ms after {what}" for seconds, what in stalls] == []
    assert len(window.session.project.history()) > 50  # the events did something

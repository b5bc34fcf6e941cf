"""OpenCV without its side effect on Qt.

OpenCV's wheel carries a Qt of its own and points QT_QPA_PLATFORM_PLUGIN_PATH at it on import; a Qt
window opened afterwards would load the wrong plugins and abort. Import OpenCV through here.
"""

import importlib
import os
from types import ModuleType

_TOUCHED = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")


def cv2() -> ModuleType:
    """The module cv2, imported so that the environment is afterwards what it was before."""
    before = {name: os.environ.get(name) for name in _TOUCHED}
    module = importlib.import_module("cv2")
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    return module

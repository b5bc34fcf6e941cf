"""The errors that a person may read: one line that names the file and says what to do."""


class EtpError(Exception):
    """The work failed (exit code 1). The message is one readable line."""

    exit_code = 1


class InputError(EtpError):
    """A file or an option is wrong (exit code 2). The message names the file and the row."""

    exit_code = 2


class VideoError(InputError):
    """A video is missing, empty or cannot be decoded."""


class ModelError(InputError):
    """A model directory is missing, damaged or of another version."""


class ProjectError(InputError):
    """A project file is missing, damaged, newer than this program, or cannot be written."""

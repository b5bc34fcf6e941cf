"""Links that open the studio at a moment of a video, and the command that does the same."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from etp_core.errors import InputError

SCHEME = "etp-studio"


@dataclass(frozen=True)
class StudioLink:
    """A project or video to open; in it `video` (its name, for a project) at `at` seconds."""

    path: Path
    at: float
    video: str = ""

    @property
    def url(self) -> str:
        """`etp-studio://open?path=…&video=…&at=…`, what `etp-studio` takes as an argument."""
        query = {"path": str(self.path), "at": f"{self.at:.3f}"}
        if self.video:
            query["video"] = self.video
        return f"{SCHEME}://open?{urlencode(query)}"

    @property
    def command(self) -> str:
        """The same as a command for a shell."""
        words = ["etp-studio", str(self.path)]
        if self.video:
            words += ["--video", self.video]
        return shlex.join([*words, "--at", f"{self.at:.3f}"])

    @classmethod
    def parse(cls, url: str) -> "StudioLink":
        """Read what `url` wrote; raises InputError if it is no such link."""
        parts = urlsplit(url)
        values = {key: found[-1] for key, found in parse_qs(parts.query).items()}
        try:
            if parts.scheme != SCHEME:
                raise ValueError
            return cls(Path(values["path"]), float(values.get("at", 0)), values.get("video", ""))
        except (KeyError, ValueError):
            raise InputError(f"{url}: is not a link that the studio can open") from None

"""Links that open the studio: written and read back, whatever the names."""

from pathlib import Path

import pytest

from etp_core.errors import InputError
from etp_core.studio_link import StudioLink


@pytest.mark.parametrize("video", ["", "a b", "ü&x=1?#", "v'1"])
def test_a_link_gives_back_what_it_was_made_of(video):
    link = StudioLink(Path("/tmp/my videos/ü&1.etp"), 12.3456, video)
    assert StudioLink.parse(link.url) == StudioLink(link.path, 12.346, video)


def test_the_command_can_be_pasted_into_a_shell():
    link = StudioLink(Path("/tmp/my videos/p.etp"), 1.5, "it's")
    assert link.command == ("etp-studio '/tmp/my videos/p.etp' --video 'it'\"'\"'s' --at 1.500")


@pytest.mark.parametrize(
    "url", ["http://x/?path=a", "etp-studio://open", "etp-studio://open?path=a&at=x"]
)
def test_what_is_no_link_is_refused(url):
    with pytest.raises(InputError, match="is not a link"):
        StudioLink.parse(url)

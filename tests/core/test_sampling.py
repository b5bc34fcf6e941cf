"""What the later stages are trained on: who is drawn how often, and what is cut away."""

import torch

from etp_core.sampling import Drawer, Truth, clip, jitter, match, windows


def test_every_instance_is_drawn_equally_often_however_many_proposals_it_has() -> None:
    rows = torch.arange(100) + 5
    owner = torch.tensor([7] * 90 + [9] * 10)
    drawn = Drawer(rows, owner, seed=0).draw(4000) - 5
    assert 0.45 < (drawn >= 90).double().mean() < 0.55
    assert len(Drawer(rows[:0], owner[:0], seed=0).draw(8)) == 0


def test_a_segment_is_clipped_to_its_video_and_says_whether_enough_is_left() -> None:
    segments = torch.tensor([[-3.0, 4.0], [2.0, 30.0], [9.5, 12.0]]).double()
    clipped, enough = clip(segments, torch.tensor([20, 20, 10]), 1.0)
    assert clipped.tolist() == [[0, 4], [2, 20], [9.5, 10]]
    assert enough.tolist() == [True, True, False]


def test_jittered_ground_truth_is_of_every_quality() -> None:
    truth = Truth(torch.tensor([0]), torch.tensor([[200.0, 240.0]]).double(), torch.zeros(1))
    tiou = match(*jitter(truth, torch.tensor([500]), 400, 0), truth).tiou
    shares = [(tiou > 0.7).double().mean(), ((tiou >= 0.3) & (tiou < 0.7)).double().mean()]
    assert shares[0] > 0.15 and shares[1] > 0.3 and tiou.min() < 0.3


def test_training_proposals_lie_in_their_videos() -> None:
    truth = Truth(
        torch.tensor([0, 1]), torch.tensor([[2.0, 12.0], [25.0, 29.0]]).double(), torch.zeros(2)
    )
    lengths = torch.tensor([14, 30])
    for video, segments in (jitter(truth, lengths, 40, 0), windows(lengths, truth, 40, 0)):
        assert set(video.tolist()) == {0, 1}
        assert (segments[:, 0] >= 0).all() and (segments[:, 1] <= lengths[video] + 1e-9).all()
        assert (segments.diff(dim=1) >= 1 - 1e-9).all()

"""Rows for drawn scenes, learned beside a classifier that stays as it is."""

import torch

from training.classes import learn_rows, principal


def test_new_rows_know_their_scenes_and_leave_photos_alone() -> None:
    torch.manual_seed(0)
    rows, bias = torch.randn(5, 16), torch.zeros(5)
    photos, middles = torch.randn(60, 16), 4 * torch.randn(2, 16)
    scene = torch.arange(2).repeat_interleave(20)
    drawn = middles[scene] + 0.3 * torch.randn(40, 16)
    whole, biases = learn_rows(rows, bias, photos, drawn, scene)
    torch.testing.assert_close(whole[:5], rows)
    assert ((drawn @ whole.T + biases).argmax(1) == scene + 5).float().mean() > 0.95
    assert ((photos @ whole.T + biases).argmax(1) >= 5).float().mean() < 0.1


def test_principal_directions_are_the_same_each_time_whatever_their_sign() -> None:
    torch.manual_seed(1)
    rows = torch.randn(40, 8)
    directions = principal(rows, 3)
    assert directions.shape == (8, 3)
    torch.testing.assert_close(directions, principal(-rows, 3))
    torch.testing.assert_close(directions.T @ directions, torch.eye(3), atol=1e-5, rtol=0)

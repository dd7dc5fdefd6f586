"""Training takes one core; what the encoders do isn't changed by it."""

import threading

import torch

from embedding_service.projections.thread import training_thread


def test_the_training_thread_alone_uses_one_core() -> None:
    before = torch.get_num_threads()
    seen: list[int] = []
    with training_thread() as pool:
        assert pool.submit(torch.get_num_threads).result() == 1
        another = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
        another.start()
        another.join()
    assert seen == [before] == [torch.get_num_threads()]

"""Pictures of several threads share passes: whose vector is whose, and what failures leave."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, cast

import numpy as np
import pytest

from catalog.descriptors.coalescing import LARGEST_PASS, CoalescingDescriber

PATIENCE = 30  # seconds; only a deadlock takes that long


class Passes:
    """Stands in for the network: a "picture" n becomes [n]. Each pass waits for `release()`."""

    def __init__(self, on_pass: Callable[[Sequence[int]], None] = lambda pictures: None) -> None:
        self.sizes: list[int] = []
        self.at_once = self.most_at_once = 0
        self.started = threading.Semaphore(0)
        self.released = threading.Semaphore(0)
        self.on_pass = on_pass

    def __call__(self, pictures: Sequence[int]) -> np.ndarray:
        self.sizes.append(len(pictures))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.started.release()
        assert self.released.acquire(timeout=PATIENCE)
        self.at_once -= 1
        self.on_pass(pictures)
        return np.array(pictures, dtype=np.float32)[:, None]

    def release(self, passes: int = 1) -> None:
        self.released.release(passes)


class Callers:
    """Threads that each ask for one picture; the first one's pass is running when this is made."""

    def __init__(self, passes: Passes, others: int) -> None:
        # Any, because its pictures are numbers.
        self.describe = cast(Any, CoalescingDescriber)(passes, passes=1)
        self.pool = ThreadPoolExecutor(max_workers=others + 1)
        self.answers: list[Future] = [self.pool.submit(self.describe, 0)]
        assert passes.started.acquire(timeout=PATIENCE)
        for number in range(1, others + 1):
            self.answers.append(self.pool.submit(self.describe, number))
            self.wait_until_queued(number)

    def wait_until_queued(self, number: int) -> None:
        for _ in range(PATIENCE * 1000):
            if len(self.describe._waiting) == number:
                return
            time.sleep(0.001)
        raise AssertionError("a caller did not queue up")

    def results(self) -> list[float]:
        return [float(answer.result(timeout=PATIENCE)[0]) for answer in self.answers]


def test_a_lone_caller_is_described_at_once():
    # Catches a wait for company, which every upload on a quiet server would pay: nobody else
    # comes here, and no clock runs.
    passes = Passes()
    passes.release()
    assert CoalescingDescriber(passes)(7).tolist() == [7]
    assert passes.sizes == [1]


def test_who_comes_during_a_pass_shares_the_next_and_gets_its_own_vector():
    # Catches passes of one picture each, passes that run at once, and vectors mixed up.
    passes = Passes()
    callers = Callers(passes, others=5)
    passes.release(2)
    assert callers.results() == [0, 1, 2, 3, 4, 5]
    assert passes.sizes == [1, 5]
    assert passes.most_at_once == 1


def test_a_pass_has_a_largest_size_and_the_rest_come_next():
    # Catches a pass without bound, and a caller left behind because another's pass was full.
    passes = Passes()
    others = LARGEST_PASS + 3
    callers = Callers(passes, others=others)
    passes.release(3)
    assert callers.results() == list(range(others + 1))
    assert passes.sizes == [1, LARGEST_PASS, 3]


def test_a_second_pass_may_run_beside_the_first():
    # Catches a second caller who waits where there is room, a third who does not, and a caller
    # whose picture is in a running pass and who starts an empty one.
    passes = Passes()
    describe = CoalescingDescriber(passes, passes=2)
    with ThreadPoolExecutor(max_workers=4) as pool:
        answers = [pool.submit(describe, number) for number in (0, 1)]
        for _ in range(2):
            assert passes.started.acquire(timeout=PATIENCE)
        answers += [pool.submit(describe, number) for number in (2, 3)]
        for _ in range(PATIENCE * 1000):
            if len(describe._waiting) == 2:
                break
            time.sleep(0.001)
        passes.release(3)
        assert [float(answer.result(timeout=PATIENCE)[0]) for answer in answers] == [0, 1, 2, 3]
    assert passes.sizes == [1, 1, 2]
    assert passes.most_at_once == 2


def test_a_failed_pass_reaches_all_its_callers_and_nobody_else():
    # Catches callers who wait forever for a leader that failed, and a failure that stays.
    def fail(pictures: Sequence[int]) -> None:
        if len(pictures) > 1:
            raise ValueError("no memory")

    passes = Passes(fail)
    callers = Callers(passes, others=3)
    passes.release(3)
    assert callers.answers[0].result(timeout=PATIENCE).tolist() == [0]
    for answer in callers.answers[1:]:
        with pytest.raises(ValueError, match="no memory"):
            answer.result(timeout=PATIENCE)
    assert callers.describe(9).tolist() == [9]


def test_an_interrupted_leader_leaves_the_others_to_the_next_pass():
    # Catches a server that answers nobody any more after one thread was stopped in a pass.
    def interrupt(pictures: Sequence[int]) -> None:
        if len(passes.sizes) == 2:
            raise KeyboardInterrupt

    passes = Passes(interrupt)
    callers = Callers(passes, others=3)
    passes.release(4)
    outcomes = [answer.exception(timeout=PATIENCE) for answer in callers.answers]
    assert [type(outcome) for outcome in outcomes].count(KeyboardInterrupt) == 1
    answered = [n for n, outcome in enumerate(outcomes) if outcome is None]
    assert len(answered) == 3
    assert [float(callers.answers[n].result()[0]) for n in answered] == answered


def test_a_network_that_loses_a_row_is_an_error_not_a_wait():
    # Catches callers whose vector never comes, and vectors moved up by one.
    describe = CoalescingDescriber(lambda pictures: np.ones((0, 4), dtype=np.float32))
    with pytest.raises(ValueError, match="shorter"):
        describe(1)


def test_many_threads_all_get_their_own():
    # Catches lost wake-ups and races in the queue: 16 threads, 50 pictures each.
    describe = CoalescingDescriber(lambda pictures: np.array(pictures, dtype=np.float32)[:, None])
    with ThreadPoolExecutor(max_workers=16) as pool:
        answers = list(pool.map(describe, range(800), timeout=PATIENCE))
    assert [int(answer[0]) for answer in answers] == list(range(800))

"""What it costs to print 290 requisitions, with one process and with two."""

import gc
from datetime import date
from time import perf_counter

import pytest
from tqdm import tqdm

from benchmarks.test_pages import draft_of
from grants.distribution import decide
from reporting.printing import printed, to_print
from tests.factories import make_member, make_requisition, publish_memo


@pytest.mark.django_db(transaction=True)
def test_290_requisitions_on_two_processes(storsthlm, tell):
    distribution = decide(
        draft_of(storsthlm, 290),
        by=make_member(storsthlm, role="approver"),
        decided_on=date(2020, 3, 16),
    )
    publish_memo(distribution)
    codes = distribution.allocations.values_list("municipality__code", flat=True)
    for code in codes:
        make_requisition(distribution, code, use_text="Handledarutbildning")
    requisitions = list(to_print(distribution.grant.requisitions.all()))

    # One process would else look for garbage among all that the tests have loaded.
    gc.freeze()
    seconds, documents = {}, {}
    for processes in (1, 2):
        start = perf_counter()
        progress = tqdm(printed(requisitions, processes), total=290, unit=" pdf")
        documents[processes] = [each.pdf for each in progress]
        seconds[processes] = perf_counter() - start

    ratio = seconds[1] / seconds[2]
    tell(
        f"290 requisitions: {seconds[1]:.1f} s by one process, {seconds[2]:.1f} s by two: "
        f"{ratio:.2f} times (limit 1.7)"
    )
    assert documents[1] == documents[2]
    assert ratio >= 1.7

"""Metrics of services, what is derived from them, and the sums of several processes."""

import math
import os
import subprocess
import sys
from pathlib import Path

from tests.support.metrics import Figures, figures_here, read_figures
from tests.support.shared import ROOT
from trellis.schema.metrics import (
    DIRECTORY_VARIABLE,
    ServiceMetrics,
    before_exposition,
)

SHOP = ServiceMetrics("test_shop")


def test_every_series_says_which_service_it_belongs_to():
    for service, times in (("test_a", 2), ("test_b", 3)):
        ServiceMetrics(service).counter("test_things_total", "Things.").inc(times)
    found = figures_here()
    assert found.of("test_things_total", service="test_a") == 2
    assert found.of("test_things_total", service="test_b") == 3


def test_a_metric_is_the_same_one_however_often_it_is_named():
    ServiceMetrics("test_c").counters("test_named_total", "Named.", "kind")("x").inc()
    ServiceMetrics("test_c").counters("test_named_total", "Named.", "kind")("x").inc()
    assert figures_here().of("test_named_total", service="test_c", kind="x") == 2


def test_a_histogram_has_its_own_buckets():
    values = SHOP.histogram("test_values", "Values.", buckets=(10, 100))
    for value in (5, 50, 500):
        values.observe(value)
    found = figures_here()
    assert [found.of("test_values_bucket", le=le) for le in ("10.0", "100.0", "+Inf")] == [1, 2, 3]
    assert found.of("test_values_sum", service="test_shop") == 555


def test_a_ratio_is_not_a_number_before_anything_is_counted():
    paid = SHOP.counters("test_paid_total", "Payments.", "status")
    SHOP.ratio("test_rate", "Rate.", of="test_paid_total", label="status", value="completed")
    assert math.isnan(figures_here().of("test_rate"))
    for status in ("completed", "completed", "completed", "failed"):
        paid(status).inc()
    ServiceMetrics("test_other").counters("test_paid_total", "Payments.", "status")("failed").inc()
    assert figures_here().of("test_rate", service="test_shop") == 0.75


def test_an_alias_has_the_series_of_one_service():
    for service in ("test_shop", "test_store"):
        ServiceMetrics(service).histogram("test_queries", "Queries.").observe(0.2)
    SHOP.alias("test_documents", "Documents.", of="test_queries")
    found = figures_here()
    assert found.of("test_documents_count") == 1
    assert found.of("test_documents_bucket", le="0.1") == 0
    assert found.of("test_documents_bucket", le="0.25") == 1


def test_what_is_kept_elsewhere_is_read_when_it_is_exposed():
    size = SHOP.gauge("test_size", "Size.")
    kept: list[int] = []
    before_exposition(lambda: size.set(len(kept)))
    kept += [1, 2, 3]
    assert figures_here().of("test_size") == 3


# -- several processes ----------------------------------------------------------------------------

WORKER = """
from trellis.schema.metrics import ServiceMetrics
import os, sys
metrics = ServiceMetrics("shop")
metrics.counters("sold_total", "Sold.", "kind")("book").inc(int(sys.argv[1]))
metrics.histogram("took", "Took.").observe(0.2)
metrics.gauge("open", "Open.").set(7)
metrics.gauge("state", "State.", merge="livemax").set(2)
"""
READER = (
    WORKER
    + """
metrics.alias("lasted", "Lasted.", of="took")
metrics.ratio("books", "Books.", of="sold_total", label="kind", value="book")
from trellis.schema.metrics import exposition
sys.stdout.buffer.write(exposition())
"""
)


def run(program: str, folder: Path, number: int) -> Figures:
    environment = {**os.environ, DIRECTORY_VARIABLE: str(folder)}
    command = [sys.executable, "-c", program, str(number)]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, check=True)
    return read_figures(done.stdout.decode())


def test_counts_of_all_processes_are_added_up_and_outlive_them(tmp_path: Path):
    run(WORKER, tmp_path, 5)
    run(WORKER, tmp_path, 30)
    found = run(READER, tmp_path, 100)
    assert found.of("sold_total", service="shop", kind="book") == 135
    assert found.of("took_count") == found.of("lasted_count") == 3
    assert found.of("books") == 1
    # What is open, and states, are those of processes that live.
    assert found.of("open") == 7
    assert found.of("state") == 2
    assert run(READER, tmp_path, 0).of("open") == 7

"""The subgraph without its jobs: charges and refunds are made when a test says so."""

from trellis.subgraphs.payments.graph import define
from trellis.subgraphs.payments.providers.chosen import provider_of

make_quiet = define(provider_of, jobs=())

make_empty = define(provider_of, jobs=(), write_demo_data=None)
"""Without demo data, so that sums over tables are those of a test."""

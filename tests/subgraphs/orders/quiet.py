"""The subgraph without its jobs: orders expire when a test says so."""

from trellis.subgraphs.orders.graph import define

make_quiet = define(jobs=())

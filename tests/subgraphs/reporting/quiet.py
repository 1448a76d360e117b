"""The subgraph without its jobs: reports are generated when a test says so."""

from trellis.subgraphs.reporting.graph import define

make_quiet = define(jobs=())

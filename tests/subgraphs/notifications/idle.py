"""The subgraph without what it does again and again: it is done when a test says so."""

from trellis.subgraphs.notifications.graph import define

make_idle = define(jobs=())

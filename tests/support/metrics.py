"""Metrics as a Prometheus server reads them."""

from collections.abc import Mapping
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from trellis.schema.metrics import exposition, refresh_values


class Figures(NamedTuple):
    """One reading of ``/metrics``."""

    samples: Mapping[tuple[str, frozenset[tuple[str, str]]], float]

    def of(self, name: str, **labels: str) -> float:
        """The sum of all series of this name that have these labels; 0 if there is none."""
        wanted = labels.items()
        return sum(
            value
            for (one, own), value in self.samples.items()
            if one == name and wanted <= dict(own).items()
        )

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.samples}

    def labels_of(self, name: str, label: str) -> set[str]:
        """The values of a label of this name."""
        return {dict(own)[label] for one, own in self.samples if one == name}


def read_figures(text: str) -> Figures:
    """The figures in the text format."""
    return Figures(
        {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
    )


def figures_here() -> Figures:
    """Those of this process."""
    refresh_values()
    return read_figures(exposition().decode())

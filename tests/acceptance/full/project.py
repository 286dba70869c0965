"""The whole of Standard Scenarios by commands: import, data in its shape, registry, three queries."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pandas as pd
from tests.acceptance.commands import Commands, Ran
from tests.acceptance.full.by_hand import COMMERCIAL_GROWTH, COMSTOCK, RESSTOCK, TEMPO
from tests.acceptance.full.making_data import MISSING, Amount, Made, make_data

REPOSITORY: Final = "data/standard-scenarios-full"
RESIDENTIAL_GROWTH: Final = "aeo2021_reference_residential_energy_use_growth_factors"
# Factors of growth are public; their tables lie beside the configurations.
GROWTH: Final = {
    COMMERCIAL_GROWTH: "commercial/End_Use_Growth_Factors",
    RESIDENTIAL_GROWTH: "residential/End_Use_Growth_Factors",
    "aeo2021_reference_industrial_energy_use_growth_factors": "industrial/Growth_Factors",
    "aeo2021_reference_other_commercial_energy_use_growth_factors": "other_commercial/Growth_Factors",
}

# Each dataset lacks data in another of the ways that there are: ComStock has all 43,862 combinations, which share the
# time arrays; in ResStock one building type of some counties has its own, and the lookup says of all others that they
# have none; of TEMPO a table says which counties, vehicles, years and scenarios have none (all that it could have would
# be 115 million combinations). In the large size that is 69 million stored values, which stand for 8 thousand million.
SIZES: Final[Mapping[str, Mapping[str, Amount]]] = {
    "sail": {
        COMSTOCK: Amount(profiles=98),
        RESSTOCK: Amount({"geography": 98, "subsector": 1}),
        TEMPO: Amount({"geography": 400, "subsector": 2, "model_year": 3, "scenario": 1}, absent="table"),
    },
    "spark": {
        COMSTOCK: Amount(profiles=5),
        RESSTOCK: Amount({"geography": 5, "subsector": 1}),
        TEMPO: Amount({"geography": 40, "subsector": 1, "model_year": 2, "scenario": 1}, absent="table"),
    },
}


@dataclass(frozen=True)
class Decision:
    """A line that is changed after the import, and why nobody but a human could know that."""

    file: str
    line: str
    new: str
    reason: str

    def apply(self, target: Path) -> None:
        """Change the file; the line stands in it once, or the import says something else by now."""
        path = target / self.file
        text = path.read_text("utf-8")
        assert text.count(f"\n{self.line}\n") == 1, f"{self.file}: {self.line}"
        path.write_text(text.replace(f"\n{self.line}\n", f"\n{self.new}\n"), "utf-8")


DECISIONS: Final = (
    Decision(
        f"datasets/{COMMERCIAL_GROWTH}/submit_dataset.toml",
        "[mapping.subsector]",
        '[mapping.geography]\nkind = "duplication"\nreverse_of = "census_division"\n\n[mapping.subsector]',
        "a county grows as its census division does: there, an option of the command said so, which no file keeps",
    ),
    Decision(
        f"datasets/{RESIDENTIAL_GROWTH}/submit_dataset.toml",
        "[mapping.metric]",
        '[mapping.geography]\nkind = "duplication"\nreverse_of = "all_geographies"\n\n[mapping.metric]',
        "a county grows as the country does",
    ),
    Decision(
        f"datasets/{RESIDENTIAL_GROWTH}/register_dataset.toml",
        'pivot = "metric"',
        'pivot = "metric"\nignore = ["sector"]',
        'the table has a column "sector" with the cell "residential", but the one record is called "res"',
    ),
    Decision(
        f"datasets/{TEMPO}/register_dataset.toml",
        'pivot = "metric"',
        f'pivot = "metric"\nmissing = ["../../../data/{TEMPO}/{MISSING}"]',
        "the data that were made lack most combinations",
    ),
)

_HEAD: Final = """spec_version = 1
job = "query"
registry = "../registry"
name = "{name}"
project = "dsgrid_conus_2022"
"""
_ELECTRICITY: Final = '{ dimension = "end_uses_by_fuel_type", equals = "electricity_end_uses" }'
_REFERENCE: Final = '{ dimension = "scenario", equals = "reference" }'
QUERIES: Final = {
    "annual_by_state": _HEAD
    + f"""datasets = ["{COMSTOCK}", "{RESSTOCK}", "{TEMPO}"]
where = [{_ELECTRICITY}]

[[step]]
function = "sum"
by = ["state", "sector", "scenario", "model_year", "annual"]

[result]
path = "../results"
unit = "GWh"
""",
    "hourly_by_state": _HEAD
    + f"""datasets = ["{COMSTOCK}"]
where = [{_ELECTRICITY}, {_REFERENCE}]

[[step]]
function = "sum"
by = ["state", "time_est"]

[result]
path = "../results"
unit = "MWh"
""",
    "projected_by_state": _HEAD
    + f"""expression = "commercial"
where = [{_ELECTRICITY}, {_REFERENCE}]

[source.commercial]
kind = "exponential_growth"
initial = "{COMSTOCK}"
growth = "{COMMERCIAL_GROWTH}"

[[step]]
function = "sum"
by = ["state", "model_year", "annual"]

[result]
path = "../results"
unit = "GWh"
""",
}


@dataclass(frozen=True)
class FullProject:
    """The project in a folder of its own, with what its commands took.

    Parameters
    ----------
    steps
        What each command took, by a name for it.
    """

    commands: Commands
    repository: Path
    steps: dict[str, Ran] = field(default_factory=dict)

    @classmethod
    def begin(cls, shared: Path, folder: Path, engine: str) -> FullProject:
        """Return a project of which nothing is done yet."""
        return cls(Commands(folder, engine), shared / REPOSITORY)

    @property
    def target(self) -> Path:
        """The folder of the import."""
        return self.commands.folder / "imported"

    @property
    def data(self) -> Path:
        """The folder of the data files."""
        return self.commands.folder / "data"

    @property
    def registry(self) -> Path:
        """The registry's folder."""
        return self.target / "registry"

    def imported(self, *options: str | Path) -> Ran:
        """Import the repository."""
        command = ("import", "project", self.repository, "--to", self.target, *options)
        return self._kept("import", self.commands.dsgrid(*command))

    def spec(self, dataset: str) -> Path:
        """Return the spec that registers a dataset."""
        return self.target / "datasets" / dataset / "register_dataset.toml"

    def project_registered(self) -> Ran:
        """Make the registry, and register the project in it."""
        self.commands.run(self.target / "create_registry.toml")
        return self._kept("register project", self.commands.run(self.target / "project/register_project.toml"))

    def data_made(self, amounts: Mapping[str, Amount]) -> dict[str, Made]:
        """Make data in the shape that the imported specs ask for, and lay what is public beside them."""
        made = {dataset: make_data(self.spec(dataset), amount, self.data) for dataset, amount in amounts.items()}
        for dataset, folder in GROWTH.items():
            (self.data / dataset).mkdir()
            source = self.repository / "datasets/modeled/aeo2021_reference" / folder / "data/load_data.csv"
            shutil.copyfile(source, self.data / dataset / source.name)
        return made

    def decided(self) -> None:
        """Make the decisions that the import leaves open."""
        for decision in DECISIONS:
            decision.apply(self.target)

    def submitted(self, datasets: Sequence[str] = (COMSTOCK, RESSTOCK, TEMPO, *GROWTH)) -> None:
        """Register and submit datasets one by one, each by a command of its own."""
        for dataset in datasets:
            self._kept(f"register {dataset}", self.commands.run(self.spec(dataset)))
            self._kept(f"submit {dataset}", self.commands.run(self.spec(dataset).with_name("submit_dataset.toml")))

    def asked(self, name: str) -> pd.DataFrame:
        """Run one of the queries, and return its result."""
        path = self.target / "queries" / f"{name}.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(QUERIES[name].replace("{name}", name), "utf-8")
        self._kept(f"query {name}", self.commands.run(path))
        (table,) = (self.target / "results" / name).glob("*/table.parquet")
        return pd.read_parquet(table)

    def _kept(self, name: str, ran: Ran) -> Ran:
        self.steps[name] = ran
        return ran

    def table(self) -> str:
        """Return what each command took, as Markdown."""
        rows = [f"| {name} | {ran.seconds:.1f} | {ran.cpu:.1f} | {ran.peak:,} |" for name, ran in self.steps.items()]
        return "\n".join(["| command | s | CPU s | peak MiB |", "|---|--:|--:|--:|", *rows])

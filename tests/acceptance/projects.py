"""The projects that are brought along, and what somebody who brings them decides after the import.

What an import leaves open is decided here and nowhere else, and with it why. No imported spec has to be edited.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class Written:
    """A query of which no file was kept, so that it is written here: it becomes ``queries/NAME.toml``.

    Parameters
    ----------
    spec
        The query.
    names
        Our names of columns that are called otherwise there.
    """

    spec: str
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """A project, from its repository to its results.

    Parameters
    ----------
    name
        What it is called here, and in ``shared/expected``.
    repository
        Its folder in ``shared/data``.
    data
        The folder in ``shared/data`` with its data, where the repository does not say that.
    bulks
        What is run after ``bulk.toml``, of the further bulks that the import writes.
    derived
        The results that become datasets, by the folder of the result: the id of each.
    written
        Queries that are written here.
    names
        Our names of columns that are called otherwise there.
    timed_as
        What datasets are called in the list of times, where it is not their id.
    """

    name: str
    repository: str
    data: str = ""
    bulks: tuple[str, ...] = ()
    derived: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, Written] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    timed_as: Mapping[str, str] = field(default_factory=dict)


# Where columns are named by dimension type there, they are named by dimension here.
_STD_NAMES: Final = {
    "geography": "county",
    "metric": "end_use",
    "weather_year": "weather_2012",
    "timestamp": "time_est",
    "year": "annual",
}
# A query of a dataset keeps the dataset's own dimensions where it is brought to no others.
_RESSTOCK_NAMES: Final = {
    **_STD_NAMES,
    "scenario": "reference_scenario",
    "subsector": "resstock_building_type",
    "model_year": "model_year_2018",
}
_RESSTOCK: Final = """spec_version = 1
job = "query_dataset"
name = "{name}"
dataset = "resstock_conus_2022_reference"

[to]
{geography}metric = "dsgrid_conus_2022/end_use"
time = {{ dimension = "dsgrid_conus_2022/time_est", wrap_time = true }}

[result]
path = "../results"
"""
# All values of a dataset, in its own terms.
_VALUES: Final = """spec_version = 1
job = "query_dataset"
name = "{name}"
dataset = "{dataset}"

[result]
path = "../results"
"""

STD: Final = Case(
    "std",
    "std/project",
    derived={
        "derive_comstock_conus_2022_projected": "comstock_conus_2022_projected",
        "derive_resstock_conus_2022_projected": "resstock_conus_2022_projected",
        "derive_tempo_conus_2022_mapped": "tempo_conus_2022_mapped",
    },
    written={
        "dataset_resstock_county": Written(
            _RESSTOCK.format(name="dataset_resstock_county", geography=""), _RESSTOCK_NAMES
        ),
        "dataset_resstock_state": Written(
            _RESSTOCK.format(name="dataset_resstock_state", geography='geography = "dsgrid_conus_2022/state"\n'),
            {**_RESSTOCK_NAMES, "geography": "state"},
        ),
    },
    names=_STD_NAMES,
)
EFS: Final = Case(
    "efs",
    "efs/test_efs/dsgrid_project",
    # A dataset that no project lists, which the existing system had registered all the same.
    bulks=("bulk_unlisted.toml",),
)
_AEO: Final = {
    "aeo2021_ref_com_energy_end_uses": "Commercial_End_Uses",
    "aeo2021_ref_com_energy_end_use_growth_factors": "Commercial_End_Use_Growth_Factors",
}
# The existing system has only registered these two; what they hold is asked here.
AEO: Final = Case(
    "aeo",
    "aeo/test_aeo/dsgrid_project",
    timed_as=_AEO,
    # The repository names a folder beside itself that is not there: its data are among those of another project.
    data="efs/datasets/test_aeo_data",
    written={
        folder: Written(
            _VALUES.format(name=folder, dataset=id_),
            {
                "geography": "US_Census_Divisions",
                "sector": "commercial-sector",
                "subsector": f"AEO2021-commercial-building-types{'' if 'Growth' in folder else '-include-unspecified'}",
                "metric": f"AEO2021-commercial-energy-enduses{'-unitless' if 'Growth' in folder else ''}",
                "scenario": "Reference_Scenario",
                "weather_year": "Weather_Years-trivial-2013_to_2050",
                "model_year": "Model_Years-trivial-2013_to_2050",
                "time_year": "annual_time-2013_to_2050",
            },
        )
        for id_, folder in _AEO.items()
    },
)
CASES: Final = {case.name: case for case in (STD, EFS, AEO)}

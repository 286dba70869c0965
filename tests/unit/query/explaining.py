"""Plans of small queries of every kind, for what `explain` says of them."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from reference.example import HEAD, dataset, project, query_spec, records
from reference.stored import Stored, association_table

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.query.plan import Plans
from dsgrid.query.planner import plan_results
from dsgrid.query.reading import read_query
from dsgrid.query.source import Source
from dsgrid.registry.model import Dataset, Layout, Project, Submission, TypeMapping
from dsgrid.time.dimension import NoTime
from dsgrid.time.rules import TimeRules

TWO_YEARS = records("2018", "2030")
GROWING = HEAD.replace('"homes"', '"later"') + (
    '[source.later]\nkind = "exponential_growth"\ninitial = "homes"\ngrowth = "growth"\n'
)


def grown_project() -> Project:
    """The project "west" with two model years."""
    of = project()
    years = (replace(one, records=TWO_YEARS) if one.type == "model_year" else one for one in of.base)
    return replace(of, base=tuple(years))


def growth(of: Project) -> Stored:
    """A rate of growth of 10 % for every building type and model year, whatever the county, end use and scenario."""
    told = {"subsector", "model_year"}
    dimensions, mappings = {}, {}
    for base in of.base:
        own = base.records if base.type in told else records("every", time_zone=("America/Denver",), unit=("",))
        class_ = "growth_rate" if base.type == "metric" else base.record_class
        dimensions[base.type] = Dimension(f"own_{base.type}", base.type, class_, own)
        associations = tuple(Association("every", id_) for id_ in base.records.ids)
        mappings[base.type] = TypeMapping(
            base.name, None if base.type in told else Mapping("duplication", associations)
        )
    keys = tuple(base.type for base in of.base if base.type in told)
    facts = pd.MultiIndex.from_product([dimensions[type_].records.ids for type_ in keys], names=keys).to_frame(
        index=False
    )
    layout = Layout(False, None, keys, trivial=tuple(type_ for type_ in dimensions if type_ not in told))
    return Stored(
        Dataset("growth", "1.0.0", "modeled", dimensions, NoTime("own"), layout, "growth"),
        Submission(of.id, of.version, "growth", "1.0.0", mappings, TimeRules()),
        facts.assign(label=0, value=0.1),
    ).with_files()


def of_one_year(stored: Stored) -> Stored:
    """Return a dataset whose one model year is 2018."""
    years = replace(stored.dataset.dimensions["model_year"], records=records("2018"))
    dimensions = {**stored.dataset.dimensions, "model_year": years}
    return replace(stored, dataset=replace(stored.dataset, dimensions=dimensions))


def in_two_tables(stored: Stored) -> Stored:
    """Return a stacked dataset with its counties and building types in a lookup."""
    keys = ["geography", "subsector"]
    lookup = stored.facts[keys].drop_duplicates().reset_index(drop=True)
    lookup.insert(0, "id", range(len(lookup)))
    facts = stored.facts.merge(lookup, on=keys).drop(columns=keys)
    layout = replace(stored.dataset.layout, two_tables=True, fact_types=("metric",), lookup_types=tuple(keys))
    return replace(stored, dataset=replace(stored.dataset, layout=layout), facts=facts, lookup=lookup).with_files()


def plans_of(text: str, *datasets: Stored, of: Project | None = None, head: str = HEAD) -> Plans:
    """Return the plans of all results of a query; members name the datasets by their ids, growth as well."""
    of = of or project()
    by_id = {one.dataset.id: one for one in (datasets or (dataset(of),))}
    query = read_query(query_spec(text, head))
    sources = []
    for member in query.members:
        source = as_source(by_id[member.dataset])
        sources.append(source if member.growth is None else replace(source, growth=as_source(by_id[member.growth])))
    return plan_results(query, of, tuple(sources))


def as_source(stored: Stored) -> Source:
    """Return what the planner is told about a dataset."""
    return Source(stored.dataset, stored.submission, associations=association_table(stored))

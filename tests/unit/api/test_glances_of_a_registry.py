"""The registry at a glance, and the search over all of it, over HTTP."""

from __future__ import annotations

import shutil

import pytest
from tests.dataless import add_dataset
from tests.project_specs import DATASET, PROJECT, SUBMISSION, changed, one

from dsgrid.operations.apply import apply
from dsgrid.operations.remove import remove
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.registry import hits

COUNTIES = PROJECT["base"]["county"]["records"]


@pytest.fixture
def reader(shared_client):
    return shared_client("reader")


def found(client, text, **more):
    """Return the groups that a search finds, by kind."""
    answer = client.get("/v1/search", params={"text": text, **more})
    assert answer.status_code == 200, answer.text
    return {group["kind"]: group for group in answer.json()["groups"]}


def ids(group):
    return [item["id"] for item in group["items"]]


class TestSearch:
    """What `GET /v1/search` finds."""

    def test_all_kinds_are_found_each_in_its_group(self, reader):
        groups = found(reader, "county")
        assert list(groups) == ["dimensions", "mappings"]
        assert "two_counties/county" in ids(groups["dimensions"])
        assert "two_counties/county:state" in ids(groups["mappings"])
        assert found(reader, "two counties")["projects"]["items"][0]["name"] == "Two counties"
        assert ids(found(reader, "offices")["datasets"]) == ["offices"]

    def test_a_record_names_the_dimensions_that_have_it(self, reader):
        group = found(reader, "08031")["records"]
        (record,) = group["items"]
        assert (record["id"], record["name"], record["in"]) == ("08031", "08031", 1)
        assert record["dimensions"] == [{"id": "two_counties/county", "version": "1.0.0", "type": "geography"}]
        assert (group["total"], group["more"]) == (1, False)

    def test_what_projects_have_comes_before_what_datasets_have(self, reader):
        group = found(reader, "cooling")["records"]
        (record,) = group["items"]
        assert [each["id"] for each in record["dimensions"]] == ["two_counties/end_use", "offices/own_end_use"]

    def test_all_words_have_to_be_there_in_any_order_and_case(self, reader):
        assert ids(found(reader, "COUNTY two_")["dimensions"])[0] == "two_counties/county"
        assert "dimensions" not in found(reader, "county nowhere")
        assert found(reader, "nowhere at all") == {}

    @pytest.mark.parametrize("text", ["%", "_", "!", "\\", "'", '"', "[a-z]", "*", "own%county", "o!_fice", "; DROP"])
    def test_signs_mean_themselves(self, reader, text):
        for kind, group in found(reader, text).items():
            texts = [f"{item['id']} {item['name']} {item.get('description', '')}".lower() for item in group["items"]]
            assert all(word in each for each in texts for word in text.lower().split()), kind

    def test_what_is_closest_comes_first(self, reader):
        assert ids(found(reader, "state")["dimensions"])[0] == "two_counties/state"
        assert ids(found(reader, "office")["records"])[0] == "office"

    def test_lists_are_cut_and_say_so(self, reader):
        whole, cut = found(reader, "o")["dimensions"], found(reader, "o", limit=2)["dimensions"]
        assert whole["total"] > 2
        assert (cut["total"], cut["more"], ids(cut)) == (whole["total"], True, ids(whole)[:2])

    def test_blanks_find_nothing(self, reader):
        assert found(reader, "  ") == {}

    @pytest.mark.parametrize("text", ["", "x" * 501, "a\x1bb"])
    def test_what_cannot_be_looked_for_is_refused(self, reader, text):
        answer = reader.get("/v1/search", params={"text": text})
        assert answer.status_code in (400, 422)
        assert answer.headers["content-type"] == "application/problem+json"

    def test_as_many_words_as_fit_are_no_error(self, reader):
        assert found(reader, " ".join(f"{number:x}" for number in range(150))[:500]) == {}

    def test_it_takes_a_token(self, shared_client):
        assert shared_client().get("/v1/search?text=county").status_code == 401
        assert shared_client().get("/v1/overview").status_code == 401


class TestRegistries:
    """Searches in registries of their own."""

    @pytest.fixture
    def small_registry(self, small_registry, tmp_path):
        return shutil.copytree(small_registry, tmp_path / "registry")

    @pytest.fixture
    def reader(self, client_of):
        return client_of("reader")

    def add(self, folder, id_, **changes):
        spec = changed(DATASET, "dataset/id", id_)
        for path, value in changes.items():
            spec = changed(spec, path.replace("__", "/"), value)
        add_dataset(folder, spec)

    def test_tags_and_other_metadata_are_found_and_shown(self, reader, small_registry):
        self.add(small_registry, "homes", dataset__tags=["Very Special"], dataset__origin={"project": "Odyssey"})
        (item,) = found(reader, "special")["datasets"]["items"]
        assert (item["id"], item["also"]["text"]) == ("homes", "Very Special")
        (item,) = found(reader, "odyssey homes")["datasets"]["items"]
        assert item["also"] == {"path": "origin.project", "text": "Odyssey"}
        # What stands in the id needs no explanation.
        assert found(reader, "homes")["datasets"]["items"][0]["also"] is None

    def test_accents_do_not_matter_on_either_side(self, reader, small_registry):
        named = [one("35013") | {"name": "Doña Ana"}, one("g2") | {"name": "Plain"}, one("g3") | {"name": "ΑΘΗΝΑ"}]
        self.add(small_registry, "places", dimension__geography__records=named)
        for text in ("dona", "DOÑA", "ana don", "35013 doña"):
            assert ids(found(reader, text)["records"]) == ["35013"], text
        assert ids(found(reader, "αθηνα")["records"]) == ["g3"]
        assert ids(found(reader, "pláin")["records"]) == ["g2"]

    def test_records_of_one_name_in_several_dimensions_are_one(self, reader, small_registry):
        for number in range(8):
            self.add(small_registry, f"copy_{number}")
        (record,) = [each for each in found(reader, "g1")["records"]["items"] if each["id"] == "g1"]
        assert (record["in"], len(record["dimensions"])) == (9, hits.DIMENSIONS)

    def test_only_newest_versions_are_found(self, reader, small_registry):
        spec = {"spec_version": 1, "job": "register_project", **changed(PROJECT, "project/name", "Elsewhere")}
        renamed = [COUNTIES[0], {**COUNTIES[1], "name": "Denver"}]
        assert found(reader, "two counties")["projects"]["items"][0]["name"] == "Two counties"
        assert ids(found(reader, "08031")["records"]) == ["08031"]
        apply(changed(spec, "base/county/records", renamed), registry=small_registry, allow="major")
        (project,) = found(reader, "two counties")["projects"]["items"]
        assert project["name"] == "Elsewhere"
        assert project["version"] == reader.get("/v1/projects/two_counties").json()["version"] != "1.0.0"
        (record,) = found(reader, "08031")["records"]["items"]
        assert (record["name"], record["in"]) == ("Denver", 1)

    @pytest.mark.parametrize("counted", [3, 20_000])
    def test_very_many_records_are_not_counted_but_sorted_the_same(self, reader, small_registry, monkeypatch, counted):
        many = [one(f"r{number:03d}") | {"name": f"Region {number}"} for number in range(1, 40)]
        self.add(small_registry, "regions", dimension__geography__records=many)
        self.add(small_registry, "more_regions", dimension__geography__records=[*many, one("r999")])
        monkeypatch.setattr(hits, "_COUNTED", counted)
        group = found(reader, "region", limit=5)["records"]
        assert ids(group) == ["r001", "r002", "r003", "r004", "r005"]
        assert (group["total"], group["more"]) == (None if counted == 3 else 39, True)
        assert {item["in"] for item in group["items"]} == {2}

    def test_a_dataset_says_in_which_projects_it_is(self, reader, small_registry):
        assert [row["projects"] for row in reader.get("/v1/datasets").json()["items"]] == [""]
        submit_dataset(SUBMISSION, registry=small_registry)
        assert [row["projects"] for row in reader.get("/v1/datasets").json()["items"]] == ["two_counties"]
        chosen = reader.get("/v1/datasets", params={"where": "projects ~ two_", "columns": "id"}).json()
        assert chosen["items"] == [{"id": "offices"}]

    def test_what_was_removed_is_told_and_not_found(self, reader, small_registry):
        remove({"spec_version": 1, "job": "remove", "ids": ["offices"]}, registry=small_registry)
        (last, *_) = reader.get("/v1/overview").json()["recent"]
        assert (last["job"], last["registered"], last["removed_total"]) == ("remove", [], len(last["removed"]))
        assert {"kind": "dataset", "id": "offices", "version": "1.0.0"} in last["removed"]
        assert "datasets" not in found(reader, "offices")


class TestOverview:
    """What `GET /v1/overview` tells."""

    def test_totals_are_those_of_the_lists(self, reader):
        totals = reader.get("/v1/overview").json()["totals"]
        for name in ("projects", "datasets", "dimensions", "mappings", "submissions", "registrations"):
            assert totals[name] == reader.get(f"/v1/{name}").json()["total"], name
        dimensions = reader.get("/v1/dimensions?limit=1000").json()["items"]
        assert totals["records"] == sum(row["records"] for row in dimensions)

    def test_projects_have_their_base_dimensions_in_order(self, reader):
        (project,) = reader.get("/v1/overview").json()["projects"]
        assert [each["name"] for each in project["base"]] == list(PROJECT["base"])
        county = project["base"][0]
        assert county == {
            "name": "county",
            "type": "geography",
            "dimension": "two_counties/county@1.0.0",
            "records": 2,
        }

    def test_registrations_tell_what_they_registered_the_newest_first(self, reader):
        recent = reader.get("/v1/overview").json()["recent"]
        assert [each["key"] for each in recent] == sorted((each["key"] for each in recent), reverse=True)
        dataset, project = recent
        assert dataset["registered"][0] == {"kind": "dataset", "id": "offices", "version": "1.0.0"}
        assert dataset["counts"] == {"dataset": 1, "dimension": 8}
        assert project["registered"][0] == {"kind": "project", "id": "two_counties", "version": "1.0.0"}
        assert project["job"] == "register_project"

    def test_as_much_as_is_wanted(self, reader):
        answer = reader.get("/v1/overview?recent=1&projects=0").json()
        assert (len(answer["recent"]), answer["projects"]) == (1, [])
        assert answer["totals"]["projects"] == 1
        assert reader.get("/v1/overview?recent=101").status_code == 422

    def test_a_date_looks_back(self, reader):
        assert reader.get("/v1/overview?at=2100-01-01").json()["totals"]["datasets"] == 1
        assert reader.get("/v1/overview?at=2000-01-01").status_code == 404
        assert reader.get("/v1/search?text=county&at=2100-01-01").json()["groups"]

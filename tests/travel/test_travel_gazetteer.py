"""The offline list of Beijing's places, and how addresses are read with it."""

import pytest
import shared_data

from backend.travel import gazetteer
from backend.travel.address import normalise
from backend.travel.gazetteer import Entry, OfflineGeocoder, entries
from backend.travel.speeds import great_circle_m

# Stations with a place's name that do not lie at the place: at the edge of a park, a lake or an airport.
STATION_ELSEWHERE = {"朝阳公园", "首都机场"}


@pytest.fixture(scope="module")
def geocoder() -> OfflineGeocoder:
    return OfflineGeocoder()


def test_the_list_is_whole() -> None:
    kinds = [entry.kind for entry in entries()]
    assert kinds.count("district") == 16
    assert len(kinds) > 500
    districts = {entry.name for entry in entries() if entry.kind == "district"}
    for entry in entries():
        assert set(entry.districts) <= districts, entry
        assert 39.4 < entry.lat < 41.1, entry
        assert 115.4 < entry.lon < 117.6, entry
        assert normalise(entry.name) == entry.name, entry


def test_places_named_like_a_station_lie_at_the_station() -> None:
    stations = shared_data.stations()
    checked = 0
    for entry in entries():
        if entry.name not in stations or entry.kind == "district" or entry.name in STATION_ELSEWHERE:
            continue
        if entry.name == "北苑" and entry.districts == ("通州区",):
            continue  # Tongzhou's; the station of that name is Chaoyang's
        off_m = min(great_circle_m(entry.position, position) for position in stations[entry.name])
        assert off_m < 500, f"{entry.name} is {off_m:.0f} m from its station"
        checked += 1
    assert checked > 150


def test_every_place_lies_in_its_district() -> None:
    polygons = shared_data.district_polygons()
    for entry in entries():
        for district in entry.districts:
            if shared_data.inside(entry.lat, entry.lon, polygons[district]):
                continue
            off_m = shared_data.border_m(entry.lat, entry.lon, polygons[district])
            assert off_m < 1_500, f"{entry.name} is {off_m:.0f} m outside {district}"


@pytest.mark.parametrize(
    ("address", "name", "district", "precision"),
    [
        ("北京市朝阳区建国门外大街1号国贸大厦A座1205", "国贸大厦", "朝阳区", "building"),
        ("建外SOHO 西区 12号楼", "建外SOHO", "朝阳区", "building"),
        ("北京朝阳区望京ｓｏｈｏ塔１", "望京SOHO", "朝阳区", "building"),
        ("朝阳区建国路88号", "建国路", "朝阳区", "street"),
        ("建国路甲92号", "建国路", "朝阳区", "street"),
        ("朝阳区建国路", "建国路", "朝阳区", "area"),
        ("海淀区知春路 63 号", "知春路", "海淀区", "street"),
        ("中关村大街27号", "中关村大街", "海淀区", "street"),
        ("北京市海淀区上地信息路2号", "上地信息路", "海淀区", "street"),
        ("石景山古城", "古城", "石景山区", "area"),
        ("通州北苑南路", None, "通州区", None),
        ("通州北苑155号", "通州北苑", "通州区", "area"),
        ("昌平沙河镇", "沙河", "昌平区", "area"),
        ("大兴黄村", "大兴黄村", "大兴区", "area"),
        ("顺义空港工业区B区", "顺义空港", "顺义区", "area"),
        ("北京市北京市朝阳区酒仙桥路10号", "酒仙桥路", "朝阳区", "street"),
        ("宣武区牛街", "牛街", "西城区", "area"),
        ("丰台总部基地18区", "总部基地", "丰台区", "area"),
        ("亦庄经济技术开发区荣华中路10号", "荣华中路", "大兴区", "street"),
    ],
)
def test_addresses_as_people_write_them(
    geocoder: OfflineGeocoder, address: str, name: str | None, district: str, precision: str | None
) -> None:
    result = geocoder.geocode(address)
    if name is None:
        assert result.status == "not_found"
        assert result.places[0].district == district
        return
    assert result.status == "found", result
    assert result.place is not None
    assert (result.place.name, result.place.district, result.place.precision) == (name, district, precision)
    assert 0 < result.place.score <= 1


def test_a_name_that_stands_for_several_places_is_a_question(geocoder: OfflineGeocoder) -> None:
    result = geocoder.geocode("北京市万达广场3层")
    assert (result.status, result.reason, result.place) == ("ambiguous", "several", None)
    assert {place.district for place in result.places} == {"朝阳区", "石景山区", "通州区"}
    assert result.sentence("zh") != result.sentence("en") != ""


@pytest.mark.parametrize(
    ("address", "district"),
    [("石景山区万达广场", "石景山区"), ("通州万达广场", "通州区"), ("建国路93号万达广场", "朝阳区")],
)
def test_the_district_or_a_neighbour_settles_it(
    geocoder: OfflineGeocoder, address: str, district: str
) -> None:
    result = geocoder.geocode(address)
    assert result.status == "found"
    assert result.places[0].district == district


@pytest.mark.parametrize("address", ["北京市密云区无名路五里外", "密云", "密云区"])
def test_a_district_alone_is_only_a_suggestion(geocoder: OfflineGeocoder, address: str) -> None:
    result = geocoder.geocode(address)
    assert (result.status, result.reason) == ("not_found", "only_district")
    assert (result.places[0].name, result.places[0].precision) == ("密云区", "district")


def test_a_place_outside_the_stated_district_is_only_a_suggestion(geocoder: OfflineGeocoder) -> None:
    result = geocoder.geocode("房山区国贸大厦A座")
    assert (result.status, result.reason) == ("not_found", "other_district")
    assert result.places[0].name == "国贸大厦"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("", "empty"),
        (" 　,", "empty"),
        ("北京市", "empty"),
        ("上海市徐汇区漕溪北路8号", "outside_beijing"),
        ("天津市河西区友谊路国贸大厦", "outside_beijing"),
        ("广州市北京路1号", "outside_beijing"),
        ("河北省廊坊市建国路1号", "outside_beijing"),
        ("无名胡同9号", "unknown"),
        ("1798号", "unknown"),
        ("路上地铁站旁", "unknown"),
        ("南大红门路1号", "unknown"),
        ("国贸路上", "unknown"),
    ],
)
def test_what_is_not_found_says_why(geocoder: OfflineGeocoder, address: str, reason: str) -> None:
    result = geocoder.geocode(address)
    assert (result.status, result.reason, result.places) == ("not_found", reason, ())


@pytest.mark.parametrize(
    "address", ["x" * 5000, "朝阳区" * 500, "号号号", "\x00\ud800", "😀国贸", "(((", "北京北京北京"]
)
def test_odd_input_never_fails(geocoder: OfflineGeocoder, address: str) -> None:
    assert geocoder.geocode(address).status in {"found", "not_found", "ambiguous"}


def test_twice_the_same_name_close_together_is_one_place() -> None:
    near = [
        Entry("甲楼", (), ("朝阳区",), "building", 39.90, 116.40),
        Entry("甲楼", (), ("朝阳区",), "building", 39.905, 116.40),
    ]
    assert OfflineGeocoder(near).geocode("甲楼").status == "found"
    far = [near[0], Entry("甲楼", (), ("海淀区",), "building", 39.99, 116.30)]
    assert OfflineGeocoder(far).geocode("甲楼").status == "ambiguous"


def test_most_real_addresses_that_are_found_lie_near() -> None:
    import csv

    offs: dict[str, list[float]] = {"area": [], "street": [], "building": []}
    geocoder = OfflineGeocoder()
    with (shared_data.beijing_folder() / "beijing_poi_addresses.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            given = row["district_given"]
            place = geocoder.geocode(
                row["address"] if given in row["address"] else given + row["address"]
            ).place
            if place:
                true = (float(row["lat_wgs84"]), float(row["lon_wgs84"]))
                offs[place.precision].append(great_circle_m((place.lat, place.lon), true))
    assert {name: len(found) > 15 for name, found in offs.items()} == dict.fromkeys(offs, True)
    for precision, most_m in (("area", 2_600), ("street", 2_400), ("building", 1_300)):
        found = sorted(offs[precision])
        assert found[int(len(found) * 0.9)] < most_m, precision
    assert gazetteer.entries() is entries()

"""What a spreadsheet and a script do with saved queries, by `requests` and `csv`."""

import csv
import io
from pathlib import Path

import requests

DEMO = Path(__file__).resolve().parents[2] / "crates/cinchy-seed/demo.yaml"
ANN = ("ann", "ann-demo-1")

ODD = {
    "tables": [
        {
            "domain": "HR",
            "name": "Odd",
            "columns": [
                {"name": "Text", "type": "Text"},
                {"name": "Number", "type": "Number"},
                {"name": "Yes", "type": "Yes/No"},
                {"name": "Day", "type": "Date"},
            ],
            "rows": [
                ['He said "no", twice;\tand\nleft | then', 0.1, True, "2024-02-29"],
                ["", -1234567.5, False, None],
                [None, None, None, None],
                ["日本 🦊", 1e12, True, "2024-02-29T23:59:58"],
            ],
            "entitlements": [{"groups": ["All Users"], "viewAll": True, "directQuery": True}],
        }
    ],
    "queries": [
        {
            "domain": "HR",
            "name": "Odd",
            "cql": "SELECT [Text], [Number], [Yes], [Day] FROM [HR].[Odd] ORDER BY [Cinchy Id]",
            "execute": {"groups": ["All Users"]},
        }
    ],
}


def test_excel_asks_first_without_a_credential(emulator):
    url = f"{emulator.url}/BasicAuthAPI/HR/Employees?ResultFormat=CSV"
    first = requests.get(url)
    assert first.status_code == 401
    assert first.headers["WWW-Authenticate"].startswith("Basic ")
    second = requests.get(url, auth=ANN)
    assert second.status_code == 200
    assert second.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(second.content.decode(), newline="")))
    assert len(rows) == 12
    assert rows[0]["First Name"] == "Ann"
    assert rows[0]["Active"] == "True"


def test_odd_values_survive_each_delimiter(start):
    emulator = start(seeds=[DEMO, ODD])
    url = f"{emulator.url}/BasicAuthAPI/HR/Odd"
    wanted = [row["Text"] for row in requests.get(url, params={"CompressJSON": "false"}, auth=ANN).json()]
    assert wanted == ['He said "no", twice;\tand\nleft | then', "", None, "日本 🦊"]
    for params, delimiter in [
        ({"ResultFormat": "CSV"}, ","),
        ({"ResultFormat": "TSV"}, "\t"),
        ({"ResultFormat": "PSV"}, "|"),
        ({"ResultFormat": "DELIMITED_FILE", "Delimiter": ";"}, ";"),
    ]:
        text = requests.get(url, params=params, auth=ANN).content.decode()
        header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        assert header == ["Text", "Number", "Yes", "Day"]
        # NULL and the empty text look alike (documented by exports).
        assert [row[0] for row in rows] == [text or "" for text in wanted], delimiter
        assert [float(row[1]) if row[1] else None for row in rows] == [0.1, -1234567.5, None, 1e12]
        assert [row[2] for row in rows] == ["True", "False", "", "True"]


def test_a_window_of_rows(emulator):
    url = f"{emulator.url}/BasicAuthAPI/HR/Employees"
    text = requests.get(url, params={"ResultFormat": "CSV", "StartRow": 2, "RowCount": 3}, auth=ANN).text
    assert [row["First Name"] for row in csv.DictReader(io.StringIO(text))] == ["Cid", "Dee", "Eve"]


def test_a_script_with_a_bearer_token(emulator):
    session = requests.Session()
    session.headers.update(emulator.bearer())
    listed = session.get(f"{emulator.url}/API/HR/Employees by Department", params={"@department": "Legal"})
    assert listed.headers["Content-Type"] == "application/json; charset=utf-8"
    assert [row[1] for row in listed.json()["data"]] == ["Gia Rossi", "Hugo Blanc"]
    posted = session.post(f"{emulator.url}/API/v1.0/HR/Employees by Department", data={"@department": "Legal"})
    assert posted.json() == listed.json()
    answer = session.post(
        f"{emulator.url}/API/ExecuteCQL",
        data={
            "Query": "SELECT [First Name] FROM [HR].[Employees] WHERE [Salary] > @salary ORDER BY [First Name]",
            "Type": "QUERY",
            "ResultFormat": "CSV",
            "Parameters[0].ParameterName": "@salary",
            "Parameters[0].ValueType": "System.Double",
            "Parameters[0].XmlSerializedValue": "90",
        },
    )
    assert list(csv.reader(io.StringIO(answer.text))) == [["First Name"], ["Ann"], ["Gia"]]


def test_errors_say_why(emulator):
    missing = requests.post(
        f"{emulator.url}/API/ExecuteCQL", data={"Query": "SELECT [Nme] FROM [HR].[Skills]"}, headers=emulator.bearer()
    )
    assert missing.status_code == 400
    assert "could not be found" in missing.headers["X-Cinchy-Error"]
    assert missing.headers["Content-Type"].startswith("text/html")
    nobody = requests.get(f"{emulator.url}/API/HR/Employees")
    assert nobody.status_code == 401
    public = requests.get(f"{emulator.url}/API/Website/Notices", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert [row[0] for row in public.json()["data"]] == ["We are hiring", "Office closed"]

"""YAML and JSON that mean two things, or nothing, are refused in one line that names file and place."""

import pytest

from inhand_core.config import ConfigError, read_json, read_yaml
from inhand_core.strict import MAX_DEPTH, MAX_VALUES, StrictError, parse_json, parse_yaml

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"port: 1\nhost: x\nport: 2\n", ["line 3", "'port' given twice"]),
        (b"a: {b: {c: 1, c: 1}}\n", ["line 1", "'c' given twice"]),
        (b"a: " + b"[" * 5000 + b"]" * 5000, [f"more than {MAX_DEPTH} levels"]),
        (b"a: " + b"{a: " * 200 + b"1" + b"}" * 200, [f"more than {MAX_DEPTH} levels"]),
        (b"".join(b" " * n + b"a:\n" for n in range(100)), [f"more than {MAX_DEPTH} levels"]),
        (BOMB.encode(), [f"more than {MAX_VALUES} values"]),
        (b"scene: &s\n  light: *s\n", ["'s' holds itself"]),
        (b'host: "\xff\xfe\xe9"\n', ["not UTF-8", "0xff at 7"]),
        ('host: "x"\n'.encode("utf-16"), ["not UTF-8"]),
        (bytes(range(256)), ["not UTF-8"]),
        (b'host: "' + b"A" * 5_000_000 + b'"\n', ["more than 1048576 bytes"]),
        (b"n: " + b"9" * 10_000, ["not YAML"]),
        (b"? [a, b]\n: 4\n", ["line 1", "key"]),
        (b"? {a: b}\n: 4\n", ["line 1", "key"]),
        (b'host: !!python/object/apply:os.system ["id"]\n', ["line 1", "python"]),
        (b"host:\t'x'\n\tport: 1\n", ["line 1"]),
        (b"a: [1\n", ["line"]),
        (b"a: 2020-13-45\n", ["not YAML"]),
        (b"- 1\n", ["mapping at the top"]),
        (b"hello", ["mapping at the top"]),
    ],
)
def test_a_file_is_refused_in_one_line_by_name_and_place(tmp_path, content, words):
    (tmp_path / "given.yaml").write_bytes(content)
    with pytest.raises(ConfigError) as error:
        read_yaml(tmp_path / "given.yaml")
    text = str(error.value)
    assert all(word in text for word in ["given.yaml", *words]), text
    assert len(text) < 400 and "\n" not in text


def test_identifiers_are_text_whatever_they_look_like(tmp_path):
    text = "top: {serial: 24065432, port: 010}\nleft: {serial: 01234567}\nprofile: 2024\nright: {serial: 'a'}\n"
    (tmp_path / "ids.yaml").write_text(text + "empty: {serial: }\n")
    found = read_yaml(tmp_path / "ids.yaml", as_text=("serial", "profile"))
    assert [found[name]["serial"] for name in ("top", "left", "right", "empty")] == ["24065432", "01234567", "a", None]
    assert found["profile"] == "2024" and found["top"]["port"] == 8


def test_what_is_meant_is_read(tmp_path):
    text = "base: &base {a: 1, b: 2}\nmore: {<<: *base, b: 3}\nempty:\nwords: [x, *base]\n"
    (tmp_path / "good.yaml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    base = {"a": 1, "b": 2}
    assert read_yaml(tmp_path / "good.yaml") == {
        "base": base,
        "more": {"a": 1, "b": 3},
        "empty": None,
        "words": ["x", base],
    }
    assert parse_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH, "deep")
    assert read_json('{"a": [1, 2.5, "x", null, "[[[\\"[["]}', "good") == {"a": [1, 2.5, "x", None, '[[["[[']}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{not json", ["not JSON"]),
        ("[1, 2]", ["mapping at the top", "[1, 2]"]),
        ("null", ["mapping at the top", "None"]),
        ('{"a": 1e999}', ["a is no number", "inf"]),
        ('{"a": {"b": [0, NaN]}}', ["a.b[1] is no number", "nan"]),
        ('{"a": -Infinity}', ["a is no number", "-inf"]),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', ["'c'", "twice"]),
        ("[" * 100_000 + "]" * 100_000, ["100000 levels"]),
        ('{"a": ' * 500 + "1" + "}" * 500, ["500 levels"]),
        ('{"a": ' + "9" * 5000 + "}", ["not JSON"]),
        ('{"a": "' + "x" * 2_000_000 + '"}', ["characters"]),
    ],
)
def test_json_is_refused_in_one_line_by_name(text, words):
    with pytest.raises(ConfigError) as error:
        read_json(text, "given.json")
    assert all(word in str(error.value) for word in ["given.json", *words]), str(error.value)
    assert len(str(error.value)) < 300


def test_other_values_are_json_too():
    assert parse_json("[true, {}]", "list") == [True, {}]
    with pytest.raises(StrictError, match=r"where: not JSON"):
        parse_json("", "where")

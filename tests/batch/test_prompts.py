"""Prompts out of files of every kind, and what is said of broken ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from stylus_study.batch.prompts import MAX_PROMPT_CHARS, Prompt, PromptError, read_prompts


def written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_captions_of_coco_go_in_as_they_are(tmp_path: Path) -> None:
    rows = (
        "file_name,caption,ranked_adapters\r\n"
        "COCO_val2014_1.jpg,\"A dog, two cats.\",\"{'dog': [12, 13], 'cats': []}\"\r\n"
        "COCO_val2014_2.jpg,A man on a horse,{}\r\n"
    )
    assert read_prompts(written(tmp_path, "coco.csv", rows)) == [
        Prompt("A dog, two cats.", "COCO_val2014_1.jpg"),
        Prompt("A man on a horse", "COCO_val2014_2.jpg"),
    ]


def test_partiprompts_keep_category_challenge_and_note(tmp_path: Path) -> None:
    rows = "file_name,caption,Category,Challenge,Note,ranked_adapters\n1.png,a knight,People,Basic,,{}\n"
    (prompt,) = read_prompts(written(tmp_path, "parti.csv", rows))
    assert prompt == Prompt("a knight", "1.png", {"Category": "People", "Challenge": "Basic"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "id,Prompt\n1,red fox\n\n2,castle\n"),
        ("a.csv", "\ufeffcaption\nred fox\ncastle\n"),
        ("a.tsv", "Prompt\tCategory\nred fox\t\ncastle\t\n"),
        ("a.txt", "red fox\r\n\r\n castle \n"),
        ("prompts", "red fox\ncastle"),
        ("a.jsonl", '{"prompt": "red fox"}\n\n"castle"\n'),
        ("a.jsonl", '{"caption": "red fox"}\n{"caption": "castle", "file_name": 3}\n'),
    ],
)
def test_other_files(tmp_path: Path, name: str, text: str) -> None:
    assert [p.text for p in read_prompts(written(tmp_path, name, text))] == ["red fox", "castle"]


def test_the_same_row_twice_is_one_prompt_but_another_file_is_not(tmp_path: Path) -> None:
    rows = "file_name,caption\n1.jpg,fox\n1.jpg,fox\n2.jpg,fox\n"
    assert [p.name for p in read_prompts(written(tmp_path, "a.csv", rows))] == ["1.jpg", "2.jpg"]


def test_nothing_behind_the_limit_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, "a.jsonl", '{"prompt": "fox"}\n{broken\n')
    assert [p.text for p in read_prompts(path, 1)] == ["fox"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "id,words\n1,fox\n", "line 1 .* no column prompt or caption, only id, words"),
        ("a.csv", "", "line 1 .* nothing"),
        ("a.csv", 'prompt\n"two\nlines"\n  ""\n"fox" cat\n', "line 5"),
        ("a.csv", 'file_name,caption\n"a\nb",fox\n2.jpg\n', "line 4 .* has 1 columns and no caption"),
        ("a.csv", "caption,Note\nfox,\n ,x\n", "line 3 .* empty prompt"),
        ("a.csv", "caption\n", "holds no prompts"),
        ("a.csv", b"caption\nfox\n\xff\n", "line 3 .* not UTF-8"),
        ("a.jsonl", '{"prompt": "fox"}\n{"prompt": 3}\n', "line 2 .* no text under prompt"),
        ("a.jsonl", '{"prompt": "fox"}\n{', "line 2 .* no JSON"),
        ("a.jsonl", "[" * 100_000, "line 1 .* no JSON"),
        ("a.json", "[]", "a.jsonl"),
        ("a.txt", "fox\n" + "x" * (MAX_PROMPT_CHARS + 1), "line 2 .* longer than"),
        ("a.txt", "fox\0", "line 1 .* binary"),
        ("a.txt", "\n \n", "holds no prompts"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, name: str, text: str | bytes, said: str) -> None:
    with pytest.raises(PromptError, match=said):
        read_prompts(written(tmp_path, name, text))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match=r"gone\.csv: No such file"):
        read_prompts(tmp_path / "gone.csv")

import pytest

from tinyllm.cli.main import main


def shown(capsys, *options):
    assert main(["show", "attention", *options]) == 0
    return capsys.readouterr().out


def signs(told):
    """The matrix alone, one row of signs a word."""
    rows = [[c for c in line if c in "■□·"] for line in told.split("\n\n")[1].splitlines()[1:]]
    return ["".join(row) for row in rows]


@pytest.mark.parametrize(
    ("arch", "matrix"),
    [
        ("encoder-only", ["■■■", "■■■", "■■■"]),
        ("decoder-only", ["■··", "■■·", "■■■"]),
        ("prefix-lm", ["■■·", "■■·", "■■■"]),
        ("encoder-decoder", ["■■·", "■■·", "□□■"]),
    ],
)
def test_each_architecture_allows_its_own_matrix(capsys, arch, matrix):
    told = shown(capsys, "--arch", arch, "--text", "one two three")
    assert told.startswith(f"{arch}: ")
    assert signs(told) == matrix


def test_a_target_follows_its_source_and_is_drawn(capsys, tmp_path):
    file = tmp_path / "matrix.png"
    options = ["--arch", "encoder-decoder", "--text", "a b", "--target", "c d"]
    told = shown(capsys, *options, "--figure", str(file))
    assert signs(told) == ["■■··", "■■··", "□□■·", "□□■■"]
    assert file.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--target", "x"], "--target is for encoder-decoder and prefix-lm; decoder-only has one"),
        (["--text", " "], "the text needs a word; got ' ' and None."),
        (["--arch", "prefix-lm", "--text", "a"], "needs a word for each of its parts; got 'a'"),
        (["--figure", "x.jpg"], "--figure must end in .png; got 'x.jpg'."),
    ],
)
def test_what_cannot_be_shown_is_refused_in_one_line(capsys, options, message):
    assert main(["show", "attention", *options]) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1

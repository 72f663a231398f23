"""Settings: profiles, overrides by the environment, and messages that name file, key and next step."""

from pathlib import Path

import pytest

from lumbung.settings import MissingSecret, Ports, SettingsError, load


def test_profiles_share_no_port() -> None:
    demo, test = load("demo"), load("test")
    assert not set(demo.ports.model_dump().values()) & set(test.ports.model_dump().values())


def test_every_port_of_a_profile_is_different() -> None:
    for profile in ("demo", "test"):
        ports = list(load(profile).ports.model_dump().values())
        assert len(set(ports)) == len(ports) == len(Ports.model_fields)


def test_state_of_profiles_is_apart() -> None:
    demo, test = load("demo"), load("test")
    for name in ("state", "spool", "warehouse", "data_docs", "logs", "secrets"):
        ours, theirs = getattr(demo, name), getattr(test, name)
        assert not ours.is_relative_to(theirs) and not theirs.is_relative_to(ours)


def test_environment_overrides_one_value_and_keeps_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    before = load("demo").ports
    monkeypatch.setenv("LUMBUNG__PORTS__AIRFLOW", "18080")
    after = load("demo").ports
    assert after == before.model_copy(update={"airflow": 18080})


@pytest.mark.parametrize(("profile", "written"), [("demo", True), ("test", False), ("bench", False)])
def test_stages_write_lines_of_json_where_somebody_watches(profile: str, written: bool) -> None:
    assert load(profile).log_json is written


def test_folders_follow_the_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LUMBUNG__STATE", str(tmp_path))
    assert load("demo").secrets == tmp_path / "secrets"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("[profile.demo]\ntenant =", "demo.toml", id="broken-toml"),
        pytest.param("[profiles.demo]\n", "unknown section 'profiles'", id="unknown-section"),
        pytest.param("[profile.other]\n", "no profile 'demo'", id="unknown-profile"),
        pytest.param("[profile.demo]\ntenants = 'x'\n", "tenants", id="unknown-key"),
        pytest.param("[profile.demo]\n", "ports", id="missing-ports"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, expected: str) -> None:
    file = tmp_path / "demo.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load("demo", file)
    assert expected in str(caught.value)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    ("profile", "content", "step"),
    [
        pytest.param("demo", None, "`make demo`", id="demo"),
        pytest.param("bench", None, "`LUMBUNG_PROFILE=bench make up`", id="another profile"),
        pytest.param("bench", " \n", "`LUMBUNG_PROFILE=bench make up`", id="empty"),
    ],
)
def test_a_missing_secret_names_file_and_next_step(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, profile: str, content: str | None, step: str
) -> None:
    monkeypatch.setenv("LUMBUNG__STATE", str(tmp_path))
    file = tmp_path / "secrets" / "ledger_url"
    if content is not None:
        file.parent.mkdir()
        file.write_text(content)
    with pytest.raises(MissingSecret) as caught:
        load(profile).ledger_url  # noqa: B018 - reading it is the point
    assert str(file) in str(caught.value)
    assert step in str(caught.value)


def test_the_ledger_url_names_the_driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LUMBUNG__STATE", str(tmp_path))
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "ledger_url").write_text("postgresql://a:b@127.0.0.1:1/lumbung\n")
    assert load("demo").ledger_url == "postgresql+psycopg://a:b@127.0.0.1:1/lumbung"

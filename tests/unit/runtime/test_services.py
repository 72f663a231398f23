"""What is generated for the services: no secret in argv or configuration that others read, loopback everywhere."""

import base64
import configparser
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from lumbung.settings import Settings, load
from runtime import airflow, data_docs, databases, engine, files, lifecycle, metastore, postgresql, supervisor
from runtime.service import RuntimeFailure, Service


@pytest.fixture
def profile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """A profile whose state is a temporary folder, with jars and a Java that need not exist."""
    monkeypatch.setenv("LUMBUNG__STATE", str(tmp_path / "state"))
    jars = tmp_path / "jars"
    jars.mkdir()
    (jars / "a.jar").touch()
    for module in (files, engine, metastore):
        monkeypatch.setattr(module, "jars", lambda settings, name="platform": jars)
    for module in (files, engine, metastore, airflow, supervisor):
        monkeypatch.setattr(module, "java_home", lambda: Path("/usr/lib/jvm/java"))
    settings = load("demo")
    databases.prepare(settings)
    metastore.prepare(settings)
    engine.prepare(settings)
    airflow.prepare(settings)
    data_docs.prepare(settings)
    return settings


def _services(settings: Settings) -> list[Service]:
    return [
        postgresql.service(postgresql.platform_server(settings), settings),
        postgresql.service(postgresql.sources_server(settings), settings),
        metastore.service(settings),
        engine.service(settings),
        *airflow.services(settings),
        data_docs.service(settings),
    ]


def _secrets(settings: Settings) -> list[str]:
    return [file.read_text().strip() for file in settings.secrets.iterdir()]


def test_no_secret_in_argv_or_environment(profile: Settings) -> None:
    secrets = _secrets(profile)
    assert len(secrets) > 10
    for service in _services(profile):
        shown = " ".join([*service.command, *service.env.values()])
        assert not [secret for secret in secrets if secret in shown], service.name


def test_secrets_and_files_that_hold_them_are_private(profile: Settings) -> None:
    for file in profile.secrets.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file
    secrets = _secrets(profile)
    holders = [
        file
        for file in profile.state.rglob("*")
        if file.is_file() and any(secret in file.read_text(errors="replace") for secret in secrets)
    ]
    assert holders
    for file in holders:
        assert file.stat().st_mode & 0o077 == 0, file


def test_the_supervisor_starts_nothing_by_itself_and_restarts_what_dies(profile: Settings) -> None:
    parsed = configparser.RawConfigParser()
    services = _services(profile)
    parsed.read_string(supervisor.configuration(profile, services))
    for service in services:
        program = parsed[f"program:{service.name}"]
        assert program["autostart"] == "false"
        assert program["autorestart"] == "true"
        assert "--pdeathsig" in program["command"]
        assert program["stdout_logfile_maxbytes"] != "0"
    assert parsed["inet_http_server"]["port"].startswith("127.0.0.1:")
    assert len(parsed["inet_http_server"]["password"]) >= 24


def test_a_percent_sign_in_the_environment_survives(profile: Settings) -> None:
    service = replace(_services(profile)[0], env={"FORMAT": '%(x)s "quoted"'})
    text = supervisor.configuration(profile, [service])
    assert 'FORMAT="%%(x)s \\"quoted\\""' in text


def test_a_changed_configuration_file_restarts_the_service(profile: Settings) -> None:
    service = engine.service(profile)
    before = supervisor.configuration(profile, [service])
    service.config[0].write_text("spark.master local[1]\n")
    assert supervisor.configuration(profile, [service]) != before


def test_engine_and_metastore_listen_on_loopback_only(profile: Settings) -> None:
    spark = dict(
        line.split(" ", 1) for line in (profile.state / "engine/conf/spark-defaults.conf").read_text().splitlines()
    )
    assert spark["spark.connect.grpc.binding.address"] == "127.0.0.1"
    assert spark["spark.driver.bindAddress"] == "127.0.0.1"
    assert spark["spark.sql.catalog.spark_catalog.cache-enabled"] == "false"
    hive = (profile.state / "engine/conf/hive-site.xml").read_text()
    assert "<name>hive.server2.thrift.bind.host</name><value>127.0.0.1</value>" in hive
    assert "<name>hive.server2.authentication</name><value>CUSTOM</value>" in hive
    assert "lumbung.metastore.LoopbackMetastore" in metastore.service(profile).command


def test_every_heap_is_bounded_by_the_settings(profile: Settings) -> None:
    assert f"-Xmx{profile.memory.metastore}m" in metastore.service(profile).command
    spark = (profile.state / "engine/conf/spark-defaults.conf").read_text()
    assert f"spark.driver.memory {profile.memory.engine}m\n" in spark


def test_only_an_engine_that_lives_for_minutes_compiles_in_a_hurry(profile: Settings) -> None:
    written = profile.state / "engine/conf/spark-defaults.conf"
    assert not profile.short_lived and "TieredStopAtLevel" not in written.read_text()
    engine.prepare(profile.model_copy(update={"short_lived": True}))
    assert "-XX:TieredStopAtLevel=1 " in written.read_text()


def test_a_user_line_is_what_the_login_class_verifies() -> None:
    user, iterations, salt, digest = engine.user_line("engineer", "rahasia", b"0123456789abcdef").split(":")
    assert user == "engineer" and int(iterations) >= 210_000
    expected = hashlib.pbkdf2_hmac("sha256", b"rahasia", base64.b64decode(salt), int(iterations))
    assert base64.b64decode(digest) == expected


def test_two_salts_differ() -> None:
    assert engine.user_line("a", "b") != engine.user_line("a", "b")


def test_secrets_are_generated_once(profile: Settings) -> None:
    before = _secrets(profile)
    databases.prepare(profile)
    engine.prepare(profile)
    airflow.prepare(profile)
    assert _secrets(profile) == before


def _service(name: str, *after: str) -> Service:
    return Service(name, ["/bin/true"], lambda: None, Path("/dev/null"), Path("/"), 1, after=after)


def test_starting_one_service_starts_what_it_needs() -> None:
    everything = [_service("a"), _service("b", "a"), _service("c", "b"), _service("d")]
    assert [s.name for s in lifecycle._with_needs(everything, ("c",))] == ["a", "b", "c"]


def test_an_unknown_service_is_named_with_the_known_ones() -> None:
    with pytest.raises(RuntimeFailure, match=r"no service 'x'; known: a, b"):
        lifecycle._with_needs([_service("a"), _service("b")], ("x",))


def test_write_is_atomic_and_private(tmp_path: Path) -> None:
    file = files.write(tmp_path / "deep" / "file", "one")
    assert file.stat().st_mode & 0o777 == 0o600
    inode = file.stat().st_ino
    files.write(file, "one")
    assert file.stat().st_ino == inode
    files.write(file, "two")
    assert file.read_text() == "two"
    assert [path.name for path in file.parent.iterdir()] == ["file"]

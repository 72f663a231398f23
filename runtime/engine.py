"""The engine: one Spark JVM that serves HiveServer2 (user and password) and Spark Connect (token), on loopback.

Known hole: SQL users of this JVM can read files and its environment (`reflect`, text.`file:…`). Only engineers have
accounts here; executives' BI gets a guarded door of its own.
"""

import base64
import hashlib
import os
from pathlib import Path

from lumbung.settings import HOST, Settings
from runtime.files import PATH, ensure_secret, jars, java_home, spark_home, write
from runtime.metastore import LOG4J, hive_site, tables_folder, uri
from runtime.service import Service, Unhealthy

ITERATIONS = 210_000  # OWASP's figure for PBKDF2-HMAC-SHA256 class hashes; one login costs about 0.1 s
CONNECT_TOKEN = "connect_token"  # noqa: S105 - the secret's name
HIVE_USERS = "hive_users"
JAVA_OPTIONS = (
    "-XX:+UseParallelGC",  # throughput on two cores, no concurrent collector threads
    "-XX:-DontCompileHugeMethods",  # the code that Spark generates for wide rows would stay interpreted
)
QUERY_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.shuffle.partitions": "4",
    "spark.sql.codegen.maxFields": "1000",  # rows of the rules have some 200 columns; above it nothing is fused
    "spark.sql.maxConcurrentOutputFileWriters": "4",  # a file per class of rows at once, instead of sorting by it
    "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
}
SCRATCH = ("tmp", "local", "scratch", "resources", "operation_logs", "query_logs")


def _folder(settings: Settings) -> Path:
    return settings.state / "engine"


def user_line(user: str, password: str, salt: bytes | None = None) -> str:
    """One line of the users' file that PasswordFileAuthenticator reads."""
    salt = salt or os.urandom(16)
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    return f"{user}:{ITERATIONS}:{base64.b64encode(salt).decode()}:{base64.b64encode(digest).decode()}"


def prepare(settings: Settings) -> None:
    """Generate the engineer's password, its hash and the Connect token; write Spark's and Hive's configuration."""
    folder, conf = _folder(settings), _folder(settings) / "conf"
    for name in SCRATCH:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name in ("raw", "valid", "quarantine"):
        (settings.warehouse / name).mkdir(parents=True, exist_ok=True)
    token = ensure_secret(settings, CONNECT_TOKEN)
    hive = settings.hive
    password = ensure_secret(settings, hive.password_secret)
    ensure_secret(settings, HIVE_USERS, lambda: user_line(hive.user, password))
    write(conf / "spark-defaults.conf", _spark_defaults(settings, token))
    write(conf / "hive-site.xml", hive_site(_hive_values(settings)))
    quiet = "logger.noise.name = org.apache.hadoop.hive.conf.HiveConf\nlogger.noise.level = error\n"
    write(conf / "log4j2.properties", LOG4J.format(level="warn", loggers=quiet))


def _hive_values(settings: Settings) -> dict[str, str]:
    folder = _folder(settings)
    return {
        "hive.metastore.uris": uri(settings),
        "hive.metastore.warehouse.dir": f"file:{tables_folder(settings)}",
        "hive.metastore.client.socket.timeout": "60",
        "hive.server2.thrift.bind.host": HOST,
        "hive.server2.thrift.port": str(settings.ports.hiveserver2),
        # in hive-site.xml, not spark.hadoop.*: there every login fails with NoSuchMethodException
        "hive.server2.authentication": "CUSTOM",
        "hive.server2.custom.authentication.class": "lumbung.engine.PasswordFileAuthenticator",
        "hive.server2.enable.doAs": "false",
        "hive.exec.scratchdir": str(folder / "scratch"),
        "hive.exec.local.scratchdir": str(folder / "scratch"),
        "hive.downloaded.resources.dir": str(folder / "resources"),
        "hive.querylog.location": str(folder / "query_logs"),
        "hive.server2.logging.operation.log.location": str(folder / "operation_logs"),
    }


def _spark_defaults(settings: Settings, token: str) -> str:
    folder, ports = _folder(settings), settings.ports
    class_path = ":".join(str(jar) for jar in sorted(jars(settings).glob("*.jar")))
    java_options = " ".join(
        (
            *JAVA_OPTIONS,
            *(["-XX:TieredStopAtLevel=1"] if settings.short_lived else []),
            "-XX:MaxMetaspaceSize=768m",
            "-XX:MaxDirectMemorySize=512m",
            "-XX:ReservedCodeCacheSize=192m",
            "-XX:+ExitOnOutOfMemoryError",  # the supervisor starts it anew; a half-dead engine would hang its clients
            "-XX:-UsePerfData",
            f"-Djava.io.tmpdir={folder / 'tmp'}",
            f"-Dderby.system.home={folder / 'tmp'}",
            f"-Dlumbung.hive.users={settings.secret_file(HIVE_USERS)}",
        )
    )
    values = {
        "spark.master": "local[*]",
        "spark.app.name": f"lumbung-{settings.profile}",
        "spark.driver.memory": f"{settings.memory.engine}m",
        "spark.driver.extraClassPath": class_path,
        "spark.driver.extraJavaOptions": java_options,
        "spark.driver.host": HOST,
        "spark.driver.bindAddress": HOST,
        "spark.ui.enabled": "false",
        "spark.local.dir": str(folder / "local"),
        "spark.scheduler.mode": "FAIR",  # a small query is not kept waiting by a large job
        "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
        "spark.connect.grpc.binding.address": HOST,
        "spark.connect.grpc.binding.port": str(ports.connect),
        "spark.connect.authenticate.token": token,  # this file is 0600; argv and environment would be visible
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        "spark.sql.catalogImplementation": "hive",
        "spark.sql.catalog.spark_catalog": "org.apache.iceberg.spark.SparkSessionCatalog",
        "spark.sql.catalog.spark_catalog.type": "hive",
        # required: with the cache other sessions were served old snapshots
        "spark.sql.catalog.spark_catalog.cache-enabled": "false",
        "spark.hadoop.iceberg.engine.hive.lock-enabled": "false",  # HIVE-26882 is in the metastore: compare and set
        "spark.hadoop.hive.metastore.uris": uri(settings),
        "spark.sql.warehouse.dir": f"file:{tables_folder(settings)}",
        # filters on int or date partitions fail in the metastore on PostgreSQL
        "spark.sql.hive.metastorePartitionPruningFallbackOnException": "true",
        **QUERY_SETTINGS,
    }
    return "".join(f"{key} {value}\n" for key, value in values.items())


def initialise(settings: Settings) -> None:
    """Nothing to create: databases and tables come from the contracts."""


def service(settings: Settings) -> Service:
    """The engine as a supervised service; healthy when both doors answer a query."""
    folder = _folder(settings)
    conf = folder / "conf"
    return Service(
        name="engine",
        command=[
            str(spark_home() / "bin" / "spark-submit"),
            "--class",
            "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2",
            "spark-internal",
        ],
        health=lambda: check(settings),
        log=settings.logs / "engine.log",
        cwd=folder,
        memory_mb=settings.memory.engine + 1200,
        env={
            "PATH": PATH,
            "JAVA_HOME": str(java_home()),
            "SPARK_HOME": str(spark_home()),
            "SPARK_CONF_DIR": str(conf),
            "SPARK_LOCAL_IP": HOST,
            "TZ": "UTC",
        },
        after=("metastore",),
        ports={"hiveserver2": settings.ports.hiveserver2, "connect": settings.ports.connect},
        config=(conf / "spark-defaults.conf", conf / "hive-site.xml", conf / "log4j2.properties"),
        start_seconds=300,
    )


def check(settings: Settings) -> None:
    """Log in to HiveServer2 and ask a query; ask Spark Connect for its version. Raises what went wrong."""
    check_hiveserver2(settings)
    check_connect(settings)


def check_hiveserver2(settings: Settings, password: str | None = None) -> None:
    """`SELECT 1` through HiveServer2 as the engineer (or with another password)."""
    from pyhive import hive

    door = settings.hive
    secret = settings.secret(door.password_secret) if password is None else password
    with hive.connect(door.host, door.port, auth="CUSTOM", username=door.user, password=secret) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        if cursor.fetchall() != [(1,)]:
            raise Unhealthy("HiveServer2 answered SELECT 1 with something else")


def check_connect(settings: Settings, token: str | None = None, timeout: float = 10.0) -> str:
    """Spark's version through Spark Connect with the token (or another one, or none if empty)."""
    import grpc
    from pyspark.sql.connect.proto import AnalyzePlanRequest, SparkConnectServiceStub

    secret = settings.secret(CONNECT_TOKEN) if token is None else token
    address = f"localhost:{settings.ports.connect}"
    if secret:
        credentials = grpc.composite_channel_credentials(
            grpc.local_channel_credentials(), grpc.access_token_call_credentials(secret)
        )
        channel = grpc.secure_channel(address, credentials)
    else:
        channel = grpc.insecure_channel(address)
    with channel:
        request = AnalyzePlanRequest(session_id="00000000-0000-4000-8000-00000000c0de")
        request.user_context.user_id = "health"
        request.spark_version.SetInParent()
        answer = SparkConnectServiceStub(channel).AnalyzePlan(request, timeout=timeout)
    return str(answer.spark_version.version)

"""The Hive metastore: Hive 2.3.10 from the pyspark wheel's jars, on PostgreSQL, bound to loopback.

`HiveMetaStore` itself listens on every address, so `lumbung.metastore.LoopbackMetastore` starts the same handler on
a socket of our own (docs/decisions/0004-metastore-launcher.md).
"""

import os
from pathlib import Path
from xml.sax.saxutils import escape

from lumbung.settings import HOST, Settings
from runtime.files import PATH, jars, java_home, postgresql_bin, run, spark_home, write
from runtime.postgresql import connect, platform_server
from runtime.service import Service, Unhealthy

SCHEMA_SCRIPTS = (
    "hive-schema-1.2.0.postgres.sql",
    "upgrade-1.2.0-to-2.0.0.postgres.sql",
    "upgrade-2.0.0-to-2.1.0.postgres.sql",
    "upgrade-2.1.0-to-2.2.0.postgres.sql",
    "upgrade-2.2.0-to-2.3.0.postgres.sql",
)
LOG4J = """\
rootLogger.level = {level}
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{{ISO8601}} %p %c{{1}}: %m%n%ex
{loggers}"""


def hive_site(values: dict[str, str]) -> str:
    """Text of a hive-site.xml."""
    properties = "".join(
        f"  <property><name>{escape(name)}</name><value>{escape(value)}</value></property>\n"
        for name, value in values.items()
    )
    return f'<?xml version="1.0"?>\n<configuration>\n{properties}</configuration>\n'


def tables_folder(settings: Settings) -> Path:
    """Where Hive's and Iceberg's tables lie (`spark.sql.warehouse.dir`)."""
    return settings.warehouse / "hive"


def uri(settings: Settings) -> str:
    """Address of the metastore."""
    return f"thrift://{HOST}:{settings.ports.metastore}"


def _folder(settings: Settings) -> Path:
    return settings.state / "metastore"


def prepare(settings: Settings) -> None:
    """Write the metastore's configuration."""
    conf = _folder(settings) / "conf"
    (_folder(settings) / "tmp").mkdir(parents=True, exist_ok=True)
    tables_folder(settings).mkdir(parents=True, exist_ok=True)
    write(
        conf / "hive-site.xml",
        hive_site(
            {
                "javax.jdo.option.ConnectionURL": f"jdbc:postgresql://{HOST}:{settings.ports.postgresql}/metastore",
                "javax.jdo.option.ConnectionDriverName": "org.postgresql.Driver",
                "javax.jdo.option.ConnectionUserName": "metastore",
                "javax.jdo.option.ConnectionPassword": settings.secret("metastore_db_password"),
                "datanucleus.connectionPoolingType": "HikariCP",
                "datanucleus.connectionPool.maxPoolSize": "6",
                # autoCreateAll hangs on PostgreSQL: the schema comes from the scripts
                "datanucleus.schema.autoCreateAll": "false",
                "hive.metastore.schema.verification": "false",
                "hive.async.log.enabled": "false",
                "hive.metastore.warehouse.dir": f"file:{tables_folder(settings)}",
                # a contract's new major version may retype columns; Spark checks what may change
                "hive.metastore.disallow.incompatible.col.type.changes": "false",
                "hive.exec.scratchdir": str(_folder(settings) / "tmp"),
            }
        ),
    )
    write(conf / "log4j2.properties", LOG4J.format(level="warn", loggers=""))


def initialise(settings: Settings) -> None:
    """Load the metastore's schema into its empty database, in one transaction."""
    server = platform_server(settings)
    with connect(server, settings, "metastore") as connection:
        if connection.execute("SELECT to_regclass('public.\"VERSION\"')").fetchone() != (None,):
            return
    folder = jars(settings) / "hive-schema"
    command = [postgresql_bin("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "--single-transaction"]
    command += ["-h", HOST, "-p", str(server.port), "-U", "metastore", "-d", "metastore", "-o", os.devnull]
    for script in SCHEMA_SCRIPTS:
        command += ["-f", str(folder / script)]
    environment = {"PATH": PATH, "PGPASSWORD": settings.secret("metastore_db_password"), "LANG": "C.UTF-8"}
    run(command, "the metastore's schema", settings.logs / "metastore-schema.log", environment)


def service(settings: Settings) -> Service:
    """The metastore as a supervised service; healthy when it lists its databases."""
    folder = _folder(settings)
    conf = folder / "conf"
    path = f"{conf}:{jars(settings)}/*:{spark_home()}/jars/*"
    memory = settings.memory.metastore
    return Service(
        name="metastore",
        command=[
            str(java_home() / "bin" / "java"),
            f"-Xmx{memory}m",
            "-XX:+UseSerialGC",
            "-XX:MaxMetaspaceSize=160m",
            "-XX:-UsePerfData",
            "-XX:+ExitOnOutOfMemoryError",
            f"-Djava.io.tmpdir={folder / 'tmp'}",
            f"-Dderby.system.home={folder / 'tmp'}",
            "-cp",
            path,
            "lumbung.metastore.LoopbackMetastore",
            str(settings.ports.metastore),
        ],
        health=lambda: check(settings),
        log=settings.logs / "metastore.log",
        cwd=folder,
        memory_mb=memory + 300,
        after=("postgresql",),
        ports={"metastore": settings.ports.metastore},
        config=(conf / "hive-site.xml", conf / "log4j2.properties"),
    )


def check(settings: Settings, timeout_ms: int = 5000) -> None:
    """Ask the metastore for its databases over Thrift (call `get_all_databases`). Raises Unhealthy."""
    from thrift.protocol.TBinaryProtocol import TBinaryProtocol
    from thrift.Thrift import TMessageType, TType
    from thrift.transport.TSocket import TSocket
    from thrift.transport.TTransport import TBufferedTransport

    socket = TSocket(HOST, settings.ports.metastore)
    socket.setTimeout(timeout_ms)
    transport = TBufferedTransport(socket)
    transport.open()
    try:
        protocol = TBinaryProtocol(transport)
        protocol.writeMessageBegin("get_all_databases", TMessageType.CALL, 1)
        protocol.writeStructBegin("get_all_databases_args")
        protocol.writeFieldStop()
        protocol.writeStructEnd()
        protocol.writeMessageEnd()
        transport.flush()
        _, kind, _ = protocol.readMessageBegin()
        protocol.readStructBegin()
        _, field_type, field_id = protocol.readFieldBegin()
        if kind != TMessageType.REPLY or field_type != TType.LIST or field_id != 0:
            raise Unhealthy("the metastore answered get_all_databases with an exception")
        _, size = protocol.readListBegin()
        names = [protocol.readString() for _ in range(size)]
        if "default" not in names:
            raise Unhealthy(f"the metastore has no database `default`, only {names}")
    finally:
        transport.close()

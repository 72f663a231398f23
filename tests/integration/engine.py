"""The Spark session of these tests: the profile's engine when it runs, else a small classic one in this process."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def open_session() -> SparkSession:
    from lumbung.settings import settings

    with socket.socket() as probe:
        probe.settimeout(1)
        running = probe.connect_ex(("127.0.0.1", settings().ports.connect)) == 0
    if running and not os.environ.get("LUMBUNG_TEST_CLASSIC"):
        from lumbung.warehouse.session import session

        return session("test")
    from pyspark.sql import SparkSession

    return (
        SparkSession.builder.master("local[1]")
        .config("spark.driver.memory", "1g")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )

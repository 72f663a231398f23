"""What the fork server imports once: everything that the stages import late, so that a task starts in milliseconds."""

import great_expectations  # noqa: F401
import pyspark.sql.connect.dataframe
import pyspark.sql.connect.session
import pyspark.sql.functions  # noqa: F401

import lumbung.declarations.assembly
import lumbung.declarations.contracts
import lumbung.declarations.marts
import lumbung.ops.reconcile
import lumbung.ops.runs
import lumbung.stages.conform
import lumbung.stages.extract
import lumbung.stages.land
import lumbung.stages.mart
import lumbung.stages.publish
import lumbung.stages.validate  # noqa: F401
import tests.faults.work  # noqa: F401

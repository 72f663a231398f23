"""Stages that need Spark as programs: for `spark-submit` on YARN, and for an engineer at a prompt.

A stage is the same function however it is started: in an Airflow task and at a prompt it talks to the engine over Spark
Connect, under `spark-submit` it uses the session of that application (`lumbung.warehouse.session`). Therefore the pure
DataFrame functions live in `lumbung.warehouse`, the order of steps in `lumbung.stages`, and a job is only its `main`.
"""

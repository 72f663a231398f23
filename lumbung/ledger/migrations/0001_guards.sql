-- What: guards that tables alone cannot say: append-only audit, sequence of landings, the application's rights.
-- Grain: none. Sources: none.
-- Usage: read by migration 0001; roles lumbung_owner (runs it) and lumbung_app must exist.

CREATE SEQUENCE ledger.landed_seq;

CREATE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table ledger.% is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege',
              HINT = 'An owner who must repair it disables the trigger explicitly and writes the reason into the audit.';
END
$$;

CREATE TRIGGER audit_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.audit
FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

GRANT USAGE ON SCHEMA ledger TO lumbung_app;
GRANT USAGE, SELECT ON SEQUENCE ledger.landed_seq TO lumbung_app;
GRANT SELECT, INSERT, UPDATE ON ledger.run, ledger.batch, ledger.refused TO lumbung_app;
GRANT SELECT, INSERT, UPDATE ON ledger.watermark, ledger.marts_run TO lumbung_app;
GRANT SELECT, INSERT ON ledger.rule_count, ledger.mart_refresh, ledger.publication, ledger.audit TO lumbung_app;

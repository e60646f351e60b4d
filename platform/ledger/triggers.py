"""SQL that makes the database refuse books that do not balance."""

# Deferred: a transaction's entries are written one after the other and judged when it commits.
BALANCED = """
CREATE FUNCTION ledger_refuse_imbalance() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
BEGIN
    IF EXISTS (
        SELECT 1 FROM ledger_ledgerentry e JOIN ledger_account a ON a.id = e.account_id
         WHERE e.transaction_id = NEW.transaction_id GROUP BY a.currency HAVING sum(e.amount) <> 0
    ) THEN
        RAISE EXCEPTION 'ledger transaction % does not balance', NEW.transaction_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$body$;
CREATE CONSTRAINT TRIGGER ledger_balanced AFTER INSERT ON ledger_ledgerentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_refuse_imbalance();
"""

UNBALANCED = """
DROP TRIGGER ledger_balanced ON ledger_ledgerentry;
DROP FUNCTION ledger_refuse_imbalance();
"""

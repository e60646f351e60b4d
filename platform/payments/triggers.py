"""SQL that makes the database refuse to ask for more money back than was paid."""

# The payment's row is locked, so that two refunds at once are judged one after the other. What the
# buyer's bank took is gone as well. What was made at the provider itself is a fact: it is kept even while a request of ours
# that will now be refused there is still on its way.
WITHIN = """
CREATE FUNCTION payments_refuse_too_much_back() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
DECLARE
    paid bigint;
    back bigint;
BEGIN
    SELECT amount INTO paid FROM payments_payment WHERE id = NEW.payment_id FOR UPDATE;
    SELECT coalesce(sum(amount), 0) INTO back FROM payments_refund
     WHERE payment_id = NEW.payment_id AND (state <> 'failed' OR made_good_as <> '') AND id <> NEW.id;
    SELECT back + coalesce(sum(amount), 0) INTO back FROM payments_dispute
     WHERE payment_id = NEW.payment_id
       AND (state IN ('needs_response', 'under_review', 'lost', 'appeal_needs_response', 'appeal_under_review')
            OR (state = 'prevented' AND taken > 0));
    IF back + NEW.amount > paid THEN
        RAISE EXCEPTION 'refund % asks for % of payment %, which has % left', NEW.id, NEW.amount, NEW.payment_id, paid - back
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$body$;
CREATE TRIGGER refund_within_payment BEFORE INSERT ON payments_refund
    FOR EACH ROW WHEN (NEW.reason <> 'provider') EXECUTE FUNCTION payments_refuse_too_much_back();
"""

NOT_WITHIN = """
DROP TRIGGER refund_within_payment ON payments_refund;
DROP FUNCTION payments_refuse_too_much_back();
"""

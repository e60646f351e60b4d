"""SQL that tells a performance's offer that a price of it has changed (events/triggers.py has the rest)."""

RENEW_OFFER = """
CREATE FUNCTION repricing_renew_offer() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
BEGIN
    UPDATE events_performance SET offer_version = offer_version
     WHERE id = (to_jsonb(coalesce(NEW, OLD)) ->> 'performance_id')::uuid;
    RETURN NULL;
END
$body$;
CREATE TRIGGER renew_offer AFTER INSERT OR UPDATE OR DELETE ON repricing_dynamicprice
    FOR EACH ROW EXECUTE FUNCTION repricing_renew_offer();
"""

KEEP_OFFER = """
DROP TRIGGER renew_offer ON repricing_dynamicprice;
DROP FUNCTION repricing_renew_offer();
"""

"""SQL that tells a performance's offer that its pools have changed (events/triggers.py has the rest)."""

RENEW_OFFER = """
CREATE FUNCTION inventory_renew_offer() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
BEGIN
    UPDATE events_performance SET offer_version = offer_version
     WHERE id = (to_jsonb(coalesce(NEW, OLD)) ->> 'performance_id')::uuid;
    RETURN NULL;
END
$body$;
CREATE TRIGGER renew_offer AFTER INSERT OR UPDATE OR DELETE ON inventory_pool
    FOR EACH ROW EXECUTE FUNCTION inventory_renew_offer();
"""

KEEP_OFFER = """
DROP TRIGGER renew_offer ON inventory_pool;
DROP FUNCTION inventory_renew_offer();
"""

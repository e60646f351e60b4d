"""SQL that renews an event's offers when its automatic discounts change (events/triggers.py has the function)."""

DISCOUNTS_RENEW = """
CREATE TRIGGER renew_offers AFTER INSERT OR UPDATE OR DELETE ON promotions_automaticdiscount
    FOR EACH ROW EXECUTE FUNCTION events_renew_offers();
"""

NO_DISCOUNTS_RENEW = "DROP TRIGGER renew_offers ON promotions_automaticdiscount;"

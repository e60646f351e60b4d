"""SQL that gives every performance a new `offer_version` when anything changes that a buyer is priced or refused by.

A claim names the version that it was priced with, and Postgres compares (inventory/claim.py): so processes may keep a
performance's offer in memory, and still nobody buys at yesterday's price.
"""

OFFER_VERSION = """
CREATE FUNCTION events_renew_offer() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
BEGIN
    NEW.offer_version := gen_random_uuid();
    RETURN NEW;
END
$body$;
CREATE FUNCTION events_renew_offers() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
DECLARE
    changed jsonb := to_jsonb(coalesce(NEW, OLD));
BEGIN
    -- The trigger above gives each its own new version.
    UPDATE events_performance SET offer_version = offer_version
     WHERE event_id = CASE TG_TABLE_NAME
        WHEN 'events_event' THEN (changed ->> 'id')::uuid
        WHEN 'events_quota_ticket_types' THEN
            (SELECT q.event_id FROM events_quota q WHERE q.id = (changed ->> 'quota_id')::bigint)
        ELSE (changed ->> 'event_id')::uuid
     END;
    RETURN NULL;
END
$body$;
CREATE TRIGGER renew_offer BEFORE UPDATE ON events_performance
    FOR EACH ROW EXECUTE FUNCTION events_renew_offer();
CREATE TRIGGER renew_offers AFTER UPDATE ON events_event
    FOR EACH ROW EXECUTE FUNCTION events_renew_offers();
CREATE TRIGGER renew_offers AFTER INSERT OR UPDATE OR DELETE ON events_tickettype
    FOR EACH ROW EXECUTE FUNCTION events_renew_offers();
CREATE TRIGGER renew_offers AFTER INSERT OR UPDATE OR DELETE ON events_quota
    FOR EACH ROW EXECUTE FUNCTION events_renew_offers();
CREATE TRIGGER renew_offers AFTER INSERT OR UPDATE OR DELETE ON events_quota_ticket_types
    FOR EACH ROW EXECUTE FUNCTION events_renew_offers();
"""

# A tax prices the tickets and the fees that have it; a fee prices its event.
CHARGES_RENEW = """
CREATE FUNCTION events_renew_taxed_offers() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
BEGIN
    UPDATE events_performance SET offer_version = offer_version
     WHERE event_id IN (SELECT event_id FROM events_tickettype WHERE tax_id = NEW.id
                         UNION SELECT event_id FROM events_ownfee WHERE tax_id = NEW.id);
    RETURN NULL;
END
$body$;
CREATE TRIGGER renew_offers AFTER UPDATE ON events_taxrate
    FOR EACH ROW EXECUTE FUNCTION events_renew_taxed_offers();
CREATE TRIGGER renew_offers AFTER INSERT OR UPDATE OR DELETE ON events_ownfee
    FOR EACH ROW EXECUTE FUNCTION events_renew_offers();
"""

# A phase prices its ticket type.
PHASES_RENEW = """
CREATE FUNCTION events_renew_phased_offers() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
BEGIN
    UPDATE events_performance SET offer_version = offer_version
     WHERE event_id = (SELECT event_id FROM events_tickettype WHERE id = coalesce(NEW.ticket_type_id, OLD.ticket_type_id));
    RETURN NULL;
END
$body$;
CREATE TRIGGER renew_offers AFTER INSERT OR UPDATE OR DELETE ON events_phase
    FOR EACH ROW EXECUTE FUNCTION events_renew_phased_offers();
"""

NO_PHASES_RENEW = """
DROP TRIGGER renew_offers ON events_phase;
DROP FUNCTION events_renew_phased_offers();
"""

# Which tickets an add-on goes with.
ADD_ONS_RENEW = """
CREATE FUNCTION events_renew_add_on_offers() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
BEGIN
    UPDATE events_performance SET offer_version = offer_version
     WHERE event_id = (SELECT event_id FROM events_tickettype
                        WHERE id = coalesce(NEW.from_tickettype_id, OLD.from_tickettype_id));
    RETURN NULL;
END
$body$;
CREATE TRIGGER renew_offers AFTER INSERT OR UPDATE OR DELETE ON events_tickettype_base_types
    FOR EACH ROW EXECUTE FUNCTION events_renew_add_on_offers();
"""

NO_ADD_ONS_RENEW = """
DROP TRIGGER renew_offers ON events_tickettype_base_types;
DROP FUNCTION events_renew_add_on_offers();
"""

BUNDLES_RENEW = """
CREATE FUNCTION events_renew_bundled_offers() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
BEGIN
    UPDATE events_performance SET offer_version = offer_version
     WHERE event_id = (SELECT event_id FROM events_bundle WHERE id = coalesce(NEW.bundle_id, OLD.bundle_id));
    RETURN NULL;
END
$body$;
CREATE TRIGGER renew_offers AFTER INSERT OR UPDATE OR DELETE ON events_bundle
    FOR EACH ROW EXECUTE FUNCTION events_renew_offers();
CREATE TRIGGER renew_offers AFTER INSERT OR UPDATE OR DELETE ON events_bundlepart
    FOR EACH ROW EXECUTE FUNCTION events_renew_bundled_offers();
"""

NO_BUNDLES_RENEW = """
DROP TRIGGER renew_offers ON events_bundle;
DROP TRIGGER renew_offers ON events_bundlepart;
DROP FUNCTION events_renew_bundled_offers();
"""

NO_CHARGES_RENEW = """
DROP TRIGGER renew_offers ON events_taxrate;
DROP TRIGGER renew_offers ON events_ownfee;
DROP FUNCTION events_renew_taxed_offers();
"""

# What one date has of its own prices that date alone.
DATES_RENEW = """
CREATE FUNCTION events_renew_dated_offer() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
BEGIN
    UPDATE events_performance SET offer_version = offer_version
     WHERE id = (to_jsonb(coalesce(NEW, OLD)) ->> 'performance_id')::uuid;
    RETURN NULL;
END
$body$;
CREATE TRIGGER renew_offers AFTER INSERT OR UPDATE OR DELETE ON events_dateprice
    FOR EACH ROW EXECUTE FUNCTION events_renew_dated_offer();
CREATE TRIGGER renew_offers AFTER INSERT OR UPDATE OR DELETE ON events_datequota
    FOR EACH ROW EXECUTE FUNCTION events_renew_dated_offer();
"""

DATE_MAPS_RENEW = """
CREATE TRIGGER renew_offers AFTER INSERT OR UPDATE OR DELETE ON events_datemap
    FOR EACH ROW EXECUTE FUNCTION events_renew_dated_offer();
"""

NO_DATE_MAPS_RENEW = "DROP TRIGGER renew_offers ON events_datemap;"

NO_DATES_RENEW = """
DROP TRIGGER renew_offers ON events_dateprice;
DROP TRIGGER renew_offers ON events_datequota;
DROP FUNCTION events_renew_dated_offer();
"""

NO_OFFER_VERSION = """
DROP TRIGGER renew_offer ON events_performance;
DROP TRIGGER renew_offers ON events_event;
DROP TRIGGER renew_offers ON events_tickettype;
DROP TRIGGER renew_offers ON events_quota;
DROP TRIGGER renew_offers ON events_quota_ticket_types;
DROP FUNCTION events_renew_offer();
DROP FUNCTION events_renew_offers();
"""

# The same ways as `events.lifecycle.TRANSITIONS`; a test compares the two.
EVENT_STATES = """
CREATE FUNCTION events_refuse_wrong_state() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
BEGIN
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('draft', 'published'), ('published', 'paused'), ('paused', 'published'), ('postponed', 'published'),
        ('published', 'postponed'), ('paused', 'postponed'), ('published', 'cancelled'), ('paused', 'cancelled'),
        ('postponed', 'cancelled'), ('template', 'discarded')
    ) THEN
        RAISE EXCEPTION 'event % cannot go from % to %', OLD.slug, OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.is_test AND NOT OLD.is_test AND NEW.state <> 'draft' THEN
        RAISE EXCEPTION 'event % is sold already, and cannot become a test', OLD.slug USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$body$;
CREATE TRIGGER event_states BEFORE UPDATE ON events_event
    FOR EACH ROW EXECUTE FUNCTION events_refuse_wrong_state();
"""

NO_EVENT_STATES = """
DROP TRIGGER event_states ON events_event;
DROP FUNCTION events_refuse_wrong_state();
"""

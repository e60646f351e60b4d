"""SQL that makes the database refuse what an order must never do: change state backwards, or be deleted."""

STATES = """
CREATE FUNCTION orders_refuse_wrong_state() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'order % is never deleted', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('pending', 'secured'), ('pending', 'paid'), ('secured', 'paid'), ('paid', 'refunded'),
        ('pending', 'cancelled'), ('secured', 'cancelled')
    ) THEN
        RAISE EXCEPTION 'order % cannot go from % to %', OLD.number, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$body$;
CREATE TRIGGER order_states BEFORE UPDATE OF state OR DELETE ON orders_order
    FOR EACH ROW EXECUTE FUNCTION orders_refuse_wrong_state();
"""

NO_STATES = """
DROP TRIGGER order_states ON orders_order;
DROP FUNCTION orders_refuse_wrong_state();
"""

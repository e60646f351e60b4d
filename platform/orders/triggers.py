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

# A test order may be deleted, as docs/decisions/0100 says why; a real one still never.
TESTS_MAY_GO = """
CREATE OR REPLACE FUNCTION orders_refuse_wrong_state() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.is_test THEN
            RETURN OLD;
        END IF;
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
CREATE FUNCTION orders_refuse_other_kind() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
BEGIN
    RAISE EXCEPTION 'order % cannot become or stop being a test', OLD.number USING ERRCODE = 'check_violation';
END
$body$;
CREATE TRIGGER order_kind BEFORE UPDATE OF is_test ON orders_order
    FOR EACH ROW WHEN (NEW.is_test IS DISTINCT FROM OLD.is_test) EXECUTE FUNCTION orders_refuse_other_kind();
"""

TESTS_STAY = f"""
DROP TRIGGER order_kind ON orders_order;
DROP FUNCTION orders_refuse_other_kind();
{STATES.partition("CREATE TRIGGER")[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")}
"""

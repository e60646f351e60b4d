"""A change of an event's seats or of their rules is a change of what is on offer."""

from django.db import migrations

RENEW = """
CREATE TRIGGER renew_offers AFTER INSERT OR UPDATE OR DELETE ON events_seatingplan
    FOR EACH ROW EXECUTE FUNCTION events_renew_offers();
"""
NO_RENEW = "DROP TRIGGER renew_offers ON events_seatingplan"


class Migration(migrations.Migration):
    dependencies = [("events", "0004_seat_maps")]

    operations = [migrations.RunSQL(RENEW, NO_RENEW)]

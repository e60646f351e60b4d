"""Reads and locked reads of seat maps."""

from collections import OrderedDict
from uuid import UUID

from seating.compiled import CompiledMap
from seating.document import parse
from seating.errors import MapNotFound
from seating.models import MapVersion, SeatMap

MOST_KEPT = 16  # compiled maps per process; the one that was longest unused goes

_kept: OrderedDict[str, CompiledMap] = OrderedDict()


def seat_map_by_id(map_id: UUID) -> SeatMap:
    """Raises MapNotFound."""
    found = SeatMap.objects.select_related("venue").filter(pk=map_id).first()
    if found is None:
        raise MapNotFound
    return found


def seat_map_for_update(map_id: UUID) -> SeatMap:
    """The map, its row locked until the transaction ends. Raises MapNotFound."""
    found = SeatMap.objects.select_for_update(of=("self",)).select_related("venue").filter(pk=map_id).first()
    if found is None:
        raise MapNotFound
    return found


def version_by_id(version_id: UUID) -> MapVersion:
    """Raises MapNotFound."""
    found = MapVersion.objects.select_related("seat_map__venue").filter(pk=version_id).first()
    if found is None:
        raise MapNotFound
    return found


def compiled_version(version: MapVersion) -> CompiledMap:
    """The version, ready for work. Kept by its hash: equal documents are one, whoever drew them."""
    found = _kept.get(version.hash)
    if found is None:
        found = CompiledMap(parse(version.document))
        _kept[version.hash] = found
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    _kept.move_to_end(version.hash)
    return found


def compiled_by_hash(digest: str) -> CompiledMap:
    """The same by a hash that some version of this organizer has. Raises MapNotFound."""
    versions = MapVersion.objects.filter(hash=digest)
    if digest in _kept and versions.exists():  # without reading its document again
        _kept.move_to_end(digest)
        return _kept[digest]
    version = versions.first()
    if version is None:
        raise MapNotFound
    return compiled_version(version)

"""Reads and locked reads of seat maps."""

from collections import OrderedDict
from uuid import UUID

from seating.compiled import CompiledMap
from seating.document import Document, parse
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
    return _kept_one(version.hash) or _keep(CompiledMap(parse(version.document)))


def compiled_document(document: Document) -> CompiledMap:
    """The same of a document that is about to become a version."""
    return _keep(CompiledMap(document))


def compiled_by_hash(digest: str) -> CompiledMap:
    """The same by a hash that some version of this organizer has. Raises MapNotFound."""
    versions = MapVersion.objects.filter(hash=digest)
    found = _kept_one(digest)
    if found is not None and versions.exists():  # without reading its document again
        return found
    version = versions.first()
    if version is None:
        raise MapNotFound
    return compiled_version(version)


def _kept_one(digest: str) -> CompiledMap | None:
    if digest in _kept:
        _kept.move_to_end(digest)
    return _kept.get(digest)


def _keep(compiled: CompiledMap) -> CompiledMap:
    _kept[compiled.hash] = compiled
    while len(_kept) > MOST_KEPT:
        _kept.popitem(last=False)
    return compiled

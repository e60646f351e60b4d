"""What a buyer's browser loads of a stadium of 20,000 seats: geometry and states, against an object per seat as JSON."""

import gzip
import json
import random

import brotli

from inventory.seat_vector import SeatVector
from seating.compiled import CompiledMap
from seating.plan import compile_plan, preset
from storefront.seat_maps import GeometryFile, compressed
from tests.bench.bench import Bench
from tests.bench.figure import Figure

GONE = 0.55
MOST_GEOMETRY, MOST_STATES = 25_000, 5_000  # bytes, compressed


def measure(bench: Bench) -> list[Figure]:
    """`seatmap_geometry` and `seatmap_states`, in bytes as sent; less is better"""
    compiled = CompiledMap(compile_plan(preset("stadium")).document)
    files: GeometryFile = compressed(compiled)
    sent = len(files.encodings["br"])
    plain_seats = [
        {
            "id": seat.id,
            "section": compiled.place_words(seat.index)[0],
            "row": compiled.place_words(seat.index)[1],
            "label": seat.label,
            "x": seat.x,
            "y": seat.y,
            "category": seat.category,
        }
        for seat in compiled.seats
    ]
    plain = len(brotli.compress(json.dumps(plain_seats).encode(), quality=9))
    chance = random.Random(1)
    digits = "".join(chance.choices("012", [1 - GONE, 0.1, GONE - 0.1], k=len(compiled.seats)))
    vector = SeatVector.of_digits(compiled.hash, digits).as_bytes(1_763_725_200_000)
    states = min(len(vector), len(gzip.compress(vector, 9)))
    names = ("free", "held", "gone")
    of_objects = [
        {"id": seat.id, "status": names[int(digit)]} for seat, digit in zip(compiled.seats, digits, strict=True)
    ]
    plain_states = len(brotli.compress(json.dumps(of_objects).encode(), quality=9))
    if sent > MOST_GEOMETRY or states > MOST_STATES:
        raise AssertionError(f"{sent} bytes of geometry and {states} of states are too many")
    n = f"{len(compiled.seats):,} seats in {len(compiled.runs)} runs"
    return [
        Figure(
            "seatmap_geometry",
            float(sent),
            "bytes",
            float(plain),
            float(f"{sent / plain:.3g}"),
            f"geometry of {n} by brotli ({len(files.encodings['gzip']):,} by gzip, {len(files.encodings['']):,} plain), once a"
            " year; against an object per seat as JSON by brotli",
        ),
        Figure(
            "seatmap_states",
            float(states),
            "bytes",
            float(plain_states),
            float(f"{states / plain_states:.3g}"),
            f"states of {n}, {GONE:.0%} gone, two bits each ({len(vector):,} plain); against an object per seat as JSON by brotli",
        ),
    ]

"""The load kit: a whole on-sale with virtual buyers, from the waiting room to the tickets (`make bench-onsale`)."""

/** What the page says of a seated date beside its geometry (storefront/seating.py). */

export interface PageType {
  id: string;
  name: string;
  /** All-in, in minor units. */
  price: number;
  category: number;
  /** How many one order may take. */
  most: number;
  isOnSale: boolean;
}

/** Ticket types sold as one thing: `seats` are [ticket type, category, how many], `others` its tickets without a seat. */
export interface PageBundle {
  id: string;
  name: string;
  seats: [string, number, number][];
  others: number;
}

export interface PageJson {
  performance: string;
  map: string;
  geometry: string;
  seats: string;
  best: string;
  socket: string;
  stock: string;
  seq: number;
  currency: string;
  /** What a paid order costs besides its tickets, in minor units. */
  once: number;
  /** Run-length coded: [category or -1, how many seats]. */
  painting: [number, number][];
  /** Lines that are tables sold as a whole. */
  whole: number[];
  types: PageType[];
  bundles: PageBundle[];
  flags: Record<string, string>;
  words: Record<string, string>;
}

/** Puts values into words: fill("{n} seats", { n: 3 }). */
export function fill(words: string | undefined, values: Record<string, string | number> = {}): string {
  return (words ?? "").replace(/\{(\w+)\}/g, (_match, name: string) => String(values[name] ?? ""));
}

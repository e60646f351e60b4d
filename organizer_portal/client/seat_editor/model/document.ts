/**
 * The seat map document as the editor holds it (platform/seating/document.py): flat, elements by id, each with lists of the
 * ids inside it instead of the elements (platform/seating/patches.py). Elements are never changed in place: whoever changes
 * one puts another in its stead, so that a step of the history is two references and costs nothing. Centimetres, y down.
 */

export type Point = readonly [number, number];

export interface Seat {
  readonly id: string;
  readonly label: string;
  readonly x: number;
  readonly y: number;
  readonly category: string | null;
  readonly flags: readonly string[];
  readonly companions: readonly string[];
}

/** How a row was made, so that it stays editable; `{}` for one that only has seats. Kept in the document with it. */
export interface RowShape {
  readonly kind: "line" | "arc" | "free";
  /** Where the first and the last slot lie, before `skew` and `stagger`. */
  readonly from: Point;
  readonly to: Point;
  /** How far the middle of the row lies off the straight line, to the right of the way from `from` to `to` if positive. */
  readonly curve: number;
  /** Of a free row: the corners between; `smooth` rounds them off. */
  readonly points?: readonly Point[];
  readonly smooth?: boolean;
  /** Along the row: by how much it is shifted against the one before it, summed up; and half a pitch on every second. */
  readonly skew?: number;
  readonly stagger?: number;
  /** What an aisle adds to the pitch. */
  readonly aisle?: number;
  /** Slots without a seat, and seats that were moved by hand: [dx, dy] off their slot. */
  readonly holes?: readonly number[];
  readonly moved?: Readonly<Record<string, Point>>;
}

export interface MapElement {
  readonly type: "map";
  readonly id: "";
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly focal: Point | null;
  readonly categories: readonly Category[];
  readonly floors: readonly string[];
}
export interface Category {
  readonly key: string;
  readonly name: string;
  readonly color: string;
}
export interface FloorElement {
  readonly type: "floor";
  readonly id: string;
  readonly name: string;
  readonly sections: readonly string[];
  readonly areas: readonly string[];
  readonly decorations: readonly string[];
}
export interface SectionElement {
  readonly type: "section";
  readonly id: string;
  readonly name: string;
  readonly rows: readonly string[];
  readonly tables: readonly string[];
  readonly category: string | null;
  readonly outline: readonly Point[];
  readonly entrance: string;
  readonly zone: string;
  readonly focal: Point | null;
}
export interface RowElement {
  readonly type: "row";
  readonly id: string;
  readonly label: string;
  readonly seats: readonly Seat[];
  readonly category: string | null;
  readonly gaps: readonly number[];
  readonly shape: RowShape | Readonly<Record<string, never>>;
}
export interface TableElement {
  readonly type: "table";
  readonly id: string;
  readonly label: string;
  readonly x: number;
  readonly y: number;
  readonly seats: readonly Seat[];
  readonly shape: "round" | "rectangle";
  readonly width: number;
  readonly height: number;
  readonly rotation: number;
  readonly category: string | null;
  readonly is_whole: boolean;
}
export interface AreaElement {
  readonly type: "area";
  readonly id: string;
  readonly name: string;
  readonly capacity: number;
  readonly outline: readonly Point[];
  readonly category: string | null;
  readonly entrance: string;
}
export type DecorationKind = "stage" | "text" | "shape" | "icon";
export interface DecorationElement {
  readonly type: "decoration";
  readonly id: string;
  readonly kind: DecorationKind;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly rotation: number;
  readonly text: string;
  readonly outline: readonly Point[];
}
export type LineElement = RowElement | TableElement;
export type Element =
  | MapElement
  | FloorElement
  | SectionElement
  | RowElement
  | TableElement
  | AreaElement
  | DecorationElement;

export const ROOT = "";
const INSIDE: Record<string, Record<string, Element["type"]>> = {
  map: { floors: "floor" },
  floor: { sections: "section", areas: "area", decorations: "decoration" },
  section: { rows: "row", tables: "table" },
};

/** The document as the server sends it, flattened. */
export function flatten(document: Record<string, unknown>): Map<string, Element> {
  const elements = new Map<string, Element>();
  const visit = (value: Record<string, unknown>, type: Element["type"], id: string): void => {
    const flat: Record<string, unknown> = { ...value, type, id };
    for (const [member, of] of Object.entries(INSIDE[type] ?? {})) {
      const children = (value[member] ?? []) as Record<string, unknown>[];
      flat[member] = children.map((child) => child["id"]);
      for (const child of children) visit(child, of, child["id"] as string);
    }
    // A plan's rows say in their own way how they were made; the editor takes those as their seats stand.
    if (type === "row" && !("from" in ((value["shape"] ?? {}) as object))) flat["shape"] = {};
    if (type === "map") ["format", "version"].forEach((name) => delete flat[name]);
    elements.set(id, flat as unknown as Element);
  };
  visit(document, "map", ROOT);
  return elements;
}

/** An element as a patch sends it: what has its default is left out, so that twenty thousand seats stay a megabyte. */
export function wire(element: Element): Record<string, unknown> {
  const plain: Record<string, unknown> = { ...element };
  if (element.type === "map") {
    delete plain["id"];
    Object.assign(plain, { format: "marquee-seat-map", version: 1 });
  } else if (element.type === "row" || element.type === "table") {
    plain["seats"] = element.seats.map((seat) => {
      const short: Record<string, unknown> = { id: seat.id, label: seat.label, x: round(seat.x), y: round(seat.y) };
      if (seat.category !== null) short["category"] = seat.category;
      if (seat.flags.length) short["flags"] = seat.flags;
      if (seat.companions.length) short["companions"] = seat.companions;
      return short;
    });
  }
  return plain;
}

/** A tenth of a centimetre: what the server keeps. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

let counter = 0;
const tab = [...crypto.getRandomValues(new Uint8Array(5))].map((byte) => (byte % 36).toString(36)).join("");

/** An id that nothing else has: this tab's own word, and a number. */
export function newId(): string {
  counter += 1;
  return `${tab}-${counter.toString(36)}`;
}

export function isRow(element: Element | undefined): element is RowElement {
  return element?.type === "row";
}
export function isLine(element: Element | undefined): element is LineElement {
  return element?.type === "row" || element?.type === "table";
}
export function hasShape(row: RowElement): row is RowElement & { shape: RowShape } {
  return "kind" in row.shape;
}

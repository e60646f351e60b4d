/** Many rows at once: a block that is dragged up, and tables with their chairs. */
import { type Point, type RowElement, type TableElement, newId, round } from "./document";
import { add, bulge, direction, distance, right, scaled } from "./geometry";
import { type RowNumbering, type SeatNumbering, rowLabels, seatLabels } from "./numbering";
import { lineShape, makeRow, newSeat } from "./rows";

const FLATTEST = 0.9; // a front row's radius is at least that part of its length

export interface BlockOptions {
  pitch: number;
  rowPitch: number;
  /** Rows are parts of circles around this point, and the block faces it. */
  focal: Point | null;
  /** One seat more in every so manieth row; 0 for rows of one length. */
  growEvery: number;
  growBy: number;
  /** Places in the first row after which an aisle runs through all of them. */
  aisles: readonly number[];
  aisleWidth: number;
  /** Sideways, from each row to the next; and every second row by half a pitch. */
  skew: number;
  isStaggered: boolean;
  rowNumbering: RowNumbering;
  seatNumbering: SeatNumbering;
}

export interface BlockPlan {
  rows: number;
  seats: number;
  front: Point;
  /** From the front row to the ones behind, of length 1. */
  back: Point;
}

/** What dragging from one corner to the other means: how many rows of how many seats, and where. */
export function planBlock(a: Point, b: Point, options: BlockOptions): BlockPlan {
  const width = Math.abs(b[0] - a[0]);
  const height = Math.abs(b[1] - a[1]);
  const seats = Math.max(1, Math.round((width - options.aisleWidth * options.aisles.length) / options.pitch) + 1);
  const rows = Math.max(1, Math.round(height / options.rowPitch) + 1);
  const left = Math.min(a[0], b[0]) + width / 2;
  const top = Math.min(a[1], b[1]);
  const { focal } = options;
  const middle: Point = [left, top + height / 2];
  if (!focal || distance(focal, middle) < height / 2 + options.rowPitch) return { rows, seats, front: [left, top], back: [0, 1] };
  const back = direction(focal, middle);
  return { rows, seats, front: add(middle, scaled(back, (-(rows - 1) / 2) * options.rowPitch)), back };
}

/** The rows of a planned block, front to back. */
export function makeBlock(plan: BlockPlan, options: BlockOptions): RowElement[] {
  const labels = rowLabels(plan.rows, options.rowNumbering);
  const width = (plan.seats - 1) * options.pitch + options.aisles.length * options.aisleWidth;
  // Near a stage a circle around it would bend the first rows around their ends: then all rows bend about a point further off.
  const front = options.focal ? Math.max(distance(options.focal, plan.front), width * FLATTEST) : 0;
  const pivot = add(plan.front, scaled(plan.back, -front));
  // The audience looks at the front: its left is where the block's back turned by a right angle points.
  const across = scaled(right(plan.back), -1);
  return labels.map((label, index) => {
    const more = options.growEvery ? Math.floor(index / options.growEvery) * options.growBy : 0;
    const count = Math.max(1, plan.seats + more);
    const gaps = options.aisles.map((gap) => gap - 1 + (more >> 1)).filter((gap) => gap >= 0 && gap < count - 1);
    const length = (count - 1) * options.pitch + gaps.length * options.aisleWidth;
    const centre = add(plan.front, scaled(plan.back, index * options.rowPitch));
    const radius = front + index * options.rowPitch;
    const [from, to, curve] = options.focal && count > 1 ? arcAbout(pivot, radius, centre, length) : straight(centre, across, length);
    const shape = {
      ...lineShape(from, to, curve),
      aisle: gaps.length ? options.aisleWidth : 0,
      skew: round(options.skew * index),
      stagger: options.isStaggered && index % 2 ? options.pitch / 2 : 0,
    };
    return makeRow(label, shape, count, gaps, seatLabels(count, options.seatNumbering, gaps));
  });
}

function straight(centre: Point, across: Point, length: number): [Point, Point, number] {
  return [add(centre, scaled(across, -length / 2)), add(centre, scaled(across, length / 2)), 0];
}

/** The ends of an arc of `length` about `focal` whose middle is `centre`, and how much it bulges. */
function arcAbout(focal: Point, radius: number, centre: Point, length: number): [Point, Point, number] {
  const middle = Math.atan2(centre[1] - focal[1], centre[0] - focal[0]);
  const half = length / 2 / radius;
  const at = (angle: number): Point => [focal[0] + radius * Math.cos(angle), focal[1] + radius * Math.sin(angle)];
  const chord = 2 * radius * Math.sin(half);
  // In a house whose stage is above, the left end lies at the greater angle.
  return [at(middle + half), at(middle - half), bulge(chord, radius)];
}

export interface TableOptions {
  shape: "round" | "rectangle";
  width: number;
  height: number;
  rotation: number;
  seats: number;
  isWhole: boolean;
  /** Of a rectangle: chairs at the two short ends as well. */
  hasEnds: boolean;
}

const CHAIR = 32; // from the table's edge to the middle of a chair

/** Where the chairs of a table stand. */
export function chairsOf(x: number, y: number, options: TableOptions): Point[] {
  const angle = (options.rotation * Math.PI) / 180;
  const place = (dx: number, dy: number): Point => [x + dx * Math.cos(angle) - dy * Math.sin(angle), y + dx * Math.sin(angle) + dy * Math.cos(angle)];
  if (options.shape === "round") {
    const radius = Math.max(options.width / 2 + CHAIR, (options.seats * 46) / (2 * Math.PI));
    return Array.from({ length: options.seats }, (_none, index) => {
      const turn = -Math.PI / 2 + (index / options.seats) * 2 * Math.PI;
      return place(radius * Math.cos(turn), radius * Math.sin(turn));
    });
  }
  const atEnds = options.hasEnds && options.seats > 2 ? 2 : 0;
  const [long, short] = [options.width / 2, options.height / 2 + CHAIR];
  const above = Math.ceil((options.seats - atEnds) / 2);
  const below = options.seats - atEnds - above;
  const side = (count: number, dy: number): Point[] =>
    Array.from({ length: count }, (_none, index) => place(-long + ((index + 0.5) / count) * 2 * long, dy));
  const ends: Point[] = atEnds ? [place(long + CHAIR, 0), place(-long - CHAIR, 0)] : [];
  // Numbered around the table, from the top left corner clockwise.
  return [...side(above, -short), ...ends.slice(0, 1), ...side(below, short).reverse(), ...ends.slice(1)];
}

export function makeTable(label: string, [x, y]: Point, options: TableOptions): TableElement {
  const seats = chairsOf(x, y, options).map((point, index) => newSeat(String(index + 1), point));
  return {
    type: "table",
    id: newId(),
    label,
    x: round(x),
    y: round(y),
    seats,
    shape: options.shape,
    width: options.width,
    height: options.shape === "round" ? options.width : options.height,
    rotation: options.rotation,
    category: null,
    is_whole: options.isWhole,
  };
}

/** A table with other measures; its chairs keep their ids. */
export function reshapeTable(table: TableElement, options: TableOptions): TableElement {
  const seats = chairsOf(table.x, table.y, options).map((point, index) => {
    const seat = table.seats[index];
    return seat ? { ...seat, x: round(point[0]), y: round(point[1]) } : newSeat(String(index + 1), point);
  });
  const { shape, width, rotation } = options;
  const height = shape === "round" ? width : options.height;
  return { ...table, seats, shape, width, height, rotation, is_whole: options.isWhole };
}

/** Parametric rows: seats from a shape, and another shape for the same seats, which keep their ids. */
import { type Point, type RowElement, type RowShape, type Seat, hasShape, newId, round } from "./document";
import { type Matrix, add, along, apply, arcOf, direction, distance, flips, lengthOf, pathOf, right, scaled, smoothed } from "./geometry";

export const PITCH = 52;
export const ROW_PITCH = 90;
export const AISLE = 100;

export interface RowChange {
  count?: number;
  pitch?: number;
  length?: number;
  /** What stays when the count changes: the distance of neighbours, or the row's length. */
  keep?: "pitch" | "length";
  curve?: number;
  skew?: number;
  stagger?: number;
  aisle?: number;
  gaps?: readonly number[];
}

export function newSeat(label: string, [x, y]: Point): Seat {
  return { id: newId(), label, x: round(x), y: round(y), category: null, flags: [], companions: [] };
}

/** The way a shape's slots lie on, before it is shifted. */
export function pathOfShape(shape: RowShape): Point[] {
  if (shape.kind !== "free") return pathOf(shape.from, shape.to, shape.curve);
  const corners = [shape.from, ...(shape.points ?? []), shape.to];
  return shape.smooth ? smoothed(corners) : corners;
}

/** Where the seats of a shape stand. `gaps` are places among the seats, after which an aisle of the shape's width comes. */
export function layOut(shape: RowShape, count: number, gaps: readonly number[]): Point[] {
  const holes = new Set(shape.holes ?? []);
  const slots = count + holes.size;
  const path = pathOfShape(shape);
  const aisle = shape.aisle ?? 0;
  // Of each slot: how many aisles lie before it.
  const wide = new Set(gaps);
  const places: number[] = [];
  const before: number[] = [];
  for (let slot = 0, seat = 0, aisles = 0; slot < slots; slot++) {
    before.push(aisles);
    if (holes.has(slot)) continue;
    places.push(slot);
    if (wide.has(seat)) aisles += 1;
    seat += 1;
  }
  const total = lengthOf(path);
  const steps = Math.max(1, slots - 1);
  const pitch = (total - aisle * (before[slots - 1] ?? 0)) / steps;
  const distances = places.map((slot) => slot * pitch + aisle * before[slot]!);
  const sideways = scaled(direction(shape.from, shape.to), (shape.skew ?? 0) + (shape.stagger ?? 0));
  return along(path, slots === 1 ? [total / 2] : distances).map((point) => add(point, sideways));
}

/** A row of `count` seats on a shape. `labels` are its seats' numbers; from 1 without them. */
export function makeRow(label: string, shape: RowShape, count: number, gaps: readonly number[] = [], labels?: readonly string[]): RowElement {
  const seats = layOut(shape, count, gaps).map((point, index) => newSeat(labels?.[index] ?? String(index + 1), point));
  return { type: "row", id: newId(), label, seats, category: null, gaps, shape: tidy(shape) };
}

export function lineShape(from: Point, to: Point, curve = 0): RowShape {
  return { kind: curve ? "arc" : "line", from: rounded(from), to: rounded(to), curve: round(curve) };
}

/** The usual distance of neighbours in a row. */
export function pitchOf(row: RowElement): number {
  const steps: number[] = [];
  row.seats.forEach((seat, index) => {
    const next = row.seats[index + 1];
    if (next && !row.gaps.includes(index)) steps.push(Math.hypot(next.x - seat.x, next.y - seat.y));
  });
  steps.sort((a, b) => a - b);
  return steps[steps.length >> 1] ?? PITCH;
}

/** A shape for a row that has none, as one from a file: the straight line from its first to its last seat. */
export function shapeOf(row: RowElement): RowShape {
  if (hasShape(row)) return row.shape;
  const [first, last] = [row.seats[0], row.seats[row.seats.length - 1]];
  if (!first || !last) return lineShape([0, 0], [PITCH, 0]);
  const [from, to]: [Point, Point] = [[first.x, first.y], [last.x, last.y]];
  const at = row.seats[row.seats.length >> 1]!;
  const toward = right(direction(from, to));
  const curve = row.seats.length < 3 ? 0 : (at.x - (from[0] + to[0]) / 2) * toward[0] + (at.y - (from[1] + to[1]) / 2) * toward[1];
  return lineShape(from, to, Math.abs(curve) < 3 ? 0 : curve);
}

/** The row after a change of its parameters. Seats keep their ids and labels; further ones come at its end. */
export function reshape(row: RowElement, change: RowChange): RowElement {
  let shape = shapeOf(row);
  const count = Math.max(1, Math.min(400, Math.round(change.count ?? row.seats.length)));
  const gaps = (change.gaps ?? row.gaps).filter((gap) => gap < count - 1);
  const aisle = change.aisle ?? shape.aisle ?? 0;
  const was = (shape.aisle ?? 0) * row.gaps.length;
  const now = aisle * gaps.length;
  const holes = (shape.holes ?? []).filter((hole) => hole < count + (shape.holes?.length ?? 0) - 1);
  const steps = Math.max(1, row.seats.length + (shape.holes?.length ?? 0) - 1);
  const length = lengthOf(pathOfShape(shape));
  const pitch = change.pitch ?? (length - was) / steps;
  const wanted =
    change.length ?? (change.keep === "length" && change.pitch === undefined ? length : pitch * Math.max(1, count + holes.length - 1) + now);
  shape = stretched(shape, wanted, length);
  if (change.curve !== undefined) {
    shape = curved(shape, change.curve, wanted);
  }
  shape = { ...shape, aisle, holes, skew: change.skew ?? shape.skew ?? 0, stagger: change.stagger ?? shape.stagger ?? 0 };
  const points = layOut(shape, count, gaps);
  const seats = points.map((point, index) => {
    const seat = row.seats[index];
    const label = seat ? seat.label : nextLabel(row.seats, index);
    const moved = seat && shape.moved?.[seat.id];
    const [x, y] = moved ? add(point, moved) : point;
    return seat ? { ...seat, x: round(x), y: round(y) } : newSeat(label, point);
  });
  return { ...row, seats, gaps, shape: tidy(shape) };
}

/** Another length, the middle of the row staying where it is: an arc keeps its circle, other rows their middle. */
function stretched(shape: RowShape, wanted: number, length: number): RowShape {
  if (Math.abs(wanted - length) < 0.01 || length <= 0) return shape;
  if (shape.kind === "arc" && Math.abs(shape.curve) >= 0.5) {
    const { centre: pivot, radius, start, sweep } = arcOf(shape.from, shape.to, shape.curve);
    const half = Math.min(wanted / radius / 2, 3);
    const apex = start + sweep / 2;
    const at = (angle: number): Point => rounded([pivot[0] + radius * Math.cos(angle), pivot[1] + radius * Math.sin(angle)]);
    const way = Math.sign(sweep);
    return { ...shape, from: at(apex - way * half), to: at(apex + way * half), curve: round(Math.sign(shape.curve) * radius * (1 - Math.cos(half))) };
  }
  const from = scaledAbout(shape, wanted / length);
  return { ...shape, from: from(shape.from), to: from(shape.to), ...(shape.points ? { points: shape.points.map(from) } : {}) };
}

/** The same bulge on a chord that makes the row as long as before. */
function curved(shape: RowShape, curve: number, wanted: number): RowShape {
  let next: RowShape = { ...shape, kind: curve ? "arc" : "line", curve: round(curve) };
  for (let turn = 0; turn < 4; turn++) {
    const from = scaledAbout(next, wanted / (lengthOf(pathOfShape(next)) || 1));
    next = { ...next, from: from(next.from), to: from(next.to) };
  }
  return next;
}

function scaledAbout(shape: RowShape, factor: number): (point: Point) => Point {
  const [x, y] = [(shape.from[0] + shape.to[0]) / 2, (shape.from[1] + shape.to[1]) / 2];
  return (point) => rounded([x + (point[0] - x) * factor, y + (point[1] - y) * factor]);
}

function nextLabel(seats: readonly Seat[], index: number): string {
  const [before, last] = [Number(seats[seats.length - 2]?.label), Number(seats[seats.length - 1]?.label)];
  if (Number.isNaN(last)) return String(index + 1);
  const step = Number.isNaN(before) || before === last ? 1 : last - before;
  const label = last + step * (index - seats.length + 1);
  return String(label > 0 ? label : index + 1);
}

/** The row under an affine map: its seats, and its shape with it. */
export function transformRow(row: RowElement, m: Matrix): RowElement {
  const seats = row.seats.map((seat) => moved(seat, m));
  if (!hasShape(row)) return { ...row, seats };
  const factor = Math.hypot(m[0], m[1]);
  const { shape } = row;
  const moves = Object.entries(shape.moved ?? {}).map(([id, [x, y]]) => [id, [m[0] * x + m[2] * y, m[1] * x + m[3] * y] as Point] as const);
  const next: RowShape = {
    ...shape,
    from: rounded(apply(m, shape.from)),
    to: rounded(apply(m, shape.to)),
    curve: round(shape.curve * factor * (flips(m) ? -1 : 1)),
    ...(shape.points ? { points: shape.points.map((point) => rounded(apply(m, point))) } : {}),
    ...(shape.skew ? { skew: round(shape.skew * factor) } : {}),
    ...(shape.stagger ? { stagger: round(shape.stagger * factor) } : {}),
    ...(shape.aisle ? { aisle: round(shape.aisle * factor) } : {}),
    ...(moves.length ? { moved: Object.fromEntries(moves) } : {}),
  };
  return { ...row, seats, shape: tidy(next) };
}

export function moved<T extends { x: number; y: number }>(thing: T, m: Matrix): T {
  const [x, y] = apply(m, [thing.x, thing.y]);
  return { ...thing, x: round(x), y: round(y) };
}

/** Some seats of a row moved by hand: they stay off their slots when the row is reshaped. */
export function moveSeats(row: RowElement, ids: ReadonlySet<string>, m: Matrix): RowElement {
  const seats = row.seats.map((seat) => (ids.has(seat.id) ? moved(seat, m) : seat));
  if (!hasShape(row)) return { ...row, seats };
  const offsets: Record<string, Point> = { ...row.shape.moved };
  row.seats.forEach((seat, index) => {
    if (!ids.has(seat.id)) return;
    const [dx, dy] = offsets[seat.id] ?? [0, 0];
    const next = seats[index]!;
    offsets[seat.id] = [round(dx + next.x - seat.x), round(dy + next.y - seat.y)];
  });
  return { ...row, seats, shape: tidy({ ...row.shape, moved: offsets }) };
}

/** Without some of its seats: their slots stay empty, and an aisle runs where they were. */
export function withoutSeats(row: RowElement, ids: ReadonlySet<string>): RowElement {
  const shape = hasShape(row) ? row.shape : null;
  const holes = new Set(shape?.holes ?? []);
  const slotOf: number[] = [];
  for (let slot = 0, seat = 0; seat < row.seats.length; slot++) {
    if (!holes.has(slot)) slotOf[seat++] = slot;
  }
  const kept = row.seats.map((_seat, index) => index).filter((index) => !ids.has(row.seats[index]!.id));
  const gaps: number[] = [];
  kept.forEach((index, place) => {
    const next = kept[place + 1];
    if (next === undefined) return;
    const hasAisle = row.gaps.some((gap) => gap >= index && gap < next);
    if (hasAisle || next - index > 1) gaps.push(place);
  });
  const seats = kept.map((index) => row.seats[index]!);
  if (!shape || !kept.length) return { ...row, seats, gaps };
  // Seats keep their exact places: what was an aisle's width cannot be told from a hole's any more, so the row is only its seats.
  const isPlain = !(shape.aisle && row.gaps.length);
  const [first, last] = [slotOf[kept[0]!]!, slotOf[kept[kept.length - 1]!]!];
  const isInner = first === 0 && last === row.seats.length + holes.size - 1;
  if (!isPlain || !isInner) return { ...row, seats, gaps, shape: {} };
  const all = new Set([...holes, ...row.seats.flatMap((seat, index) => (ids.has(seat.id) ? [slotOf[index]!] : []))]);
  return { ...row, seats, gaps, shape: tidy({ ...shape, holes: [...all].sort((a, b) => a - b), aisle: 0 }) };
}

/** Only the members that say something, and none if they would not fit into a document. */
function tidy(shape: RowShape): RowShape | Record<string, never> {
  const { points, smooth, skew, stagger, aisle, holes, moved: moves, ...rest } = shape;
  const short: RowShape = {
    ...rest,
    ...(points?.length ? { points } : {}),
    ...(smooth ? { smooth } : {}),
    ...(skew ? { skew } : {}),
    ...(stagger ? { stagger } : {}),
    ...(aisle ? { aisle } : {}),
    ...(holes?.length ? { holes } : {}),
    ...(moves && Object.keys(moves).length ? { moved: moves } : {}),
  };
  return JSON.stringify(short).length > 3900 ? {} : short;
}

export function rounded([x, y]: Point): Point {
  return [round(x), round(y)];
}

/** How many seats fit between two points at this pitch. */
export function seatsBetween(from: Point, to: Point, pitch: number): number {
  return Math.max(1, Math.floor(distance(from, to) / pitch + 0.5) + 1);
}

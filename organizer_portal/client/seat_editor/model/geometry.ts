/** Plane geometry of the tools: pure functions of points. Centimetres, angles in radians, y down. */
import type { Point } from "./document";

export function add(a: Point, b: Point): Point {
  return [a[0] + b[0], a[1] + b[1]];
}
export function subtract(a: Point, b: Point): Point {
  return [a[0] - b[0], a[1] - b[1]];
}
export function scaled(a: Point, by: number): Point {
  return [a[0] * by, a[1] * by];
}
export function middle(a: Point, b: Point): Point {
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
}
export function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
export function direction(from: Point, to: Point): Point {
  const length = distance(from, to) || 1;
  return [(to[0] - from[0]) / length, (to[1] - from[1]) / length];
}
/** Rotated by a right angle clockwise as seen on the screen. */
export function right(a: Point): Point {
  return [-a[1], a[0]];
}

/** x' = a x + c y + e, y' = b x + d y + f. */
export type Matrix = readonly [number, number, number, number, number, number];

export function apply(m: Matrix, [x, y]: Point): Point {
  return [m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5]];
}
export function shift(dx: number, dy: number): Matrix {
  return [1, 0, 0, 1, dx, dy];
}
export function turn(angle: number, [x, y]: Point): Matrix {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [cos, sin, -sin, cos, x - cos * x + sin * y, y - sin * x - cos * y];
}
/** The mirror image at a vertical line (left becomes right) or a horizontal one. */
export function mirror(axis: "vertical" | "horizontal", at: number): Matrix {
  return axis === "vertical" ? [-1, 0, 0, 1, 2 * at, 0] : [1, 0, 0, -1, 0, 2 * at];
}
export function stretch(factor: number, [x, y]: Point): Matrix {
  return [factor, 0, 0, factor, x - factor * x, y - factor * y];
}
export function turns(m: Matrix): number {
  return Math.atan2(m[1], m[0]);
}
/** Whether it makes left into right. */
export function flips(m: Matrix): boolean {
  return m[0] * m[3] - m[1] * m[2] < 0;
}

export interface Frame {
  left: number;
  top: number;
  right: number;
  bottom: number;
}
export function frameOf(points: Iterable<Point>): Frame | null {
  const frame = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const [x, y] of points) {
    frame.left = Math.min(frame.left, x);
    frame.top = Math.min(frame.top, y);
    frame.right = Math.max(frame.right, x);
    frame.bottom = Math.max(frame.bottom, y);
  }
  return frame.left <= frame.right ? frame : null;
}
export function centre(frame: Frame): Point {
  return [(frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2];
}

export function isInside(outline: readonly Point[], [x, y]: Point): boolean {
  let inside = false;
  outline.forEach(([ax, ay], index) => {
    const [bx, by] = outline[(index + 1) % outline.length]!;
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  });
  return inside;
}

/** The tightest polygon around points that never bends inwards, `margin` away from them. */
export function wrap(points: readonly Point[], margin: number): Point[] {
  const around: Point[] = [];
  const steps = 8;
  for (const [x, y] of points) {
    for (let step = 0; step < steps; step++) {
      const angle = (step / steps) * 2 * Math.PI;
      around.push([x + margin * Math.cos(angle), y + margin * Math.sin(angle)]);
    }
  }
  around.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (sorted: readonly Point[]): Point[] => {
    const hull: Point[] = [];
    for (const point of sorted) {
      while (hull.length > 1 && side(hull[hull.length - 2]!, hull[hull.length - 1]!, point) <= 0) hull.pop();
      hull.push(point);
    }
    return hull.slice(0, -1);
  };
  return [...half(around), ...half([...around].reverse())].map(([x, y]) => [Math.round(x), Math.round(y)]);
}
function side(a: Point, b: Point, c: Point): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/** A way along which seats stand: points close together, from its beginning to its end. */
export function pathOf(from: Point, to: Point, curve: number): Point[] {
  const length = distance(from, to);
  if (Math.abs(curve) < 0.5 || length < 1) return [from, to];
  const { centre: pivot, radius, start, sweep } = arcOf(from, to, curve);
  const steps = Math.max(8, Math.ceil(Math.abs(sweep) / 0.02));
  return Array.from({ length: steps + 1 }, (_none, step) => {
    const angle = start + (sweep * step) / steps;
    return [pivot[0] + radius * Math.cos(angle), pivot[1] + radius * Math.sin(angle)] as const;
  });
}

interface Arc {
  centre: Point;
  radius: number;
  start: number;
  sweep: number;
}
/** The arc from one point to another whose middle lies `curve` to the right of the straight way. */
export function arcOf(from: Point, to: Point, curve: number): Arc {
  const half = distance(from, to) / 2;
  const radius = (half * half + curve * curve) / (2 * Math.abs(curve));
  const toward = right(direction(from, to));
  const offset = (radius - Math.abs(curve)) * -Math.sign(curve);
  const pivot = add(middle(from, to), scaled(toward, offset));
  const start = Math.atan2(from[1] - pivot[1], from[0] - pivot[0]);
  const end = Math.atan2(to[1] - pivot[1], to[0] - pivot[0]);
  let sweep = end - start;
  // The way on which the middle of the row lies: to the right of the chord means against the clock in its angles.
  if (curve > 0) while (sweep > 0) sweep -= 2 * Math.PI;
  else while (sweep < 0) sweep += 2 * Math.PI;
  return { centre: pivot, radius, start, sweep };
}

/** How much a chord of `length` bulges when it lies on a circle of this radius; at most half a circle. */
export function bulge(length: number, radius: number): number {
  const half = Math.min(length / 2, radius);
  return radius - Math.sqrt(radius * radius - half * half);
}

/** Corners rounded off by a Catmull-Rom curve through all of them. */
export function smoothed(points: readonly Point[]): Point[] {
  if (points.length < 3) return [...points];
  const path: Point[] = [];
  for (let index = 0; index + 1 < points.length; index++) {
    const [a, b] = [points[index]!, points[index + 1]!];
    const before = points[index - 1] ?? a;
    const after = points[index + 2] ?? b;
    const steps = Math.max(4, Math.ceil(distance(a, b) / 20));
    for (let step = 0; step < steps; step++) {
      const t = step / steps;
      const part = (axis: 0 | 1): number =>
        0.5 *
        (2 * a[axis] +
          (b[axis] - before[axis]) * t +
          (2 * before[axis] - 5 * a[axis] + 4 * b[axis] - after[axis]) * t * t +
          (3 * a[axis] - before[axis] - 3 * b[axis] + after[axis]) * t * t * t);
      path.push([part(0), part(1)]);
    }
  }
  path.push(points[points.length - 1]!);
  return path;
}

export function lengthOf(path: readonly Point[]): number {
  let sum = 0;
  for (let index = 1; index < path.length; index++) sum += distance(path[index - 1]!, path[index]!);
  return sum;
}

/** The points of a way at these distances from its beginning (ascending); beyond its ends it goes straight on. */
export function along(path: readonly Point[], distances: readonly number[]): Point[] {
  const found: Point[] = [];
  let [segment, passed] = [1, 0];
  for (const wanted of distances) {
    while (segment < path.length - 1 && passed + distance(path[segment - 1]!, path[segment]!) < wanted) {
      passed += distance(path[segment - 1]!, path[segment]!);
      segment += 1;
    }
    const [a, b] = [path[segment - 1]!, path[segment] ?? path[segment - 1]!];
    found.push(add(a, scaled(direction(a, b), wanted - passed)));
  }
  return found;
}

/** Fewer points with the same look: none that lies within `tolerance` of the line without it. */
export function simplified(points: readonly Point[], tolerance: number): Point[] {
  if (points.length < 3) return [...points];
  let [farthest, most] = [0, 0];
  const [first, last] = [points[0]!, points[points.length - 1]!];
  for (let index = 1; index < points.length - 1; index++) {
    const off = fromLine(points[index]!, first, last);
    if (off > most) [farthest, most] = [index, off];
  }
  if (most <= tolerance) return [first, last];
  const before = simplified(points.slice(0, farthest + 1), tolerance);
  return [...before.slice(0, -1), ...simplified(points.slice(farthest), tolerance)];
}
function fromLine(p: Point, a: Point, b: Point): number {
  const length = distance(a, b);
  return length ? Math.abs(side(a, b, p)) / length : distance(p, a);
}

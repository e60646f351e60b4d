/**
 * What the renderer draws: columns over all seats in index order, and a few lists. `sceneOf` (geometry.ts) makes one of a
 * published map; the editor keeps its own of a living document. Lengths are in units of the scene's own, y down.
 */
import type { DecorationJson } from "./types";

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface SceneSection {
  id: string;
  name: string;
  floor: number;
  zone: string;
  entrance: string;
  /** x, y, x, y …; empty where nobody drew one: the section is then the band along its rows. */
  outline: ArrayLike<number>;
  /** Its seats are first … first + count - 1. */
  first: number;
  count: number;
}

export interface SceneLine {
  section: number;
  label: string;
  /** 0 row, 1 table by seat, 2 whole table. */
  kind: 0 | 1 | 2;
  first: number;
  count: number;
  /** Places in the row after which an aisle runs. */
  gaps: readonly number[];
}

export interface SceneTable {
  line: number;
  shape: "round" | "rectangle";
  x: number;
  y: number;
  width: number;
  height: number;
  rotation: number;
}

export interface SceneArea {
  id: string;
  name: string;
  floor: number;
  category: number;
  capacity: number;
  entrance: string;
  outline: ArrayLike<number>;
}

export interface Scene {
  readonly width: number;
  readonly height: number;
  /** The usual distance between neighbours: what a seat's size on the screen goes by. */
  readonly pitch: number;
  readonly count: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** The line of each seat. */
  readonly line: Uint32Array;
  /** Index in `categories`, or -1. */
  readonly category: Int16Array;
  readonly flags: Uint32Array;
  readonly flagNames: readonly string[];
  readonly categories: readonly { key: string; name: string; color: string }[];
  readonly floors: readonly { id: string; name: string; decorations: readonly DecorationJson[] }[];
  readonly sections: readonly SceneSection[];
  readonly lines: readonly SceneLine[];
  readonly tables: readonly SceneTable[];
  readonly areas: readonly SceneArea[];
  label(seat: number): string;
}

/** The bit of a flag, 0 where the scene has no such flag. */
export function flagBit(scene: Scene, name: string): number {
  const bit = scene.flagNames.indexOf(name);
  return bit < 0 ? 0 : 1 << bit;
}

export const EMPTY: Readonly<Box> = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };

export function grow(box: Box, x: number, y: number): void {
  box.left = Math.min(box.left, x);
  box.top = Math.min(box.top, y);
  box.right = Math.max(box.right, x);
  box.bottom = Math.max(box.bottom, y);
}

export function growBy(box: Box, points: ArrayLike<number>): void {
  for (let at = 0; at + 1 < points.length; at += 2) grow(box, points[at]!, points[at + 1]!);
}

export function isEmpty(box: Box): boolean {
  return box.left > box.right;
}

export function boxOfSeats(scene: Scene, first: number, count: number): Box {
  const box = { ...EMPTY };
  for (let seat = first; seat < first + count; seat++) grow(box, scene.x[seat]!, scene.y[seat]!);
  return padded(box, scene.pitch);
}

export function boxOfSection(scene: Scene, number: number): Box {
  const section = scene.sections[number]!;
  const box = boxOfSeats(scene, section.first, section.count);
  growBy(box, section.outline);
  scene.tables.forEach((table) => {
    if (scene.lines[table.line]?.section === number) growByTable(box, table);
  });
  return box;
}

/** All that is drawn on a floor. */
export function boxOfFloor(scene: Scene, floor: number): Box {
  const box = { ...EMPTY };
  scene.sections.forEach((section, number) => {
    if (section.floor !== floor) return;
    const inner = boxOfSection(scene, number);
    if (isEmpty(inner)) return;
    grow(box, inner.left, inner.top);
    grow(box, inner.right, inner.bottom);
  });
  scene.areas.forEach((area) => area.floor === floor && growBy(box, area.outline));
  for (const shape of scene.floors[floor]?.decorations ?? []) {
    if (shape.outline.length) growBy(box, shape.outline);
    const reach = Math.hypot(shape.width, shape.height) / 2;
    const isTurned = shape.rotation % 180 !== 0;
    const [across, down] = isTurned ? [reach, reach] : [shape.width / 2, shape.height / 2];
    grow(box, shape.x - across, shape.y - down);
    grow(box, shape.x + across, shape.y + down);
  }
  return isEmpty(box) ? { left: 0, top: 0, right: scene.width || 1, bottom: scene.height || 1 } : box;
}

function growByTable(box: Box, table: SceneTable): void {
  const reach = Math.hypot(table.width, table.height) / 2;
  grow(box, table.x - reach, table.y - reach);
  grow(box, table.x + reach, table.y + reach);
}

function padded(box: Box, by: number): Box {
  return { left: box.left - by, top: box.top - by, right: box.right + by, bottom: box.bottom + by };
}

/** Whether the point lies in the polygon x, y, x, y …: even-odd. */
export function isInside(outline: ArrayLike<number>, x: number, y: number): boolean {
  let inside = false;
  for (let at = 0, before = outline.length - 2; at < outline.length; before = at, at += 2) {
    const [ax, ay, bx, by] = [outline[at]!, outline[at + 1]!, outline[before]!, outline[before + 1]!];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

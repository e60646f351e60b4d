/** Decodes what `/seats/<hash>.json` sends (types.ts) into the columns that are drawn from. */
import type { Scene, SceneLine } from "./scene";
import type { GeometryJson } from "./types";

export function sceneOf(json: GeometryJson): Scene {
  const count = json.x.length;
  const x = new Float32Array(count);
  const y = new Float32Array(count);
  const line = new Uint32Array(count);
  const lines: SceneLine[] = [];
  const sections = json.sections.map((section) => ({ ...section, first: 0, count: 0 }));
  let seat = 0;
  json.lines.forEach(([section, label, kind, size, gaps], number) => {
    lines.push({ section, label, kind, first: seat, count: size, gaps });
    const owner = sections[section]!;
    if (owner.count === 0) owner.first = seat;
    owner.count += size;
    // The first seat of a line is as it is, each other a step from the one before it.
    for (let place = 0, atX = 0, atY = 0; place < size; place++, seat++) {
      x[seat] = atX += json.x[seat]!;
      y[seat] = atY += json.y[seat]!;
      line[seat] = number;
    }
  });
  const flags = new Uint32Array(count);
  for (const [index, bits] of json.flags) flags[index] = bits;
  return {
    width: json.width,
    height: json.height,
    pitch: pitchOf(x, y, lines) || 50 / json.quantum,
    count,
    x,
    y,
    line,
    category: unrolled(json.categories_of, count),
    flags,
    flagNames: json.flag_names,
    categories: json.categories,
    floors: json.floors,
    sections,
    lines,
    tables: json.tables,
    areas: json.areas,
    label: (index) => labelOf(json.labels[line[index]!]!, index - lines[line[index]!]!.first),
  };
}

/** A run-length coded column, `[value, how many]`, spread out. */
export function unrolled(runs: readonly (readonly [number, number])[], count: number): Int16Array {
  const column = new Int16Array(count);
  let at = 0;
  for (const [value, length] of runs) column.fill(value, at, (at += length));
  return column;
}

/** Of all neighbours in rows, the middle distance; of chairs around tables where there are no rows. */
export function pitchOf(x: Float32Array, y: Float32Array, lines: readonly SceneLine[]): number {
  const steps: number[] = [];
  const rows = lines.filter((line) => line.kind === 0 && line.count > 1);
  for (const line of rows.length ? rows : lines) {
    const aisles = new Set(line.gaps);
    for (let place = 0; place + 1 < line.count && steps.length < 4000; place++) {
      const seat = line.first + place;
      if (!aisles.has(place)) steps.push(Math.hypot(x[seat + 1]! - x[seat]!, y[seat + 1]! - y[seat]!));
    }
  }
  steps.sort((a, b) => a - b);
  return steps[steps.length >> 1] ?? 0;
}

function labelOf(rule: [number, number] | string[], place: number): string {
  if (typeof rule[0] === "number") return String(rule[0] + (rule[1] as number) * place);
  return rule[place] as string;
}

/** The columns that the renderer draws, made of the living document: a few milliseconds for twenty thousand seats. */
import type { DecorationJson, Scene, SceneArea, SceneLine, SceneSection, SceneTable } from "@ui/seatmap/index";
import type { Point } from "./document";
import type { MapModel } from "./model";
import { PITCH } from "./rows";

/** In the order of their bits (platform/seating/document.py). */
export const FLAGS = [
  "wheelchair",
  "companion",
  "restricted_view",
  "aisle",
  "step_free",
  "near_exit",
  "semi_ambulatory",
  "hearing",
  "sign_language",
  "captioning",
  "plus_size",
  "armrest",
] as const;

const BITS = new Map<string, number>(FLAGS.map((flag, bit) => [flag, 1 << bit]));

export interface EditorScene extends Scene {
  /** The id of each seat by index, and back: -1 for one that is hidden or gone. */
  readonly ids: readonly string[];
  indexOf(seat: string): number;
}

/** `hidden` has ids of sections and lines that nobody wants to see now. */
export function sceneOf(model: MapModel, hidden: ReadonlySet<string>): EditorScene {
  const { map } = model;
  const floors = model.floors();
  const categories = new Map(map.categories.map((category, index) => [category.key, index]));
  const total = floors.reduce((sum, floor) => sum + model.linesOn(floor).reduce((seats, line) => seats + line.seats.length, 0), 0);
  const [x, y] = [new Float32Array(total), new Float32Array(total)];
  const [line, flags] = [new Uint32Array(total), new Uint32Array(total)];
  const category = new Int16Array(total);
  const ids: string[] = [];
  const labels: string[] = [];
  const numbers = new Map<string, number>(); // of the lines
  const sections: SceneSection[] = [];
  const lines: SceneLine[] = [];
  const tables: SceneTable[] = [];
  const areas: SceneArea[] = [];
  const pitches: number[] = [];
  floors.forEach((floor, number) => {
    for (const section of model.sections(floor)) {
      if (hidden.has(section.id)) continue;
      const first = ids.length;
      for (const one of model.lines(section)) {
        if (hidden.has(one.id)) continue;
        const isTable = one.type === "table";
        if (isTable) {
          const { shape, width, height, rotation } = one;
          tables.push({ line: lines.length, shape, x: one.x, y: one.y, width, height, rotation });
        }
        const inherited = one.category ?? section.category;
        const start = ids.length;
        for (const seat of one.seats) {
          const at = ids.length;
          x[at] = seat.x;
          y[at] = seat.y;
          line[at] = lines.length;
          category[at] = categories.get(seat.category ?? inherited ?? "") ?? -1;
          for (const flag of seat.flags) flags[at]! |= BITS.get(flag) ?? 0;
          ids.push(seat.id);
          labels.push(seat.label);
        }
        const [a, b] = one.seats;
        if (!isTable && a && b) pitches.push(Math.hypot(b.x - a.x, b.y - a.y));
        numbers.set(one.id, lines.length);
        lines.push({
          section: sections.length,
          label: one.label,
          kind: isTable ? (one.is_whole ? 2 : 1) : 0,
          first: start,
          count: ids.length - start,
          gaps: isTable ? [] : one.gaps,
        });
      }
      sections.push({
        id: section.id,
        name: section.name,
        floor: number,
        zone: section.zone,
        entrance: section.entrance,
        outline: flat(section.outline),
        first,
        count: ids.length - first,
      });
    }
    for (const id of floor.areas) {
      const area = model.get(id);
      if (area?.type !== "area" || hidden.has(id)) continue;
      const { name, capacity, entrance } = area;
      const painted = categories.get(area.category ?? "") ?? -1;
      areas.push({ id, name, floor: number, category: painted, capacity, entrance, outline: flat(area.outline) });
    }
  });
  pitches.sort((a, b) => a - b);
  return {
    width: map.width,
    height: map.height,
    pitch: pitches[pitches.length >> 1] || PITCH,
    count: ids.length,
    x,
    y,
    line,
    category,
    flags,
    flagNames: FLAGS,
    categories: map.categories,
    floors: floors.map((floor) => ({ id: floor.id, name: floor.name, decorations: decorationsOf(model, floor.decorations, hidden) })),
    sections,
    lines,
    tables,
    areas,
    label: (seat) => labels[seat] ?? "",
    ids,
    indexOf: (seat) => {
      const place = model.placeOf(seat);
      const number = place && numbers.get(place.line);
      return number === undefined ? -1 : lines[number]!.first + place!.index;
    },
  };
}

function decorationsOf(model: MapModel, ids: readonly string[], hidden: ReadonlySet<string>): DecorationJson[] {
  return ids.flatMap((id) => {
    const one = model.get(id);
    if (one?.type !== "decoration" || hidden.has(id)) return [];
    const { kind, x, y, width, height, rotation, text } = one;
    return [{ kind, x, y, width, height, rotation, text, outline: flat(one.outline) }];
  });
}

function flat(outline: readonly Point[]): number[] {
  return outline.flatMap(([x, y]) => [x, y]);
}

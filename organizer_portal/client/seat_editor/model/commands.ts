/** What can be done to a map: each function is one step of the history, and says what should be selected after it. */
import { t } from "../words";
import {
  type AreaElement,
  type Category,
  type DecorationElement,
  type DecorationKind,
  type Element,
  type FloorElement,
  type LineElement,
  type Point,
  ROOT,
  type RowElement,
  type Seat,
  type SectionElement,
  type TableElement,
  flatten,
  hasShape,
  isRow,
  newId,
  round,
} from "./document";
import * as geo from "./geometry";
import { MapModel } from "./model";
import { type RowNumbering, type SeatNumbering, rowLabels, seatLabels } from "./numbering";
import * as rows from "./rows";
import type { Selection } from "./selection";

export interface Made {
  seats: string[];
  things: string[];
}

// --- Adding -----------------------------------------------------------------------------------------------------------------

/** A section of this floor, made when there is none to put lines into. */
function sectionFor(model: MapModel, floorId: string, wanted: string | null): SectionElement {
  const known = wanted ? model.get(wanted) : undefined;
  if (known?.type === "section") return known;
  const floor = model.floor(floorId);
  const section: SectionElement = {
    type: "section",
    id: newId(),
    name: freeName(model, t("Section")),
    rows: [],
    tables: [],
    category: model.map.categories[0]?.key ?? null,
    outline: [],
    entrance: "",
    zone: "",
    focal: null,
  };
  model.put(section);
  model.put({ ...floor, sections: [...floor.sections, section.id] });
  return section;
}

/** "Section 3": the first number that no section has. */
export function freeName(model: MapModel, word: string): string {
  const taken = new Set(model.floors().flatMap((floor) => model.sections(floor).map((section) => section.name)));
  for (let number = 1; ; number++) if (!taken.has(`${word} ${number}`)) return `${word} ${number}`;
}

/** Lines into a section: the one named, else a new one. Labels that the section has already are counted on. */
export function addLines(model: MapModel, floorId: string, sectionId: string | null, lines: readonly LineElement[]): Made {
  model.transact(lines[0]?.type === "table" ? t("Add a table") : t("Add rows"), () => {
    const section = sectionFor(model, floorId, sectionId);
    const taken = new Set(model.lines(section).map((line) => line.label));
    const named = lines.map((line) => {
      const label = freeLabel(line.label, taken);
      taken.add(label);
      return { ...line, label };
    });
    named.forEach((line) => model.put(line));
    const of = (type: LineElement["type"]): string[] => named.filter((line) => line.type === type).map((line) => line.id);
    model.put({ ...section, rows: [...section.rows, ...of("row")], tables: [...section.tables, ...of("table")] });
  });
  return { seats: lines.flatMap((line) => line.seats.map((seat) => seat.id)), things: [] };
}

/** The next letter or number after what is taken. */
export function freeLabel(label: string, taken: ReadonlySet<string>): string {
  let next = label || "A";
  while (taken.has(next)) next = following(next);
  return next;
}
function following(label: string): string {
  const number = /^(.*?)(\d+)$/.exec(label);
  if (number) return `${number[1]}${Number(number[2]) + 1}`;
  const last = label.slice(-1);
  if (!/[A-Za-y]/.test(last)) return last === "Z" && label.length === 1 ? "AA" : `${label}2`;
  return label.slice(0, -1) + (last === "Z" ? "ZA" : String.fromCharCode(last.charCodeAt(0) + 1));
}

/** "Standing", then "Standing 2". */
function freeAreaName(model: MapModel, name: string): string {
  const taken = new Set(model.floors().flatMap((floor) => floor.areas.map((id) => (model.get(id) as AreaElement).name)));
  if (!taken.has(name)) return name;
  const base = name.replace(/ \d+$/, "");
  for (let number = 2; ; number++) if (!taken.has(`${base} ${number}`)) return `${base} ${number}`;
}

/** An area with a category that is its own: no seat and no other area may have it. */
function withOwnCategory(model: MapModel, area: AreaElement): AreaElement {
  const category = newCategory(model, area.name);
  model.put({ ...model.map, categories: [...model.map.categories, category] });
  return { ...area, category: category.key };
}

export function addArea(model: MapModel, floorId: string, outline: readonly Point[]): Made {
  const floor = model.floor(floorId);
  const area: AreaElement = {
    type: "area",
    id: newId(),
    name: freeAreaName(model, t("Standing")),
    capacity: 100,
    outline: outline.map(rows.rounded),
    category: null,
    entrance: "",
  };
  model.transact(t("Add an area"), () => {
    model.put(withOwnCategory(model, area));
    model.put({ ...floor, areas: [...floor.areas, area.id] });
  });
  return { seats: [], things: [area.id] };
}

export function addDecoration(model: MapModel, floorId: string, kind: DecorationKind, frame: geo.Frame, text: string): Made {
  const floor = model.floor(floorId);
  const [x, y] = geo.centre(frame);
  const decoration: DecorationElement = {
    type: "decoration",
    id: newId(),
    kind,
    x: round(x),
    y: round(y),
    width: round(frame.right - frame.left),
    height: round(frame.bottom - frame.top),
    rotation: 0,
    text,
    outline: [],
  };
  model.transact(kind === "stage" ? t("Add the stage") : t("Add a decoration"), () => {
    model.put(decoration);
    model.put({ ...floor, decorations: [...floor.decorations, decoration.id] });
  });
  return { seats: [], things: [decoration.id] };
}

export function addFloor(model: MapModel, name: string, like?: FloorElement): FloorElement {
  let made: FloorElement = { type: "floor", id: newId(), name, sections: [], areas: [], decorations: [] };
  model.transact(like ? t("Duplicate the floor") : t("Add a floor"), () => {
    if (like) {
      const copied = (id: string): string => copyInto(model, id, geo.shift(0, 0)).id;
      // Names of sections are unique over the whole map.
      const sections = model.sections(like).map((section) => {
        const id = copied(section.id);
        const copy = model.get(id) as SectionElement;
        model.put({ ...copy, name: freeName(model, section.name) });
        return id;
      });
      made = { ...made, sections, areas: like.areas.map(copied), decorations: like.decorations.map(copied) };
    }
    model.put(made);
    model.put({ ...model.map, floors: [...model.map.floors, made.id] });
  });
  return made;
}

// --- Categories -----------------------------------------------------------------------------------------------------------------

/** Okabe and Ito's colours: told apart by almost everybody (2008). The last is for what costs nothing. */
export const PALETTE = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#707880"];

export function newCategory(model: MapModel, name: string): Category {
  const used = new Set(model.map.categories.map((category) => category.color));
  const color = PALETTE.find((one) => !used.has(one)) ?? PALETTE[model.map.categories.length % PALETTE.length]!;
  const keys = new Set(model.map.categories.map((category) => category.key));
  const base = name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 24) || "category";
  let key = base;
  for (let number = 2; keys.has(key); number++) key = `${base}-${number}`;
  return { key, name, color };
}

export function setCategories(model: MapModel, categories: readonly Category[]): void {
  const keys = new Set(categories.map((category) => category.key));
  model.transact(t("Change the categories"), () => {
    model.put({ ...model.map, categories });
    for (const floor of model.floors()) {
      for (const section of model.sections(floor)) {
        if (section.category && !keys.has(section.category)) model.put({ ...section, category: null });
        for (const line of model.lines(section)) {
          const isPainted = line.category || line.seats.some((seat) => seat.category);
          if (isPainted) model.put(repainted(line, (key) => (key && keys.has(key) ? key : null)));
        }
      }
      for (const id of floor.areas) {
        const area = model.get(id) as AreaElement;
        if (area.category && !keys.has(area.category)) model.put({ ...area, category: null });
      }
    }
  });
}

function repainted(line: LineElement, key: (before: string | null) => string | null): LineElement {
  return { ...line, category: key(line.category), seats: line.seats.map((seat) => ({ ...seat, category: key(seat.category) })) };
}

/** Paints seats: whole sections and lines on themselves, so that what is drawn into them later inherits it. */
export function paint(model: MapModel, seats: ReadonlySet<string>, things: ReadonlySet<string>, key: string | null): void {
  model.transact(t("Paint a category"), () => {
    for (const [sectionId, lineIds] of grouped(model, seats)) {
      const section = model.get(sectionId) as SectionElement;
      const lines = model.lines(section);
      const whole = new Set(lines.filter((line) => line.seats.every((seat) => seats.has(seat.id))).map((line) => line.id));
      if (whole.size === lines.length) {
        model.put({ ...section, category: key });
        lines.forEach((line) => model.put(repainted(line, () => null)));
        continue;
      }
      for (const line of lines) {
        if (!lineIds.has(line.id)) continue;
        if (whole.has(line.id)) model.put({ ...repainted(line, () => null), category: key === section.category ? null : key });
        else model.put(withSeats(line, (seat) => (seats.has(seat.id) ? { ...seat, category: key } : seat)));
      }
    }
    for (const id of things) {
      const area = model.get(id);
      if (area?.type === "area") model.put({ ...area, category: key });
    }
  });
}

/** The lines that have some of these seats, by section. */
function grouped(model: MapModel, seats: ReadonlySet<string>): Map<string, Set<string>> {
  const groups = new Map<string, Set<string>>();
  for (const id of seats) {
    const line = model.lineOf(id);
    if (!line) continue;
    const section = model.parentOf(line.id);
    const lines = groups.get(section) ?? new Set();
    groups.set(section, lines.add(line.id));
  }
  return groups;
}

function withSeats<T extends LineElement>(line: T, change: (seat: Seat, index: number) => Seat): T {
  return { ...line, seats: line.seats.map(change) };
}

function linesOf(model: MapModel, seats: ReadonlySet<string>): LineElement[] {
  return [...grouped(model, seats).values()].flatMap((ids) => [...ids].map((id) => model.get(id) as LineElement));
}

// --- Flags and companions ---------------------------------------------------------------------------------------------------------

export function setFlag(model: MapModel, seats: ReadonlySet<string>, flag: string, isSet: boolean): void {
  model.transact(isSet ? t("Set a flag") : t("Remove a flag"), () => {
    for (const line of linesOf(model, seats)) {
      model.put(
        withSeats(line, (seat) => {
          if (!seats.has(seat.id) || seat.flags.includes(flag) === isSet) return seat;
          const flags = isSet ? [...seat.flags, flag].sort() : seat.flags.filter((one) => one !== flag);
          return { ...seat, flags, ...(flag === "wheelchair" && !isSet ? { companions: [] } : {}) };
        }),
      );
    }
  });
}

/** Wheelchair spaces get companions: the chosen seats that are none, else for each its nearest neighbours in the row. */
export function assignCompanions(model: MapModel, seats: ReadonlySet<string>, each: number): Made {
  const chosen = [...seats].flatMap((id) => model.find(id) ?? []);
  const spaces = chosen.filter(({ seat }) => seat.flags.includes("wheelchair"));
  const others = chosen.filter(({ seat }) => !seat.flags.includes("wheelchair"));
  const taken = new Set<string>();
  const companions = new Map<string, string[]>();
  for (const space of spaces) {
    const candidates = others.length ? others : space.line.seats.map((seat) => ({ ...space, seat }));
    const free = candidates
      .filter(({ seat }) => seat.id !== space.seat.id && !taken.has(seat.id) && !seat.flags.includes("wheelchair"))
      .sort((a, b) => apart(a.seat, space.seat) - apart(b.seat, space.seat))
      .slice(0, each)
      .map(({ seat }) => seat.id);
    free.forEach((id) => taken.add(id));
    companions.set(space.seat.id, free);
  }
  const touched = new Set([...companions.keys(), ...taken]);
  model.transact(t("Assign companions"), () => {
    for (const line of linesOf(model, touched)) {
      model.put(
        withSeats(line, (seat) => {
          const own = companions.get(seat.id);
          if (own) return { ...seat, companions: own };
          if (!taken.has(seat.id) || seat.flags.includes("companion")) return seat;
          return { ...seat, flags: [...seat.flags, "companion"].sort() };
        }),
      );
    }
  });
  return { seats: [...touched], things: [] };
}

function apart(a: Seat, b: Seat): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

// --- Moving -------------------------------------------------------------------------------------------------------------------------

/** Lines, areas, decorations and outlines under one map; of lines that are not whole only their selected seats. */
export function transform(model: MapModel, selection: Selection, m: geo.Matrix, label: string): void {
  const sections = new Set(selection.wholeSections().map((section) => section.id));
  model.transact(label, () => {
    for (const { line, isWhole } of selection.lines()) {
      if (isWhole) model.put(transformed(line, m));
      else if (isRow(line)) model.put(rows.moveSeats(line, selection.seats, m));
      else model.put(withSeats(line, (seat) => (selection.seats.has(seat.id) ? rows.moved(seat, m) : seat)));
    }
    for (const id of sections) model.put(transformed(model.get(id) as SectionElement, m));
    for (const id of selection.things) {
      const element = model.get(id);
      if (element) model.put(transformed(element, m));
    }
  });
}

function transformed<T extends Element>(element: T, m: geo.Matrix): T;
function transformed(element: Element, m: geo.Matrix): Element {
  const degrees = (geo.turns(m) * 180) / Math.PI;
  const size = Math.hypot(m[0], m[1]);
  const outline = (points: readonly Point[]): Point[] => points.map((point) => rows.rounded(geo.apply(m, point)));
  switch (element.type) {
    case "row":
      return rows.transformRow(element, m);
    case "table": {
      const rotation = round((geo.flips(m) ? -element.rotation : element.rotation) + degrees);
      return { ...rows.moved(element, m), rotation: normal(rotation), seats: element.seats.map((seat) => rows.moved(seat, m)) };
    }
    case "section":
      return { ...element, outline: outline(element.outline), focal: element.focal && rows.rounded(geo.apply(m, element.focal)) };
    case "area":
      return { ...element, outline: outline(element.outline) };
    case "decoration": {
      const rotation = geo.flips(m) ? -element.rotation : element.rotation + degrees;
      const [width, height] = [round(element.width * size), round(element.height * size)];
      return { ...rows.moved(element, m), rotation: normal(round(rotation)), width, height, outline: outline(element.outline) };
    }
    default:
      return element;
  }
}

function normal(degrees: number): number {
  return ((degrees % 360) + 360) % 360;
}

/** Mirror images in place. `keepsNumbers` numbers rows from the same side as before. */
export function mirror(model: MapModel, selection: Selection, axis: "vertical" | "horizontal", at: number, keepsNumbers: boolean): void {
  const lines = selection.wholeLines().filter(isRow);
  model.transact(t("Mirror"), () => {
    transform(model, selection, geo.mirror(axis, at), t("Mirror"));
    if (axis === "vertical" && keepsNumbers) for (const { id } of lines) model.put(turnedRow(model.get(id) as RowElement));
  });
}

/** The row from its other end: seats stand in the opposite order, labels stay in theirs. */
function turnedRow(row: RowElement): RowElement {
  const places = [...row.seats].reverse();
  const count = row.seats.length;
  const seats = row.seats.map((seat, index) => ({ ...seat, x: places[index]!.x, y: places[index]!.y }));
  const gaps = row.gaps.map((gap) => count - 2 - gap).reverse();
  if (!hasShape(row)) return { ...row, seats, gaps };
  const { from, to, curve, points, holes, ...rest } = row.shape;
  const slots = count + (holes?.length ?? 0);
  const shape = {
    ...rest,
    from: to,
    to: from,
    curve: -curve,
    ...(rest.skew ? { skew: -rest.skew } : {}),
    ...(rest.stagger ? { stagger: -rest.stagger } : {}),
    ...(points ? { points: [...points].reverse() } : {}),
    ...(holes ? { holes: holes.map((hole) => slots - 1 - hole).sort((a, b) => a - b) } : {}),
  };
  return { ...row, seats, gaps, shape };
}

// --- Copying ---------------------------------------------------------------------------------------------------------------------------

/** A copy with ids of its own, of what is in this map or in another. */
function copyInto(model: MapModel, id: string, m: geo.Matrix, from = model): Element {
  const element = transformed(from.get(id)!, m);
  const copy = { ...element, id: newId() } as Element;
  if (copy.type === "row" || copy.type === "table") {
    const names = new Map(copy.seats.map((seat) => [seat.id, newId()]));
    const seats = copy.seats.map((seat) => {
      const companions = seat.companions.map((one) => names.get(one)).filter((one): one is string => one !== undefined);
      return { ...seat, id: names.get(seat.id)!, companions };
    });
    const line = { ...copy, seats } as LineElement;
    const named = isRow(line) && hasShape(line) && line.shape.moved ? { ...line, shape: { ...line.shape, moved: renamed(line.shape.moved, names) } } : line;
    model.put(named);
    return named;
  }
  if (copy.type === "section") {
    const of = (ids: readonly string[]): string[] => ids.map((one) => copyInto(model, one, m, from).id);
    const section = { ...copy, rows: of(copy.rows), tables: of(copy.tables) };
    model.put(section);
    return section;
  }
  const own = copy.type === "area" ? withOwnCategory(model, { ...copy, name: freeAreaName(model, copy.name) }) : copy;
  model.put(own);
  return own;
}

function renamed(moves: Readonly<Record<string, Point>>, names: ReadonlyMap<string, string>): Record<string, Point> {
  return Object.fromEntries(Object.entries(moves).flatMap(([id, by]) => (names.has(id) ? [[names.get(id)!, by]] : [])));
}

/** Copies of whole sections, lines, areas and decorations, one for each map; returns the copies alone. */
export function copies(model: MapModel, selection: Selection, maps: readonly geo.Matrix[], label = t("Duplicate")): Made {
  const made: Made = { seats: [], things: [] };
  const sections = selection.wholeSections();
  const inSections = new Set(sections.map((section) => section.id));
  const lines = selection.wholeLines().filter((line) => !inSections.has(model.parentOf(line.id)));
  model.transact(label, () => {
    const keep = (line: LineElement): void => void made.seats.push(...line.seats.map((seat) => seat.id));
    for (const m of maps) {
      for (const section of sections) {
        const floor = model.floor(model.parentOf(section.id));
        const copy = copyInto(model, section.id, m) as SectionElement;
        model.put({ ...copy, name: freeName(model, section.name.replace(/ \d+$/, "")) });
        model.put({ ...model.floor(floor.id), sections: [...model.floor(floor.id).sections, copy.id] });
        model.lines(copy).forEach(keep);
      }
      for (const line of lines) {
        const section = model.get(model.parentOf(line.id)) as SectionElement;
        const copy = copyInto(model, line.id, m) as LineElement;
        const label = freeLabel(line.label, new Set(model.lines(section).map((one) => one.label)));
        model.put({ ...copy, label });
        const list = copy.type === "row" ? { rows: [...section.rows, copy.id] } : { tables: [...section.tables, copy.id] };
        model.put({ ...section, ...list });
        keep(copy);
      }
      for (const id of selection.things) {
        const floor = model.floor(model.floorOf(id));
        const copy = copyInto(model, id, m);
        const list = copy.type === "area" ? { areas: [...floor.areas, copy.id] } : { decorations: [...floor.decorations, copy.id] };
        model.put({ ...floor, ...list });
        made.things.push(copy.id);
      }
    }
  });
  return made;
}

/** What is selected, onto another floor: for levels that look alike. */
export function copyToFloor(model: MapModel, selection: Selection, floorId: string): Made {
  let made: Made = { seats: [], things: [] };
  model.transact(t("Copy to the floor"), () => (made = paste(model, new MapModel(flatten(clipOf(model, selection))), floorId)));
  return made;
}

/** What is selected as a map of its own, for the clipboard: whole rows and tables in their sections, areas, decorations. */
export function clipOf(model: MapModel, selection: Selection): Record<string, unknown> {
  const lines = selection.wholeLines();
  const seats = new Set(lines.flatMap((line) => line.seats.map((seat) => seat.id)));
  const plain = (element: Element): Record<string, unknown> => {
    const { type: _type, ...members } = element;
    return members;
  };
  const inside = (section: SectionElement, type: LineElement["type"]): Record<string, unknown>[] =>
    lines
      .filter((line) => line.type === type && model.parentOf(line.id) === section.id)
      .map((line) => plain(withSeats(line, (seat) => ({ ...seat, companions: seat.companions.filter((one) => seats.has(one)) }))));
  const sections = [...new Set(lines.map((line) => model.parentOf(line.id)))].map((id) => model.get(id) as SectionElement);
  const floor = {
    id: newId(),
    name: t("Floor"),
    sections: sections.map((section) => ({ ...plain(section), rows: inside(section, "row"), tables: inside(section, "table") })),
    areas: selection.areas().map(plain),
    decorations: selection.decorations().map(plain),
  };
  const { id: _id, ...map } = plain(model.map);
  return { ...map, format: "marquee-seat-map", version: 1, floors: [floor] };
}

/**
 * A clip onto a floor: beside what it is a copy of, else where it was. Rows of a section that lies here go into it, all
 * others into a section of their own; a category of the same name is the same, what is missing comes along.
 */
export function paste(model: MapModel, clip: MapModel, floorId: string): Made {
  const made: Made = { seats: [], things: [] };
  const isHere = (id: string): boolean => model.has(id) && model.floorOf(id) === floorId;
  const floors = clip.floors();
  const ids = floors.flatMap((floor) => [...floor.sections, ...floor.areas, ...floor.decorations]);
  const m = ids.some(isHere) ? geo.shift(100, 100) : geo.shift(0, 0);
  const key = (before: string | null): string | null => (before ? sameCategory(model, clip, before) : null);
  model.transact(t("Paste"), () => {
    for (const section of floors.flatMap((floor) => clip.sections(floor))) {
      const lines = clip.lines(section);
      const home = isHere(section.id) ? model.get(section.id) : undefined;
      const isPart = home?.type === "section" && home.rows.length + home.tables.length > lines.length;
      const painted = key(section.category);
      const target = isPart ? home : newSection(model, floorId, { ...transformed(section, m), category: painted });
      const taken = new Set(model.lines(target).map((line) => line.label));
      const copied = lines.map((line) => {
        const label = freeLabel(line.label, taken);
        taken.add(label);
        const own = repainted(copyInto(model, line.id, m, clip) as LineElement, key);
        const copy = { ...own, label, category: own.category ?? (painted === target.category ? null : painted) };
        model.put(copy);
        made.seats.push(...copy.seats.map((seat) => seat.id));
        return copy;
      });
      const of = (type: LineElement["type"]): string[] => copied.filter((line) => line.type === type).map((line) => line.id);
      model.put({ ...target, rows: [...target.rows, ...of("row")], tables: [...target.tables, ...of("table")] });
    }
    const things = (list: "areas" | "decorations"): void => {
      const copied = floors.flatMap((floor) => floor[list].map((id) => copyInto(model, id, m, clip).id));
      const floor = model.floor(floorId);
      model.put({ ...floor, [list]: [...floor[list], ...copied] });
      made.things.push(...copied);
    };
    things("areas");
    things("decorations");
  });
  return made;
}

/** An empty section like this one, under a name that is free. */
function newSection(model: MapModel, floorId: string, like: SectionElement): SectionElement {
  const taken = new Set(model.floors().flatMap((floor) => model.sections(floor).map((section) => section.name)));
  const name = taken.has(like.name) ? freeName(model, like.name.replace(/ \d+$/, "")) : like.name;
  const section = { ...like, id: newId(), name, rows: [], tables: [] };
  model.put(section);
  model.put({ ...model.floor(floorId), sections: [...model.floor(floorId).sections, section.id] });
  return section;
}

/** The key here of another map's category: the same one, one of its name, else a new one of its name and colour. */
function sameCategory(model: MapModel, clip: MapModel, key: string): string {
  const { name, color } = clip.map.categories.find((one) => one.key === key)!;
  const named = model.map.categories.filter((one) => one.name === name);
  const known = named.find((one) => one.key === key) ?? named[0];
  if (known) return known.key;
  const made = { ...newCategory(model, name), color };
  model.put({ ...model.map, categories: [...model.map.categories, made] });
  return made.key;
}

// --- Removing -----------------------------------------------------------------------------------------------------------------------------

export function remove(model: MapModel, selection: Selection): void {
  model.transact(t("Remove"), () => {
    takeSeats(model, selection.seats);
    for (const id of selection.things) model.remove(id);
  });
}

function takeSeats(model: MapModel, seats: ReadonlySet<string>): void {
  for (const [sectionId, lineIds] of grouped(model, seats)) {
    for (const id of lineIds) {
      const line = model.get(id) as LineElement;
      const isWhole = line.seats.every((seat) => seats.has(seat.id));
      if (isWhole) model.remove(id);
      else if (isRow(line)) model.put(rows.withoutSeats(line, seats));
      else model.put({ ...line, seats: line.seats.filter((seat) => !seats.has(seat.id)) });
    }
    const section = model.get(sectionId) as SectionElement;
    if (!section.rows.length && !section.tables.length) model.remove(sectionId);
  }
  for (const floor of model.floors()) {
    for (const line of model.linesOn(floor)) {
      if (line.seats.some((seat) => seat.companions.some((one) => seats.has(one)))) {
        model.put(withSeats(line, (seat) => ({ ...seat, companions: seat.companions.filter((one) => !seats.has(one)) })));
      }
    }
  }
}

/** Takes out every seat inside a polygon: a pillar, a mixing desk. What is beside the hole is no neighbour any more. */
export function cut(model: MapModel, floorId: string, outline: readonly Point[]): number {
  const inside = seatsIn(model, floorId, outline);
  model.transact(t("Cut out"), () => takeSeats(model, inside));
  return inside.size;
}

export function seatsIn(model: MapModel, floorId: string, outline: readonly Point[]): Set<string> {
  const found = new Set<string>();
  for (const line of model.linesOn(model.floor(floorId))) {
    for (const seat of line.seats) if (geo.isInside(outline, [seat.x, seat.y])) found.add(seat.id);
  }
  return found;
}

// --- Sections ---------------------------------------------------------------------------------------------------------------------------------

/** The seats in a lasso become a section of their own; rows that it cuts through are parted. */
export function sectionFromSeats(model: MapModel, floorId: string, seats: ReadonlySet<string>, outline: readonly Point[]): Made {
  model.transact(t("Make a section"), () => {
    const lines = linesOf(model, seats);
    const from = lines[0] ? (model.get(model.parentOf(lines[0].id)) as SectionElement) : null;
    const section = { ...sectionFor(model, floorId, null), category: from?.category ?? null };
    const [newRows, newTables]: [string[], string[]] = [[], []];
    for (const line of lines) {
      const inside = line.seats.filter((seat) => seats.has(seat.id));
      const parent = model.get(ownerOf(model, line.id)) as SectionElement;
      if (inside.length === line.seats.length) {
        model.put({ ...parent, rows: parent.rows.filter((id) => id !== line.id), tables: parent.tables.filter((id) => id !== line.id) });
        (isRow(line) ? newRows : newTables).push(line.id);
      } else if (isRow(line)) {
        const outside = new Set(line.seats.filter((seat) => !seats.has(seat.id)).map((seat) => seat.id));
        const part = { ...rows.withoutSeats(line, outside), id: newId(), shape: {} };
        model.put(part);
        newRows.push(part.id);
        model.put({ ...rows.withoutSeats(line, seats), shape: {} });
      }
      const left = model.get(parent.id) as SectionElement;
      if (!left.rows.length && !left.tables.length) model.remove(parent.id);
    }
    model.put({ ...section, rows: newRows, tables: newTables, outline: outline.map(rows.rounded) });
  });
  return { seats: [...seats], things: [] };
}

function ownerOf(model: MapModel, line: string): string {
  for (const floor of model.floors()) {
    for (const section of model.sections(floor)) if (section.rows.includes(line) || section.tables.includes(line)) return section.id;
  }
  return ROOT;
}

/** An outline close around each section's seats. */
export function wrapSections(model: MapModel, sections: readonly SectionElement[]): void {
  model.transact(t("Wrap the section"), () => {
    for (const section of sections) {
      const points = model.lines(section).flatMap((line) => line.seats.map((seat): Point => [seat.x, seat.y]));
      if (points.length) model.put({ ...section, outline: geo.simplified(geo.wrap(points, 45), 4) });
    }
  });
}

export function change<T extends Element>(model: MapModel, element: T, members: Partial<T>, label = t("Change")): void {
  model.transact(label, () => model.put({ ...element, ...members }));
}

// --- Rows ----------------------------------------------------------------------------------------------------------------------------------------

/** Parameters for several rows together; skew and stagger grow from row to row. */
export function reshapeRows(model: MapModel, lines: readonly RowElement[], by: rows.RowChange): void {
  model.transact(t("Change the rows"), () => {
    lines.forEach((row, index) => {
      const own = { ...by };
      if (by.skew !== undefined && lines.length > 1) own.skew = by.skew * index;
      if (by.stagger !== undefined) own.stagger = index % 2 ? by.stagger : 0;
      model.put(rows.reshape(row, own));
    });
  });
}

export function reshapeTables(model: MapModel, tables: readonly TableElement[], by: (table: TableElement) => TableElement): void {
  model.transact(t("Change the tables"), () => tables.forEach((table) => model.put(by(table))));
}

export interface Renumbered {
  rows: { id: string; label: string; seats: string[] }[];
}

/** What the wizard would do, for its preview: rows front to back as the focal point sees them. */
export function numbered(model: MapModel, lines: readonly LineElement[], byRow: RowNumbering | null, bySeat: SeatNumbering | null, perSection: boolean): Renumbered {
  const focal = model.focal();
  const near = (line: LineElement): number =>
    line.seats.reduce((sum, seat) => sum + geo.distance([seat.x, seat.y], focal), 0) / (line.seats.length || 1);
  const groups = new Map<string, LineElement[]>();
  for (const line of lines) {
    const group = perSection ? model.parentOf(line.id) : "";
    groups.set(group, [...(groups.get(group) ?? []), line]);
  }
  const found: Renumbered = { rows: [] };
  for (const group of groups.values()) {
    const ordered = [...group].sort((a, b) => near(a) - near(b));
    const labels = byRow ? rowLabels(ordered.length, byRow) : ordered.map((line) => line.label);
    ordered.forEach((line, index) => {
      const seats = bySeat ? labelsOf(model, line, bySeat) : line.seats.map((seat) => seat.label);
      found.rows.push({ id: line.id, label: labels[index]!, seats });
    });
  }
  return found;
}

/** From the left as the audience sees it: a row drawn from right to left is counted from its other end. */
function labelsOf(model: MapModel, line: LineElement, rule: SeatNumbering): string[] {
  const [first, last] = [line.seats[0], line.seats[line.seats.length - 1]];
  if (!first || !last || !isRow(line)) return seatLabels(line.seats.length, rule);
  const [fx, fy] = model.focal();
  const [mx, my] = [(first.x + last.x) / 2 - fx, (first.y + last.y) / 2 - fy];
  // Facing the focal point, left is where the way from it to the row turned clockwise points.
  const isReversed = -my * (last.x - first.x) + mx * (last.y - first.y) > 0;
  const holes = holesBefore(line);
  const count = line.seats.length;
  if (!isReversed) return seatLabels(count, rule, line.gaps, holes);
  const all = holes[count - 1] ?? 0;
  const gaps = line.gaps.map((gap) => count - 2 - gap).reverse();
  return seatLabels(count, rule, gaps, [...holes].reverse().map((hole) => all - hole)).reverse();
}

/** How many seats are missing before each seat, by the room that is left for them. */
function holesBefore(row: RowElement): number[] {
  const pitch = rows.pitchOf(row);
  let missing = 0;
  return row.seats.map((seat, index) => {
    const before = row.seats[index - 1];
    if (before) missing += Math.max(0, Math.round(apart(before, seat) / pitch) - 1);
    return missing;
  });
}

export function applyNumbers(model: MapModel, found: Renumbered): void {
  model.transact(t("Number"), () => {
    for (const { id, label, seats } of found.rows) {
      const line = model.get(id) as LineElement;
      model.put({ ...line, label, seats: line.seats.map((seat, index) => ({ ...seat, label: seats[index] ?? seat.label })) });
    }
  });
}

// --- Order in the plane --------------------------------------------------------------------------------------------------------------------------

type Edge = "left" | "center" | "right" | "top" | "middle" | "bottom";

/** What moves as one: a line, an area, a decoration. */
function pieces(selection: Selection): { id: string; frame: geo.Frame }[] {
  const lines = selection.wholeLines().map((line) => ({ id: line.id, frame: geo.frameOf(line.seats.map((seat): Point => [seat.x, seat.y]))! }));
  const areas = selection.areas().map((area) => ({ id: area.id, frame: geo.frameOf(area.outline)! }));
  const others = selection.decorations().map((one) => ({
    id: one.id,
    frame: { left: one.x - one.width / 2, right: one.x + one.width / 2, top: one.y - one.height / 2, bottom: one.y + one.height / 2 },
  }));
  return [...lines, ...areas, ...others];
}

export function align(model: MapModel, selection: Selection, edge: Edge): void {
  const whole = selection.frame();
  if (!whole) return;
  model.transact(t("Align"), () => {
    for (const { id, frame } of pieces(selection)) {
      const dx = { left: whole.left - frame.left, right: whole.right - frame.right, center: geo.centre(whole)[0] - geo.centre(frame)[0] }[edge as "left"] ?? 0;
      const dy = { top: whole.top - frame.top, bottom: whole.bottom - frame.bottom, middle: geo.centre(whole)[1] - geo.centre(frame)[1] }[edge as "top"] ?? 0;
      model.put(transformed(model.get(id)!, geo.shift(dx, dy)));
    }
  });
}

/** Equal distances from middle to middle, between the first and the last. */
export function distribute(model: MapModel, selection: Selection, axis: 0 | 1): void {
  const ordered = pieces(selection).sort((a, b) => geo.centre(a.frame)[axis] - geo.centre(b.frame)[axis]);
  if (ordered.length < 3) return;
  const [first, last] = [geo.centre(ordered[0]!.frame)[axis], geo.centre(ordered[ordered.length - 1]!.frame)[axis]];
  model.transact(t("Distribute"), () => {
    ordered.forEach(({ id, frame }, index) => {
      const by = first + ((last - first) * index) / (ordered.length - 1) - geo.centre(frame)[axis];
      model.put(transformed(model.get(id)!, axis ? geo.shift(0, by) : geo.shift(by, 0)));
    });
  });
}

export function moveToSection(model: MapModel, lines: readonly LineElement[], sectionId: string): void {
  model.transact(t("Move to the section"), () => {
    for (const line of lines) {
      const from = model.get(ownerOf(model, line.id)) as SectionElement;
      if (from.id === sectionId) continue;
      model.put({ ...from, rows: from.rows.filter((id) => id !== line.id), tables: from.tables.filter((id) => id !== line.id) });
      const to = model.get(sectionId) as SectionElement;
      const label = freeLabel(line.label, new Set(model.lines(to).map((one) => one.label)));
      model.put({ ...line, label });
      model.put(isRow(line) ? { ...to, rows: [...to.rows, line.id] } : { ...to, tables: [...to.tables, line.id] });
      const left = model.get(from.id) as SectionElement;
      if (!left.rows.length && !left.tables.length) model.remove(from.id);
    }
  });
}

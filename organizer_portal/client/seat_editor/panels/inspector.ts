/** Beside the map: the options of the tool in hand, and what is selected with all that can be done to it. */
import { button, buttons, checkField, field, group, h, numberField, pair, selectField, textField } from "../dom";
import type { Editor } from "../editor";
import * as commands from "../model/commands";
import { type AreaElement, type DecorationElement, type RowElement, type SectionElement, type TableElement, isRow } from "../model/document";
import * as geo from "../model/geometry";
import { reshapeTable } from "../model/blocks";
import * as rows from "../model/rows";
import { FLAGS } from "../model/scene";
import { iconWords } from "../tools/draw";
import { flagWords, t, tn } from "../words";
import { openNumbering } from "./numbering";

/** The value that all have in common, null where they differ. */
function common<T, V>(things: readonly T[], value: (thing: T) => V): V | null {
  const first = things[0];
  if (first === undefined) return null;
  const wanted = value(first);
  return things.every((thing) => value(thing) === wanted) ? wanted : null;
}

export function drawInspector(editor: Editor, host: HTMLElement): void {
  // A field that somebody is typing in stays as it is; what they typed draws it anew once it counts.
  watchTyping(host);
  const active = document.activeElement;
  if (active instanceof HTMLElement && host.contains(active) && active.dataset["typing"] !== undefined) return;
  const focused = host.contains(active) ? focusPath(host, active as HTMLElement) : null;
  const parts: (HTMLElement | null)[] = [];
  const options = editor.isReadOnly ? undefined : editor.tool.options?.();
  if (options?.length) parts.push(group(t("Tool"), ...options));
  if (editor.selection.isEmpty) parts.push(overview(editor));
  else parts.push(...selectionParts(editor));
  host.replaceChildren(...parts.filter((part) => part !== null));
  for (const details of host.querySelectorAll("details")) details.open = opened.get(headingOf(details)) ?? details.open;
  if (editor.isReadOnly) for (const control of host.querySelectorAll("input, select, button")) control.setAttribute("disabled", "");
  if (focused) refocus(host, focused);
}

/** What somebody opened or closed stays so when the panel is drawn anew. */
const opened = new Map<string, boolean>();
function headingOf(details: HTMLDetailsElement): string {
  return details.querySelector("summary")?.textContent ?? "";
}

const watched = new WeakSet<HTMLElement>();
function watchTyping(host: HTMLElement): void {
  if (watched.has(host)) return;
  watched.add(host);
  host.addEventListener("input", (event) => {
    const field = event.target as HTMLElement;
    if (field.matches("input:not([type=checkbox], [type=range])")) field.dataset["typing"] = "";
  });
  host.addEventListener("click", (event) => {
    const details = (event.target as HTMLElement).closest("summary")?.parentElement;
    if (details instanceof HTMLDetailsElement) opened.set(headingOf(details), !details.open);
  });
  host.addEventListener("change", (event) => delete (event.target as HTMLElement).dataset["typing"]);
}

function controls(host: HTMLElement): HTMLElement[] {
  return [...host.querySelectorAll<HTMLElement>("input, select, button")];
}
interface Focused {
  words: string;
  index: number;
  isSelected: boolean;
}
/** By its words: what is drawn anew is another element with the same label. A value that was selected is about to be typed over. */
function focusPath(host: HTMLElement, element: HTMLElement): Focused {
  const value = element instanceof HTMLInputElement ? element.value : "";
  const isSelected = value !== "" && document.getSelection()?.toString() === value;
  return { words: wordsOf(element), index: controls(host).indexOf(element), isSelected };
}
function wordsOf(element: HTMLElement): string {
  return (element as HTMLInputElement).labels?.[0]?.textContent ?? element.textContent ?? "";
}
function refocus(host: HTMLElement, { words, index, isSelected }: Focused): void {
  const all = controls(host);
  const same = all.filter((control) => wordsOf(control) === words);
  const found = same.find((control) => all.indexOf(control) === index) ?? same[0];
  found?.focus({ preventScroll: true });
  if (isSelected && found instanceof HTMLInputElement) found.select();
}

function overview(editor: Editor): HTMLElement {
  const { model } = editor;
  const { map } = model;
  return group(
    t("The map"),
    textField(t("Name"), map.name, (name) => name && commands.change(model, map, { name })),
    pair(
      numberField(t("Width"), map.width / 100, (value) => commands.change(model, model.map, { width: Math.round(value * 100) }), { least: 1, most: 9000, unit: "m" }),
      numberField(t("Depth"), map.height / 100, (value) => commands.change(model, model.map, { height: Math.round(value * 100) }), { least: 1, most: 9000, unit: "m" }),
    ),
    checkField(t("Snap to other things and to 10 cm"), editor.isSnapping, (value) => (editor.isSnapping = value)),
    h("p", { class: "ed-hint" }, t("Nothing is selected. Click on the map, or choose in the list of objects.")),
  );
}

function selectionParts(editor: Editor): (HTMLElement | null)[] {
  const { selection } = editor;
  const whole = selection.wholeLines();
  const lines = selection.lines();
  const rowList = whole.filter(isRow);
  const tables = whole.filter((line): line is TableElement => line.type === "table");
  const [area] = selection.areas();
  const [decoration] = selection.decorations();
  const [section] = selection.sections();
  const isOnlyThings = !selection.seats.size;
  return [
    h("p", { class: "ed-selected", "data-selected": selection.seats.size }, summary(editor)),
    area && isOnlyThings && selection.things.size === 1 ? areaPart(editor, area) : null,
    decoration && isOnlyThings && selection.things.size === 1 ? decorationPart(editor, decoration) : null,
    section && selection.sections().length === 1 ? sectionPart(editor, section) : null,
    rowList.length && rowList.length === lines.length ? rowsPart(editor, rowList) : null,
    tables.length && tables.length === lines.length ? tablesPart(editor, tables) : null,
    selection.seats.size === 1 ? seatPart(editor) : null,
    selection.seats.size || selection.areas().length ? paintPart(editor) : null,
    selection.seats.size ? flagsPart(editor) : null,
    arrangePart(editor, rowList.length > 0),
    copyPart(editor),
    visibilityPart(editor),
  ];
}

function summary(editor: Editor): string {
  const { selection } = editor;
  const parts: string[] = [];
  const lines = selection.wholeLines();
  const tables = lines.filter((line) => line.type === "table").length;
  if (lines.length - tables) parts.push(tn("{n} row", "{n} rows", lines.length - tables));
  if (tables) parts.push(tn("{n} table", "{n} tables", tables));
  if (selection.seats.size) parts.push(tn("{n} seat", "{n} seats", selection.seats.size));
  const areas = selection.areas().length;
  if (areas) parts.push(tn("{n} area", "{n} areas", areas));
  const others = selection.things.size - areas;
  if (others) parts.push(tn("{n} decoration", "{n} decorations", others));
  return parts.join(" · ");
}

function sectionPart(editor: Editor, section: SectionElement): HTMLElement {
  const { model } = editor;
  const set = (members: Partial<SectionElement>): void => commands.change(model, model.get(section.id) as SectionElement, members);
  return group(
    t("Section"),
    textField(t("Name of the section"), section.name, (name) => set({ name })),
    pair(textField(t("Zone"), section.zone, (zone) => set({ zone })), textField(t("Entrance"), section.entrance, (entrance) => set({ entrance }))),
    buttons(
      button(t("Outline around it"), () => commands.wrapSections(model, [section])),
      section.outline.length ? button(t("Without outline"), () => set({ outline: [] })) : null,
      button(t("Select all of it"), () => {
        editor.grain = "section";
        editor.selection.set(model.lines(section).flatMap((line) => line.seats.map((seat) => seat.id)));
      }),
    ),
  );
}

function rowsPart(editor: Editor, list: readonly RowElement[]): HTMLElement {
  const { model } = editor;
  const now = (): RowElement[] => list.map((row) => model.get(row.id) as RowElement);
  const apply = (change: rows.RowChange): void => {
    commands.reshapeRows(model, now(), change);
    editor.selection.set(now().flatMap((row) => row.seats.map((seat) => seat.id)));
  };
  const shapes = list.map((row) => rows.shapeOf(row));
  const rounded = (value: number): number => Math.round(value);
  const gaps = common(list, (row) => row.gaps.map((gap) => gap + 1).join(", "));
  const aisles = h("input", {
    class: "input",
    type: "text",
    inputmode: "numeric",
    autocomplete: "off",
    value: gaps ?? "",
    placeholder: gaps === null ? "–" : "",
    onchange: () => {
      const after = [...aisles.value.matchAll(/\d+/g)].map(([word]) => Number(word) - 1).filter((gap) => gap >= 0);
      apply({ gaps: [...new Set(after)].sort((a, b) => a - b), keep: "pitch" });
    },
  });
  const [only] = list.length === 1 ? list : [];
  const step = shapes.length > 1 ? (shapes[1]!.skew ?? 0) - (shapes[0]!.skew ?? 0) : (shapes[0]!.skew ?? 0);
  return group(
    only ? t("Row") : t("Rows"),
    only ? textField(t("Label"), only.label, (label) => commands.change(model, model.get(only.id) as RowElement, { label }), 12) : null,
    pair(
      numberField(t("Seats"), common(list, (row) => row.seats.length), (count) => apply({ count, keep: "pitch" }), { least: 1, most: 400, step: 1 }),
      numberField(t("Seat pitch"), common(list, (row) => rounded(rows.pitchOf(row))), (pitch) => apply({ pitch }), { least: 20, most: 500, unit: "cm" }),
    ),
    pair(
      numberField(t("Length"), common(shapes, (shape) => rounded(geo.lengthOf(rows.pathOfShape(shape)))), (length) => apply({ length }), { least: 20, most: 100000, unit: "cm" }),
      numberField(t("Curve"), common(shapes, (shape) => rounded(shape.curve)), (curve) => apply({ curve }), { least: -20000, most: 20000, unit: "cm" }),
    ),
    pair(
      field(t("Aisles after seats"), aisles),
      numberField(t("Aisle"), common(shapes, (shape) => rounded(shape.aisle ?? 0)), (aisle) => apply({ aisle, keep: "pitch" }), { least: 0, most: 1000, unit: "cm" }),
    ),
    pair(
      numberField(list.length > 1 ? t("Skew from row to row") : t("Skew"), rounded(step), (skew) => apply({ skew }), { least: -500, most: 500, unit: "cm" }),
      list.length > 1
        ? checkField(t("Staggered"), shapes.some((shape) => shape.stagger), (value) => apply({ stagger: value ? rows.pitchOf(list[0]!) / 2 : 0 }))
        : null,
    ),
    buttons(button(t("Number…"), () => openNumbering(editor), "btn btn-sm btn-neutral")),
  );
}

function tablesPart(editor: Editor, list: readonly TableElement[]): HTMLElement {
  const { model } = editor;
  const optionsOf = (table: TableElement): Parameters<typeof reshapeTable>[1] => ({
    shape: table.shape,
    width: table.width,
    height: table.height,
    rotation: table.rotation,
    seats: table.seats.length,
    isWhole: table.is_whole,
    hasEnds: table.seats.length % 2 === 0 && table.seats.length > 4,
  });
  const apply = (change: Partial<ReturnType<typeof optionsOf>>): void => {
    commands.reshapeTables(model, list.map((one) => model.get(one.id) as TableElement), (table) => reshapeTable(table, { ...optionsOf(table), ...change }));
    editor.selection.set(list.flatMap((one) => (model.get(one.id) as TableElement).seats.map((seat) => seat.id)));
  };
  const [only] = list.length === 1 ? list : [];
  const isRound = common(list, (table) => table.shape) === "round";
  return group(
    only ? t("Table") : t("Tables"),
    only ? textField(t("Label"), only.label, (label) => commands.change(model, model.get(only.id) as TableElement, { label }), 12) : null,
    pair(
      numberField(t("Seats"), common(list, (table) => table.seats.length), (seats) => apply({ seats }), { least: 1, most: 60, step: 1 }),
      numberField(isRound ? t("Diameter") : t("Length"), common(list, (table) => table.width), (width) => apply({ width }), { least: 40, most: 2000, unit: "cm" }),
    ),
    pair(
      isRound ? null : numberField(t("Depth"), common(list, (table) => table.height), (height) => apply({ height }), { least: 40, most: 500, unit: "cm" }),
      numberField(t("Turned by"), common(list, (table) => table.rotation), (rotation) => apply({ rotation }), { least: -360, most: 360, unit: "°" }),
    ),
    checkField(t("Sold as a whole"), common(list, (table) => table.is_whole), (isWhole) => apply({ isWhole })),
    buttons(button(t("Number…"), () => openNumbering(editor))),
  );
}

function seatPart(editor: Editor): HTMLElement | null {
  const [id] = [...editor.selection.seats];
  const found = editor.model.find(id!);
  if (!found) return null;
  const { line, seat } = found;
  return group(
    t("Seat"),
    textField(
      t("Number of the seat"),
      seat.label,
      (label) => commands.change(editor.model, editor.model.get(line.id) as RowElement, { seats: line.seats.map((one) => (one.id === seat.id ? { ...one, label } : one)) }),
      12,
    ),
  );
}

function areaPart(editor: Editor, area: AreaElement): HTMLElement {
  const set = (members: Partial<AreaElement>): void => commands.change(editor.model, editor.model.get(area.id) as AreaElement, members);
  return group(
    t("Area"),
    textField(t("Name of the area"), area.name, (name) => set({ name })),
    pair(
      numberField(t("Capacity"), area.capacity, (value) => set({ capacity: Math.round(value) }), { least: 0, most: 100000, step: 1 }),
      textField(t("Entrance"), area.entrance, (entrance) => set({ entrance })),
    ),
  );
}

function decorationPart(editor: Editor, one: DecorationElement): HTMLElement {
  const set = (members: Partial<DecorationElement>): void => commands.change(editor.model, editor.model.get(one.id) as DecorationElement, members);
  return group(
    { stage: t("Stage"), text: t("Text"), icon: t("Icon"), shape: t("Shape") }[one.kind],
    one.kind === "icon" ? h("p", {}, iconWords(one.text)) : textField(t("Words"), one.text, (text) => set({ text })),
    pair(
      numberField(t("Width"), one.width, (width) => set({ width }), { least: 1, most: 100000, unit: "cm" }),
      numberField(t("Depth"), one.height, (height) => set({ height }), { least: 1, most: 100000, unit: "cm" }),
    ),
    numberField(t("Turned by"), one.rotation, (rotation) => set({ rotation }), { least: -360, most: 360, unit: "°" }),
  );
}

function paintPart(editor: Editor): HTMLElement {
  const { model, selection } = editor;
  const keys = new Set(selection.areas().map((area) => area.category));
  for (const { line } of selection.lines()) {
    const inherited = line.category ?? (model.get(model.parentOf(line.id)) as SectionElement).category;
    for (const seat of line.seats) if (selection.seats.has(seat.id)) keys.add(seat.category ?? inherited);
  }
  const now = keys.size === 1 ? [...keys][0] : null;
  return group(
    t("Category"),
    h(
      "div",
      { class: "ed-swatches", role: "group", "aria-label": t("Paint what is selected") },
      ...model.map.categories.map((category) => {
        const swatch = h("span", { class: "ed-swatch", "aria-hidden": "true" });
        swatch.style.backgroundColor = category.color;
        const paint = (): void => commands.paint(model, selection.seats, selection.things, category.key);
        return h("button", { type: "button", class: "ed-category", "aria-pressed": String(now === category.key), onclick: paint }, swatch, category.name);
      }),
    ),
  );
}

function flagsPart(editor: Editor): HTMLElement {
  const { model, selection } = editor;
  const seats = selection.seatList();
  const counts = new Map<string, number>();
  for (const seat of seats) for (const flag of seat.flags) counts.set(flag, (counts.get(flag) ?? 0) + 1);
  const has = (flag: string): boolean | null => {
    const count = counts.get(flag) ?? 0;
    return count === 0 ? false : count === seats.length ? true : null;
  };
  const each = { value: 1 };
  const hasSpace = counts.has("wheelchair");
  const details = h(
    "details",
    { class: "ed-group", open: counts.size > 0 || selection.seats.size <= 4 },
    h("summary", {}, h("h2", {}, t("Access and comfort"))),
    ...FLAGS.map((flag) => checkField(flagWords(flag), has(flag), (isSet) => commands.setFlag(model, selection.seats, flag, isSet))),
  );
  if (hasSpace) {
    details.append(
      pair(
        numberField(t("Companions for each space"), each.value, (value) => (each.value = Math.round(value)), { least: 1, most: 5, step: 1 }),
        button(t("Assign companions"), () => editor.made(commands.assignCompanions(model, selection.seats, each.value)), "btn btn-sm btn-neutral"),
      ),
    );
  }
  return details;
}

let keepsNumbers = true;
let angle = 90;
let array = { copies: 2, x: 0, y: 100, angle: 20 };

function arrangePart(editor: Editor, hasRows: boolean): HTMLElement {
  const { model, selection } = editor;
  const flip = (axis: "vertical" | "horizontal"): void => {
    const frame = selection.frame();
    if (!frame) return;
    const [x, y] = geo.centre(frame);
    commands.mirror(model, selection, axis, axis === "vertical" ? x : y, keepsNumbers);
  };
  const edges = [
    ["left", t("Left")],
    ["center", t("Middle")],
    ["right", t("Right")],
    ["top", t("Top")],
    ["middle", t("Centre")],
    ["bottom", t("Bottom")],
  ] as const;
  const turn = (pivot: readonly [number, number] | null): void => {
    if (pivot) commands.transform(model, selection, geo.turn((angle * Math.PI) / 180, pivot), t("Rotate"));
  };
  const frame = selection.frame();
  return h(
    "details",
    { class: "ed-group" },
    h("summary", {}, h("h2", {}, t("Arrange"))),
    h("p", { class: "ed-label" }, t("Align")),
    buttons(...edges.map(([edge, words]) => button(words, () => commands.align(model, selection, edge)))),
    h("p", { class: "ed-label" }, t("Distribute")),
    buttons(
      button(t("Sideways"), () => commands.distribute(model, selection, 0)),
      button(t("Up and down"), () => commands.distribute(model, selection, 1)),
    ),
    h("p", { class: "ed-label" }, t("Mirror")),
    hasRows ? checkField(t("Numbers keep their direction"), keepsNumbers, (value) => (keepsNumbers = value)) : null,
    buttons(
      button(t("Left and right"), () => flip("vertical")),
      button(t("Front and back"), () => flip("horizontal")),
    ),
    numberField(t("Turn by"), angle, (value) => (angle = value), { least: -360, most: 360, unit: "°" }),
    buttons(
      button(t("About its middle"), () => turn(frame && geo.centre(frame))),
      button(t("About the focal point"), () => turn(model.focal())),
    ),
  );
}

function copyPart(editor: Editor): HTMLElement {
  const { model, selection } = editor;
  const floors = model.floors().filter((floor) => floor.id !== editor.floorId);
  const sections = model.sections(model.floor(editor.floorId));
  const frame = selection.frame();
  const mirrored = (): void => {
    const [x] = model.focal();
    // The other half of a symmetric house.
    const made = commands.copies(model, selection, [geo.mirror("vertical", x)], t("Mirrored copy"));
    editor.made(made);
  };
  const spread = (maps: geo.Matrix[]): void => editor.made(commands.copies(model, selection, maps, t("Array")));
  const times = (m: (step: number) => geo.Matrix): geo.Matrix[] => Array.from({ length: Math.max(1, array.copies - 1) }, (_none, step) => m(step + 1));
  return h(
    "details",
    { class: "ed-group" },
    h("summary", {}, h("h2", {}, t("Copy"))),
    buttons(
      button(t("Duplicate"), () => {
        const by = frame ? frame.bottom - frame.top + editor.settings.rowPitch : 100;
        editor.made(commands.copies(model, selection, [geo.shift(0, by)]));
      }),
      button(t("Mirrored about the focal point"), mirrored),
    ),
    pair(
      numberField(t("Copies in all"), array.copies, (value) => (array.copies = Math.round(value)), { least: 2, most: 200, step: 1 }),
      numberField(t("Sideways"), array.x, (value) => (array.x = value), { unit: "cm" }),
      numberField(t("Down"), array.y, (value) => (array.y = value), { unit: "cm" }),
    ),
    buttons(button(t("Array"), () => spread(times((step) => geo.shift(array.x * step, array.y * step))))),
    numberField(t("Angle between copies"), array.angle, (value) => (array.angle = value), { least: -360, most: 360, unit: "°" }),
    buttons(button(t("Array around the focal point"), () => spread(times((step) => geo.turn((array.angle * step * Math.PI) / 180, model.focal()))))),
    floors.length
      ? selectField(t("Copy to the floor"), null, floors.map((floor) => [floor.id, floor.name] as const), (id) => {
          const made = commands.copyToFloor(model, selection, id);
          editor.showFloor(id);
          editor.made(made);
        })
      : null,
    sections.length > 1 && selection.wholeLines().length
      ? selectField(t("Move to the section"), null, sections.map((section) => [section.id, section.name] as const), (id) => commands.moveToSection(model, selection.wholeLines(), id))
      : null,
  );
}

function visibilityPart(editor: Editor): HTMLElement {
  const { selection } = editor;
  const ids = (): string[] => [...selection.wholeLines().map((line) => line.id), ...selection.things];
  return h(
    "div",
    { class: "ed-group" },
    buttons(
      button(t("Hide"), () => {
        ids().forEach((id) => editor.hidden.add(id));
        selection.clear();
        editor.refresh();
      }),
      button(t("Lock"), () => {
        ids().forEach((id) => editor.locked.add(id));
        selection.clear();
        editor.changed();
      }),
      button(t("Remove"), () => commands.remove(editor.model, selection), "btn btn-sm ed-danger"),
    ),
  );
}

/** Tools that add something: rows, blocks, tables, areas, sections, stage, text, icons; and the two that look at the plan. */
import { button, buttons, checkField, field, h, numberField, pair, selectField, textField } from "../dom";
import type { Editor, Pen, Pointer, Tool } from "../editor";
import { type BlockOptions, type BlockPlan, type TableOptions, chairsOf, makeBlock, makeTable, planBlock } from "../model/blocks";
import * as commands from "../model/commands";
import type { DecorationKind, Point, RowElement, RowShape } from "../model/document";
import * as geo from "../model/geometry";
import { seatLabels } from "../model/numbering";
import * as rows from "../model/rows";
import { FLAGS } from "../model/scene";
import { allocationFields } from "../panels/allocations";
import { flagWords, n, t, tn } from "../words";

/** The section that new rows go into. */
function targetField(editor: Editor): HTMLElement {
  const sections = editor.model.sections(editor.model.floor(editor.floorId));
  const choices = [["", t("A new section")] as const, ...sections.map((section) => [section.id, section.name] as const)];
  return selectField(t("Into"), editor.sectionId ?? "", choices, (id) => {
    editor.sectionId = id || null;
  });
}

function pitchField(editor: Editor): HTMLElement {
  return numberField(t("Seat pitch"), editor.settings.pitch, (value) => (editor.settings.pitch = value), { least: 30, most: 500, unit: "cm" });
}

// --- Rows ---------------------------------------------------------------------------------------------------------------------

type RowKind = "row" | "arc" | "path";

/** Click, move, click. An arc takes a third click for its bulge, a path as many as it has corners. */
export class RowTool implements Tool {
  private points: Point[] = [];
  private hover: Point | null = null;
  private isSmooth = true;

  constructor(
    private readonly editor: Editor,
    readonly name: RowKind,
  ) {}

  hint(): string {
    if (this.name === "row") return t("Click where the row begins, then where it ends. Shift keeps it straight.");
    if (this.name === "arc") return t("Click where the row begins, where it ends, then how far it bulges.");
    return t("Click each corner of the row; Enter or a double click ends it.");
  }

  down(pointer: Pointer): void {
    const at = this.aligned(pointer);
    if (this.name === "path" && pointer.clicks > 1) return this.finish();
    this.points.push(at);
    this.hover = at;
    if (this.points.length === { row: 2, arc: 3, path: Infinity }[this.name]) this.finish();
    this.editor.changed();
  }
  move(pointer: Pointer): void {
    this.hover = this.aligned(pointer);
    this.editor.map.topChanged();
  }
  key(event: KeyboardEvent): boolean {
    if (event.key !== "Enter" || this.points.length < 2 || this.name !== "path" || !this.editor.isAgainAt(this.points.at(-1))) return false;
    this.finish();
    return true;
  }
  cancel(): void {
    this.points = [];
    this.editor.map.topChanged();
  }

  private aligned(pointer: Pointer): Point {
    const last = this.points[this.points.length - 1];
    if (!last || !pointer.isShift) return pointer.snapped;
    const [dx, dy] = geo.subtract(pointer.at, last);
    const angle = (Math.round(Math.atan2(dy, dx) / (Math.PI / 12)) * Math.PI) / 12;
    const length = Math.hypot(dx, dy);
    return [last[0] + length * Math.cos(angle), last[1] + length * Math.sin(angle)];
  }

  private shape(points: readonly Point[]): RowShape | null {
    const [from, second] = points;
    if (!from || !second) return null;
    if (this.name === "path") {
      return { kind: "free", from, to: points[points.length - 1]!, curve: 0, points: points.slice(1, -1), smooth: this.isSmooth };
    }
    const third = points[2];
    const toward = geo.right(geo.direction(from, second));
    const off = third ? geo.subtract(third, geo.middle(from, second)) : ([0, 0] as const);
    return rows.lineShape(from, second, third ? off[0] * toward[0] + off[1] * toward[1] : 0);
  }

  /** The row on these points, ending where a whole number of seats does. */
  private row(points: readonly Point[], label: string): RowElement | null {
    const shape = this.shape(points);
    if (!shape) return null;
    const { settings } = this.editor;
    const length = geo.lengthOf(rows.pathOfShape(shape));
    const count = Math.max(1, Math.round(length / settings.pitch) + 1);
    const row = rows.makeRow(label, shape, count, [], seatLabels(count, settings.seatNumbering));
    return this.name === "row" ? rows.reshape(row, { pitch: settings.pitch }) : row;
  }

  private finish(): void {
    const row = this.row(this.points, "A");
    this.points = [];
    if (row) this.add(row);
  }
  private add(row: RowElement): void {
    const { editor } = this;
    editor.made(commands.addLines(editor.model, editor.floorId, editor.sectionId, [row]));
    // The next row goes into the same section.
    editor.sectionId = editor.model.parentOf(row.id);
  }

  draw(_context: CanvasRenderingContext2D, pen: Pen): void {
    const points = this.hover && this.points.length ? [...this.points, this.hover] : this.points;
    this.points.forEach((point) => pen.handle(point));
    const row = this.row(points, "");
    if (!row || !this.hover) return;
    pen.ghosts(row.seats.map((seat): Point => [seat.x, seat.y]));
    pen.note(this.hover, tn("{n} seat", "{n} seats", row.seats.length));
  }

  private count = 10;
  options(): (HTMLElement | null)[] {
    const { editor } = this;
    return [
      pair(pitchField(editor), numberField(t("Seats"), this.count, (value) => (this.count = Math.round(value)), { least: 1, most: 400, step: 1 })),
      this.name === "path" ? checkField(t("Smooth"), this.isSmooth, (value) => (this.isSmooth = value)) : null,
      targetField(editor),
      buttons(
        editor.insertButton(t("Add this row"), ([x, y]) => {
          const half = ((this.count - 1) * editor.settings.pitch) / 2;
          const shape = rows.lineShape([x - half, y], [x + half, y], this.name === "row" ? 0 : half / 4);
          this.add(rows.makeRow("A", shape, this.count, [], seatLabels(this.count, editor.settings.seatNumbering)));
        }),
      ),
    ];
  }
}

/** Many rows by one drag. */
export class BlockTool implements Tool {
  readonly name = "block";
  private from: Point | null = null;
  private to: Point | null = null;

  constructor(private readonly editor: Editor) {}

  hint(): string {
    return t("Drag from one corner of the block to the other: its rows and seats are counted as you go.");
  }
  down(pointer: Pointer): void {
    this.from = this.to = pointer.snapped;
  }
  move(pointer: Pointer): void {
    if (this.from) this.to = pointer.snapped;
    this.editor.map.topChanged();
  }
  up(pointer: Pointer): void {
    if (!this.from) return;
    const plan = planBlock(this.from, pointer.snapped, this.blockOptions());
    this.from = this.to = null;
    if (plan.rows * plan.seats > 1) this.add(plan);
    this.editor.changed();
  }
  cancel(): void {
    this.from = this.to = null;
    this.editor.map.topChanged();
  }

  private blockOptions(): BlockOptions {
    const { settings, model } = this.editor;
    return {
      pitch: settings.pitch,
      rowPitch: settings.rowPitch,
      focal: settings.isCurved ? model.focal() : null,
      growEvery: settings.growEvery,
      growBy: settings.growBy,
      aisles: settings.aisles,
      aisleWidth: settings.aisle,
      skew: settings.skew,
      isStaggered: settings.isStaggered,
      rowNumbering: settings.rowNumbering,
      seatNumbering: settings.seatNumbering,
    };
  }

  private add(plan: BlockPlan): void {
    const { editor } = this;
    const made = makeBlock(plan, this.blockOptions());
    editor.made(commands.addLines(editor.model, editor.floorId, editor.sectionId, made));
  }

  draw(_context: CanvasRenderingContext2D, pen: Pen): void {
    if (!this.from || !this.to) return;
    const plan = planBlock(this.from, this.to, this.blockOptions());
    const made = plan.rows * plan.seats < 6000 ? makeBlock(plan, this.blockOptions()) : [];
    pen.ghosts(made.flatMap((row) => row.seats.map((seat): Point => [seat.x, seat.y])));
    const total = made.reduce((sum, row) => sum + row.seats.length, 0);
    pen.note(this.to, t("{rows} rows, {n} seats", { rows: plan.rows, n: n(total || plan.rows * plan.seats) }));
  }

  private size = { rows: 10, seats: 20 };
  options(): (HTMLElement | null)[] {
    const { editor } = this;
    const { settings } = editor;
    const aisles = h("input", {
      class: "input",
      type: "text",
      inputmode: "numeric",
      autocomplete: "off",
      value: settings.aisles.join(", "),
      onchange: () => (settings.aisles = [...aisles.value.matchAll(/\d+/g)].map(([word]) => Number(word)).sort((a, b) => a - b)),
    });
    return [
      pair(pitchField(editor), numberField(t("Row pitch"), settings.rowPitch, (value) => (settings.rowPitch = value), { least: 40, most: 1000, unit: "cm" })),
      checkField(t("Curved around the focal point"), settings.isCurved, (value) => (settings.isCurved = value)),
      pair(
        numberField(t("More seats"), settings.growBy, (value) => (settings.growBy = Math.round(value)), { least: 0, most: 20, step: 1 }),
        numberField(t("in every n-th row"), settings.growEvery, (value) => (settings.growEvery = Math.round(value)), { least: 0, most: 50, step: 1 }),
      ),
      pair(field(t("Aisles after seats"), aisles), numberField(t("Aisle"), settings.aisle, (value) => (settings.aisle = value), { least: 0, most: 1000, unit: "cm" })),
      pair(numberField(t("Skew"), settings.skew, (value) => (settings.skew = value), { least: -200, most: 200, unit: "cm" }), checkField(t("Staggered"), settings.isStaggered, (value) => (settings.isStaggered = value))),
      targetField(editor),
      pair(
        numberField(t("Rows"), this.size.rows, (value) => (this.size.rows = Math.round(value)), { least: 1, most: 200, step: 1 }),
        numberField(t("Seats in the first row"), this.size.seats, (value) => (this.size.seats = Math.round(value)), { least: 1, most: 400, step: 1 }),
      ),
      buttons(
        editor.insertButton(t("Add this block"), ([x, y]) => {
          const width = (this.size.seats - 1) * settings.pitch + settings.aisles.length * settings.aisle;
          const height = (this.size.rows - 1) * settings.rowPitch;
          this.add(planBlock([x - width / 2, y - height / 2], [x + width / 2, y + height / 2], this.blockOptions()));
        }),
      ),
    ];
  }
}

/** A click puts a table; a drag fills the rectangle with tables. */
export class TableTool implements Tool {
  readonly name = "table";
  private from: Point | null = null;
  private to: Point | null = null;
  readonly table: TableOptions = { shape: "round", width: 150, height: 80, rotation: 0, seats: 8, isWhole: false, hasEnds: true };
  private between = 120;

  constructor(private readonly editor: Editor) {}

  hint(): string {
    return t("Click where the table stands, or drag to fill a rectangle with tables.");
  }
  down(pointer: Pointer): void {
    this.from = this.to = pointer.snapped;
  }
  move(pointer: Pointer): void {
    this.to = pointer.snapped;
    this.editor.map.topChanged();
  }
  up(): void {
    if (!this.from || !this.to) return;
    this.add(this.places(this.from, this.to));
    this.from = null;
  }
  cancel(): void {
    this.from = null;
    this.editor.map.topChanged();
  }

  private places(a: Point, b: Point): Point[] {
    const reach = geo.frameOf(chairsOf(0, 0, this.table))!;
    const [across, down] = [reach.right - reach.left + this.between, reach.bottom - reach.top + this.between];
    const [columns, lines] = [Math.floor(Math.abs(b[0] - a[0]) / across) + 1, Math.floor(Math.abs(b[1] - a[1]) / down) + 1];
    const [left, top] = [Math.min(a[0], b[0]), Math.min(a[1], b[1])];
    return Array.from({ length: Math.min(400, columns * lines) }, (_none, index) => [left + (index % columns) * across, top + Math.floor(index / columns) * down] as const);
  }
  private add(places: readonly Point[]): void {
    const { editor } = this;
    const tables = places.map((place) => makeTable("1", place, this.table));
    editor.made(commands.addLines(editor.model, editor.floorId, editor.sectionId, tables));
    editor.sectionId = editor.model.parentOf(tables[0]!.id);
  }
  draw(_context: CanvasRenderingContext2D, pen: Pen): void {
    if (!this.to) return;
    const places = this.from ? this.places(this.from, this.to) : [this.to];
    pen.ghosts(places.flatMap(([x, y]) => chairsOf(x, y, this.table)));
    if (this.from) pen.note(this.to, tn("{n} table", "{n} tables", places.length));
  }
  options(): (HTMLElement | null)[] {
    const { editor, table } = this;
    const isRound = table.shape === "round";
    return [
      selectField(t("Shape"), table.shape, [["round", t("Round")], ["rectangle", t("Rectangular")]], (value) => {
        table.shape = value as "round";
        editor.changed();
      }),
      pair(
        numberField(isRound ? t("Diameter") : t("Length"), table.width, (value) => (table.width = value), { least: 40, most: 2000, unit: "cm" }),
        isRound ? null : numberField(t("Depth"), table.height, (value) => (table.height = value), { least: 40, most: 500, unit: "cm" }),
        numberField(t("Seats"), table.seats, (value) => (table.seats = Math.round(value)), { least: 1, most: 60, step: 1 }),
      ),
      isRound ? null : checkField(t("Seats at the ends"), table.hasEnds, (value) => (table.hasEnds = value)),
      checkField(t("Sold as a whole"), table.isWhole, (value) => (table.isWhole = value)),
      numberField(t("Between tables"), this.between, (value) => (this.between = value), { least: 0, most: 1000, unit: "cm" }),
      targetField(editor),
      buttons(editor.insertButton(t("Add this table"), (at) => this.add([at]))),
    ];
  }
}

// --- Outlines -------------------------------------------------------------------------------------------------------------------

/** An outline by clicks (closed by Enter, a double click or its first corner), or by a drag: a rectangle, or a lasso. */
abstract class OutlineTool implements Tool {
  abstract readonly name: string;
  protected points: Point[] = [];
  private hover: Point | null = null;
  private isDragging = false;
  private pressedAt: Point | null = null;
  protected readonly isLasso: boolean = true;

  constructor(protected readonly editor: Editor) {}

  abstract hint(): string;
  protected abstract done(outline: readonly Point[]): void;

  down(pointer: Pointer): void {
    const first = this.points[0];
    const near = first && geo.distance(first, pointer.at) * this.editor.map.camera.scale < 12;
    if (this.points.length > 2 && (near || pointer.clicks > 1)) return this.close();
    this.pressedAt = this.isLasso ? pointer.at : pointer.snapped;
    this.points.push(pointer.snapped);
  }
  move(pointer: Pointer): void {
    this.hover = pointer.snapped;
    if (this.pressedAt && geo.distance(this.pressedAt, pointer.at) * this.editor.map.camera.scale > 6) {
      if (!this.isDragging) this.points = [this.pressedAt];
      this.isDragging = true;
      if (this.isLasso) this.points.push(pointer.at);
      else this.points = corners(this.pressedAt, pointer.snapped);
    }
    this.editor.map.topChanged();
  }
  up(): void {
    this.pressedAt = null;
    if (!this.isDragging) return;
    this.isDragging = false;
    this.close();
  }
  private close(): void {
    const outline = this.isLasso ? geo.simplified(this.points, 6) : this.points;
    this.cancel();
    if (outline.length >= 3) this.done(outline);
    this.editor.changed();
  }
  key(event: KeyboardEvent): boolean {
    if (event.key !== "Enter" || this.points.length < 3 || !this.editor.isAgainAt(this.points.at(-1))) return false;
    this.close();
    return true;
  }
  cancel(): void {
    this.points = [];
    this.isDragging = false;
    this.pressedAt = null;
    this.editor.map.topChanged();
  }
  draw(_context: CanvasRenderingContext2D, pen: Pen): void {
    if (!this.points.length) return;
    const points = this.hover && !this.isDragging ? [...this.points, this.hover] : this.points;
    pen.path(points, this.isDragging, [6, 4]);
    if (!this.isDragging) this.points.forEach((point) => pen.handle(point));
  }
}

function corners([ax, ay]: Point, [bx, by]: Point): Point[] {
  return [
    [ax, ay],
    [bx, ay],
    [bx, by],
    [ax, by],
  ];
}
function square([x, y]: Point, half: number): Point[] {
  return corners([x - half, y - half], [x + half, y + half]);
}

export class AreaTool extends OutlineTool {
  readonly name = "area";
  protected override readonly isLasso = false;
  hint(): string {
    return t("Drag a rectangle, or click each corner of the area and close it with Enter.");
  }
  protected done(outline: readonly Point[]): void {
    this.editor.made(commands.addArea(this.editor.model, this.editor.floorId, outline));
  }
  options(): HTMLElement[] {
    return [buttons(this.editor.insertButton(t("Add an area"), (at) => this.done(square(at, 300))))];
  }
}

export class SectionTool extends OutlineTool {
  readonly name = "section";
  hint(): string {
    return t("Draw a lasso around the seats that become a section, or click its corners and close it with Enter.");
  }
  protected done(outline: readonly Point[]): void {
    const { editor } = this;
    const seats = commands.seatsIn(editor.model, editor.floorId, outline);
    if (!seats.size) return;
    editor.made(commands.sectionFromSeats(editor.model, editor.floorId, seats, outline));
    editor.grain = "section";
  }
  options(): HTMLElement[] {
    const { editor } = this;
    return [
      buttons(
        button(t("Section of what is selected"), () => {
          const { seats } = editor.selection;
          if (seats.size) editor.made(commands.sectionFromSeats(editor.model, editor.floorId, seats, []));
        }),
      ),
    ];
  }
}

export class CutTool extends OutlineTool {
  readonly name = "cut";
  hint(): string {
    return t("Draw around the seats that go: a pillar, a mixing desk. What is beside the hole is no neighbour any more.");
  }
  protected done(outline: readonly Point[]): void {
    commands.cut(this.editor.model, this.editor.floorId, outline);
  }
  options(): HTMLElement[] {
    return [buttons(button(t("Cut out what is selected"), () => commands.remove(this.editor.model, this.editor.selection)))];
  }
}

// --- Decorations -------------------------------------------------------------------------------------------------------------------

const ICONS = ["door", "stairs", "lift", "toilet", "bar", "cloakroom", "first_aid", "info"] as const;

/** A drag gives its size, a click the usual one. */
export class DecorationTool implements Tool {
  private from: Point | null = null;
  private to: Point | null = null;
  private text: string;

  constructor(
    private readonly editor: Editor,
    readonly name: "stage" | "text" | "icon",
  ) {
    this.text = { stage: t("Stage"), text: t("Text"), icon: "door" }[name];
  }
  hint(): string {
    return this.name === "stage" ? t("Drag the stage’s rectangle, or click for one of the usual size. Rows curve around it.") : t("Click where it goes.");
  }
  private get usual(): [number, number] {
    return { stage: [1200, 400], text: [300, 60], icon: [80, 80] }[this.name] as [number, number];
  }
  down(pointer: Pointer): void {
    this.from = this.to = pointer.snapped;
  }
  move(pointer: Pointer): void {
    this.to = pointer.snapped;
    this.editor.map.topChanged();
  }
  up(): void {
    if (this.from && this.to) this.add(this.frame(this.from, this.to));
    this.from = null;
  }
  cancel(): void {
    this.from = null;
  }
  private frame(a: Point, b: Point): geo.Frame {
    const drawn = geo.frameOf([a, b])!;
    if ((drawn.right - drawn.left) * this.editor.map.camera.scale > 8 && this.name !== "icon") return drawn;
    return this.around(a);
  }
  private around([x, y]: Point): geo.Frame {
    const [width, height] = this.usual;
    return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 };
  }
  private add(frame: geo.Frame): void {
    const { editor } = this;
    editor.made(commands.addDecoration(editor.model, editor.floorId, this.name as DecorationKind, frame, this.text));
  }
  draw(_context: CanvasRenderingContext2D, pen: Pen): void {
    if (this.from && this.to) pen.frame(this.frame(this.from, this.to));
    else if (this.to) pen.frame(this.around(this.to));
  }
  options(): (HTMLElement | null)[] {
    const set = (value: string): void => void (this.text = value);
    return [
      this.name === "icon"
        ? selectField(t("Icon"), this.text, ICONS.map((name) => [name, iconWords(name)] as const), set)
        : textField(t("Words"), this.text, set),
      buttons(this.editor.insertButton(t("Add it"), (at) => this.add(this.around(at)))),
    ];
  }
}

export function iconWords(name: string): string {
  const words: Record<string, string> = {
    door: t("Door"),
    stairs: t("Stairs"),
    lift: t("Lift"),
    toilet: t("Toilet"),
    bar: t("Bar"),
    cloakroom: t("Cloakroom"),
    first_aid: t("First aid"),
    info: t("Information"),
  };
  return words[name] ?? name;
}

/** What everybody looks at: rows curve around it, and best seats are near it. */
export class FocalTool implements Tool {
  readonly name = "focal";
  constructor(private readonly editor: Editor) {}
  hint(): string {
    return t("Click what people look at: rows curve around it, and the best seats are near it.");
  }
  down(pointer: Pointer): void {
    this.put(pointer.snapped);
  }
  private put(at: Point | null): void {
    const { model } = this.editor;
    commands.change(model, model.map, { focal: at && rows.rounded(at) }, t("Move the focal point"));
  }
  options(): HTMLElement[] {
    const [x, y] = this.editor.model.focal();
    return [
      pair(
        numberField(t("From the left"), x, (value) => this.put([value, y]), { unit: "cm" }),
        numberField(t("From the top"), y, (value) => this.put([x, value]), { unit: "cm" }),
      ),
      buttons(button(t("In front of the stage"), () => this.put(null))),
    ];
  }
}

/** The brush: seats and areas take the category in hand; or seats get a feature, or lose it. */
export class BrushTool implements Tool {
  readonly name = "brush";
  private isPainting = false;
  private seats = new Set<string>();
  private things = new Set<string>();
  /** A category's key; else the brush is for features. */
  private category: string | null;
  private kind: "category" | "flag" | "allocation" = "category";
  private flag: string = FLAGS[0];
  private isSetting = true;

  constructor(private readonly editor: Editor) {
    this.category = editor.model.map.categories[0]?.key ?? null;
  }
  hint(): string {
    return t("Click or drag over seats to paint them. What is selected as one is painted as one: seat, row or section.");
  }
  down(pointer: Pointer): void {
    this.isPainting = true;
    this.touch(pointer);
  }
  move(pointer: Pointer): void {
    if (this.isPainting) this.touch(pointer);
  }
  up(): void {
    this.paint(this.seats, this.things);
    this.cancel();
  }
  cancel(): void {
    this.isPainting = false;
    this.seats = new Set();
    this.things = new Set();
    this.editor.map.topChanged();
  }
  private paint(seats: ReadonlySet<string>, things: ReadonlySet<string>): void {
    const { model, live } = this.editor;
    if (this.kind === "flag" && seats.size) commands.setFlag(model, seats, this.flag, this.isSetting);
    if (this.kind === "category" && seats.size + things.size) commands.paint(model, seats, things, this.category);
    if (this.kind === "allocation" && seats.size) void (this.isSetting ? live?.allocate(seats) : live?.putBack(seats));
  }
  private touch(pointer: Pointer): void {
    const found = this.editor.pick(pointer.px, pointer.py);
    found?.seats.forEach((id) => this.seats.add(id));
    if (this.kind === "category") found?.things.forEach((id) => this.things.add(id));
    this.editor.map.topChanged();
  }
  draw(_context: CanvasRenderingContext2D, pen: Pen): void {
    pen.rings(this.editor.pointsHere(this.seats));
  }
  options(): (HTMLElement | null)[] {
    const { editor } = this;
    const { categories } = editor.model.map;
    if (!categories.some((category) => category.key === this.category)) this.category = categories[0]?.key ?? null;
    const isLive = Boolean(editor.live?.dates.length);
    if (this.kind === "allocation" && !isLive) this.kind = "category";
    const kinds = [["category", t("A category")], ["flag", t("A feature")], ...(isLive ? [["allocation", t("An allocation of a date")] as const] : [])] as const;
    const what = {
      category: () => [selectField(t("Category"), this.category, categories.map((category) => [category.key, category.name] as const), (key) => (this.category = key))],
      flag: () => [selectField(t("Feature"), this.flag, FLAGS.map((flag) => [flag, flagWords(flag)] as const), (flag) => (this.flag = flag))],
      allocation: () => allocationFields(editor, editor.live!),
    };
    return [
      selectField(t("The brush paints"), this.kind, kinds, (kind) => {
        this.kind = kind as typeof this.kind;
        if (kind === "allocation" && !editor.live!.current) void editor.live!.open(editor.live!.dates[0]!.id);
        editor.changed();
      }),
      ...what[this.kind](),
      this.kind === "category" ? null : checkField(t("Take it away instead"), !this.isSetting, (isTaking) => (this.isSetting = !isTaking)),
      buttons(button(t("Paint what is selected"), () => this.paint(editor.selection.seats, editor.selection.things))),
    ];
  }
}

export class HandTool implements Tool {
  readonly name = "hand";
  readonly cursor = "grab";
  hint(): string {
    return t("Drag to look elsewhere. Space does the same while another tool is in hand.");
  }
}

/** The plan under the map: two points of it, and how far they are apart. */
export class CalibrateTool implements Tool {
  readonly name = "calibrate";
  private points: Point[] = [];
  private meters = 10;

  constructor(
    private readonly editor: Editor,
    private readonly placed: () => void,
    private readonly upload: () => void,
  ) {}
  hint(): string {
    return this.editor.plan ? t("Click two points of the plan whose distance you know.") : t("Upload a plan of the venue to draw over.");
  }
  down(pointer: Pointer): void {
    if (!this.editor.plan) return;
    this.points = this.points.length === 2 ? [pointer.at] : [...this.points, pointer.at];
    this.editor.changed();
  }
  cancel(): void {
    this.points = [];
  }
  draw(_context: CanvasRenderingContext2D, pen: Pen): void {
    pen.path(this.points);
    this.points.forEach((point) => pen.handle(point, true));
  }
  private apply(): void {
    const [a, b] = this.points;
    const { plan } = this.editor;
    if (!a || !b || !plan || geo.distance(a, b) < 1) return;
    const factor = (this.meters * 100) / geo.distance(a, b);
    // The first point stays where it is.
    [plan.x, plan.y, plan.scale] = [a[0] + (plan.x - a[0]) * factor, a[1] + (plan.y - a[1]) * factor, plan.scale * factor];
    this.points = [];
    this.moved();
  }
  private moved(): void {
    this.editor.map.changed();
    this.editor.refresh();
    this.placed();
  }
  options(): (HTMLElement | null)[] {
    const { plan } = this.editor;
    const choose = button(plan ? t("Another plan…") : t("Upload a plan…"), this.upload, "btn btn-sm");
    if (!plan) return [buttons(choose)];
    const range = h("input", {
      class: "ed-range",
      type: "range",
      min: 0,
      max: 100,
      value: plan.opacity * 100,
      oninput: () => {
        plan.opacity = Number(range.value) / 100;
        this.editor.map.changed();
      },
      onchange: () => this.placed(),
    });
    const move = (change: Partial<typeof plan>): void => {
      Object.assign(plan, change);
      this.moved();
    };
    return [
      numberField(t("Distance of the two points"), this.meters, (value) => (this.meters = value), { least: 0.1, most: 1000, unit: "m" }),
      buttons(button(t("Set the scale"), () => this.apply(), "btn btn-sm btn-neutral")),
      field(t("How clearly the plan shows"), range),
      pair(
        numberField(t("From the left"), plan.x, (x) => move({ x }), { unit: "cm" }),
        numberField(t("From the top"), plan.y, (y) => move({ y }), { unit: "cm" }),
      ),
      numberField(t("A pixel is wide"), plan.scale, (scale) => move({ scale }), { least: 0.01, most: 1000, unit: "cm" }),
      buttons(choose),
    ];
  }
}

/** What all parts of the editor share: the map, what is selected, where one looks, which tool is in hand. */
import { type Box, boxOfFloor, SeatMap } from "@ui/seatmap/index";
import { whisper } from "@ui/lib/say";
import { button } from "./dom";
import type { Point } from "./model/document";
import * as geo from "./model/geometry";
import type { MapModel } from "./model/model";
import { AISLE, PITCH, ROW_PITCH } from "./model/rows";
import { type EditorScene, sceneOf } from "./model/scene";
import { type Grain, grown, Selection } from "./model/selection";
import { ROWS_A_TO_Z, type RowNumbering, SEATS_FROM_1, type SeatNumbering } from "./model/numbering";
import type { LiveDates } from "./live";
import { drawSpecks } from "./specks";
import { t } from "./words";

export interface Pointer {
  /** On the map, as it is and snapped. */
  at: Point;
  snapped: Point;
  /** In the view. */
  px: number;
  py: number;
  isShift: boolean;
  isAlt: boolean;
  /** How many clicks in a row. */
  clicks: number;
}

export interface Tool {
  readonly name: string;
  readonly cursor?: string;
  hint(): string;
  down?(pointer: Pointer): void;
  move?(pointer: Pointer): void;
  up?(pointer: Pointer): void;
  /** True: it was for this tool. */
  key?(event: KeyboardEvent): boolean;
  draw?(context: CanvasRenderingContext2D, pen: Pen): void;
  /** Esc, and another tool was chosen. */
  cancel?(): void;
  /** Its options, for the inspector; each is also the way to use it without a pointer. */
  options?(): (HTMLElement | null)[];
}

export interface PlanImage {
  image: HTMLImageElement;
  x: number;
  y: number;
  scale: number;
  opacity: number;
}

/** What new rows are like. */
export interface Settings {
  pitch: number;
  rowPitch: number;
  aisle: number;
  aisles: number[];
  isCurved: boolean;
  growEvery: number;
  growBy: number;
  skew: number;
  isStaggered: boolean;
  rowNumbering: RowNumbering;
  seatNumbering: SeatNumbering;
}

export class Editor {
  readonly selection: Selection;
  readonly map: SeatMap;
  scene: EditorScene;
  floorId: string;
  /** New rows go here; null: a section of their own. */
  sectionId: string | null = null;
  grain: Grain = "row";
  tool: Tool;
  readonly tools = new Map<string, Tool>();
  readonly hidden = new Set<string>();
  readonly locked = new Set<string>();
  isReadOnly = true;
  isSnapping = true;
  plan: PlanImage | null = null;
  /** The dates that sell this map, once they are known; `showsBlocks` draws what is set aside at one of them. */
  live: LiveDates | null = null;
  showsBlocks = false;
  readonly settings: Settings = {
    pitch: PITCH,
    rowPitch: ROW_PITCH,
    aisle: AISLE,
    aisles: [],
    isCurved: true,
    growEvery: 0,
    growBy: 1,
    skew: 0,
    isStaggered: false,
    rowNumbering: ROWS_A_TO_Z,
    seatNumbering: SEATS_FROM_1,
  };
  /** Lines that show what a point was snapped to. */
  guides: { x: number | null; y: number | null } = { x: null, y: null };
  /** The keyboard's own pointer on the map, while the map has the focus. */
  cursor: Point | null = null;
  private readonly watchers = new Set<() => void>();
  private isRefreshing = false;
  private ringed: { seats?: ReadonlySet<string>; scene?: EditorScene; floorId?: string; points: readonly Point[] } = { points: [] };

  constructor(
    readonly model: MapModel,
    readonly host: HTMLElement,
    none: Tool,
    claim: (event: PointerEvent) => boolean,
  ) {
    this.selection = new Selection(model);
    this.floorId = model.map.floors[0] ?? "";
    this.tool = none;
    this.scene = sceneOf(model, this.hidden);
    this.map = new SeatMap(host, this.scene, {
      wheel: "always",
      claim,
      overlay: (context) => this.overlay(context),
      underlay: (context, view, width, height) => this.underlay(context, view, width, height),
    });
    this.limit();
    this.map.fit(false);
    model.watch(() => this.refresh());
    this.selection.watch(() => this.changed());
  }

  /** Called after every change of anything: panels draw themselves anew, once a frame. */
  watch(changed: () => void): void {
    this.watchers.add(changed);
  }
  changed(): void {
    this.map.topChanged();
    if (this.isRefreshing) return;
    this.isRefreshing = true;
    requestAnimationFrame(() => {
      this.isRefreshing = false;
      for (const watcher of this.watchers) watcher();
    });
  }

  /** The map changed: the columns are made anew. */
  refresh(): void {
    if (!this.model.has(this.floorId)) this.floorId = this.model.map.floors[0] ?? "";
    if (this.sectionId && !this.model.has(this.sectionId)) this.sectionId = null;
    this.selection.prune();
    this.scene = sceneOf(this.model, this.hidden);
    this.map.setScene(this.scene);
    this.map.floor = Math.max(0, this.floorIndex);
    this.limit();
    this.changed();
  }

  get floorIndex(): number {
    return this.model.map.floors.indexOf(this.floorId);
  }

  showFloor(id: string): void {
    this.floorId = id;
    this.sectionId = null;
    this.tool.cancel?.();
    this.selection.clear();
    this.map.showFloor(Math.max(0, this.floorIndex));
    this.limit();
    this.map.fit(false);
    this.changed();
  }

  /** One may look at the whole drawing sheet, and around what lies beside it. */
  private limit(): void {
    const { width, height } = this.model.map;
    const sheet: Box = { left: 0, top: 0, right: width, bottom: height };
    const used = boxOfFloor(this.scene, Math.max(0, this.floorIndex));
    const plan = this.plan && { right: this.plan.x + this.plan.image.naturalWidth * this.plan.scale, bottom: this.plan.y + this.plan.image.naturalHeight * this.plan.scale };
    const box = {
      left: Math.min(sheet.left, used.left, this.plan?.x ?? 0) - 200,
      top: Math.min(sheet.top, used.top, this.plan?.y ?? 0) - 200,
      right: Math.max(sheet.right, used.right, plan?.right ?? 0) + 200,
      bottom: Math.max(sheet.bottom, used.bottom, plan?.bottom ?? 0) + 200,
    };
    this.map.camera.limit(box, this.scene.pitch, 90);
  }

  /** All that is on the floor, without the empty sheet around it. */
  fitContent(): void {
    this.map.camera.fit(boxOfFloor(this.scene, Math.max(0, this.floorIndex)), false);
  }

  use(name: string): void {
    const next = this.tools.get(name);
    if (!next || (this.isReadOnly && !["select", "hand"].includes(name))) return;
    if (next !== this.tool) this.tool.cancel?.();
    this.tool = next;
    this.host.style.cursor = next.cursor ?? "crosshair";
    this.guides = { x: null, y: null };
    whisper(next.hint());
    this.changed();
  }

  /** After a command: what it made is selected. */
  made(made: { seats: readonly string[]; things: readonly string[] }): void {
    this.selection.set(made.seats, made.things);
  }

  // --- What is where ----------------------------------------------------------------------------------------------------------

  /** The things under a point: seats by how coarse one selects, else a decoration or an area. */
  pick(px: number, py: number, grain: Grain = this.grain): { seats: string[]; things: string[] } | null {
    const index = this.map.seatAt(px, py, 6);
    const table = index < 0 ? this.map.tableAt(px, py) : -1;
    if (index >= 0 || table >= 0) {
      const seat = this.scene.ids[index >= 0 ? index : this.scene.lines[table]!.first];
      if (!seat || this.isLocked(seat)) return null;
      return { seats: grown(this.model, seat, index < 0 && grain === "seat" ? "row" : grain), things: [] };
    }
    const [x, y] = this.map.camera.toMap(px, py);
    const floor = this.model.floor(this.floorId);
    for (const id of [...floor.decorations].reverse()) {
      const one = this.model.get(id);
      if (one?.type !== "decoration" || this.hidden.has(id) || this.locked.has(id)) continue;
      const [dx, dy] = geo.apply(geo.turn((-one.rotation * Math.PI) / 180, [one.x, one.y]), [x, y]);
      const slack = 6 / this.map.camera.scale;
      const reach = [Math.max(one.width / 2, 20) + slack, Math.max(one.height / 2, 20) + slack] as const;
      const isIn = one.outline.length ? geo.isInside(one.outline, [x, y]) : Math.abs(dx - one.x) <= reach[0] && Math.abs(dy - one.y) <= reach[1];
      if (isIn) return { seats: [], things: [id] };
    }
    for (const id of [...floor.areas].reverse()) {
      const area = this.model.get(id);
      if (area?.type === "area" && !this.hidden.has(id) && !this.locked.has(id) && geo.isInside(area.outline, [x, y])) return { seats: [], things: [id] };
    }
    return null;
  }

  isLocked(seat: string): boolean {
    if (!this.locked.size) return false;
    const found = this.model.find(seat);
    return !found || this.locked.has(found.line.id) || this.locked.has(found.section.id);
  }

  /** Everything on the floor that is neither hidden nor locked. */
  all(): { seats: string[]; things: string[] } {
    const floor = this.model.floor(this.floorId);
    const isFree = (id: string): boolean => !this.hidden.has(id) && !this.locked.has(id);
    const seats = this.model
      .sections(floor)
      .filter((section) => isFree(section.id))
      .flatMap((section) => this.model.lines(section).filter((line) => isFree(line.id)))
      .flatMap((line) => line.seats.map((seat) => seat.id));
    return { seats, things: [...floor.areas, ...floor.decorations].filter(isFree) };
  }

  /** The nearest of the lines that other things lie on, for x and for y, else a ten-centimetre grid. */
  snap([x, y]: Point, isFree: boolean): Point {
    this.guides = { x: null, y: null };
    if (isFree || !this.isSnapping) return [x, y];
    const reach = 7 / this.map.camera.scale;
    const { pitch, rowPitch } = this.settings;
    let [bestX, bestY] = [reach, reach];
    let [sx, sy] = [Math.round(x / 10) * 10, Math.round(y / 10) * 10];
    const offer = (ox: number, oy: number): void => {
      if (Math.abs(ox - x) < bestX) [bestX, sx, this.guides.x] = [Math.abs(ox - x), ox, ox];
      if (Math.abs(oy - y) < bestY) [bestY, sy, this.guides.y] = [Math.abs(oy - y), oy, oy];
    };
    for (const line of this.model.linesOn(this.model.floor(this.floorId))) {
      const [first, last] = [line.seats[0], line.seats[line.seats.length - 1]];
      if (first) offer(first.x, first.y);
      if (last) offer(last.x, last.y);
      if (first && last) offer((first.x + last.x) / 2, (first.y + last.y) / 2);
      // One pitch further: where the row would go on, and the next one would begin.
      if (first && last) offer(Math.min(first.x, last.x) - pitch, first.y - rowPitch);
      if (first && last) offer(Math.max(first.x, last.x) + pitch, first.y + rowPitch);
    }
    const focal = this.model.focal();
    offer(focal[0], focal[1]);
    offer(this.model.map.width / 2, this.model.map.height / 2);
    return [sx, sy];
  }

  /** Shows these elements: what a fault names, or what the tree points to. */
  reveal(ids: readonly string[]): void {
    const first = ids[0];
    if (first === undefined) return;
    const floor = this.model.floorOf(first);
    if (floor && floor !== this.floorId && this.model.has(floor)) this.showFloor(floor);
    const points = ids.flatMap((id) => pointsOf(this.model, id));
    const frame = geo.frameOf(points);
    if (!frame) return;
    const margin = Math.max(150, (frame.right - frame.left) * 0.3);
    this.map.zoomToBox({ left: frame.left - margin, top: frame.top - margin, right: frame.right + margin, bottom: frame.bottom + margin });
  }

  /** Whether Enter comes a second time at one place: so the keyboard ends what a double click would. */
  isAgainAt(last: Point | undefined): boolean {
    return !this.cursor || (last !== undefined && last[0] === this.cursor[0] && last[1] === this.cursor[1]);
  }

  middleOfView(): Point {
    return [Math.round(this.map.camera.x / 10) * 10, Math.round(this.map.camera.y / 10) * 10];
  }

  // --- Drawing ----------------------------------------------------------------------------------------------------------------------

  private underlay(context: CanvasRenderingContext2D, view: { x: number; y: number; scale: number }, width: number, height: number): void {
    const toX = (x: number): number => (x - view.x) * view.scale + width / 2;
    const toY = (y: number): number => (y - view.y) * view.scale + height / 2;
    const { plan } = this;
    // A picture that could not be read is "complete" with a width of 0, and drawing it would stop the whole map.
    if (plan?.image.complete && plan.image.naturalWidth > 0 && plan.opacity > 0) {
      context.globalAlpha = plan.opacity;
      const size = plan.scale * view.scale;
      context.drawImage(plan.image, toX(plan.x), toY(plan.y), plan.image.naturalWidth * size, plan.image.naturalHeight * size);
      context.globalAlpha = 1;
    }
    const style = getComputedStyle(this.host);
    context.strokeStyle = style.getPropertyValue("--color-base-300") || "#ddd";
    context.lineWidth = 1;
    context.setLineDash([6, 6]);
    context.strokeRect(toX(0), toY(0), this.model.map.width * view.scale, this.model.map.height * view.scale);
    context.setLineDash([]);
  }

  private overlay(context: CanvasRenderingContext2D): void {
    if (!this.map) return; // the first drawing comes before its own maker is done
    const pen = new Pen(context, this);
    pen.focal(this.model.focal(), this.model.map.focal !== null);
    if (this.live && (this.showsBlocks || this.tool.name === "brush")) for (const { color, points } of this.live.marks()) pen.discs(points, color);
    pen.rings(this.selectedPoints());
    for (const area of this.selection.areas()) pen.outline(area.outline, true);
    for (const one of this.selection.decorations()) pen.box(one);
    const { x, y } = this.guides;
    if (x !== null) pen.guide("x", x);
    if (y !== null) pen.guide("y", y);
    this.tool.draw?.(context, pen);
    if (this.cursor) pen.cross(this.cursor);
  }

  /** Where the selected seats of this floor are: found anew when they, the map or the floor are others. */
  private selectedPoints(): readonly Point[] {
    const { scene, floorId } = this;
    const { seats } = this.selection;
    if (this.ringed.seats !== seats || this.ringed.scene !== scene || this.ringed.floorId !== floorId) {
      this.ringed = { seats, scene, floorId, points: this.pointsHere(seats) };
    }
    return this.ringed.points;
  }

  /** Where these seats are, of those that this floor shows. */
  pointsHere(seats: Iterable<string>): Point[] {
    const { scene, map } = this;
    const points: Point[] = [];
    for (const id of seats) {
      const index = scene.indexOf(id);
      if (index >= 0 && scene.sections[map.sectionOf(index)]!.floor === map.floor) points.push([scene.x[index]!, scene.y[index]!]);
    }
    return points;
  }

  /** The way to use a tool with the keyboard alone: it does at the middle of the view what a click would start there. */
  insertButton(words: string, insert: (at: Point) => void): HTMLElement {
    return button(words, () => {
      insert(this.middleOfView());
      whisper(t("Added at the middle of the view. Arrow keys move it."));
    });
  }
}

export function pointsOf(model: MapModel, id: string): Point[] {
  const seat = model.seat(id);
  if (seat) return [[seat.x, seat.y]];
  const element = model.get(id);
  switch (element?.type) {
    case "row":
    case "table":
      return element.seats.map((one): Point => [one.x, one.y]);
    case "section":
      return model.lines(element).flatMap((line) => pointsOf(model, line.id));
    case "area":
      return [...element.outline];
    case "decoration":
      return [
        [element.x - element.width / 2, element.y - element.height / 2],
        [element.x + element.width / 2, element.y + element.height / 2],
      ];
    case "floor":
      return [...element.sections, ...element.areas, ...element.decorations].flatMap((one) => pointsOf(model, one));
    default:
      return [];
  }
}

/** Draws over the map in the colours of the page; points are the map's. */
export class Pen {
  private readonly accent: string;
  private readonly ground: string;

  constructor(
    readonly context: CanvasRenderingContext2D,
    private readonly editor: Editor,
  ) {
    const style = getComputedStyle(editor.host);
    this.accent = style.getPropertyValue("--color-accent").trim() || "#0b5cad";
    this.ground = style.getPropertyValue("--color-base-100").trim() || "#fff";
  }

  private at([x, y]: Point): [number, number] {
    return this.editor.map.camera.toView(x, y);
  }
  private get radius(): number {
    return Math.max(2.5, this.editor.map.pitchOnScreen * 0.41);
  }

  /** Rings around selected seats: one path, of what is in view. From far, where rings would run together, specks. */
  rings(points: readonly Point[]): void {
    if (!points.length) return;
    if (this.isFar) return this.specks(points);
    const { box } = this.editor.map.camera;
    const isSeen = ([x, y]: Point): boolean => x > box.left - 60 && x < box.right + 60 && y > box.top - 60 && y < box.bottom + 60;
    this.circles(points.filter(isSeen), this.radius + 1.5);
    this.stroke(this.radius < 6 ? 1.5 : 2.5);
  }
  /** Seats that are set aside: a disc in the colour of whom they are for. */
  discs(points: readonly Point[], color: string): void {
    const { context } = this;
    if (this.isFar) {
      const look = { scale: this.editor.map.camera.scale, size: Math.max(2.5, this.radius * 1.7), color };
      return drawSpecks(context, points, look, (corner) => this.at(corner));
    }
    const { box } = this.editor.map.camera;
    this.circles(points.filter(([x, y]) => x > box.left - 60 && x < box.right + 60 && y > box.top - 60 && y < box.bottom + 60), this.radius * 0.72);
    context.fillStyle = color;
    context.fill();
    this.stroke(1.5, this.ground);
  }
  private get isFar(): boolean {
    return this.editor.map.pitchOnScreen < 6;
  }
  private circles(points: readonly Point[], radius: number): void {
    const { context } = this;
    context.beginPath();
    for (const point of points) {
      const [x, y] = this.at(point);
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, Math.PI * 2);
    }
  }
  private specks(points: readonly Point[], by: Point = [0, 0]): void {
    const look = { scale: this.editor.map.camera.scale, size: Math.max(2, this.radius * 1.6), color: this.accent };
    drawSpecks(this.context, points, look, (corner) => this.at(geo.add(corner, by)));
  }
  private stroke(width: number, color = this.accent, dash: number[] = []): void {
    this.context.setLineDash(dash);
    this.context.lineWidth = width;
    this.context.strokeStyle = color;
    this.context.stroke();
    this.context.setLineDash([]);
  }

  /** Seats that are not there yet; `by` is how far they have come. */
  ghosts(points: readonly Point[], by: Point = [0, 0]): void {
    this.context.globalAlpha = 0.5;
    if (this.isFar) this.specks(points, by);
    else {
      this.circles(points.map((point) => geo.add(point, by)), this.radius);
      this.context.fillStyle = this.accent;
      this.context.fill();
    }
    this.context.globalAlpha = 1;
    if (!this.isFar) this.stroke(1);
  }
  path(points: readonly Point[], isClosed = false, dash: number[] = []): void {
    if (!points.length) return;
    this.context.beginPath();
    points.forEach((point, index) => {
      const [x, y] = this.at(point);
      if (index) this.context.lineTo(x, y);
      else this.context.moveTo(x, y);
    });
    if (isClosed) this.context.closePath();
    this.stroke(2, this.accent, dash);
  }
  outline(points: readonly Point[], isSelected = false): void {
    this.path(points, true, isSelected ? [] : [6, 4]);
  }
  frame(frame: geo.Frame, dash: number[] = [4, 4]): void {
    const corners: Point[] = [
      [frame.left, frame.top],
      [frame.right, frame.top],
      [frame.right, frame.bottom],
      [frame.left, frame.bottom],
    ];
    this.path(corners, true, dash);
  }
  box(one: { x: number; y: number; width: number; height: number; rotation: number; outline: readonly Point[] }): void {
    if (one.outline.length) return this.outline(one.outline, true);
    const m = geo.turn((one.rotation * Math.PI) / 180, [one.x, one.y]);
    const corner = (dx: number, dy: number): Point => geo.apply(m, [one.x + (dx * one.width) / 2, one.y + (dy * one.height) / 2]);
    this.path([corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)], true);
  }
  handle(point: Point, isRound = false): void {
    const [x, y] = this.at(point);
    this.context.beginPath();
    if (isRound) this.context.arc(x, y, 6, 0, Math.PI * 2);
    else this.context.rect(x - 5, y - 5, 10, 10);
    this.context.fillStyle = this.ground;
    this.context.fill();
    this.stroke(2);
  }
  guide(axis: "x" | "y", value: number): void {
    const { width, height } = this.editor.map.camera;
    const [x, y] = this.at([value, value]);
    this.context.beginPath();
    if (axis === "x") this.context.rect(x, 0, 0, height);
    else this.context.rect(0, y, width, 0);
    this.stroke(1, this.accent, [2, 3]);
  }
  /** What is counted, beside the pointer. */
  note(point: Point, words: string): void {
    const [x, y] = this.at(point);
    const { context } = this;
    context.font = '600 13px Figtree, "Figtree Fallback", system-ui, sans-serif';
    const width = context.measureText(words).width + 14;
    context.fillStyle = this.accent;
    context.beginPath();
    context.roundRect(x + 14, y + 14, width, 24, 6);
    context.fill();
    context.fillStyle = this.ground;
    context.textBaseline = "middle";
    context.textAlign = "left";
    context.fillText(words, x + 21, y + 26.5);
  }
  focal(point: Point, isSet: boolean): void {
    const [x, y] = this.at(point);
    this.context.beginPath();
    this.context.arc(x, y, 7, 0, Math.PI * 2);
    this.context.moveTo(x - 11, y);
    this.context.lineTo(x + 11, y);
    this.context.moveTo(x, y - 11);
    this.context.lineTo(x, y + 11);
    this.stroke(1.5, this.accent, isSet ? [] : [2, 2]);
  }
  cross(point: Point): void {
    const [x, y] = this.at(point);
    this.context.beginPath();
    this.context.moveTo(x - 14, y);
    this.context.lineTo(x + 14, y);
    this.context.moveTo(x, y - 14);
    this.context.lineTo(x, y + 14);
    this.stroke(4, this.ground);
    this.stroke(2);
  }
}

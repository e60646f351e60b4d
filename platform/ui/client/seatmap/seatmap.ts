/**
 * A seat map on the screen: the one class that picker, editor and staff map use (README.md). Two canvases over each other: the
 * map, drawn anew only when it or the camera changes, and above it what is light: what is chosen, focused, or a tool's own.
 */
import { Camera, type View } from "./camera";
import { LEVEL, type Marks, Painter, RADIUS } from "./draw";
import { type GestureOptions, Gestures } from "./gestures";
import { type Box, boxOfFloor, isInside, type Scene } from "./scene";
import { type Theme, themeOf, watchTheme } from "./theme";
import { SeatState } from "./types";

/** Beyond this many seats in view a moving map is a moved picture. */
const MOST_DRAWN_MOVING = 1200;
const PICTURE = 1.8; // times the view's width and height
const REST_MS = 140;
const SHARPEST = 2; // device pixels to a CSS pixel

export interface SeatMapOptions extends GestureOptions {
  /** Pixels between neighbours below which a tap looks closer instead of choosing: by finger, by mouse. */
  tapPitch?: { touch: number; mouse: number };
  /** Draws over the map with the same camera; `context` is in CSS pixels of the view. Called after every change. */
  overlay?: (context: CanvasRenderingContext2D, map: SeatMap) => void;
  /** Draws on the ground, beneath all seats: a plan that is traced over. `view` may be another one than the camera's. */
  underlay?: (context: CanvasRenderingContext2D, view: View, width: number, height: number) => void;
}

export interface SeatMapEvents {
  /** A seat was clicked or tapped, whatever its state. */
  seat: { seat: number; event: PointerEvent };
  /** A section was clicked from far. The map goes there unless the handler prevents the default. */
  section: { section: number; event: PointerEvent };
  area: { area: number; event: PointerEvent };
  /** The top of a table was clicked: its line. */
  table: { line: number; event: PointerEvent };
  /** What the pointer is over, with its place in the view. */
  hover: { seat: number; section: number; area: number; x: number; y: number };
  /** The camera moved, or came to rest. */
  move: { view: View; isResting: boolean };
  floor: { floor: number };
}

type Handler<Name extends keyof SeatMapEvents> = (event: SeatMapEvents[Name]) => void;

interface Picture {
  canvas: HTMLCanvasElement;
  view: View;
  width: number;
  height: number;
  drawn: number;
}

export class SeatMap {
  readonly camera: Camera;
  readonly marks: Marks;
  floor = 0;
  private readonly base = document.createElement("canvas");
  private readonly top = document.createElement("canvas");
  private readonly baseContext = this.base.getContext("2d", { alpha: false })!;
  private readonly topContext = this.top.getContext("2d")!;
  private readonly painter: Painter;
  private readonly gestures: Gestures;
  private readonly handlers: { [Name in keyof SeatMapEvents]?: Set<Handler<Name>> } = {};
  private readonly stops: (() => void)[] = [];
  private theme: Theme;
  private selected = new Set<number>();
  private ghost: readonly number[] = [];
  private focused = -1;
  private hovered = -1;
  private frame = 0;
  private isBaseDirty = true;
  private isTopDirty = true;
  private isMoving = false;
  private drawing = 1; // counts what the map's own looks went through
  private picture: Picture | undefined;
  private warming: ReturnType<typeof setTimeout> | undefined;
  private ratio = 1;

  constructor(
    readonly host: HTMLElement,
    public scene: Scene,
    private readonly options: SeatMapOptions = {},
  ) {
    this.theme = themeOf(host);
    this.marks = {
      states: new Uint8Array(scene.count),
      category: scene.category,
      colors: scene.categories.map((category) => category.color),
      dimmed: undefined,
      captions: [],
    };
    this.painter = new Painter(scene, this.marks, this.theme);
    this.camera = new Camera(() => this.cameraMoved());
    for (const canvas of [this.base, this.top]) {
      canvas.setAttribute("aria-hidden", "true");
      Object.assign(canvas.style, { position: "absolute", inset: "0", width: "100%", height: "100%", pointerEvents: "none" });
    }
    if (getComputedStyle(host).position === "static") host.style.position = "relative";
    host.style.overflow = "hidden";
    host.style.userSelect = "none";
    host.prepend(this.base, this.top);
    this.measure();
    this.gestures = new Gestures(
      host,
      this.camera,
      {
        tapped: (x, y, event) => this.tapped(x, y, event),
        doubleTapped: (x, y, event) => this.doubleTapped(x, y, event),
        hovered: (x, y, event) => this.pointerOver(x, y, event),
        moving: (isMoving) => this.setMoving(isMoving),
      },
      options,
    );
    this.showFloor(0);
    const observer = new ResizeObserver(() => this.measure());
    observer.observe(host);
    this.stops.push(
      () => observer.disconnect(),
      watchTheme(() => this.restyle()),
      () => this.gestures.destroy(),
    );
    void document.fonts?.ready.then(() => this.changed());
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.warming);
    this.camera.stop();
    this.stops.forEach((stop) => stop());
    this.base.remove();
    this.top.remove();
  }

  on<Name extends keyof SeatMapEvents>(name: Name, handler: Handler<Name>): () => void {
    const handlers = ((this.handlers[name] as Set<Handler<Name>> | undefined) ??= new Set<Handler<Name>>() as never) as Set<Handler<Name>>;
    handlers.add(handler);
    return () => handlers.delete(handler);
  }

  // --- What the seats are -----------------------------------------------------------------------------------------------------

  setStates(states: Uint8Array): void {
    this.marks.states = states;
    this.changed();
  }

  /** Runs of [first index, how many, state]; values are absolute. */
  patchStates(runs: readonly (readonly [number, number, number])[]): void {
    for (const [first, count, state] of runs) this.marks.states.fill(state, first, first + count);
    if (runs.length) this.changed();
  }

  /** Categories in force where they differ from the scene's own: an event's painting. */
  setCategories(category: Int16Array, colors: readonly string[] = this.marks.colors): void {
    this.marks.category = category;
    this.setColors(colors);
  }

  setColors(colors: readonly string[]): void {
    this.marks.colors = colors;
    this.painter.themeChanged(this.theme);
    this.changed();
  }

  /** 1 for each seat that a filter leaves out; undefined for none. */
  setDimmed(mask: Uint8Array | undefined): void {
    this.marks.dimmed = mask;
    this.changed();
  }

  /** Lines under the name of each section, then of each area, while it is seen from far. */
  setCaptions(captions: readonly (readonly string[])[]): void {
    this.marks.captions = captions;
    this.changed();
  }

  setSelection(seats: Iterable<number>): void {
    this.selected = new Set(seats);
    this.topChanged();
  }

  /** The block that would be taken, as rings. */
  setGhost(seats: readonly number[]): void {
    this.ghost = seats;
    this.topChanged();
  }

  /** The ring that follows the keyboard; -1 for none. Brings the seat into view. */
  focusSeat(seat: number): void {
    this.focused = seat;
    if (seat >= 0) this.reveal(seat);
    this.topChanged();
  }

  /** Another scene, or this one after changes to its columns, lists or floors. */
  setScene(scene: Scene = this.scene): void {
    this.scene = this.painter.scene = scene;
    if (this.marks.states.length !== scene.count) this.marks.states = new Uint8Array(scene.count);
    this.marks.category = scene.category;
    this.marks.colors = scene.categories.map((category) => category.color);
    this.painter.sceneChanged();
    this.painter.themeChanged(this.theme);
    this.floor = Math.min(this.floor, Math.max(0, scene.floors.length - 1));
    this.camera.limit(boxOfFloor(scene, this.floor), scene.pitch);
    this.changed();
  }

  // --- Where one looks --------------------------------------------------------------------------------------------------------

  showFloor(floor: number): void {
    this.floor = floor;
    this.camera.limit(boxOfFloor(this.scene, floor), this.scene.pitch);
    this.camera.fit(undefined, false);
    this.changed();
    this.emit("floor", { floor });
  }

  fit(isSmooth = true): void {
    this.camera.fit(undefined, isSmooth);
  }

  /** Steps in or out around the middle of the view, or around (x, y) of it. */
  zoom(factor: number, x = this.camera.width / 2, y = this.camera.height / 2): void {
    this.camera.zoomAt(x, y, factor, true);
  }

  /** Moves the view by parts of itself: (0.5, 0) shows what is to the right. */
  pan(across: number, down: number): void {
    const { x, y, scale, width, height } = this.camera;
    this.camera.go({ x: x + (across * width) / scale, y: y + (down * height) / scale, scale });
  }

  zoomToSection(section: number): void {
    const floor = this.scene.sections[section]!.floor;
    if (floor !== this.floor) this.showFloor(floor);
    this.zoomToBox(this.painter.sectionBox(section));
  }

  /** Shows the box, and as much around it as fits; near enough to see seats. */
  zoomToBox(box: Box): void {
    const view = this.camera.fitting(box, 20);
    const least = (LEVEL.discs + 1) / this.scene.pitch;
    this.camera.go({ ...view, scale: Math.max(least, Math.min(view.scale, 34 / this.scene.pitch)) });
  }

  /** Moves the map no more than it takes to see the seat, and nearer when it is a speck. */
  reveal(seat: number): void {
    const section = this.sectionOf(seat);
    const floor = this.scene.sections[section]!.floor;
    if (floor !== this.floor) this.showFloor(floor);
    const [x, y] = [this.scene.x[seat]!, this.scene.y[seat]!];
    const scale = this.scene.pitch * this.camera.scale < LEVEL.icons ? 24 / this.scene.pitch : this.camera.scale;
    const [px, py] = this.camera.toView(x, y);
    const margin = 48;
    const isIn = px > margin && py > margin && px < this.camera.width - margin && py < this.camera.height - margin;
    if (!isIn || scale !== this.camera.scale) this.camera.go({ x, y, scale });
  }

  get pitchOnScreen(): number {
    return this.scene.pitch * this.camera.scale;
  }

  // --- What is where ------------------------------------------------------------------------------------------------------------

  /** The seat at (x, y) of the view, or the nearest within `reach` pixels; -1 for none. */
  seatAt(x: number, y: number, reach = 4, isWanted?: (seat: number) => boolean): number {
    const [mapX, mapY] = this.camera.toMap(x, y);
    const inside = this.scene.pitch * 0.5;
    return this.painter.grid(this.floor).nearest(mapX, mapY, Math.max(inside, reach / this.camera.scale), isWanted);
  }

  seatsIn(box: Box): number[] {
    return this.painter.grid(this.floor).within(box);
  }

  sectionOf(seat: number): number {
    return this.scene.lines[this.scene.line[seat]!]!.section;
  }

  sectionAt(x: number, y: number): number {
    const [mapX, mapY] = this.camera.toMap(x, y);
    const drawn = this.scene.sections.findIndex(
      (section) => section.floor === this.floor && section.outline.length > 0 && isInside(section.outline, mapX, mapY),
    );
    if (drawn >= 0) return drawn;
    const seat = this.painter.grid(this.floor).nearest(mapX, mapY, this.scene.pitch * 2);
    return seat < 0 ? -1 : this.sectionOf(seat);
  }

  areaAt(x: number, y: number): number {
    const [mapX, mapY] = this.camera.toMap(x, y);
    return this.scene.areas.findIndex((area) => area.floor === this.floor && isInside(area.outline, mapX, mapY));
  }

  /** The line of the table whose top is there. */
  tableAt(x: number, y: number): number {
    const [mapX, mapY] = this.camera.toMap(x, y);
    const table = this.scene.tables.find((candidate) => {
      if (this.scene.sections[this.scene.lines[candidate.line]!.section]!.floor !== this.floor) return false;
      const turn = (-candidate.rotation * Math.PI) / 180;
      const [dx, dy] = [mapX - candidate.x, mapY - candidate.y];
      const across = (dx * Math.cos(turn) - dy * Math.sin(turn)) / (candidate.width / 2);
      const down = (dx * Math.sin(turn) + dy * Math.cos(turn)) / (candidate.height / 2);
      return candidate.shape === "round" ? across ** 2 + down ** 2 <= 1 : Math.abs(across) <= 1 && Math.abs(down) <= 1;
    });
    return table ? table.line : -1;
  }

  /** The colour that a category has in the theme in force, and what can be read on it. */
  colorOf(category: number): string {
    return this.painter.colorOf(category);
  }
  inkOf(category: number): string {
    return this.painter.inkOf(category);
  }

  // --- Pointers -----------------------------------------------------------------------------------------------------------------

  private tapped(x: number, y: number, event: PointerEvent): void {
    const pitch = this.pitchOnScreen;
    const isTouch = event.pointerType !== "mouse";
    const least = isTouch ? (this.options.tapPitch?.touch ?? 24) : (this.options.tapPitch?.mouse ?? 11);
    const seat = pitch < LEVEL.dots ? -1 : this.seatAt(x, y, isTouch ? 22 : 4);
    if (seat >= 0 && pitch >= least) return this.emit("seat", { seat, event });
    const line = this.tableAt(x, y);
    if (line >= 0 && pitch >= LEVEL.dots) return this.emit("table", { line, event });
    const area = this.areaAt(x, y);
    if (area >= 0) return this.emit("area", { area, event });
    if (pitch >= least) return;
    const section = this.sectionAt(x, y);
    if (section < 0 && seat < 0) return;
    if (pitch >= LEVEL.discs || seat >= 0) return this.camera.zoomAt(x, y, Math.max(2, 26 / pitch), true);
    this.emit("section", { section, event });
    if (!event.defaultPrevented) this.zoomToSection(section);
  }

  private doubleTapped(x: number, y: number, event: PointerEvent): void {
    // The second click of two on seats is a click on a seat.
    if (this.seatAt(x, y) >= 0 && this.pitchOnScreen >= LEVEL.discs) this.tapped(x, y, event);
    else this.zoom(2.2, x, y);
  }

  private pointerOver(x: number, y: number, event: PointerEvent | null): void {
    const isNear = event !== null && this.pitchOnScreen >= LEVEL.dots;
    const seat = isNear ? this.seatAt(x, y, 2) : -1;
    if (seat !== this.hovered) {
      this.hovered = seat;
      this.topChanged();
    }
    const section = event && seat < 0 ? this.sectionAt(x, y) : -1;
    const area = event && seat < 0 ? this.areaAt(x, y) : -1;
    if (!this.options.claim) this.host.style.cursor = seat >= 0 || area >= 0 || (section >= 0 && !isNear) ? "pointer" : "grab";
    this.emit("hover", { seat, section, area, x, y });
  }

  private emit<Name extends keyof SeatMapEvents>(name: Name, event: SeatMapEvents[Name]): void {
    (this.handlers[name] as Set<Handler<Name>> | undefined)?.forEach((handler) => handler(event));
  }

  // --- Frames ---------------------------------------------------------------------------------------------------------------------

  /** The map looks different: draw it in the next frame. */
  changed(): void {
    this.drawing++;
    this.isBaseDirty = this.isTopDirty = true;
    this.schedule();
  }

  /** What lies over the map looks different. */
  topChanged(): void {
    this.isTopDirty = true;
    this.schedule();
  }

  private cameraMoved(): void {
    this.isBaseDirty = this.isTopDirty = true;
    this.gestures?.cameraMoved();
    this.schedule();
    this.emit("move", { view: this.camera.view, isResting: false });
  }

  private setMoving(isMoving: boolean): void {
    if (this.isMoving === isMoving) return;
    this.isMoving = isMoving;
    if (!isMoving) this.rest();
  }

  private rest(): void {
    this.isBaseDirty = true;
    this.schedule();
    this.emit("move", { view: this.camera.view, isResting: true });
  }

  private restyle(): void {
    this.theme = themeOf(this.host);
    this.painter.themeChanged(this.theme);
    this.changed();
  }

  private measure(): void {
    const { clientWidth, clientHeight } = this.host;
    this.ratio = Math.min(SHARPEST, window.devicePixelRatio || 1);
    for (const canvas of [this.base, this.top]) {
      canvas.width = Math.max(1, Math.round(clientWidth * this.ratio));
      canvas.height = Math.max(1, Math.round(clientHeight * this.ratio));
    }
    this.camera.resize(clientWidth, clientHeight);
    this.changed();
  }

  private schedule(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  /** Draws what changed now, not in the next frame. */
  draw(): void {
    if (this.isBaseDirty) this.drawBase();
    if (this.isTopDirty || this.isBaseDirty) this.drawTop();
    this.isBaseDirty = this.isTopDirty = false;
  }

  private drawBase(): void {
    const isLight = this.pitchOnScreen < LEVEL.dots || this.painter.countIn(this.floor, this.camera.box) <= MOST_DRAWN_MOVING;
    if ((this.isMoving || this.camera.isGliding) && !isLight) {
      if (!this.picture || !this.isCovering(this.picture)) this.takePicture();
      this.showPicture(this.picture!);
      if (!this.isMoving) this.warmLater(); // a glide ends without a word
      return;
    }
    this.drawMap(this.baseContext, this.camera.view, this.camera.width, this.camera.height);
    if (!isLight) this.warmLater();
  }

  private drawMap(context: CanvasRenderingContext2D, view: View, width: number, height: number): void {
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.fillStyle = this.theme.ground;
    context.fillRect(0, 0, width, height);
    this.options.underlay?.(context, view, width, height);
    this.painter.paint({ context, view, width, height }, this.floor);
  }

  /** In a quiet moment: the picture that the next movement will move, or after a glide the drawing itself. */
  private warmLater(): void {
    clearTimeout(this.warming);
    this.warming = setTimeout(() => {
      if (this.isMoving || this.camera.isGliding) return;
      if (this.picture && this.isBlurred(this.picture)) this.rest();
      this.takePicture();
    }, REST_MS);
  }

  private isBlurred(picture: Picture): boolean {
    const { view } = this.camera;
    return picture.drawn !== this.drawing || picture.view.scale !== view.scale || picture.view.x !== view.x || picture.view.y !== view.y;
  }

  private isCovering({ view, width, height, canvas }: Picture): boolean {
    const zoom = this.camera.scale / view.scale;
    if (zoom > 2.5 || zoom < 0.5 || canvas.width === 0) return false;
    const whole = boxOfFloor(this.scene, this.floor);
    const seen = this.camera.box;
    const [across, down] = [width / 2 / view.scale, height / 2 / view.scale];
    return (
      Math.max(seen.left, whole.left) >= view.x - across &&
      Math.min(seen.right, whole.right) <= view.x + across &&
      Math.max(seen.top, whole.top) >= view.y - down &&
      Math.min(seen.bottom, whole.bottom) <= view.y + down
    );
  }

  private takePicture(): void {
    const { view } = this.camera;
    if (this.picture && !this.isBlurred(this.picture)) return;
    const canvas = this.picture?.canvas ?? document.createElement("canvas");
    const [width, height] = [this.camera.width * PICTURE, this.camera.height * PICTURE];
    const [across, down] = [Math.round(width * this.ratio), Math.round(height * this.ratio)];
    if (canvas.width !== across || canvas.height !== down) [canvas.width, canvas.height] = [across, down];
    this.drawMap(canvas.getContext("2d", { alpha: false })!, view, width, height);
    this.picture = { canvas, view, width, height, drawn: this.drawing };
  }

  private showPicture({ canvas, view, width, height }: Picture): void {
    const context = this.baseContext;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.fillStyle = this.theme.ground;
    context.fillRect(0, 0, this.camera.width, this.camera.height);
    const zoom = this.camera.scale / view.scale;
    const [x, y] = this.camera.toView(view.x, view.y);
    context.drawImage(canvas, x - (width * zoom) / 2, y - (height * zoom) / 2, width * zoom, height * zoom);
  }

  // --- Above the map ----------------------------------------------------------------------------------------------------------------

  private drawTop(): void {
    const context = this.topContext;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.camera.width, this.camera.height);
    const radius = Math.max(this.pitchOnScreen * RADIUS, 2.5);
    this.ghost.forEach((seat) => this.ring(seat, radius + 2.5, 2.5, this.theme.ink, [4, 3]));
    this.selected.forEach((seat) => this.drawSelected(seat, radius));
    if (this.hovered >= 0 && this.marks.states[this.hovered] !== SeatState.Gone) this.ring(this.hovered, radius + 2, 2, this.theme.ink);
    if (this.focused >= 0) {
      this.ring(this.focused, radius + 3, 4.5, this.theme.ground);
      this.ring(this.focused, radius + 4, 2.5, this.theme.focus);
    }
    this.options.overlay?.(context, this);
  }

  private isOnFloor(seat: number): boolean {
    return seat < this.scene.count && this.scene.sections[this.sectionOf(seat)]?.floor === this.floor;
  }

  private ring(seat: number, radius: number, width: number, color: string, dash: number[] = []): void {
    if (!this.isOnFloor(seat)) return;
    const context = this.topContext;
    const [x, y] = this.camera.toView(this.scene.x[seat]!, this.scene.y[seat]!);
    context.beginPath();
    context.arc(x, y, radius, 0, Math.PI * 2);
    context.setLineDash(dash);
    context.lineWidth = width;
    context.strokeStyle = color;
    context.stroke();
    context.setLineDash([]);
  }

  /** Larger, with a dark ring and a tick: what is mine stands out without its colour too. */
  private drawSelected(seat: number, radius: number): void {
    if (!this.isOnFloor(seat)) return;
    const context = this.topContext;
    const [x, y] = this.camera.toView(this.scene.x[seat]!, this.scene.y[seat]!);
    const size = Math.max(radius * 1.12, 4.5);
    context.beginPath();
    context.arc(x, y, size + 1.5, 0, Math.PI * 2);
    context.fillStyle = this.theme.ground;
    context.fill();
    context.beginPath();
    context.arc(x, y, size, 0, Math.PI * 2);
    context.fillStyle = this.theme.isForced ? this.theme.focus : this.theme.ink;
    context.fill();
    context.beginPath();
    context.moveTo(x - size * 0.42, y + size * 0.05);
    context.lineTo(x - size * 0.1, y + size * 0.36);
    context.lineTo(x + size * 0.45, y - size * 0.34);
    context.lineWidth = Math.max(1.5, size * 0.2);
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = this.theme.ground;
    context.stroke();
  }
}

/**
 * Draws a floor of a scene on a 2D canvas. What is drawn goes by the pitch on the screen: sections with their words while a
 * seat is a speck, then dots, discs, and numbers. Price is a hue, status is a shape: free is solid, held is half, gone is a
 * small ring, a seat that needs a code has a hole, a wheelchair space is square.
 */
import type { View } from "./camera";
import { Grid } from "./grid";
import { type Box, boxOfSection, flagBit, type Scene, type SceneArea, type SceneSection } from "./scene";
import { inkOn, readable, type Theme, tinted } from "./theme";
import { SeatState } from "./types";

/** Pixels between neighbours from which on … */
export const LEVEL = { dots: 3, discs: 9, icons: 13, numbers: 20 };

/** The part of the pitch that a seat's radius is. */
export const RADIUS = 0.41;

const SEATS_A_PATH = 1500; // one path of all seats takes longer to fill than many of near ones
const MOST_NUMBERS = 2500;
const SMALLEST = 10; // pixels of a section's name
const LARGEST = 15;
const FONT = 'Figtree, "Figtree Fallback", system-ui, sans-serif';

/** A decoration's icon by its name, on a grid of 24 units. */
const ICONS: Readonly<Record<string, string>> = {
  door: "M6 21V4.5A1.5 1.5 0 0 1 7.5 3h9A1.5 1.5 0 0 1 18 4.5V21M3.5 21h17M14.5 12v.1",
  stairs: "M3 20h5v-5h4.5v-5H17V5h4.5",
  lift: "M5 3h14v18H5zM9 10l3-3.5 3 3.5M9 14l3 3.5 3-3.5",
  toilet: "M8 4v.1M16 4v.1M8 7.5v13M5 8h6v6H5zM16 7.5l-3.5 8h7zM16 15.5v5M12 3v18",
  bar: "M4 4h16l-8 9zM12 13v7M8 20.5h8M7 7.5h10",
  cloakroom: "M12 8.5V7a2 2 0 1 0-2-2M12 8.5 3 16v2.5h18V16z",
  first_aid: "M4 5h16v15H4zM12 8.5v8M8 12.5h8",
  info: "M12 3.5a8.5 8.5 0 1 0 .01 0zM12 11v5.5M12 7.5v.1",
};

const enum Look {
  Free,
  Held,
  Gone,
  Reserved,
  Dimmed,
  Space,
  HeldSpace,
}
const LOOKS = 8;

export interface Stage {
  context: CanvasRenderingContext2D;
  view: View;
  /** In CSS pixels; the context's own scale makes them the screen's. */
  width: number;
  height: number;
}

/** What whoever shows the map says of its seats. */
export interface Marks {
  states: Uint8Array;
  category: Int16Array;
  colors: readonly string[];
  /** 1 for what a filter leaves out. */
  dimmed: Uint8Array | undefined;
  /** Under a section's or an area's name, from far: "12 from €45". By index; an area's come after the sections'. */
  captions: readonly (readonly string[])[];
}

/** So many sections in one view are a ring of blocks, and not stalls with boxes beside them. */
const MANY = 20;

export class Painter {
  private colors: string[] = [];
  private tints: string[] = [];
  private inks: string[] = [];
  private grids: (Grid | undefined)[] = [];
  private boxes: (Box | undefined)[] = [];
  private bands: (Path2D | undefined)[] = [];
  private found = new Uint32Array(0);
  private sorted = new Uint32Array(0);
  private style = new Uint16Array(0);
  private counts = new Uint32Array(0);
  private space = 0;
  private companion = 0;
  private restricted = 0;

  constructor(
    public scene: Scene,
    public marks: Marks,
    private theme: Theme,
  ) {
    this.sceneChanged();
    this.themeChanged(theme);
  }

  sceneChanged(): void {
    [this.grids, this.boxes, this.bands] = [[], [], []];
    if (this.found.length < this.scene.count) {
      this.found = new Uint32Array(this.scene.count);
      this.sorted = new Uint32Array(this.scene.count);
      this.style = new Uint16Array(this.scene.count);
    }
    this.space = flagBit(this.scene, "wheelchair");
    this.companion = flagBit(this.scene, "companion");
    this.restricted = flagBit(this.scene, "restricted_view");
  }

  /** After a change of the theme or of the categories' colours. */
  themeChanged(theme: Theme): void {
    this.theme = theme;
    this.colors = [theme.muted, ...this.marks.colors.map((color) => readable(color, theme))];
    this.tints = this.colors.map((color) => tinted(color, theme, theme.isDark ? 0.42 : 0.26));
    this.inks = this.colors.map((color) => (theme.isForced ? theme.ground : inkOn(color)));
    this.counts = new Uint32Array(this.colors.length * LOOKS + 1);
  }

  /** The colour that seats of this category have here; -1 for none. */
  colorOf(category: number): string {
    return this.colors[category + 1] ?? this.theme.muted;
  }
  inkOf(category: number): string {
    return this.inks[category + 1] ?? this.theme.ground;
  }

  grid(floor: number): Grid {
    return (this.grids[floor] ??= new Grid(
      this.scene.x,
      this.scene.y,
      this.scene.sections.filter((section) => section.floor === floor).map((section) => [section.first, section.count]),
      this.scene.pitch,
    ));
  }
  sectionBox(number: number): Box {
    return (this.boxes[number] ??= boxOfSection(this.scene, number));
  }

  /** How many seats a drawing of this view would look at. */
  countIn(floor: number, box: Box): number {
    return this.grid(floor).collect(box, this.found);
  }

  paint(stage: Stage, floor: number): void {
    const { context } = stage;
    const pitch = this.scene.pitch * stage.view.scale;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = context.lineCap = "round";
    this.scene.areas.forEach((area, number) => area.floor === floor && this.paintArea(stage, area, number));
    const isFar = pitch < LEVEL.dots;
    this.scene.sections.forEach((section, number) => {
      if (section.floor === floor && isSeen(stage, this.sectionBox(number))) this.paintSection(stage, section, number, isFar);
    });
    // Above the grounds: a desk or a pillar may stand in the middle of a section.
    this.paintDecorations(stage, floor);
    if (isFar) {
      this.paintCaptions(stage, floor);
    } else {
      this.paintTables(stage, floor);
      this.paintSeats(stage, floor, pitch);
      if (pitch >= LEVEL.discs) this.paintRowLabels(stage, floor, pitch);
      else this.paintSectionNames(stage, floor);
    }
  }

  // --- Around the seats ----------------------------------------------------------------------------------------------------

  private paintDecorations(stage: Stage, floor: number): void {
    const { context, view } = stage;
    const { theme } = this;
    for (const shape of this.scene.floors[floor]?.decorations ?? []) {
      const [x, y] = onView(stage, shape.x, shape.y);
      const [width, height] = [shape.width * view.scale, shape.height * view.scale];
      if (shape.kind === "icon" && ICONS[shape.text]) {
        this.paintIcon(context, ICONS[shape.text]!, x, y, Math.max(11, Math.min(24, width || 40 * view.scale)));
        continue;
      }
      context.save();
      if (shape.outline.length) {
        trace(stage, shape.outline);
      } else {
        context.translate(x, y);
        context.rotate((shape.rotation * Math.PI) / 180);
        context.beginPath();
        context.roundRect(-width / 2, -height / 2, width, height, Math.min(6, height / 4));
      }
      if (shape.kind === "stage" || shape.kind === "shape") {
        context.fillStyle = shape.kind === "stage" && !theme.isForced ? theme.line : theme.panel;
        context.fill();
        context.strokeStyle = shape.kind === "stage" ? theme.strong : theme.line;
        context.lineWidth = 1;
        context.stroke();
      }
      context.restore();
      if (shape.text) {
        context.save();
        context.translate(x, y);
        context.rotate((shape.rotation * Math.PI) / 180);
        const size = Math.max(8, Math.min(16, height * 0.6, (width / Math.max(shape.text.length, 3)) * 1.7));
        this.write(context, shape.text, 0, 0, size, theme.muted, 600, Math.max(width, shape.kind === "stage" ? 0 : 60));
        context.restore();
      }
    }
  }

  private paintIcon(context: CanvasRenderingContext2D, strokes: string, x: number, y: number, size: number): void {
    context.save();
    context.translate(x - size / 2, y - size / 2);
    context.scale(size / 24, size / 24);
    context.strokeStyle = this.theme.muted;
    context.lineWidth = 2;
    context.stroke(new Path2D(strokes));
    context.restore();
  }

  private paintArea(stage: Stage, area: SceneArea, number: number): void {
    const { context } = stage;
    trace(stage, area.outline);
    context.fillStyle = this.tints[area.category + 1]!;
    context.fill();
    context.strokeStyle = this.colorOf(area.category);
    context.lineWidth = 1.5;
    context.stroke();
    const box = boxOfPoints(area.outline);
    this.words(stage, [area.name, ...(this.marks.captions[this.scene.sections.length + number] ?? [])], box, middleOf(box));
  }

  private paintSection(stage: Stage, section: SceneSection, number: number, isFar: boolean): void {
    const { context, view } = stage;
    const { theme } = this;
    const fill = isFar ? this.tints[this.dominant(section) + 1]! : theme.isForced ? theme.ground : theme.panel;
    const edge = isFar ? this.colorOf(this.dominant(section)) : theme.line;
    if (section.outline.length) {
      trace(stage, section.outline);
      context.fillStyle = fill;
      context.fill();
      context.strokeStyle = edge;
      context.lineWidth = 1;
      context.stroke();
      return;
    }
    if (!isFar) return;
    // Thick lines along the rows, one over the other, have the section's very shape, however it is bent.
    const band = this.bandOf(number);
    context.save();
    context.translate(stage.width / 2 - view.x * view.scale, stage.height / 2 - view.y * view.scale);
    context.scale(view.scale, view.scale);
    context.strokeStyle = edge;
    context.lineWidth = this.scene.pitch * 2 + 2 / view.scale;
    context.stroke(band);
    context.strokeStyle = fill;
    context.lineWidth = this.scene.pitch * 2;
    context.stroke(band);
    context.restore();
  }

  private bandOf(number: number): Path2D {
    const kept = this.bands[number];
    if (kept) return kept;
    const { x, y, lines } = this.scene;
    const band = new Path2D();
    lines.forEach((line) => {
      if (line.section !== number || line.count === 0) return;
      const step = Math.max(1, Math.ceil(line.count / 12));
      band.moveTo(x[line.first]!, y[line.first]!);
      for (let place = step; place < line.count - 1; place += step) band.lineTo(x[line.first + place]!, y[line.first + place]!);
      band.lineTo(x[line.first + line.count - 1]! + 0.01, y[line.first + line.count - 1]!);
      if (line.kind) band.closePath();
    });
    return (this.bands[number] = band);
  }

  /** The category that most of the section's seats that can be had are of; -1 when none can. */
  private dominant(section: SceneSection): number {
    const { states, category, dimmed } = this.marks;
    const votes = new Map<number, number>();
    const step = Math.max(1, section.count >> 6);
    for (let seat = section.first; seat < section.first + section.count; seat += step) {
      if (states[seat] !== SeatState.Free || dimmed?.[seat]) continue;
      votes.set(category[seat]!, (votes.get(category[seat]!) ?? 0) + 1);
    }
    let [best, most] = [-1, 0];
    votes.forEach((count, key) => count > most && ([best, most] = [key, count]));
    return best;
  }

  /** Names and lines of the floor's sections. Where one name does not fit, all are shortened to their last word: to "121". */
  private paintCaptions(stage: Stage, floor: number): void {
    const { context, view } = stage;
    const shown = this.scene.sections.flatMap((section, number) => (section.floor === floor && section.count ? [number] : []));
    context.font = `600 ${SMALLEST}px ${FONT}`;
    const isLong = shown.some((number) => {
      const box = this.sectionBox(number);
      return context.measureText(this.scene.sections[number]!.name).width > roomIn(box, view);
    });
    const names = new Map(
      shown.map((number) => {
        const whole = this.scene.sections[number]!.name;
        const last = whole.split(" ").at(-1)!;
        return [number, isLong && /\d/.test(last) ? last : whole];
      }),
    );
    // Sections of a ring look alike: names as small as the smallest that can be read, with lines beneath all of them or none.
    const sizes = shown.map((number) => sizeFor(context, names.get(number)!, roomIn(this.sectionBox(number), view)));
    const most = isLong ? Math.min(...sizes.filter((size) => size !== undefined), LARGEST) : LARGEST;
    const captions = (number: number): readonly string[] => this.marks.captions[number] ?? [];
    const hasRoom = (number: number, line: string): boolean =>
      sizeFor(context, line, roomIn(this.sectionBox(number), view), most) !== undefined;
    const isRoomy = (!isLong && shown.length <= MANY) || shown.every((number) => captions(number).every((line) => hasRoom(number, line)));
    for (const number of shown) {
      const box = this.sectionBox(number);
      if (!isSeen(stage, box)) continue;
      const lines = [names.get(number)!, ...(isRoomy ? captions(number) : [])];
      this.words(stage, lines, box, this.heartOf(this.scene.sections[number]!, number, box), most);
    }
  }

  /** A point well inside the section: the middle of the middle row, which lies in a bent section too. */
  private heartOf(section: SceneSection, number: number, box: Box): [number, number] {
    if (section.outline.length || section.count === 0) return middleOf(box);
    const line = this.scene.lines[this.scene.line[section.first + (section.count >> 1)]!]!;
    if (line.section !== number || line.kind) return middleOf(box);
    const seat = line.first + (line.count >> 1);
    return [this.scene.x[seat]!, this.scene.y[seat]!];
  }

  /** A name and lines beneath it, as much as fits the box; of a long name at least its last word, which is often a number. */
  private words(stage: Stage, lines: readonly string[], box: Box, [atX, atY]: [number, number], most = LARGEST): void {
    const { context, view } = stage;
    const room = roomIn(box, view);
    const tall = (box.bottom - box.top) * view.scale;
    const [name, ...rest] = lines as [string, ...string[]];
    const [x, y] = onView(stage, atX, atY);
    const fits = (text: string, size: number): boolean => {
      context.font = `600 ${size}px ${FONT}`;
      return context.measureText(text).width <= room;
    };
    const size = sizeFor(context, name, room, most);
    const shown = size ? name : name.split(" ").at(-1)!;
    if (!size && !fits(shown, SMALLEST)) {
      this.upright(context, shown, x, y, room, tall);
      return;
    }
    const used = size ?? SMALLEST;
    const under = tall >= used * 2.6 ? rest.filter((line) => fits(line, Math.min(13, used))) : [];
    const height = used * 1.25;
    const top = y - (under.length * height) / 2;
    const { ink } = this.theme;
    this.write(context, shown, x, top, used, ink, 650);
    under.slice(0, Math.floor(tall / height) - 1).forEach((line, at) => {
      this.write(context, line, x, top + height * (at + 1), Math.min(13, used), ink, 450);
    });
  }

  /** A short name from bottom to top, in a section that is too narrow for it but high enough. */
  private upright(context: CanvasRenderingContext2D, name: string, x: number, y: number, room: number, tall: number): void {
    if (room < SMALLEST * 0.5 || sizeFor(context, name, tall * 0.84 - 4, SMALLEST) === undefined) return;
    context.save();
    context.translate(x, y);
    context.rotate(-Math.PI / 2);
    this.write(context, name, 0, 0, SMALLEST, this.theme.ink, 650);
    context.restore();
  }

  private paintTables(stage: Stage, floor: number): void {
    const { context, view } = stage;
    for (const table of this.scene.tables) {
      const line = this.scene.lines[table.line];
      if (!line || this.scene.sections[line.section]?.floor !== floor) continue;
      const [x, y] = onView(stage, table.x, table.y);
      const [width, height] = [table.width * view.scale, table.height * view.scale];
      if (x < -width || y < -height || x > stage.width + width || y > stage.height + height) continue;
      context.save();
      context.translate(x, y);
      context.rotate((table.rotation * Math.PI) / 180);
      context.beginPath();
      if (table.shape === "round") context.ellipse(0, 0, width / 2, height / 2, 0, 0, Math.PI * 2);
      else context.roundRect(-width / 2, -height / 2, width, height, Math.min(6, height / 5));
      context.fillStyle = this.theme.ground;
      context.fill();
      context.strokeStyle = this.theme.strong;
      context.lineWidth = line.kind === 2 ? 2 : 1;
      context.stroke();
      context.restore();
      if (Math.min(width, height) > 14) this.write(context, line.label, x, y, Math.min(14, Math.min(width, height) * 0.4), this.theme.ink, 600, width);
    }
  }

  private paintSectionNames(stage: Stage, floor: number): void {
    this.scene.sections.forEach((section, number) => {
      const box = this.sectionBox(number);
      if (section.floor !== floor || !isSeen(stage, box)) return;
      const [x, y] = onView(stage, (box.left + box.right) / 2, box.top);
      this.write(stage.context, section.name, x, y - 4, 12, this.theme.ink, 600, Math.max(50, (box.right - box.left) * stage.view.scale));
    });
  }

  private paintRowLabels(stage: Stage, floor: number, pitch: number): void {
    const { x, y, lines } = this.scene;
    const size = Math.max(9, Math.min(15, pitch * 0.55));
    const box = seenBox(stage);
    for (const line of lines) {
      if (line.kind || !line.count || this.scene.sections[line.section]?.floor !== floor) continue;
      const last = line.first + line.count - 1;
      for (const [end, next] of [
        [line.first, Math.min(line.first + 1, last)],
        [last, Math.max(last - 1, line.first)],
      ] as const) {
        if (x[end]! < box.left || x[end]! > box.right || y[end]! < box.top || y[end]! > box.bottom) continue;
        const [dx, dy] = end === next ? [end === line.first ? 1 : -1, 0] : [x[next]! - x[end]!, y[next]! - y[end]!];
        const length = Math.hypot(dx, dy) || 1;
        const away = this.scene.pitch * 0.95;
        const [atX, atY] = onView(stage, x[end]! - (dx / length) * away, y[end]! - (dy / length) * away);
        // A word reaches further than a letter: it goes outward by what is more, or it would lie on the seat.
        const more = line.label.length > 2 ? (line.label.length - 1) * size * 0.3 * (dx / length) : 0;
        this.write(stage.context, line.label, atX - more, atY, size, this.theme.muted, 600);
        if (line.count === 1) break;
      }
    }
  }

  private write(
    context: CanvasRenderingContext2D,
    text: string,
    x: number,
    y: number,
    size: number,
    color: string,
    weight: number,
    most?: number,
  ): void {
    context.font = `${weight} ${size}px ${FONT}`;
    context.fillStyle = color;
    context.fillText(text, x, y, most);
  }

  // --- The seats ------------------------------------------------------------------------------------------------------------

  private paintSeats(stage: Stage, floor: number, pitch: number): void {
    const count = this.grid(floor).collect(seenBox(stage, this.scene.pitch), this.found);
    this.sortByStyle(count);
    let at = 0;
    for (let style = 0; style < this.colors.length * LOOKS; style++) {
      const end = at + this.counts[style + 1]! - this.counts[style]!;
      for (let from = at; from < end; from += SEATS_A_PATH) {
        this.paintAlike(stage, style, from, Math.min(end, from + SEATS_A_PATH), pitch);
      }
      at = end;
    }
    if (pitch >= LEVEL.icons) this.paintSigns(stage, count, pitch);
    if (pitch >= LEVEL.numbers && count <= MOST_NUMBERS) this.paintNumbers(stage, count, pitch);
  }

  /** Orders the found seats by how they look, so that each colour and shape is one path. */
  private sortByStyle(count: number): void {
    const { found, style, counts, sorted } = this;
    const { states, category, dimmed } = this.marks;
    const { flags } = this.scene;
    counts.fill(0);
    for (let at = 0; at < count; at++) {
      const seat = found[at]!;
      const state = states[seat]!;
      let look: number = Look.Gone;
      let group = 0;
      if (dimmed?.[seat] && state !== SeatState.Gone) {
        look = Look.Dimmed;
      } else if (state !== SeatState.Gone) {
        const isSpace = (flags[seat]! & this.space) !== 0;
        if (state === SeatState.Held) look = isSpace ? Look.HeldSpace : Look.Held;
        else if (state === SeatState.Reserved) look = Look.Reserved;
        else look = isSpace ? Look.Space : Look.Free;
        group = category[seat]! + 1;
      }
      counts[(style[at] = group * LOOKS + look) + 1]!++;
    }
    for (let at = 0; at + 1 < counts.length; at++) counts[at + 1]! += counts[at]!;
    const next = counts.slice();
    for (let at = 0; at < count; at++) sorted[next[style[at]!]!++] = found[at]!;
  }

  private paintAlike(stage: Stage, style: number, from: number, to: number, pitch: number): void {
    const { context, view } = stage;
    const { x, y } = this.scene;
    const look = style % LOOKS;
    const color = this.colors[Math.floor(style / LOOKS)]!;
    const [dx, dy] = [stage.width / 2 - view.x * view.scale, stage.height / 2 - view.y * view.scale];
    const radius = pitch * RADIUS;
    const isDot = pitch < LEVEL.discs;
    const circle = (cx: number, cy: number, r: number): void => {
      context.moveTo(cx + r, cy);
      context.arc(cx, cy, r, 0, Math.PI * 2);
    };
    context.beginPath();
    let isFilled = true;
    for (let at = from; at < to; at++) {
      const seat = this.sorted[at]!;
      const [cx, cy] = [x[seat]! * view.scale + dx, y[seat]! * view.scale + dy];
      if (look === Look.Free) {
        if (pitch < 6) context.rect(cx - radius, cy - radius, radius * 2, radius * 2);
        else circle(cx, cy, radius);
      } else if (look === Look.Space) {
        context.rect(cx - radius, cy - radius, radius * 2, radius * 2);
      } else if (look === Look.Gone) {
        isFilled = isDot;
        if (isDot) context.rect(cx - radius * 0.3, cy - radius * 0.3, radius * 0.6, radius * 0.6);
        else circle(cx, cy, radius * 0.42);
      } else if (look === Look.Dimmed) {
        circle(cx, cy, radius * 0.5);
      } else if (look === Look.Reserved) {
        isFilled = isDot;
        if (isDot) context.rect(cx - radius, cy - radius * 0.3, radius * 2, radius * 0.6);
        else circle(cx, cy, radius * 0.82);
      } else if (isDot) {
        context.rect(cx - radius, cy, radius * 2, radius);
      } else if (look === Look.HeldSpace) {
        context.rect(cx - radius, cy, radius * 2, radius);
      } else {
        context.moveTo(cx + radius, cy);
        context.arc(cx, cy, radius, 0, Math.PI);
        context.closePath();
      }
    }
    if (look === Look.Gone || look === Look.Dimmed) {
      context.fillStyle = context.strokeStyle = look === Look.Gone ? this.theme.strong : this.theme.line;
    } else {
      context.fillStyle = context.strokeStyle = color;
    }
    if (isFilled) {
      context.fill();
    } else {
      context.lineWidth = look === Look.Gone ? Math.max(1, radius * 0.14) : Math.max(1.2, radius * 0.3);
      context.stroke();
    }
    if ((look === Look.Held || look === Look.HeldSpace) && !isDot) {
      // The other half as a rim.
      context.beginPath();
      for (let at = from; at < to; at++) {
        const seat = this.sorted[at]!;
        const [cx, cy] = [x[seat]! * view.scale + dx, y[seat]! * view.scale + dy];
        if (look === Look.Held) circle(cx, cy, radius - 0.6);
        else context.rect(cx - radius + 0.6, cy - radius + 0.6, radius * 2 - 1.2, radius * 2 - 1.2);
      }
      context.lineWidth = 1.2;
      context.stroke();
    }
  }

  /** What sets a seat apart, as a sign on it: a wheelchair, a companion's ring, a bite for a restricted view. */
  private paintSigns(stage: Stage, count: number, pitch: number): void {
    const { context } = stage;
    const { states, category, dimmed } = this.marks;
    const { flags, x, y } = this.scene;
    const radius = pitch * RADIUS;
    for (let at = 0; at < count; at++) {
      const seat = this.found[at]!;
      const bits = flags[seat]! & (this.space | this.companion | this.restricted);
      if (!bits || states[seat] !== SeatState.Free || dimmed?.[seat]) continue;
      const [cx, cy] = onView(stage, x[seat]!, y[seat]!);
      const ink = this.inkOf(category[seat]!);
      if (bits & this.space) {
        paintWheelchair(context, cx, cy, radius, ink);
      } else if (bits & this.companion) {
        context.beginPath();
        context.arc(cx, cy, radius * 0.76, 0, Math.PI * 2);
        context.strokeStyle = ink;
        context.lineWidth = Math.max(1, radius * 0.12);
        context.stroke();
      }
      if (bits & this.restricted) {
        context.beginPath();
        context.arc(cx + radius * 0.75, cy - radius * 0.75, radius * 0.55, 0, Math.PI * 2);
        context.fillStyle = this.theme.ground;
        context.fill();
      }
    }
  }

  private paintNumbers(stage: Stage, count: number, pitch: number): void {
    const { context } = stage;
    const { states, category, dimmed } = this.marks;
    const { flags, x, y } = this.scene;
    const most = pitch * RADIUS * 1.7;
    context.font = `600 ${Math.round(Math.min(18, pitch * 0.38))}px ${FONT}`;
    for (let at = 0; at < count; at++) {
      const seat = this.found[at]!;
      if (states[seat] !== SeatState.Free || dimmed?.[seat] || flags[seat]! & this.space) continue;
      const [cx, cy] = onView(stage, x[seat]!, y[seat]!);
      context.fillStyle = this.inkOf(category[seat]!);
      context.fillText(this.scene.label(seat), cx, cy + 0.5, most);
    }
  }
}

export function paintWheelchair(context: CanvasRenderingContext2D, x: number, y: number, radius: number, color: string): void {
  const unit = radius / 10;
  context.strokeStyle = context.fillStyle = color;
  context.lineWidth = 1.7 * unit;
  context.beginPath();
  context.arc(x - 1.6 * unit, y - 6 * unit, 1.5 * unit, 0, Math.PI * 2);
  context.fill();
  context.beginPath();
  context.moveTo(x - 1.6 * unit, y - 3.4 * unit);
  context.lineTo(x - 1.6 * unit, y + 1 * unit);
  context.lineTo(x + 3 * unit, y + 1 * unit);
  context.lineTo(x + 4.6 * unit, y + 5.6 * unit);
  context.moveTo(x - 1.6 * unit, y - 1.4 * unit);
  context.lineTo(x + 2.4 * unit, y - 1.4 * unit);
  context.stroke();
  context.beginPath();
  context.arc(x - 0.8 * unit, y + 3 * unit, 4 * unit, Math.PI * 0.08, Math.PI * 1.28);
  context.stroke();
}

/** Pixels for a section's words: its sides may slant. */
function roomIn(box: Box, view: View): number {
  return (box.right - box.left) * view.scale * 0.88 - 4;
}

/** The largest size of a name, up to `most`, that the room has; undefined when even the smallest is too wide. */
function sizeFor(context: CanvasRenderingContext2D, name: string, room: number, most = LARGEST): number | undefined {
  return [LARGEST, 13, 11, SMALLEST].find((size) => {
    context.font = `600 ${size}px ${FONT}`;
    return size <= most && context.measureText(name).width <= room;
  });
}

function onView({ view, width, height }: Stage, x: number, y: number): [number, number] {
  return [(x - view.x) * view.scale + width / 2, (y - view.y) * view.scale + height / 2];
}

function seenBox({ view, width, height }: Stage, beyond = 0): Box {
  const [across, down] = [width / 2 / view.scale + beyond, height / 2 / view.scale + beyond];
  return { left: view.x - across, top: view.y - down, right: view.x + across, bottom: view.y + down };
}

function isSeen(stage: Stage, box: Box): boolean {
  const seen = seenBox(stage);
  return box.right >= seen.left && box.left <= seen.right && box.bottom >= seen.top && box.top <= seen.bottom;
}

function trace(stage: Stage, outline: ArrayLike<number>): void {
  stage.context.beginPath();
  for (let at = 0; at + 1 < outline.length; at += 2) {
    const [x, y] = onView(stage, outline[at]!, outline[at + 1]!);
    if (at === 0) stage.context.moveTo(x, y);
    else stage.context.lineTo(x, y);
  }
  stage.context.closePath();
}

function boxOfPoints(points: ArrayLike<number>): Box {
  const box: Box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (let at = 0; at + 1 < points.length; at += 2) {
    box.left = Math.min(box.left, points[at]!);
    box.right = Math.max(box.right, points[at]!);
    box.top = Math.min(box.top, points[at + 1]!);
    box.bottom = Math.max(box.bottom, points[at + 1]!);
  }
  return box;
}

function middleOf(box: Box): [number, number] {
  return [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
}

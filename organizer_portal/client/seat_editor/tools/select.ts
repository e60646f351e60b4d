/** Select, move, turn and reshape with the pointer; Alt while dropping leaves the original where it is. */
import { type Editor, type Pen, type Pointer, type Tool } from "../editor";
import * as commands from "../model/commands";
import { type Point, type RowElement, type RowShape, hasShape, isRow } from "../model/document";
import * as geo from "../model/geometry";
import * as rows from "../model/rows";
import { n, t, tn } from "../words";

type Drag =
  | { kind: "marquee"; from: Point; to: Point; isAdding: boolean }
  | { kind: "move"; from: Point; by: Point; points: readonly Point[]; isCopy: boolean }
  | { kind: "turn"; pivot: Point; start: number; angle: number; points: readonly Point[] }
  | { kind: "row"; part: "from" | "to" | "curve"; row: RowElement; shape: RowShape; preview: RowElement }
  | { kind: "size"; id: string; frame: geo.Frame; corner: number; next: geo.Frame }
  | { kind: "corner"; id: string; index: number; outline: Point[] };

const REACH = 9; // pixels around a handle

export class SelectTool implements Tool {
  readonly name = "select";
  readonly cursor = "default";
  private drag: Drag | null = null;
  private pressed: { at: Point; px: number; py: number; isShift: boolean; isFresh: boolean } | null = null;

  constructor(private readonly editor: Editor) {}

  hint(): string {
    return t("Click selects, Shift adds, drag moves; a double click selects one seat. Drag over empty ground to select what is inside.");
  }

  down(pointer: Pointer): void {
    const { editor } = this;
    const handle = editor.isReadOnly ? null : this.handleAt(pointer);
    if (handle) {
      this.drag = handle;
      return;
    }
    const grain = pointer.clicks > 1 ? (editor.grain === "section" ? "row" : "seat") : editor.grain;
    const found = editor.pick(pointer.px, pointer.py, grain);
    if (!found) {
      this.drag = { kind: "marquee", from: pointer.at, to: pointer.at, isAdding: pointer.isShift };
      return;
    }
    const { selection } = editor;
    const isIn = found.seats.every((id) => selection.seats.has(id)) && found.things.every((id) => selection.things.has(id));
    if (pointer.isShift) selection.toggle(found.seats, found.things);
    else if (!isIn || pointer.clicks > 1) selection.set(found.seats, found.things);
    this.pressed = { at: pointer.at, px: pointer.px, py: pointer.py, isShift: pointer.isShift, isFresh: !isIn };
  }

  move(pointer: Pointer): void {
    const { editor, drag } = this;
    if (this.pressed && !drag && !editor.isReadOnly && Math.hypot(pointer.px - this.pressed.px, pointer.py - this.pressed.py) > 4) {
      if (this.pressed.isShift) return;
      this.drag = { kind: "move", from: this.pressed.at, by: [0, 0], points: editor.selection.points(), isCopy: false };
    }
    this.follow(pointer);
    if (this.drag) editor.map.topChanged();
  }

  private follow(pointer: Pointer): void {
    const { drag } = this;
    switch (drag?.kind) {
      case "marquee":
        drag.to = pointer.at;
        return;
      case "move":
        drag.by = this.snappedMove(drag.from, pointer);
        drag.isCopy = pointer.isAlt;
        return;
      case "turn": {
        const angle = Math.atan2(pointer.at[1] - drag.pivot[1], pointer.at[0] - drag.pivot[0]) - drag.start;
        drag.angle = pointer.isShift ? (Math.round(angle / (Math.PI / 12)) * Math.PI) / 12 : angle;
        return;
      }
      case "row":
        drag.preview = this.reshaped(drag, pointer);
        return;
      case "size": {
        const { frame, corner } = drag;
        const [x, y] = pointer.snapped;
        const next = { ...frame, [corner % 3 === 0 ? "left" : "right"]: x, [corner < 2 ? "top" : "bottom"]: y };
        drag.next = { left: Math.min(next.left, next.right - 10), right: Math.max(next.right, next.left + 10), top: Math.min(next.top, next.bottom - 10), bottom: Math.max(next.bottom, next.top + 10) };
        return;
      }
      case "corner":
        drag.outline[drag.index] = pointer.snapped;
        return;
      default:
    }
  }

  /** Along one axis with Shift; else so that the selection's first seat comes to lie on the others' lines. */
  private snappedMove(from: Point, pointer: Pointer): Point {
    const [dx, dy] = geo.subtract(pointer.at, from);
    if (pointer.isShift) return Math.abs(dx) > Math.abs(dy) ? [dx, 0] : [0, dy];
    const anchor = this.editor.selection.points()[0];
    if (!anchor || pointer.isAlt) return [Math.round(dx), Math.round(dy)];
    const snapped = this.editor.snap(geo.add(anchor, [dx, dy]), false);
    return geo.subtract(snapped, anchor);
  }

  private reshaped(drag: Extract<Drag, { kind: "row" }>, pointer: Pointer): RowElement {
    const { row, shape, part } = drag;
    if (part === "curve") {
      const chord = geo.middle(shape.from, shape.to);
      const toward = geo.right(geo.direction(shape.from, shape.to));
      const off = geo.subtract(pointer.at, chord);
      const curve = off[0] * toward[0] + off[1] * toward[1];
      return rows.reshape(row, { curve: Math.abs(curve) < 8 ? 0 : curve, keep: "length" });
    }
    // An end follows the pointer, and seats come or go so that the pitch stays.
    const pitch = rows.pitchOf(row);
    const other = part === "from" ? shape.to : shape.from;
    const end = pointer.snapped;
    const length = geo.distance(other, end) - (shape.aisle ?? 0) * row.gaps.length;
    const count = Math.max(1, Math.round(length / pitch) + 1 - (shape.holes?.length ?? 0));
    const way = geo.direction(other, end);
    const reach = geo.add(other, geo.scaled(way, pitch * (count - 1 + (shape.holes?.length ?? 0)) + (shape.aisle ?? 0) * row.gaps.filter((gap) => gap < count - 1).length));
    const next = { ...shape, [part]: rows.rounded(reach) };
    const grown = rows.reshape({ ...row, shape: next }, { count, keep: "length" });
    return grown;
  }

  up(pointer: Pointer): void {
    const { editor, drag } = this;
    this.drag = null;
    editor.guides = { x: null, y: null };
    const { pressed } = this;
    this.pressed = null;
    if (!drag) {
      // A plain click on what was selected already: only that.
      if (pressed && !pressed.isShift && !pressed.isFresh && pointer.clicks === 1) {
        const found = editor.pick(pointer.px, pointer.py);
        if (found) editor.selection.set(found.seats, found.things);
      }
      return editor.changed();
    }
    this.finish(drag);
    editor.changed();
  }

  private finish(drag: Drag): void {
    const { editor } = this;
    const { model, selection } = editor;
    switch (drag.kind) {
      case "marquee":
        return this.choose(drag);
      case "move": {
        const m = geo.shift(...(drag.by as [number, number]));
        if (!drag.by[0] && !drag.by[1]) return;
        if (drag.isCopy) editor.made(commands.copies(model, selection, [m]));
        else commands.transform(model, selection, m, t("Move"));
        return;
      }
      case "turn":
        if (drag.angle) commands.transform(model, selection, geo.turn(drag.angle, drag.pivot), t("Rotate"));
        return;
      case "row":
        model.transact(t("Change the rows"), () => model.put(drag.preview));
        selection.set(drag.preview.seats.map((seat) => seat.id));
        return;
      case "size": {
        const one = model.get(drag.id);
        if (one?.type !== "decoration") return;
        const [x, y] = geo.centre(drag.next);
        const { left, right, top, bottom } = drag.next;
        commands.change(model, one, { x: Math.round(x), y: Math.round(y), width: Math.round(right - left), height: Math.round(bottom - top) });
        return;
      }
      case "corner": {
        const one = model.get(drag.id);
        if (one?.type === "area" || one?.type === "section" || one?.type === "decoration") {
          commands.change(model, one, { outline: drag.outline.map(rows.rounded) } as never);
        }
      }
    }
  }

  private choose({ from, to, isAdding }: Extract<Drag, { kind: "marquee" }>): void {
    const { editor } = this;
    const box = { left: Math.min(from[0], to[0]), right: Math.max(from[0], to[0]), top: Math.min(from[1], to[1]), bottom: Math.max(from[1], to[1]) };
    const isClick = (box.right - box.left) * editor.map.camera.scale < 4 && (box.bottom - box.top) * editor.map.camera.scale < 4;
    if (isClick) {
      if (!isAdding) editor.selection.clear();
      return;
    }
    const seats = editor.map.seatsIn(box).flatMap((index) => editor.scene.ids[index] ?? []).filter((id) => !editor.isLocked(id));
    const floor = editor.model.floor(editor.floorId);
    const isFree = (id: string): boolean => !editor.hidden.has(id) && !editor.locked.has(id);
    const things = [...floor.areas, ...floor.decorations].filter((id) => {
      const one = editor.model.get(id);
      const frame = one?.type === "area" ? geo.frameOf(one.outline) : one?.type === "decoration" ? { left: one.x, right: one.x, top: one.y, bottom: one.y } : null;
      return isFree(id) && frame && frame.left >= box.left && frame.right <= box.right && frame.top >= box.top && frame.bottom <= box.bottom;
    });
    const kept = isAdding ? editor.selection : null;
    editor.selection.set([...(kept?.seats ?? []), ...seats], [...(kept?.things ?? []), ...things]);
  }

  cancel(): void {
    this.drag = this.pressed = null;
    this.editor.map.topChanged();
  }

  // --- Handles --------------------------------------------------------------------------------------------------------------------

  private one(): RowElement | null {
    const lines = this.editor.selection.lines();
    const [only] = lines;
    return lines.length === 1 && !this.editor.selection.things.size && only!.isWhole && isRow(only!.line) && hasShape(only!.line) ? only!.line : null;
  }

  private outlined(): { id: string; outline: readonly Point[] } | null {
    const { selection } = this.editor;
    const [thing] = selection.things.size === 1 && !selection.seats.size ? [...selection.areas(), ...selection.decorations()] : [];
    if (thing?.outline.length) return thing;
    const [section] = this.editor.grain === "section" && !selection.things.size ? selection.wholeSections() : [];
    return section && selection.sections().length === 1 && section.outline.length ? section : null;
  }

  private turnHandle(): { pivot: Point; grip: Point } | null {
    const frame = this.editor.selection.size > 1 ? this.editor.selection.frame() : null;
    if (!frame) return null;
    const pivot = geo.centre(frame);
    return { pivot, grip: [pivot[0], frame.top - 46 / this.editor.map.camera.scale] };
  }

  private handleAt(pointer: Pointer): Drag | null {
    const { editor } = this;
    const isAt = (point: Point): boolean => {
      const [x, y] = editor.map.camera.toView(point[0], point[1]);
      return Math.hypot(x - pointer.px, y - pointer.py) <= REACH;
    };
    const row = this.one();
    if (row) {
      const shape = rows.shapeOf(row);
      const [from, curve, to] = gripsOf(row, editor.map.camera.scale);
      for (const [part, grip] of [["from", from], ["curve", curve], ["to", to]] as const) {
        if (isAt(grip)) return { kind: "row", part, row, shape, preview: row };
      }
    }
    const turning = this.turnHandle();
    if (turning && isAt(turning.grip)) {
      const start = Math.atan2(turning.grip[1] - turning.pivot[1], turning.grip[0] - turning.pivot[0]);
      return { kind: "turn", pivot: turning.pivot, start, angle: 0, points: editor.selection.points() };
    }
    const outlined = this.outlined();
    const index = outlined?.outline.findIndex(isAt) ?? -1;
    if (outlined && index >= 0) return { kind: "corner", id: outlined.id, index, outline: [...outlined.outline] };
    const [decoration] = editor.selection.size === 1 ? editor.selection.decorations() : [];
    if (decoration && !decoration.outline.length) {
      const frame = boxOf(decoration);
      const corner = cornersOf(frame).findIndex(isAt);
      if (corner >= 0) return { kind: "size", id: decoration.id, frame, corner, next: frame };
    }
    return null;
  }

  draw(_context: CanvasRenderingContext2D, pen: Pen): void {
    const { drag, editor } = this;
    if (drag?.kind === "marquee") pen.frame({ left: Math.min(drag.from[0], drag.to[0]), right: Math.max(drag.from[0], drag.to[0]), top: Math.min(drag.from[1], drag.to[1]), bottom: Math.max(drag.from[1], drag.to[1]) });
    if (drag?.kind === "move") {
      pen.ghosts(drag.points, drag.by);
      const last = geo.add(drag.from, drag.by);
      pen.note(last, drag.isCopy ? t("Copy") : `${n(drag.by[0])} · ${n(drag.by[1])} cm`);
    }
    if (drag?.kind === "turn") {
      const m = geo.turn(drag.angle, drag.pivot);
      pen.ghosts(drag.points.map((point) => geo.apply(m, point)));
      pen.note(drag.pivot, `${n((drag.angle * 180) / Math.PI, 1)}°`);
    }
    if (drag?.kind === "row") {
      pen.ghosts(drag.preview.seats.map((seat): Point => [seat.x, seat.y]));
      const last = drag.preview.seats[drag.preview.seats.length - 1];
      if (last) pen.note([last.x, last.y], tn("{n} seat", "{n} seats", drag.preview.seats.length));
    }
    if (drag?.kind === "size") pen.frame(drag.next);
    if (drag?.kind === "corner") pen.outline(drag.outline);
    if (drag || editor.isReadOnly) return;
    const row = this.one();
    if (row) gripsOf(row, editor.map.camera.scale).forEach((grip, index) => pen.handle(grip, index === 1));
    const turning = this.turnHandle();
    if (turning) {
      pen.path([[turning.grip[0], editor.selection.frame()!.top], turning.grip]);
      pen.handle(turning.grip, true);
    }
    this.outlined()?.outline.forEach((corner) => pen.handle(corner));
    const [decoration] = editor.selection.size === 1 ? editor.selection.decorations() : [];
    if (decoration && !decoration.outline.length) cornersOf(boxOf(decoration)).forEach((corner) => pen.handle(corner));
  }
}

function boxOf(one: { x: number; y: number; width: number; height: number }): geo.Frame {
  return { left: one.x - one.width / 2, right: one.x + one.width / 2, top: one.y - one.height / 2, bottom: one.y + one.height / 2 };
}
/** Left top, right top, right bottom, left bottom. */
function cornersOf({ left, right, top, bottom }: geo.Frame): Point[] {
  return [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ];
}
/** Before its first seat, above its middle, after its last. */
function gripsOf(row: RowElement, scale: number): [Point, Point, Point] {
  const shape = rows.shapeOf(row);
  const [first, last] = [row.seats[0]!, row.seats[row.seats.length - 1]!];
  const middle = row.seats[row.seats.length >> 1]!;
  const way = geo.direction(shape.from, shape.to);
  const off = 26 / scale;
  const side = geo.right(way);
  return [
    geo.add([first.x, first.y], geo.scaled(way, -off)),
    geo.add([middle.x, middle.y], geo.scaled(side, off)),
    geo.add([last.x, last.y], geo.scaled(way, off)),
  ];
}

/**
 * The living document: elements by id, changed only in steps that can be taken back. Who is inside what, and which row has a
 * seat, is kept in step with each element that is put, also in the middle of a step.
 */
import type { Element, FloorElement, LineElement, MapElement, Point, Seat, SectionElement } from "./document";
import { ROOT, isLine, wire } from "./document";

/** What a step does to each element: before and after; null where it was not there. */
export type Changes = ReadonlyMap<string, { readonly before: Element | null; readonly after: Element | null }>;

/** What a step did to each element: before and after; null where it was not there. */
interface Step {
  readonly label: string;
  readonly changes: Map<string, { before: Element | null; after: Element | null }>;
}

export interface Found {
  readonly seat: Seat;
  readonly line: LineElement;
  readonly section: SectionElement;
  readonly floor: FloorElement;
}

const MOST_STEPS = 500;

export interface Patch {
  set: Record<string, Record<string, unknown>>;
  drop: string[];
}

export class MapModel {
  /** Grows with every change; what was made from an older one is stale. */
  version = 0;
  private elements: Map<string, Element>;
  private step: Step | null = null;
  /** Asked before a step counts: true takes it back as if it had never been. */
  refuses: (changes: Changes) => boolean = () => false;
  private done: Step[] = [];
  private undone: Step[] = [];
  private readonly dirty = new Set<string>();
  private readonly watchers = new Set<() => void>();
  private readonly parents = new Map<string, string>();
  private readonly seats = new Map<string, { line: string; index: number }>();

  constructor(elements: Map<string, Element>) {
    this.elements = elements;
    this.indexAll();
  }

  /** Another document altogether, as after going back to a version; the history begins anew. */
  replace(elements: Map<string, Element>): void {
    this.elements = elements;
    this.indexAll();
    this.done = [];
    this.undone = [];
    this.dirty.clear();
    this.touched();
  }

  watch(changed: () => void): void {
    this.watchers.add(changed);
  }

  // --- Reading ---------------------------------------------------------------------------------------------------------------

  get map(): MapElement {
    return this.elements.get(ROOT) as MapElement;
  }
  get(id: string): Element | undefined {
    return this.elements.get(id);
  }
  has(id: string): boolean {
    return this.elements.has(id);
  }
  floors(): FloorElement[] {
    return this.map.floors.map((id) => this.elements.get(id) as FloorElement);
  }
  floor(id: string): FloorElement {
    return this.elements.get(id) as FloorElement;
  }
  sections(floor: FloorElement): SectionElement[] {
    return floor.sections.map((id) => this.elements.get(id) as SectionElement);
  }
  lines(section: SectionElement): LineElement[] {
    return [...section.rows, ...section.tables].map((id) => this.elements.get(id) as LineElement);
  }
  /** Every line of a floor, in the map's order. */
  linesOn(floor: FloorElement): LineElement[] {
    return this.sections(floor).flatMap((section) => this.lines(section));
  }
  parentOf(id: string): string {
    return this.parents.get(id) ?? ROOT;
  }
  /** The floor an element or a seat lies on. */
  floorOf(id: string): string {
    let at = this.lineOf(id)?.id ?? id;
    while (at !== ROOT && this.elements.get(at)?.type !== "floor") at = this.parentOf(at);
    return at;
  }
  /** The line a seat is in, and its place there. */
  placeOf(seat: string): { readonly line: string; readonly index: number } | undefined {
    return this.seats.get(seat);
  }
  lineOf(seat: string): LineElement | undefined {
    const found = this.seats.get(seat);
    return found && (this.elements.get(found.line) as LineElement);
  }
  seat(id: string): Seat | undefined {
    const found = this.seats.get(id);
    return found && (this.elements.get(found.line) as LineElement).seats[found.index];
  }
  isSeat(id: string): boolean {
    return this.seats.has(id);
  }
  find(id: string): Found | undefined {
    const [seat, line] = [this.seat(id), this.lineOf(id)];
    if (!seat || !line) return undefined;
    const section = this.elements.get(this.parentOf(line.id)) as SectionElement;
    return { seat, line, section, floor: this.floor(this.parentOf(section.id)) };
  }
  /** The key in force: a seat's own, else its line's, else its section's. */
  categoryOf(found: Found): string | null {
    return found.seat.category ?? found.line.category ?? found.section.category;
  }
  /** What people look at: the map's own point, else its first stage, else the middle of its top. */
  focal(): Point {
    if (this.map.focal) return this.map.focal;
    for (const floor of this.floors()) {
      for (const id of floor.decorations) {
        const one = this.elements.get(id);
        if (one?.type === "decoration" && one.kind === "stage") return [one.x, one.y];
      }
    }
    return [this.map.width / 2, 0];
  }

  // --- Changing ---------------------------------------------------------------------------------------------------------------

  /** One step of the history: whatever `change` puts and removes is taken back together. */
  transact(label: string, change: () => void): void {
    if (this.step) return change();
    this.step = { label, changes: new Map() };
    try {
      change();
    } catch (error) {
      this.revert(this.step);
      this.step = null;
      throw error;
    }
    const { step } = this;
    this.step = null;
    for (const [id, { before, after }] of step.changes) if (before === after) step.changes.delete(id);
    if (!step.changes.size) return;
    if (this.refuses(step.changes)) {
      this.revert(step);
      return this.touched();
    }
    this.done.push(step);
    if (this.done.length > MOST_STEPS) this.done.shift();
    this.undone = [];
    for (const id of step.changes.keys()) this.dirty.add(id);
    this.touched();
  }

  put(element: Element): void {
    this.note(element.id, element);
  }

  /** Takes an element out of the map, with all that is inside it, and out of the list it is in. */
  remove(id: string): void {
    const parent = this.elements.get(this.parentOf(id));
    if (parent) this.put(without(parent, id));
    this.drop(id);
  }

  private drop(id: string): void {
    const element = this.elements.get(id);
    if (!element) return;
    for (const child of childrenOf(element)) this.drop(child);
    this.note(id, null);
  }

  private note(id: string, after: Element | null): void {
    if (!this.step) throw new Error("a change outside a step");
    const known = this.step.changes.get(id);
    if (known) known.after = after;
    else this.step.changes.set(id, { before: this.elements.get(id) ?? null, after });
    this.set(id, after);
  }

  private set(id: string, element: Element | null): void {
    const before = this.elements.get(id);
    if (element) this.elements.set(id, element);
    else this.elements.delete(id);
    this.index(id, before, element);
    this.version += 1;
  }

  private revert(step: Step): void {
    for (const [id, { before }] of step.changes) this.set(id, before);
  }

  get canUndo(): string | null {
    return this.done[this.done.length - 1]?.label ?? null;
  }
  get canRedo(): string | null {
    return this.undone[this.undone.length - 1]?.label ?? null;
  }
  get steps(): number {
    return this.done.length;
  }

  undo(): Set<string> | null {
    const step = this.done.pop();
    if (!step) return null;
    this.revert(step);
    this.undone.push(step);
    return this.moved(step);
  }
  redo(): Set<string> | null {
    const step = this.undone.pop();
    if (!step) return null;
    for (const [id, { after }] of step.changes) this.set(id, after);
    this.done.push(step);
    return this.moved(step);
  }
  private moved(step: Step): Set<string> {
    const ids = new Set(step.changes.keys());
    for (const id of ids) this.dirty.add(id);
    this.touched();
    return ids;
  }

  // --- Saving -----------------------------------------------------------------------------------------------------------------

  get isDirty(): boolean {
    return this.dirty.size > 0;
  }
  /** What is to be saved: the elements as they are now. `settled` says later that they were. */
  takePatch(): { patch: Patch; ids: string[] } {
    const ids = [...this.dirty];
    this.dirty.clear();
    return { patch: this.patchOf(ids), ids };
  }
  patchOf(ids: readonly string[]): Patch {
    const patch: Patch = { set: {}, drop: [] };
    for (const id of ids) {
      const element = this.elements.get(id);
      if (element) patch.set[id] = wire(element);
      else patch.drop.push(id);
    }
    return patch;
  }
  /** The save did not come through: they are still to be saved. */
  giveBack(ids: readonly string[]): void {
    for (const id of ids) this.dirty.add(id);
  }

  // --- Kept look-ups ------------------------------------------------------------------------------------------------------------

  private touched(): void {
    this.version += 1;
    for (const watcher of this.watchers) watcher();
  }

  private indexAll(): void {
    this.parents.clear();
    this.seats.clear();
    for (const [id, element] of this.elements) this.index(id, undefined, element);
  }

  /** One element came in another's stead. What lies inside yet another element by now stays there. */
  private index(id: string, before: Element | undefined, after: Element | null): void {
    if (before) for (const child of childrenOf(before)) if (this.parents.get(child) === id) this.parents.delete(child);
    if (after) for (const child of childrenOf(after)) this.parents.set(child, id);
    const [old, now] = [isLine(before) ? before.seats : [], isLine(after ?? undefined) ? (after as LineElement).seats : []];
    if (old.length === now.length && old.every((seat, index) => seat.id === now[index]!.id)) return;
    for (const seat of old) if (this.seats.get(seat.id)?.line === id) this.seats.delete(seat.id);
    now.forEach((seat, index) => this.seats.set(seat.id, { line: id, index }));
  }
}

export function childrenOf(element: Element): readonly string[] {
  switch (element.type) {
    case "map":
      return element.floors;
    case "floor":
      return [...element.sections, ...element.areas, ...element.decorations];
    case "section":
      return [...element.rows, ...element.tables];
    default:
      return [];
  }
}

function without(element: Element, id: string): Element {
  const drop = (list: readonly string[]): readonly string[] => (list.includes(id) ? list.filter((one) => one !== id) : list);
  switch (element.type) {
    case "map":
      return { ...element, floors: drop(element.floors) };
    case "floor":
      return { ...element, sections: drop(element.sections), areas: drop(element.areas), decorations: drop(element.decorations) };
    case "section":
      return { ...element, rows: drop(element.rows), tables: drop(element.tables) };
    default:
      return element;
  }
}

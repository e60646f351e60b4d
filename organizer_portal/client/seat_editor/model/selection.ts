/**
 * What is selected: seats, and things without seats (areas, stage, text). A row or table is selected when all its seats are.
 * The lines, points and frame of what is selected are asked for in every frame, so they are kept until it or the map changes.
 */
import type { AreaElement, DecorationElement, LineElement, Point, Seat, SectionElement } from "./document";
import { type Frame, frameOf } from "./geometry";
import type { MapModel } from "./model";

export type Grain = "seat" | "row" | "section";

export class Selection {
  seats: ReadonlySet<string> = new Set();
  things: ReadonlySet<string> = new Set();
  private readonly watchers = new Set<() => void>();
  private readonly kept = new Map<string, unknown>();
  private keptAt = -1;

  constructor(private readonly model: MapModel) {}

  private keep<T>(name: string, make: () => T): T {
    if (this.keptAt !== this.model.version) this.kept.clear();
    this.keptAt = this.model.version;
    if (!this.kept.has(name)) this.kept.set(name, make());
    return this.kept.get(name) as T;
  }

  watch(changed: () => void): void {
    this.watchers.add(changed);
  }

  get isEmpty(): boolean {
    return !this.seats.size && !this.things.size;
  }
  get size(): number {
    return this.seats.size + this.things.size;
  }

  set(seats: Iterable<string>, things: Iterable<string> = []): void {
    [this.seats, this.things] = [new Set(seats), new Set(things)];
    this.kept.clear();
    this.told();
  }
  clear(): void {
    if (!this.isEmpty) this.set([]);
  }
  /** With Shift: what is in comes out if all of it was in, else all of it comes in. */
  toggle(seats: readonly string[], things: readonly string[] = []): void {
    const isIn = seats.every((id) => this.seats.has(id)) && things.every((id) => this.things.has(id));
    const turn = (set: ReadonlySet<string>, ids: readonly string[]): Set<string> => {
      const next = new Set(set);
      ids.forEach((id) => (isIn ? next.delete(id) : next.add(id)));
      return next;
    };
    this.set(turn(this.seats, seats), turn(this.things, things));
  }
  /** After a step of the history: without what is gone. */
  prune(): void {
    const seats = [...this.seats].filter((id) => this.model.isSeat(id));
    const things = [...this.things].filter((id) => this.model.has(id));
    if (seats.length !== this.seats.size || things.length !== this.things.size) this.set(seats, things);
  }

  /** The lines that have selected seats; `isWhole` says whether all of them are. */
  lines(): readonly { line: LineElement; isWhole: boolean }[] {
    return this.keep("lines", () => this.findLines());
  }
  private findLines(): { line: LineElement; isWhole: boolean }[] {
    const counts = new Map<string, number>();
    for (const id of this.seats) {
      const line = this.model.lineOf(id);
      if (line) counts.set(line.id, (counts.get(line.id) ?? 0) + 1);
    }
    const order = this.order(counts);
    return order.map((line) => ({ line, isWhole: counts.get(line.id) === line.seats.length }));
  }
  private order(counts: ReadonlyMap<string, number>): LineElement[] {
    return this.model.floors().flatMap((floor) => this.model.linesOn(floor).filter((line) => counts.has(line.id)));
  }
  wholeLines(): readonly LineElement[] {
    return this.keep("wholeLines", () => this.lines().flatMap(({ line, isWhole }) => (isWhole ? [line] : [])));
  }
  sections(): readonly SectionElement[] {
    return this.keep("sections", () => {
      const ids = new Set(this.lines().map(({ line }) => this.model.parentOf(line.id)));
      return [...ids].map((id) => this.model.get(id) as SectionElement);
    });
  }
  /** The sections all of whose seats are selected. */
  wholeSections(): readonly SectionElement[] {
    return this.keep("wholeSections", () => this.sections().filter((section) => this.model.lines(section).every((line) => line.seats.every((seat) => this.seats.has(seat.id)))));
  }
  /** Whether all of it is selected: a seat, a line, a section, or a thing. */
  has(id: string): boolean {
    const whole = this.keep("whole", () => new Set([...this.wholeLines(), ...this.wholeSections()].map((element) => element.id)));
    return this.seats.has(id) || this.things.has(id) || whole.has(id);
  }
  areas(): AreaElement[] {
    return this.ofType("area");
  }
  decorations(): DecorationElement[] {
    return this.ofType("decoration");
  }
  private ofType<T extends AreaElement | DecorationElement>(type: T["type"]): T[] {
    return [...this.things].flatMap((id) => {
      const element = this.model.get(id);
      return element?.type === type ? [element as T] : [];
    });
  }
  seatList(): Seat[] {
    return this.lines().flatMap(({ line }) => line.seats.filter((seat) => this.seats.has(seat.id)));
  }

  points(): readonly Point[] {
    return this.keep("points", () => this.findPoints());
  }
  private findPoints(): Point[] {
    const corners = this.decorations().flatMap((one): Point[] =>
      one.outline.length
        ? [...one.outline]
        : [
            [one.x - one.width / 2, one.y - one.height / 2],
            [one.x + one.width / 2, one.y + one.height / 2],
          ],
    );
    return [...this.seatList().map((seat): Point => [seat.x, seat.y]), ...this.areas().flatMap((area) => [...area.outline]), ...corners];
  }
  frame(): Frame | null {
    return this.keep("frame", () => frameOf(this.points()));
  }

  private told(): void {
    for (const watcher of this.watchers) watcher();
  }
}

/** The seats that a click on one means, by how coarse one selects. */
export function grown(model: MapModel, seat: string, grain: Grain): string[] {
  if (grain === "seat") return [seat];
  const found = model.find(seat);
  if (!found) return [];
  if (grain === "row" || found.line.type === "table") return found.line.seats.map((one) => one.id);
  return model.lines(found.section).flatMap((line) => line.seats.map((one) => one.id));
}

export interface Query {
  by: "row" | "column" | "section" | "label" | "category" | "flag";
  value: string;
}

/** The seats of a floor that a query means: "F", "12", "Balcony", "wheelchair". */
export function query(model: MapModel, floorId: string, { by, value }: Query): string[] {
  const floor = model.floor(floorId);
  const wanted = value.trim().toLocaleLowerCase();
  const found: string[] = [];
  for (const section of model.sections(floor)) {
    if (by === "section" && section.name.toLocaleLowerCase() !== wanted) continue;
    for (const line of model.lines(section)) {
      if (by === "row" && line.label.toLocaleLowerCase() !== wanted) continue;
      for (const seat of line.seats) {
        const category = seat.category ?? line.category ?? section.category ?? "";
        if ((by === "label" || by === "column") && seat.label.toLocaleLowerCase() !== wanted) continue;
        if (by === "category" && category !== value) continue;
        if (by === "flag" && !seat.flags.includes(value)) continue;
        found.push(seat.id);
      }
    }
  }
  return found;
}

/** The seats that stand in one column with a seat, across the rows of its section: nearest to the line through its row. */
export function column(model: MapModel, seatId: string): string[] {
  const found = model.find(seatId);
  if (!found) return [];
  const { seats } = found.line;
  const at = seats.findIndex((seat) => seat.id === seatId);
  const [before, after] = [seats[Math.max(0, at - 1)]!, seats[Math.min(seats.length - 1, at + 1)]!];
  const length = Math.hypot(after.x - before.x, after.y - before.y) || 1;
  const along: Point = [(after.x - before.x) / length, (after.y - before.y) / length];
  return found.section.rows.flatMap((id) => {
    const row = model.get(id) as LineElement;
    let [best, least] = ["", Infinity];
    for (const seat of row.seats) {
      const off = Math.abs((seat.x - found.seat.x) * along[0] + (seat.y - found.seat.y) * along[1]);
      if (off < least) [best, least] = [seat.id, off];
    }
    return least < length / 2 ? [best] : [];
  });
}

/**
 * What somebody is choosing: how many, which seats, which ticket for each. Everything on the screen follows this one model; it
 * knows the map and its states, and nothing of how they are shown.
 */
import { formatMoney } from "@ui/lib/money";
import { flagBit, type Scene, SeatState, unrolled } from "@ui/seatmap";
import { fill, type PageBundle, type PageJson, type PageType } from "./page";

const MOST_PARTY = 50;
const NOTHING: readonly PageType[] = [];

/** Words of flags that a buyer should hear of, in the order they are said. */
const TOLD_FLAGS = ["wheelchair", "companion", "restricted_view", "step_free", "aisle", "near_exit", "plus_size", "armrest", "hearing"];

export interface Filters {
  /** Categories to look at; empty for all. */
  categories: Set<number>;
  /** What a ticket may cost at most, in minor units. */
  most: number;
  isStepFree: boolean;
  isClearView: boolean;
}

export interface Chosen {
  seat: number;
  type: PageType;
}

export class Choice extends EventTarget {
  readonly states: Uint8Array;
  readonly category: Int16Array;
  readonly whole: ReadonlySet<number>;
  readonly filters: Filters = { categories: new Set(), most: Infinity, isStepFree: false, isClearView: false };
  /** How many go. */
  party = 2;
  /** Which of the chosen seats are parts of a bundle that was chosen beside them. */
  bundled: ReadonlyMap<number, PageBundle> = new Map();
  /** Where the seats are to be that a bundle still waits for. */
  wantedCategory: number | undefined;
  /** Somebody said that they need a wheelchair space. */
  isAccess = false;
  private readonly chosen = new Map<number, PageType>();
  private readonly typesBy = new Map<number, PageType[]>();
  private readonly companions = new Map<number, readonly number[]>();
  readonly bits: Record<"space" | "companion" | "stepFree" | "restricted", number>;
  private readonly runFirst: Int32Array;
  private readonly runEnd: Int32Array;

  constructor(
    readonly scene: Scene,
    readonly page: PageJson,
    companions: readonly (readonly [number, readonly number[]])[],
  ) {
    super();
    this.states = new Uint8Array(scene.count).fill(SeatState.Gone);
    this.category = unrolled(page.painting, scene.count);
    this.whole = new Set(page.whole);
    this.bits = {
      space: flagBit(scene, "wheelchair"),
      companion: flagBit(scene, "companion"),
      stepFree: flagBit(scene, "step_free"),
      restricted: flagBit(scene, "restricted_view"),
    };
    for (const type of page.types) {
      if (type.isOnSale) this.typesBy.set(type.category, [...this.typesOfCategory(type.category), type]);
    }
    companions.forEach(([space, others]) => this.companions.set(space, others));
    this.runFirst = new Int32Array(scene.count);
    this.runEnd = new Int32Array(scene.count);
    for (const line of scene.lines) {
      const starts = [0, ...line.gaps.map((gap) => gap + 1)];
      starts.forEach((start, at) => {
        const [from, to] = [line.first + start, line.first + (starts[at + 1] ?? line.count)];
        this.runFirst.fill(from, from, to);
        this.runEnd.fill(to, from, to);
      });
    }
  }

  // --- What is chosen ---------------------------------------------------------------------------------------------------------

  get seats(): number[] {
    return [...this.chosen.keys()].sort((a, b) => a - b);
  }
  get list(): Chosen[] {
    return this.seats.map((seat) => ({ seat, type: this.chosen.get(seat)! }));
  }
  has(seat: number): boolean {
    return this.chosen.has(seat);
  }
  get total(): number {
    return this.list.reduce((sum, { seat, type }) => sum + (this.bundled.has(seat) ? 0 : type.price), 0);
  }
  /** What an order of tickets for so much costs in all. */
  allIn(tickets: number): number {
    return tickets && tickets + this.page.once;
  }

  setParty(party: number): void {
    this.party = Math.max(1, Math.min(MOST_PARTY, party || 1));
    this.tell("party");
  }

  setType(seat: number, type: PageType): void {
    if (this.chosen.has(seat)) this.chosen.set(seat, type);
    this.tell("chosen");
  }

  /** These and no others. */
  choose(seats: readonly number[], type?: PageType): void {
    const before = new Map(this.chosen);
    this.chosen.clear();
    this.take(seats, before, type);
    this.tell("chosen");
  }

  add(seats: readonly number[]): void {
    this.take(seats, new Map(), undefined);
    this.tell("chosen");
  }

  drop(seats: readonly number[]): void {
    seats.forEach((seat) => this.chosen.delete(seat));
    this.tell("chosen");
  }

  private take(seats: readonly number[], before: ReadonlyMap<number, PageType>, wanted: PageType | undefined): void {
    for (const seat of seats) {
      const types = this.typesOf(seat);
      const type = (wanted && types.includes(wanted) ? wanted : before.get(seat)) ?? types.find(({ price }) => price <= this.filters.most) ?? types[0];
      if (type) this.chosen.set(seat, type);
    }
  }

  /**
   * What a press on this seat does: a chosen one is given back, else the block that a party of so many would take there is
   * chosen, in place of what was chosen before when that was complete.
   */
  press(seat: number): void {
    const table = this.tableOf(seat);
    if (this.chosen.has(seat)) return this.drop(table ?? [seat]);
    if (this.states[seat] !== SeatState.Free) return;
    if (table) return this.add(table);
    const left = this.party - this.chosen.size;
    const block = this.blockAt(seat, left > 0 ? left : this.party);
    if (left > 0) this.add(block);
    else this.choose(block);
  }

  /** The block that a press would choose. */
  preview(seat: number): number[] {
    if (seat < 0 || this.chosen.has(seat) || !this.canTake(seat)) return [];
    const left = this.party - this.chosen.size;
    return this.tableOf(seat) ?? this.blockAt(seat, left > 0 ? left : this.party);
  }

  /** All seats of the table that must be taken together, where there is one. */
  tableOf(seat: number): number[] | undefined {
    const number = this.scene.line[seat]!;
    if (!this.whole.has(number)) return undefined;
    const line = this.scene.lines[number]!;
    return Array.from({ length: line.count }, (_none, place) => line.first + place).filter(
      (other) => this.states[other] === SeatState.Free || this.chosen.has(other),
    );
  }

  /** So many neighbours with this one among them, or as many as there are: no seat left alone, then the seat in their middle. */
  blockAt(seat: number, size: number): number[] {
    if (this.isSpace(seat)) {
      const others = (this.companions.get(seat) ?? []).filter((other) => this.states[other] === SeatState.Free && !this.has(other));
      return [seat, ...others.slice(0, size - 1)];
    }
    if (this.scene.lines[this.scene.line[seat]!]!.kind !== 0 || this.isForAccess(seat)) return this.nearChairs(seat, size);
    const fits = (other: number): boolean =>
      this.states[other] === SeatState.Free &&
      !this.has(other) &&
      !this.isForAccess(other) &&
      this.category[other] === this.category[seat];
    let [from, to] = [seat, seat + 1];
    while (from > this.runFirst[seat]! && fits(from - 1)) from--;
    while (to < this.runEnd[seat]! && fits(to)) to++;
    const length = Math.min(size, to - from);
    let [best, least] = [from, Infinity];
    for (let start = Math.max(from, seat - length + 1); start <= Math.min(seat, to - length); start++) {
      const alone = Number(start - from === 1) + Number(to - start - length === 1);
      const cost = alone * 100 + Math.abs(start + (length - 1) / 2 - seat);
      if (cost < least) [best, least] = [start, cost];
    }
    return Array.from({ length }, (_none, place) => best + place);
  }

  private nearChairs(seat: number, size: number): number[] {
    const line = this.scene.lines[this.scene.line[seat]!]!;
    const free = Array.from({ length: line.count }, (_none, place) => line.first + place).filter(
      (other) => this.states[other] === SeatState.Free && !this.has(other) && this.isForAccess(other) === this.isForAccess(seat),
    );
    const away = (other: number): number => {
      const step = Math.abs(other - seat);
      return line.kind ? Math.min(step, line.count - step) : step;
    };
    return free.sort((a, b) => away(a) - away(b)).slice(0, this.isForAccess(seat) ? 1 : size);
  }

  /** As many free seats of the same price beside the others that are chosen, or else nearest to where the lost ones were. */
  replacement(lost: readonly number[]): number[] {
    const { x, y } = this.scene;
    const rest = this.seats.filter((seat) => !lost.includes(seat));
    const from = lost[0]!;
    const near: { seat: number; cost: number }[] = [];
    for (let seat = 0; seat < this.scene.count; seat++) {
      if (this.category[seat] !== this.category[from] || !this.canTake(seat) || this.has(seat) || lost.includes(seat)) continue;
      if (this.isForAccess(seat) !== this.isForAccess(from)) continue;
      const distance = Math.hypot(x[seat]! - x[from]!, y[seat]! - y[from]!);
      const isBeside = rest.some((other) => Math.abs(other - seat) === 1 && this.runFirst[other] === this.runFirst[seat]);
      near.push({ seat, cost: isBeside ? distance / 100 : distance });
    }
    if (!near.length) return [];
    near.sort((a, b) => a.cost - b.cost);
    if (lost.length === 1) return [near[0]!.seat];
    const block = near.slice(0, 200).map(({ seat }) => this.blockAt(seat, lost.length)).find((seats) => seats.length === lost.length);
    return block ?? near.slice(0, lost.length).map(({ seat }) => seat);
  }

  // --- What the seats are -------------------------------------------------------------------------------------------------------

  /** A whole answer, or runs of [first, how many, state]. Tells which chosen seats somebody else has now. */
  setStates(change: Uint8Array | readonly (readonly [number, number, number])[]): void {
    if (change instanceof Uint8Array) this.states.set(change.subarray(0, this.states.length));
    else for (const [first, count, state] of change) this.states.fill(state, first, first + count);
    this.tell("states");
    const lost = this.seats.filter((seat) => this.states[seat] !== SeatState.Free);
    if (lost.length) this.dispatchEvent(new CustomEvent("lost", { detail: lost }));
  }

  isSpace(seat: number): boolean {
    return (this.scene.flags[seat]! & this.bits.space) !== 0;
  }
  /** A wheelchair space or the seat of who comes with one. */
  isForAccess(seat: number): boolean {
    return (this.scene.flags[seat]! & (this.bits.space | this.bits.companion)) !== 0;
  }
  canTake(seat: number): boolean {
    return this.states[seat] === SeatState.Free && this.typesOf(seat).length > 0;
  }
  typesOf(seat: number): readonly PageType[] {
    return this.typesOfCategory(this.category[seat]!);
  }
  typesOfCategory(category: number): readonly PageType[] {
    return this.typesBy.get(category) ?? NOTHING;
  }

  /** 1 for each seat that the filters leave out; undefined without filters. */
  dimmed(): Uint8Array | undefined {
    const { categories, most, isStepFree, isClearView } = this.filters;
    if (!categories.size && most === Infinity && !isStepFree && !isClearView) return undefined;
    const dear = new Set(this.scene.categories.flatMap((_one, category) => (this.typesOfCategory(category).some(({ price }) => price <= most) ? [] : [category])));
    const mask = new Uint8Array(this.scene.count);
    for (let seat = 0; seat < mask.length; seat++) {
      const bits = this.scene.flags[seat]!;
      const isOut =
        (categories.size > 0 && !categories.has(this.category[seat]!)) ||
        (most < Infinity && dear.has(this.category[seat]!)) ||
        (isStepFree && !(bits & this.bits.stepFree)) ||
        (isClearView && (bits & this.bits.restricted) !== 0);
      if (isOut) mask[seat] = 1;
    }
    return mask;
  }

  setFilters(change: Partial<Filters>): void {
    Object.assign(this.filters, change);
    this.tell("filters");
  }

  // --- Words ------------------------------------------------------------------------------------------------------------------

  money(amount: number): string {
    return amount ? formatMoney(amount, this.page.currency) : (this.page.words.free ?? "");
  }

  /** What tickets for seats cost, cheapest first. */
  get prices(): number[] {
    const seated = new Set(this.category);
    return [...new Set(this.page.types.filter(({ category }) => seated.has(category)).map(({ price }) => price))].sort((a, b) => a - b);
  }

  /** "€45.00", or "from €20.00" where there are several tickets to it. */
  priceWords(category: number): string {
    const prices = this.typesOfCategory(category).map((type) => type.price);
    if (!prices.length) return "";
    const least = Math.min(...prices);
    const words = this.money(least);
    return prices.some((price) => price !== least) ? fill(this.page.words.from, { price: words }) : words;
  }

  rowOf(seat: number): string {
    return this.scene.lines[this.scene.line[seat]!]!.label;
  }
  sectionOf(seat: number): number {
    return this.scene.lines[this.scene.line[seat]!]!.section;
  }

  /** "Row F, seat 12" or "Table 3, seat 2". */
  shortName(seat: number): string {
    const line = this.scene.lines[this.scene.line[seat]!]!;
    const words = line.kind ? this.page.words.tableSeat : this.page.words.rowSeat;
    return fill(words, { row: line.label, seat: this.scene.label(seat) });
  }

  placeName(seat: number): string {
    return `${this.scene.sections[this.sectionOf(seat)]!.name}, ${this.shortName(seat)}`;
  }

  /** "Stalls, row F, seats 12–14" for neighbours; other seats one by one. */
  namesOf(seats: readonly number[]): string {
    const sorted = [...seats].sort((a, b) => a - b);
    const parts: string[] = [];
    for (let at = 0; at < sorted.length; ) {
      let end = at;
      while (end + 1 < sorted.length && sorted[end + 1] === sorted[end]! + 1 && this.runFirst[sorted[end + 1]!] === this.runFirst[sorted[at]!]) end++;
      const seat = sorted[at]!;
      const line = this.scene.lines[this.scene.line[seat]!]!;
      const words = line.kind ? this.page.words.tableSeats : this.page.words.rowSeats;
      const ends = [this.scene.label(seat), this.scene.label(sorted[end]!)];
      if (Number(ends[0]) > Number(ends[1])) ends.reverse(); // a row that is numbered from its other end
      const between = fill(words, { row: line.label, first: ends[0]!, last: ends[1]! });
      const section = this.scene.sections[this.sectionOf(seat)]!.name;
      parts.push(end === at ? this.placeName(seat) : `${section}, ${between}`);
      at = end + 1;
    }
    return parts.join("; ");
  }

  /** "available", "restricted view", …: what is to be said of the seat besides its place and price. */
  flagWords(seat: number): string[] {
    const bits = this.scene.flags[seat]!;
    return TOLD_FLAGS.filter((flag) => bits & flagBit(this.scene, flag)).map((flag) => this.page.flags[flag] ?? flag);
  }

  stateWords(seat: number): string {
    const { words } = this.page;
    if (this.has(seat)) return words.mine ?? "";
    const state = this.states[seat]!;
    if (state === SeatState.Free) return (this.typesOf(seat).length ? words.available : words.notOnSale) ?? "";
    return (state === SeatState.Held ? words.held : state === SeatState.Reserved ? words.reserved : words.gone) ?? "";
  }

  /** "Stalls, row F, seat 12, €45.00, available, restricted view". */
  fullName(seat: number): string {
    const price = this.priceWords(this.category[seat]!);
    return [this.placeName(seat), price, this.stateWords(seat), ...this.flagWords(seat)].filter(Boolean).join(", ");
  }

  private tell(what: "chosen" | "party" | "states" | "filters"): void {
    this.dispatchEvent(new Event(what));
  }
}

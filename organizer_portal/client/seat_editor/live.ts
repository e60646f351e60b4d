/**
 * The dates that sell this map: what somebody has there, and seats set aside for somebody. Unlike all else in the editor this
 * is no part of the draft: setting seats aside happens at once, for one date, and is not undone by Ctrl+Z.
 */
import type { Editor } from "./editor";
import { type AreaElement, isLine, type Point } from "./model/document";
import type { Changes } from "./model/model";
import { t, tn } from "./words";

export interface LiveDate {
  id: string;
  title: string;
  when: string;
  url: string;
}
export interface GoneSeat {
  words: string;
  floor: string;
  x: number;
  y: number;
}
export interface Block {
  id: string;
  owner: string;
  reason: string;
  color: string;
  release: string;
  seats: string[];
}
export interface Purpose {
  owner: string;
  reason: string;
  color: string;
  release: string;
}
interface Dates {
  dates: LiveDate[];
  taken: string[];
  in_areas: Record<string, number>;
  n_gone: number;
  gone: GoneSeat[];
}
interface OneDate {
  blocks: Block[];
  taken: string[];
  colors: string[];
}

export class LiveDates {
  dates: readonly LiveDate[] = [];
  gone: readonly GoneSeat[] = [];
  goneCount = 0;
  /** Seats that somebody has stay on the map while this is on. */
  isSafe = true;
  /** The date whose seats are set aside, and what is known of it. */
  current = "";
  blocks: readonly Block[] = [];
  colors: readonly string[] = ["#b45309"];
  /** More of this block is painted; "" for the next one. */
  chosen = "";
  next: Purpose = { owner: "", reason: "", color: "#b45309", release: "" };
  problem = "";
  private taken: ReadonlySet<string> = new Set();
  private inAreas: Readonly<Record<string, number>> = {};
  private takenHere: ReadonlySet<string> = new Set();
  private drawn: { scene?: unknown; floor?: string; blocks?: readonly Block[]; marks: { color: string; points: Point[] }[] } = { marks: [] };

  constructor(
    private readonly editor: Editor,
    private readonly url: string,
    private readonly token: string,
  ) {}

  async load(): Promise<void> {
    const answer = await fetch(this.url, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const found = (await answer.json()) as Dates;
    [this.dates, this.gone, this.goneCount] = [found.dates, found.gone, found.n_gone];
    [this.taken, this.inAreas] = [new Set(found.taken), found.in_areas];
    if (!this.dates.some((date) => date.id === this.current)) this.current = "";
    this.editor.changed();
  }

  /** After a save: seats that somebody has came or went. */
  get isOutdated(): boolean {
    const { model } = this.editor;
    for (const id of this.taken) if (!model.isSeat(id)) return true;
    return this.goneCount > 0;
  }

  async open(date: string): Promise<void> {
    [this.current, this.chosen, this.blocks, this.problem] = [date, "", [], ""];
    if (date) await this.ask(`${date}/`);
    else this.editor.changed();
  }

  /** Of these the seats that can be set aside: nobody has them at this date. */
  private anybodys(seats: Iterable<string>): string[] {
    return [...seats].filter((id) => !this.takenHere.has(id));
  }

  async allocate(seats: Iterable<string>): Promise<void> {
    const asked = [...seats];
    const open = this.anybodys(asked);
    if (!this.current || !open.length) return this.left(asked.length - open.length);
    const known = this.blocks.map((block) => block.id);
    await this.ask(`${this.current}/blocks/`, { seats: open, ...(this.chosen ? { block: this.chosen } : this.next) });
    if (!this.problem) this.chosen ||= this.blocks.find((block) => !known.includes(block.id))?.id ?? "";
    if (!this.problem) this.left(asked.length - open.length);
  }

  async putBack(seats: Iterable<string>): Promise<void> {
    const kept = new Set(this.blocks.flatMap((block) => block.seats));
    const some = [...seats].filter((id) => kept.has(id));
    if (this.current && some.length) await this.ask(`${this.current}/releases/`, { seats: some });
  }

  private left(number: number): void {
    this.problem = number ? tn("{n} seat is sold or held at this date and stays as it is.", "{n} seats are sold or held at this date and stay as they are.", number) : "";
    this.editor.changed();
  }

  private async ask(path: string, body?: unknown): Promise<void> {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": this.token, Accept: "application/json" };
    const how = body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers };
    const answer = await fetch(this.url + path, how).catch(() => null);
    const found = (await answer?.json().catch(() => null)) as (OneDate & { detail?: string }) | null;
    this.problem = answer?.ok && found && !answer.redirected ? "" : (found?.detail ?? t("The connection was lost."));
    if (!this.problem && found) {
      [this.blocks, this.colors, this.takenHere] = [found.blocks, found.colors, new Set(found.taken)];
      if (!this.blocks.some((block) => block.id === this.chosen)) this.chosen = "";
      if (!this.colors.includes(this.next.color)) this.next.color = this.colors[0]!;
      if (body) void this.load(); // what somebody has is another set now
    }
    this.editor.changed();
  }

  /** Where the seats of each block are on this floor: found anew when they, the map or the floor are others. */
  marks(): readonly { color: string; points: Point[] }[] {
    const { editor, drawn, blocks } = this;
    if (drawn.scene !== editor.scene || drawn.floor !== editor.floorId || drawn.blocks !== blocks) {
      const marks = blocks.map((block) => ({ color: block.color, points: editor.pointsHere(block.seats) }));
      this.drawn = { scene: editor.scene, floor: editor.floorId, blocks, marks };
    }
    return this.drawn.marks;
  }

  /** How many seats and places a change would take from people; 0 while it may be. */
  lostBy(changes: Changes): number {
    if (!this.isSafe) return 0;
    const { model } = this.editor;
    let lost = 0;
    for (const { before, after } of changes.values()) {
      if (isLine(before ?? undefined)) for (const seat of (before as { seats: readonly { id: string }[] }).seats) lost += Number(this.taken.has(seat.id) && !model.isSeat(seat.id));
      if (before?.type === "area") lost += Math.max(0, (this.inAreas[before.category ?? ""] ?? 0) - ((after as AreaElement | null)?.capacity ?? 0));
    }
    return lost;
  }
}

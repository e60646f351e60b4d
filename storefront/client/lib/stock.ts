/**
 * What is left of one date, as it changes: a socket with numbered deltas, or a question every five seconds where sockets are
 * blocked or nobody announces. The rules of the numbers are in docs/live.md.
 */

export interface TypeStock {
  id: string;
  left: number;
  status: "available" | "few_left" | "sold_out";
}

interface Snapshot {
  seq: number;
  types: TypeStock[];
}
/** [first index, how many, state] */
export type SeatRun = readonly [number, number, number];

interface Delta {
  kind: "delta";
  from: number;
  to: number;
  types: TypeStock[];
  /** null: more than a frame holds. */
  seats?: SeatRun[] | null;
  map?: string;
}
type Frame = Delta | { kind: "hello" | "beat"; seq: number; map?: string };

/** How a page that shows seats hears of them: `ask` brings all of them at once, with their number; those of another map are not shown. */
export interface SeatListener {
  map: string;
  ask(seq: number): Promise<{ seq: number; map: string }>;
  patch(runs: readonly SeatRun[]): void;
}

const POLL_MS = 5_000;
const SPREAD_MS = 2_000; // thousands of pages notice the same gap in the same moment
export const ANSWER_MS = 10_000; // while an answer is awaited, deltas wait too
const RETRY_FIRST_MS = 1_000;
const RETRY_MOST_MS = 30_000;

export class StockFeed {
  private early: Delta[] | undefined; // what came while a snapshot was on its way
  private asking: ReturnType<typeof setTimeout> | undefined;
  private polling: ReturnType<typeof setInterval> | undefined;
  private wait = RETRY_FIRST_MS;
  private hasEnded = false;
  private socket: WebSocket | undefined;

  /** `seq` is the number of what the page shows already, 0 when it has none. */
  constructor(
    private readonly socketPath: string,
    private readonly stockPath: string,
    private seq: number,
    private readonly show: (types: TypeStock[]) => void,
    private readonly seats?: SeatListener,
  ) {}

  start(): void {
    if (this.seats && !this.seq) void this.ask(); // the seats are not known yet, or nobody numbers them
    this.poll();
    this.listen();
    document.addEventListener("visibilitychange", () => {
      if (this.polling && !document.hidden) void this.ask();
    });
    window.addEventListener("pagehide", () => this.socket?.close()); // or the browser would not keep the page for “back”
  }

  private listen(): void {
    if (this.hasEnded) return;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${this.socketPath}`);
    this.socket = socket;
    socket.addEventListener("message", (message: MessageEvent<string>) => this.hear(JSON.parse(message.data) as Frame));
    socket.addEventListener("close", () => {
      this.poll();
      setTimeout(() => this.listen(), this.wait * (0.5 + Math.random()));
      this.wait = Math.min(this.wait * 2, RETRY_MOST_MS);
    });
  }

  private hear(frame: Frame): void {
    if (this.seats && frame.map && frame.map !== this.seats.map) {
      this.end();
    } else if (frame.kind === "delta") {
      this.take(frame);
    } else if (frame.seq === 0) {
      this.poll();
    } else {
      this.stopPolling();
      this.wait = RETRY_FIRST_MS;
      if (frame.seq !== this.seq) this.askSoon(frame.seq, frame.kind === "hello" ? 0 : SPREAD_MS);
    }
  }

  private take(delta: Delta): void {
    if (this.early) {
      this.early.push(delta);
    } else if (delta.from > this.seq) {
      this.askSoon(delta.to, SPREAD_MS);
    } else if (delta.to > this.seq) {
      this.show(delta.types);
      if (delta.seats === null && this.seats) return this.askSoon(delta.to, SPREAD_MS); // which brings the number, too
      this.seq = delta.to;
      if (delta.seats?.length) this.seats?.patch(delta.seats);
    }
  }

  /** Ask for the snapshot within `spread`, unless the page has that number by then. */
  private askSoon(heardOf: number, spread: number): void {
    this.asking ??= setTimeout(() => {
      this.asking = undefined;
      if (this.seq !== heardOf) void this.ask(heardOf);
    }, Math.random() * spread);
  }

  private async ask(heardOf = 0): Promise<void> {
    if (this.early || this.hasEnded) return;
    this.early = [];
    try {
      const asked = this.seats?.ask(heardOf);
      asked?.catch(() => undefined); // it is awaited below, unless the stock fails first
      const path = heardOf ? `${this.stockPath}?seq=${heardOf}` : this.stockPath;
      const answer = await fetch(path, { signal: AbortSignal.timeout(ANSWER_MS) });
      if (answer.ok) {
        const snapshot = (await answer.json()) as Snapshot;
        const seats = await asked;
        if (seats && seats.map !== this.seats?.map) return this.end();
        // Of two numbers the lower: what came between is heard again, and values are absolute.
        this.seq = seats ? Math.min(snapshot.seq, seats.seq) : snapshot.seq;
        this.show(snapshot.types);
      } else if (answer.status === 404) {
        this.end();
      }
    } catch {
      // Not now; the next delta, heartbeat or poll asks again.
    }
    const early = this.early;
    this.early = undefined;
    early.forEach((delta) => this.take(delta));
  }

  private poll(): void {
    this.polling ??= setInterval(() => {
      if (!document.hidden) void this.ask();
    }, POLL_MS);
  }

  private stopPolling(): void {
    clearInterval(this.polling);
    this.polling = undefined;
  }

  /** Cancelled, over, paused, or moved to another map: the page itself has the words for it. */
  private end(): void {
    this.hasEnded = true;
    this.stopPolling();
    this.socket?.close();
    location.reload();
  }
}

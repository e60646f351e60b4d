/** What staff know of a date's seats, and how it is asked for. Names stay in this page: nothing here is stored or shared. */

export const enum Code {
  Free = 0,
  Held = 1,
  Sold = 2,
  Blocked = 3,
  NotForSale = 4,
}

export interface Guest {
  seat: number;
  position: string;
  order: string;
  name: string;
  email: string;
  type: string;
  price: string;
  code: string;
  isPaid: boolean;
  isEntered: boolean;
}

export interface Block {
  id: string;
  owner: string;
  reason: string;
  note: string;
  color: string;
  release: string;
}

interface Answer {
  cursor: string;
  map: string;
  states: [number, number][];
  sold: Guest[];
  blocked: [number, string][];
  blocks: Block[];
}

/** The seats as they were when they were last asked for. */
export class House {
  codes: Uint8Array;
  readonly guests = new Map<number, Guest>();
  readonly blockOf = new Map<number, Block>();
  private cursor = "";

  constructor(
    private readonly address: string,
    private readonly map: string,
    count: number,
  ) {
    this.codes = new Uint8Array(count);
  }

  /** Asks anew; false when nothing has changed. A page of another map than the event's now loads itself again. */
  async ask(isWhole = false): Promise<boolean> {
    const have = isWhole ? "" : `?have=${encodeURIComponent(this.cursor)}`;
    const response = await fetch(this.address + have, { headers: { Accept: "application/json" } });
    if (response.status === 204) return false;
    if (!response.ok) throw new Error(`seats: ${response.status}`);
    const answer = (await response.json()) as Answer;
    if (answer.map !== this.map) {
      location.reload();
      return false;
    }
    this.cursor = answer.cursor;
    let at = 0;
    for (const [code, count] of answer.states) this.codes.fill(code, at, (at += count));
    this.guests.clear();
    for (const guest of answer.sold) this.guests.set(guest.seat, guest);
    const blocks = new Map(answer.blocks.map((block) => [block.id, block]));
    this.blockOf.clear();
    for (const [seat, id] of answer.blocked) {
      const block = blocks.get(id);
      if (block) this.blockOf.set(seat, block);
    }
    return true;
  }

  /** Guests whose name, address, order, code or `words` of the seat have every word of `text`. */
  find(text: string, words: (seat: number) => string): Guest[] {
    const wanted = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const typed = text.replace(/[\s-]/g, "").toLocaleUpperCase();
    if (!wanted.length) return [];
    return [...this.guests.values()].filter((guest) => {
      if (typed && guest.code === typed) return true;
      const facts = [guest.name, guest.email, guest.order, guest.code, words(guest.seat)].join(" ").toLocaleLowerCase();
      return wanted.every((word) => facts.includes(word));
    });
  }
}

export interface Refusal {
  code: string;
  detail: string;
  field?: string;
}

/** Posts a form; the words of success, or why not. */
export async function post(form: HTMLFormElement, action = form.action): Promise<string | Refusal> {
  const body = new FormData(form);
  const response = await fetch(action, { method: "POST", body, headers: { Accept: "application/json" } });
  const answer = (await response.json()) as { said: string } & Refusal;
  return response.ok ? answer.said : answer;
}

/** Looks again when the stock moves: at a socket's word, at most every few seconds, and now and then in any case. */
export function watch(socketPath: string, look: () => void): void {
  const GAP_MS = 2_500;
  const POLL_MS = 20_000;
  const RETRY_MOST_MS = 30_000;
  let last = Date.now();
  let due: ReturnType<typeof setTimeout> | undefined;
  const soon = (): void => {
    due ??= setTimeout(() => {
      due = undefined;
      last = Date.now();
      if (!document.hidden) look();
    }, Math.max(200, last + GAP_MS - Date.now()));
  };
  let wait = 1_000;
  const listen = (): void => {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${socketPath}`);
    socket.addEventListener("open", () => (wait = 1_000));
    socket.addEventListener("message", (message: MessageEvent<string>) => {
      if ((JSON.parse(message.data) as { kind: string }).kind === "delta") soon();
    });
    socket.addEventListener("close", () => {
      setTimeout(listen, wait);
      wait = Math.min(wait * 2, RETRY_MOST_MS);
    });
  };
  listen();
  setInterval(soon, POLL_MS);
  document.addEventListener("visibilitychange", soon);
}

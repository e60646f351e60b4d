/** The door's API as this phone sees it. */

export type Outcome =
  | "admitted"
  | "already_admitted"
  | "void"
  | "frozen"
  | "unpaid"
  | "not_yet_valid"
  | "expired"
  | "wrong_event"
  | "unknown_organizer"
  | "forged"
  | "unreadable";

export interface Scan {
  id: string;
  outcome: Outcome;
  verdict: "go" | "check" | "stop";
  title: string;
  detail: string;
  scanned_at: string;
  ticket: { ticket_type: string; holder: string; short_code: string; position: number; seat: string; entrance: string } | null;
}

export interface DoorState {
  device: string;
  gate: string;
  event: string;
  organizer: string;
  admitted: number;
  expected: number;
  timezone: string;
}

/** The token is not, or no longer, a paired device's. */
export class NotPaired extends Error {}

/** No answer came: whether the server heard us is unknown, so the same attempt is sent again with the same nonce. */
export class NoAnswer extends Error {}

const PATIENCE_MS = 8_000;

export class Door {
  constructor(
    private readonly api: string,
    private readonly token: string,
  ) {}

  /** Where this phone stands, and the counter. */
  state(): Promise<DoorState> {
    return this.ask<DoorState>("/door");
  }

  /** The newest scans of the gate. */
  async recent(limit: number): Promise<Scan[]> {
    return (await this.ask<{ items: Scan[] }>(`/scans?limit=${limit}`)).items;
  }

  /** One attempt. The same nonce always gets the same answer. */
  scan(attempt: { code: string; nonce: string; scanned_at: string }): Promise<Scan> {
    return this.ask<Scan>("/scans", attempt);
  }

  private async ask<Answer>(path: string, body?: object): Promise<Answer> {
    let response: Response;
    try {
      response = await fetch(this.api + path, {
        method: body ? "POST" : "GET",
        headers: { Authorization: `Bearer ${this.token}`, ...(body ? { "Content-Type": "application/json" } : {}) },
        ...(body ? { body: JSON.stringify(body) } : {}),
        cache: "no-store",
        credentials: "omit",
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      if (response.ok) return (await response.json()) as Answer;
    } catch (error) {
      throw new NoAnswer(String(error));
    }
    if (response.status === 401) throw new NotPaired();
    throw new NoAnswer(`status ${response.status}`);
  }
}

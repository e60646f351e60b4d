/**
 * Keeps the draft: the editing lease, a save at most every two seconds, and a copy in this browser of what is not saved yet
 * (docs/seat-map-editor.md).
 */
import type { MapModel, Patch } from "./model/model";
import type { Fault } from "./panels/faults";

const EVERY_MS = 1_500;
const AGAIN_MS = 4_000;
const HEARTBEAT_MS = 15_000;

export type State = "saved" | "unsaved" | "saving" | "offline" | "moved" | "signed-out" | "refused";

export interface Hooks {
  state(state: State, words: string): void;
  /** Who edits: nobody else ("") means this tab does. */
  editor(name: string): void;
  faults(faults: Fault[]): void;
  /** The draft on the server is another one than ours: read it again. */
  stale(): Promise<void>;
}

export interface Address {
  draft: string;
  lease: string;
  session: string;
  token: string;
}

export class Saver {
  revision = 0;
  isMine = false;
  private isSaving = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private again: ReturnType<typeof setTimeout> | undefined;
  private readonly store: Kept;

  constructor(
    private readonly model: MapModel,
    private readonly address: Address,
    private readonly hooks: Hooks,
    mapId: string,
  ) {
    this.store = new Kept(mapId);
    model.watch(() => this.later());
    setInterval(() => void this.lease(), HEARTBEAT_MS);
    // Whoever closes the tab lets the next one in, after what is left was sent.
    addEventListener("pagehide", () => {
      if (!this.isMine) return;
      void this.send(this.address.lease, "DELETE", { session: this.address.session }, true).catch(() => undefined);
    });
    addEventListener("beforeunload", (event) => {
      if (this.isMine && (this.model.isDirty || this.isSaving)) {
        void this.save();
        event.preventDefault();
      }
    });
    addEventListener("online", () => void this.save());
  }

  async lease(takeOver = false): Promise<void> {
    try {
      const answer = await this.send(this.address.lease, "POST", { session: this.address.session, take_over: takeOver });
      if (!answer.ok) return this.failed(answer);
      const found = (await answer.json()) as { is_mine: boolean; editor: string; revision: number };
      const wasMine = this.isMine;
      // An answer that was on its way while a save came through says less than we know.
      if (!this.isSaving && found.revision > this.revision && !(wasMine && this.model.isDirty)) await this.hooks.stale();
      // Before anything is drawn here, so that it is not drawn over.
      if (found.is_mine && !wasMine) await this.recover();
      this.isMine = found.is_mine;
      if (found.is_mine && !wasMine) this.hooks.state("saved", "");
      this.hooks.editor(found.is_mine ? "" : found.editor);
    } catch {
      this.hooks.state("offline", "");
      if (!this.isMine) this.again ??= setTimeout(() => void this.leaseAgain(), AGAIN_MS);
    }
  }

  private leaseAgain(): Promise<void> {
    this.again = undefined;
    return this.lease();
  }

  /** What an earlier tab could not save any more, if the draft is still the one it was made from; kept until the server has it. */
  private async recover(): Promise<void> {
    const kept = await this.store.read();
    if (!kept) return;
    if (kept.revision !== this.revision) return this.store.forget();
    const answer = await this.send(this.address.draft, "POST", { session: this.address.session, base: this.revision, patch: kept.patch });
    if (answer.status >= 500) throw new Error(String(answer.status)); // it is asked again
    await this.store.forget();
    if (answer.ok) await this.hooks.stale();
  }

  private later(): void {
    if (!this.isMine || !this.model.isDirty) return;
    this.hooks.state("unsaved", "");
    this.timer ??= setTimeout(() => void this.save(), EVERY_MS);
  }

  async save(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.isSaving || !this.isMine || !this.model.isDirty) return;
    this.isSaving = true;
    let isSaved = false;
    const { patch, ids } = this.model.takePatch();
    this.hooks.state("saving", "");
    void this.store.keep({ revision: this.revision, patch });
    try {
      const answer = await this.send(this.address.draft, "POST", { session: this.address.session, base: this.revision, patch });
      if (answer.ok && !answer.redirected) {
        const saved = (await answer.json()) as { revision: number; faults: Fault[] };
        this.revision = saved.revision;
        this.hooks.faults(saved.faults);
        void this.store.forget();
        this.hooks.state(this.model.isDirty ? "unsaved" : "saved", "");
        isSaved = true;
      } else {
        this.model.giveBack(ids);
        await this.failed(answer);
      }
    } catch {
      this.model.giveBack(ids);
      this.hooks.state("offline", "");
      this.timer = setTimeout(() => void this.save(), AGAIN_MS);
    }
    this.isSaving = false;
    // What was refused waits for the next change, what could not be sent for its timer: until then the words stay that say so.
    if (isSaved) this.later();
  }

  private async failed(answer: Response): Promise<void> {
    if (answer.redirected || answer.status === 401 || answer.status === 403) {
      this.isMine = false;
      return this.hooks.state("signed-out", "");
    }
    const problem = (await answer.json().catch(() => ({}))) as { code?: string; detail?: string; editor?: string };
    if (problem.code === "seat_map_busy") {
      this.isMine = false;
      this.hooks.editor(problem.editor ?? "?");
    } else if (problem.code === "seat_map_draft_moved") {
      this.isMine = false;
      this.hooks.state("moved", problem.detail ?? "");
    } else {
      // The next change may mend what this one broke; until then it says what the server did not take.
      this.hooks.state("refused", problem.detail ?? String(answer.status));
    }
  }

  private send(url: string, method: string, body: unknown, keepalive = false): Promise<Response> {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": this.address.token, Accept: "application/json" };
    return fetch(url, { method, headers, body: JSON.stringify(body), keepalive });
  }
}

interface Unsaved {
  revision: number;
  patch: Patch;
}

/** One unsaved patch of one map in this browser; a browser without storage keeps nothing. */
class Kept {
  constructor(private readonly mapId: string) {}

  keep(unsaved: Unsaved): Promise<void> {
    return this.run("readwrite", (store) => store.put(unsaved, this.mapId)).then(() => undefined);
  }
  forget(): Promise<void> {
    return this.run("readwrite", (store) => store.delete(this.mapId)).then(() => undefined);
  }
  read(): Promise<Unsaved | undefined> {
    return this.run("readonly", (store) => store.get(this.mapId)) as Promise<Unsaved | undefined>;
  }

  private run(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
    return new Promise((done) => {
      try {
        const opening = indexedDB.open("seat-map-editor", 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore("unsaved");
        opening.onerror = () => done(undefined);
        opening.onsuccess = () => {
          const asked = ask(opening.result.transaction("unsaved", mode).objectStore("unsaved"));
          asked.onsuccess = () => done(asked.result);
          asked.onerror = () => done(undefined);
        };
      } catch {
        done(undefined);
      }
    });
  }
}

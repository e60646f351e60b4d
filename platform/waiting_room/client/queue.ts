/**
 * The page where one waits. The server decides; this shows what it says: over a socket while there is one, else by asking, ever
 * more seldom while nothing answers. All words are in the page.
 */

interface Standing {
  state: string;
  position: number;
  ahead: number;
  wait: number | null;
  starts_in: number | null;
  until: number;
  is_paused: boolean;
  is_slim: boolean;
  poll_after: number;
}

interface Challenge {
  parameters: { nonce: string; salt: string; cost: number; keyLength: number; keyPrefix: string };
}

export {};

const SOCKET_CHECK_SECONDS = 30; // a socket tells by itself; now and then the page asks all the same
const SLOWEST_POLL_SECONDS = 60;
const FIRST_REOPEN_SECONDS = 5;
const SLOWEST_REOPEN_SECONDS = 300;
const TRIES_AT_ONCE = 32;
const SPOKEN = [1000, 500, 200, 100, 50, 20, 10, 5, 1];

const page = document.querySelector<HTMLElement>("[data-queue]");
const title = document.title;
let socket: WebSocket | undefined;
let failures = 0;
let reopenAfter = FIRST_REOPEN_SECONDS;
let timer = 0;
let startsAt = 0;
let spokenAhead = Infinity;

const find = (name: string): HTMLElement | null => page?.querySelector<HTMLElement>(`[data-${name}]`) ?? null;
const words = (name: string, n?: number): string =>
  (page?.getAttribute(`data-${name}`) ?? "").replace("%(n)s", n === undefined ? "" : n.toLocaleString(document.documentElement.lang));

function put(name: string, text: string): void {
  const place = find(name);
  if (place && place.textContent !== text) place.textContent = text;
}

function waitWords(seconds: number | null): string {
  if (seconds === null) return words("text-unknown");
  if (seconds < 45) return words("text-soon");
  if (seconds < 90) return words("text-minute");
  return seconds > 3600 ? words("text-hours") : words("text-minutes", Math.round(seconds / 60));
}

/** Screen readers hear of the state when it changes, and of the people ahead at round numbers only. */
function speak(standing: Standing, isNew: boolean): void {
  const region = document.getElementById("spoken");
  if (!region || !page) return;
  if (isNew) region.textContent = page.querySelector(`[data-state="${standing.state}"] h2`)?.textContent ?? "";
  if (standing.state !== "waiting") return;
  const mark = SPOKEN.find((n) => standing.ahead <= n && spokenAhead > n);
  if (mark !== undefined && spokenAhead !== Infinity) region.textContent = words("title-ahead", standing.ahead);
  spokenAhead = standing.ahead;
}

function show(standing: Standing): void {
  if (!page) return;
  const shown = standing.state === "missed" ? "none" : standing.state;
  const isNew = page.dataset["queue"] !== standing.state;
  // Whose turn has passed gets the words for it from the server.
  if (isNew && standing.state === "missed") return location.reload();
  page.dataset["queue"] = standing.state;
  for (const section of page.querySelectorAll<HTMLElement>("[data-state]")) section.hidden = section.dataset["state"] !== shown;
  startsAt = standing.starts_in ? performance.now() + standing.starts_in * 1000 : 0;
  if (standing.state === "waiting") {
    put("ahead", standing.ahead.toLocaleString(document.documentElement.lang));
    put("place", standing.position.toLocaleString(document.documentElement.lang));
    put("wait", waitWords(standing.wait));
    const bar = page.querySelector("progress");
    if (bar) [bar.max, bar.value] = [standing.position, standing.position - standing.ahead];
    find("slim")?.toggleAttribute("hidden", !standing.is_slim);
    find("paused")?.toggleAttribute("hidden", !standing.is_paused);
  }
  if (standing.state === "turn") put("until", String(Math.max(1, Math.floor(standing.until / 60))));
  document.title =
    standing.state === "turn" ? `${words("title-turn")} · ${title}` : standing.state === "waiting" ? `${words("title-ahead", standing.ahead)} · ${title}` : title;
  speak(standing, isNew);
  if (isNew && standing.state === "turn") page.querySelector<HTMLElement>('[data-state="turn"] a')?.focus();
}

async function ask(): Promise<void> {
  clearTimeout(timer);
  let after = Number(page?.dataset["pollAfter"] ?? 5);
  try {
    const answer = await fetch(page?.dataset["position"] ?? "", { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const standing = (await answer.json()) as Standing;
    failures = 0;
    if (find("offline")) find("offline")!.hidden = true;
    show(standing);
    if (page) page.dataset["pollAfter"] = String(standing.poll_after);
    const isTold = socket?.readyState === WebSocket.OPEN && standing.state !== "moment";
    after = isTold ? SOCKET_CHECK_SECONDS : standing.poll_after;
  } catch {
    failures += 1;
    if (failures > 1 && find("offline")) find("offline")!.hidden = false;
    after = Math.min(SLOWEST_POLL_SECONDS, after * 2 ** failures);
  }
  // Spread, so that those whom one event sent away do not all come back in the same moment.
  timer = window.setTimeout(() => void ask(), after * 1000 * (0.85 + Math.random() * 0.3));
}

function openSocket(): void {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${page?.dataset["live"] ?? ""}`);
  socket.addEventListener("message", (message: MessageEvent<string>) => {
    const standing = JSON.parse(message.data) as Standing;
    // Only an answer over HTTP can bring the pass.
    if (standing.state === "turn" && page?.dataset["queue"] !== "turn") void ask();
    else show(standing);
  });
  socket.addEventListener("open", () => {
    reopenAfter = FIRST_REOPEN_SECONDS;
  });
  // From here on the page asks; the socket is tried again, ever more seldom where it is blocked.
  socket.addEventListener("close", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void ask(), (1 + Math.random() * 3) * 1000);
    setTimeout(openSocket, reopenAfter * 1000);
    reopenAfter = Math.min(SLOWEST_REOPEN_SECONDS, reopenAfter * 2);
  });
}

/** Finds the number that the challenge asks for: about a second of work, for one entry. */
async function solve(challenge: Challenge): Promise<string> {
  const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters;
  const started = performance.now();
  for (let from = 0; ; from += TRIES_AT_ONCE) {
    const keys = await Promise.all(
      Array.from({ length: TRIES_AT_ONCE }, (_none, i) => derive(bytesOf(nonce), from + i, bytesOf(salt), cost, keyLength)),
    );
    const at = keys.findIndex((key) => key.startsWith(keyPrefix));
    if (at >= 0) {
      const solution = { counter: from + at, derivedKey: keys[at], time: Math.round(performance.now() - started) };
      return btoa(JSON.stringify({ challenge, solution }));
    }
  }
}

async function derive(nonce: Uint8Array, counter: number, salt: Uint8Array<ArrayBuffer>, cost: number, length: number): Promise<string> {
  const password = new Uint8Array(nonce.length + 4);
  password.set(nonce);
  new DataView(password.buffer).setUint32(nonce.length, counter);
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const bits = await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations: cost }, key, length * 8);
  return [...new Uint8Array(bits)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** A page that is not served securely has no `crypto.subtle`: it then joins through the slower lane, as without script. */
async function prove(form: HTMLFormElement): Promise<void> {
  const button = form.querySelector("button");
  const proof = form.querySelector<HTMLInputElement>("input[name=proof]");
  if (button) [button.disabled, button.textContent] = [true, button.dataset["busyWords"] ?? ""];
  try {
    const answer = await fetch(page?.dataset["challenge"] ?? "");
    if (answer.ok && proof) proof.value = await solve((await answer.json()) as Challenge);
  } finally {
    form.submit();
  }
}

function tick(): void {
  const left = Math.max(0, Math.ceil((startsAt - performance.now()) / 1000));
  const minutes = Math.floor(left / 60);
  put("starts-in", startsAt ? `(${minutes}:${String(left % 60).padStart(2, "0")})` : "");
}

const form = page?.querySelector<HTMLFormElement>("[data-join]");
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  void prove(form);
});
if (page && page.dataset["queue"] !== "none" && page.dataset["queue"] !== "missed") {
  void ask();
  openSocket();
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    void ask();
  });
}

/** The door on a phone: pair, scan or type, see the verdict, next. */

import "./scanner.css";
import { Attempts } from "./parts/attempts";
import { Camera } from "./parts/camera";
import { Door, type DoorState, NotPaired, type Scan } from "./parts/door";
import { element, showPane, word } from "./parts/page";
import { forgetToken, keepToken, keptToken, tokenIn } from "./parts/pairing";
import { makeReader, type Reader } from "./parts/reader";
import { addRecent, readTimesIn, showRecent } from "./parts/recent";
import { Signals } from "./parts/signals";
import { VerdictScreen } from "./parts/verdict";

const LOOK_EVERY_MS = 120;
const SAME_CODE_MS = 3_000;
const COUNT_EVERY_MS = 15_000;

const api = element("door").dataset["api"] ?? "";
const camera = new Camera(element<HTMLVideoElement>("camera"));
const signals = new Signals();
const attempts = new Attempts();
const verdict = new VerdictScreen(() => {
  lastSeen.at = Date.now();
});
const lastSeen = { code: "", at: 0 };

let door: Door | null = null;
let reader: Reader | null = null;
let isAsking = false;

function begin(): void {
  const token = keptToken();
  if (token) void enter(token);
  else showPane("pair");
}

async function enter(token: string): Promise<void> {
  door = new Door(api, token);
  try {
    showState(await door.state());
    keepToken(token);
    showRecent(await door.recent(5));
    showPane("start");
    element("start-button").focus();
  } catch (error) {
    if (error instanceof NotPaired) return leave("unpaired");
    setOffline(true);
    showPane("start");
  }
}

/** Back to pairing, saying why. */
function leave(reason: "unpaired" | ""): void {
  camera.stop();
  forgetToken();
  door = null;
  element("strip-place").textContent = element("strip-place").dataset["empty"] ?? "";
  element("strip-count").textContent = "";
  element("strip-count-words").textContent = "";
  const problem = element("pair-problem");
  problem.hidden = !reason;
  problem.textContent = reason ? word(reason) : "";
  showPane("pair");
  element("pair-token").focus();
}

function showState(state: DoorState): void {
  setOffline(false);
  readTimesIn(state.timezone);
  element("strip-place").textContent = `${state.gate} · ${state.event}`;
  element("strip-count").textContent = `${state.admitted} / ${state.expected}`;
  const words = word("count").replace("{n}", String(state.admitted)).replace("{of}", String(state.expected));
  element("strip-count-words").textContent = words;
  element("start-place").textContent = state.gate;
  element("start-event").textContent = state.event;
}

function setOffline(isOffline: boolean): void {
  element("offline").hidden = !isOffline;
}

async function refresh(): Promise<void> {
  if (!door || document.hidden) return;
  try {
    showState(await door.state());
  } catch (error) {
    if (error instanceof NotPaired) leave("unpaired");
    else setOffline(true);
  }
}

async function startScanning(): Promise<void> {
  signals.unlock();
  signals.give("go");
  showPane("scan");
  void keepAwake();
  try {
    [reader] = await Promise.all([makeReader(), camera.start()]);
    element("camera-off").hidden = true;
    element("torch").hidden = !camera.hasTorch;
  } catch {
    element("camera-off").hidden = false;
    element("typed").focus();
    return;
  }
  void look();
}

/** Reads one picture after another for as long as the camera runs. */
async function look(): Promise<void> {
  const video = element<HTMLVideoElement>("camera");
  while (reader && video.srcObject) {
    if (!isAsking && !verdict.isWaiting && !document.hidden && video.readyState >= video.HAVE_CURRENT_DATA) {
      const code = await reader.read(video).catch(() => null);
      if (code) await seen(code);
    }
    await new Promise((resume) => setTimeout(resume, LOOK_EVERY_MS));
  }
}

/** A code that stays before the camera is one scan, not one each tenth of a second. */
async function seen(code: string): Promise<void> {
  const now = Date.now();
  const isSame = code === lastSeen.code && now - lastSeen.at < SAME_CODE_MS;
  lastSeen.code = code;
  lastSeen.at = now;
  if (!isSame) await judge(code);
}

async function judge(code: string): Promise<void> {
  if (!door || isAsking) return;
  isAsking = true;
  element("asking").hidden = false;
  const attempt = attempts.of(code);
  try {
    const scan = await door.scan(attempt);
    attempts.answered(attempt);
    setOffline(false);
    showScan(scan);
  } catch (error) {
    if (error instanceof NotPaired) return leave("unpaired");
    noAnswer(code);
  } finally {
    isAsking = false;
    element("asking").hidden = true;
  }
}

function showScan(scan: Scan): void {
  const ticket = scan.ticket;
  const facts = ticket ? (scan.outcome === "admitted" ? [ticket.entrance] : [ticket.seat, ticket.ticket_type, ticket.holder]) : [];
  const extra = facts.filter(Boolean).join(" · ");
  verdict.show({ verdict: scan.verdict, title: scan.title, detail: scan.detail, extra });
  signals.give(scan.verdict);
  addRecent(scan);
  if (scan.outcome === "admitted") void refresh();
}

/** Nothing is known about this ticket: say so, let nobody in on it, and offer the very same attempt again. */
function noAnswer(code: string): void {
  setOffline(true);
  signals.give("check");
  verdict.show({
    verdict: "check",
    title: word("noAnswer"),
    detail: word("noAnswerDetail"),
    again: () => void judge(code),
  });
}

async function keepAwake(): Promise<void> {
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    // Low battery or an old browser: the screen may sleep, nothing else is lost.
  }
}

element<HTMLFormElement>("pair-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const token = tokenIn(element<HTMLInputElement>("pair-token").value);
  if (token) void enter(token);
  else leave("unpaired");
});

element<HTMLFormElement>("typed-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = element<HTMLInputElement>("typed");
  const code = field.value.trim();
  if (!code) return field.focus();
  field.value = "";
  signals.unlock();
  void judge(code);
});

element("start-button").addEventListener("click", () => void startScanning());
element("camera-again").addEventListener("click", () => void startScanning());
element("leave").addEventListener("click", () => leave(""));
element("pause").addEventListener("click", () => {
  camera.stop();
  showPane("start");
  element("start-button").focus();
});

element("mute").addEventListener("click", (event) => {
  signals.isMuted = !signals.isMuted;
  (event.currentTarget as HTMLElement).setAttribute("aria-pressed", String(signals.isMuted));
});

element("torch").addEventListener("click", (event) => {
  const button = event.currentTarget as HTMLElement;
  const on = button.getAttribute("aria-pressed") !== "true";
  void camera.torch(on).then(() => button.setAttribute("aria-pressed", String(on)));
});

window.addEventListener("offline", () => setOffline(true));
window.addEventListener("online", () => void refresh());
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  void refresh();
  if (!element("scan").hidden) void keepAwake();
});
setInterval(() => void refresh(), COUNT_EVERY_MS);

begin();

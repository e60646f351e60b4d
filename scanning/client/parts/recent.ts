/** The last scans of this gate, newest first: a mark, a word, who, when. */

import type { Scan } from "./door";
import { element } from "./page";

const SHOWN = 5;
const MARKS = { go: "✓", check: "!", stop: "✕" } as const;
let zone: string | undefined;

/** Times are read on the gate's clocks, wherever the phone thinks it is. */
export function readTimesIn(timezone: string): void {
  zone = timezone;
}

export function showRecent(scans: Scan[]): void {
  const list = element("recent");
  list.replaceChildren(...scans.slice(0, SHOWN).map(line));
  element("recent-none").hidden = scans.length > 0;
}

export function addRecent(scan: Scan): void {
  const list = element("recent");
  list.querySelector(`[data-scan="${scan.id}"]`)?.remove();
  list.prepend(line(scan));
  while (list.children.length > SHOWN) list.lastElementChild?.remove();
  element("recent-none").hidden = true;
}

function line(scan: Scan): HTMLLIElement {
  const item = document.createElement("li");
  item.className = "scan-line";
  item.dataset["scan"] = scan.id;
  const mark = part("span", `scan-mark scan-mark-${scan.verdict}`, MARKS[scan.verdict]);
  mark.setAttribute("aria-hidden", "true");
  const who = scan.ticket ? `${scan.ticket.holder} · ${scan.ticket.ticket_type}` : scan.detail;
  const words = part("span", "scan-words", "");
  words.append(part("strong", "", scan.title), part("span", "scan-who", who));
  const at = new Date(scan.scanned_at).toLocaleTimeString(document.documentElement.lang, {
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
    ...(zone ? { timeZone: zone } : {}),
  });
  item.append(mark, words, part("time", "scan-time tnum", at));
  return item;
}

function part(name: string, css: string, text: string): HTMLElement {
  const made = document.createElement(name);
  if (css) made.className = css;
  if (text) made.textContent = text;
  return made;
}

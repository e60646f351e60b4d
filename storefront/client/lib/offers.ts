import { whisper } from "@ui/lib/say";
import type { TypeStock } from "./stock";

const JUST_NOW_MS = 3_000;

/** Puts what is left into the page's offers: steppers, badges, words for those who listen. Nothing moves but what changed. */
export function showStock(form: HTMLFormElement, types: TypeStock[]): void {
  const spoken: string[] = [];
  for (const stock of types) {
    const row = form.querySelector<HTMLElement>(`[data-offer="${stock.id}"]`);
    if (row) spoken.push(...showOffer(form, row, stock));
  }
  const isGone = [...form.querySelectorAll<HTMLElement>("[data-offer]:not([data-add-on])")].every((row) => row.dataset.status === "sold_out");
  document.querySelectorAll<HTMLElement>('[data-when="all-gone"]').forEach((part) => (part.hidden = !isGone));
  document.querySelectorAll<HTMLElement>('[data-when="any-left"]').forEach((part) => (part.hidden = isGone));
  document.body.classList.toggle("has-bar", !isGone);
  if (spoken.length > 0) whisper(spoken.join(" "));
}

/** Returns what there is to say about it. */
function showOffer(form: HTMLFormElement, row: HTMLElement, { left, status }: TypeStock): string[] {
  const input = row.querySelector<HTMLInputElement>("input[type=number]");
  const before = row.dataset.status;
  const most = Number(input?.max);
  if (!input || (before === status && most === left)) return [];
  const words = (key: string): string => (form.dataset[key] ?? "").replace("{name}", row.dataset.name ?? "").replace("{n}", String(left));

  const hadFocus = row.contains(document.activeElement);
  row.dataset.status = status;
  row.querySelectorAll<HTMLElement>('[data-when="left"]').forEach((part) => (part.hidden = left === 0));
  row.querySelectorAll<HTMLElement>('[data-when="gone"]').forEach((part) => (part.hidden = left > 0));
  row.querySelectorAll<HTMLElement>('[data-when="few"]').forEach((part) => (part.hidden = status !== "few_left"));
  if (hadFocus && left === 0) row.querySelector<HTMLElement>("[data-offer-name]")?.focus();

  const chosen = Number(input.value) || 0;
  input.max = String(left);
  if (chosen > left) input.value = String(left);
  input.dispatchEvent(new Event("input", { bubbles: true }));
  const note = row.querySelector<HTMLElement>("[data-note]");
  if (note) {
    note.hidden = chosen <= left;
    note.textContent = note.hidden ? "" : words(left === 0 ? "choiceGone" : "choiceLess");
    note.dataset.at = String(Date.now());
    if (!note.hidden) return [`${row.dataset.name}:`, note.textContent];
  }
  if (status === "sold_out") return [words("gone")];
  if (before === "sold_out") return [words("back")];
  return status === "few_left" && before !== status ? [words("few")] : [];
}

/** The words about a choice that was changed under the buyer's hand: too late to have been read before this press. */
export function unreadNote(form: HTMLFormElement): HTMLElement | undefined {
  const notes = [...form.querySelectorAll<HTMLElement>("[data-note]:not([hidden])")];
  return notes.find((note) => Date.now() - Number(note.dataset.at) < JUST_NOW_MS);
}

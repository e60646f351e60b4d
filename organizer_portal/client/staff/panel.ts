/** What is said beside the map of one seat or of those found: built from text, never from markup. */
import type { Guest } from "./data";

export type Child = Node | string | null;

export function made<Name extends keyof HTMLElementTagNameMap>(name: Name, css: string, ...children: Child[]): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  if (css) element.className = css;
  element.append(...children.filter((child): child is Node | string => child !== null && child !== ""));
  return element;
}

export function button(words: string, act: () => void, hidden = ""): HTMLButtonElement {
  const element = made("button", "btn", words, hidden ? made("span", "sr-only", ` ${hidden}`) : null);
  element.type = "button";
  element.addEventListener("click", act);
  return element;
}

/** The facts of somebody with a seat; `acts` are buttons beneath. */
export function guestFacts(guest: Guest, words: string, said: { entered: string; not: string; unpaid: string }, order: string, acts: Node[]): HTMLElement {
  const link = made("a", "link-text font-mono", guest.order);
  link.href = order;
  return made(
    "div",
    "grid gap-1",
    made("p", "font-semibold", words),
    made("p", "", `${guest.name} `, made("span", "text-muted break-all", guest.email)),
    made(
      "p",
      "flex flex-wrap items-center gap-x-4 gap-y-1 text-sm",
      made("span", "", `${guest.type}, ${guest.price}`),
      link,
      made("span", guest.isEntered ? "text-ok font-semibold" : "text-muted", guest.isPaid ? (guest.isEntered ? said.entered : said.not) : said.unpaid),
    ),
    acts.length ? made("div", "flex flex-wrap gap-2", ...acts) : null,
  );
}

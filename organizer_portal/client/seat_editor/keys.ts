/** Shortcuts: what each key does, shown with `?`; single letters can be changed or switched off (WCAG 2.1.4). */
import { button, buttons, checkField, dialog, h } from "./dom";
import { t } from "./words";

export interface Shortcut {
  id: string;
  words: string;
  /** "v", "?", or with Ctrl (Cmd on a Mac): "ctrl+z". */
  key: string;
  run: () => void;
  /** The browser does it, and an event of its own says so. */
  isNative?: boolean;
}

const STORE = "seat-map-editor-keys";

interface Choice {
  isOff?: boolean;
  keys?: Record<string, string>;
}

export class Shortcuts {
  private readonly list: Shortcut[] = [];
  private choice: Choice;

  constructor() {
    try {
      this.choice = JSON.parse(localStorage.getItem(STORE) ?? "{}") as Choice;
    } catch {
      this.choice = {};
    }
  }

  add(shortcut: Shortcut): void {
    this.list.push(shortcut);
  }

  keyOf(id: string): string {
    const shortcut = this.list.find((one) => one.id === id);
    return this.choice.keys?.[id] ?? shortcut?.key ?? "";
  }

  /** Whether the key was one of ours. Letters work only outside of fields, and only while they are on. */
  handle(event: KeyboardEvent): boolean {
    const name = nameOf(event);
    const isLetter = !name.includes("+") && name.length === 1 && name !== "?";
    if (isLetter && this.choice.isOff) return false;
    const found = this.list.find((shortcut) => this.keyOf(shortcut.id) === name);
    if (!found || found.isNative) return false;
    event.preventDefault();
    found.run();
    return true;
  }

  private save(): void {
    localStorage.setItem(STORE, JSON.stringify(this.choice));
  }

  /** The sheet of all shortcuts, where each can be changed. */
  show(): void {
    const body = h("tbody");
    const draw = (): void => {
      body.replaceChildren(
        ...this.list.map((shortcut) => {
          const input = h("input", {
            class: "input ed-key",
            type: "text",
            value: shown(this.keyOf(shortcut.id)),
            "aria-label": t("Key for {what}", { what: shortcut.words }),
            readonly: shortcut.key.includes("+"),
            onkeydown: (event: KeyboardEvent) => {
              if (shortcut.key.includes("+") || event.key.length !== 1 || event.ctrlKey || event.metaKey) return;
              event.preventDefault();
              const key = event.key.toLowerCase();
              const keys = Object.fromEntries(Object.entries(this.choice.keys ?? {}).filter(([, one]) => one !== key));
              const owner = this.list.find((one) => one.id !== shortcut.id && this.keyOf(one.id) === key);
              if (owner) keys[owner.id] = this.keyOf(shortcut.id);
              this.choice.keys = { ...keys, [shortcut.id]: key };
              this.save();
              draw();
            },
          });
          return h("tr", {}, h("th", { scope: "row" }, shortcut.words), h("td", {}, input));
        }),
      );
    };
    draw();
    const off = checkField(t("Single letters work"), !this.choice.isOff, (isOn) => {
      this.choice.isOff = !isOn;
      this.save();
    });
    const reset = button(t("As they were"), () => {
      this.choice = {};
      this.save();
      draw();
    });
    const more = h(
      "p",
      { class: "ed-hint" },
      t("Arrows move what is selected by 10 cm, with Shift by 50 cm, with Alt by 1 cm. While the map has the focus and a drawing tool is in hand, arrows move a cross and Enter clicks there, twice to end what has corners. Space drags the view."),
    );
    dialog(t("Shortcuts"), "", off, h("div", { class: "ed-keys", tabindex: "0", role: "region", "aria-label": t("Shortcuts") }, h("table", {}, body)), more, buttons(reset));
  }
}

function nameOf(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const isCommand = event.ctrlKey || event.metaKey;
  return `${isCommand ? "ctrl+" : ""}${isCommand && event.shiftKey ? "shift+" : ""}${key}`;
}
function shown(key: string): string {
  if (key.length === 1) return key.toUpperCase();
  return key
    .split("+")
    .map((part) => (part.length === 1 ? part.toUpperCase() : part[0]!.toUpperCase() + part.slice(1)))
    .join(" + ");
}

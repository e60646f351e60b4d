/** Small pieces of page for the editor's panels: our components' classes, built without a template. */

type Child = Node | string | null | false | undefined;
type Props = Record<string, unknown>;

/** `h("button", { class: "btn", onclick: save }, "Save")`: members starting with "on" listen, others become attributes. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value as EventListener);
    else if (name === "value") (element as HTMLInputElement).value = String(value);
    else if (name === "checked") (element as HTMLInputElement).checked = Boolean(value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child): child is Node | string => child !== null && child !== false && child !== undefined));
  return element;
}

let ids = 0;
function freshId(): string {
  ids += 1;
  return `ed-${ids}`;
}

/** A label above a control. */
export function field(label: string, control: HTMLElement, hint = ""): HTMLElement {
  control.id ||= freshId();
  const described = hint ? h("span", { class: "ed-hint", id: `${control.id}-hint` }, hint) : null;
  if (described) control.setAttribute("aria-describedby", described.id);
  return h("div", { class: "ed-field" }, h("label", { for: control.id }, label), control, described);
}

export interface NumberOptions {
  least?: number;
  most?: number;
  step?: number;
  unit?: string;
}

/** Changes when it is left or Enter is pressed: each change is one step of the history. An empty one means "mixed". */
export function numberField(label: string, value: number | null, changed: (value: number) => void, options: NumberOptions = {}): HTMLElement {
  const input = h("input", {
    class: "input",
    type: "number",
    inputmode: "decimal",
    min: options.least,
    max: options.most,
    step: options.step ?? "any",
    value: value === null ? "" : String(Math.round(value * 10) / 10),
    placeholder: value === null ? "–" : undefined,
    onchange: () => {
      const typed = input.valueAsNumber;
      if (Number.isNaN(typed)) return;
      const held = Math.max(options.least ?? -Infinity, Math.min(options.most ?? Infinity, typed));
      input.value = String(held);
      changed(held);
    },
  });
  return field(options.unit ? `${label} (${options.unit})` : label, input);
}

export function textField(label: string, value: string | null, changed: (value: string) => void, most = 80): HTMLElement {
  const input = h("input", {
    class: "input",
    type: "text",
    maxlength: most,
    autocomplete: "off",
    value: value ?? "",
    placeholder: value === null ? "–" : undefined,
    onchange: () => changed(input.value.trim()),
  });
  return field(label, input);
}

export function selectField(label: string, value: string | null, choices: readonly (readonly [string, string])[], changed: (value: string) => void): HTMLElement {
  const select = h("select", { class: "select", onchange: () => changed(select.value) });
  if (value === null) select.append(h("option", { value: "", selected: true, disabled: true }, "–"));
  for (const [key, words] of choices) select.append(h("option", { value: key, selected: key === value }, words));
  return field(label, select);
}

/** `value` null is a mixed one. */
export function checkField(label: string, value: boolean | null, changed: (value: boolean) => void): HTMLElement {
  const input = h("input", { class: "checkbox", type: "checkbox", checked: value === true, onchange: () => changed(input.checked) });
  input.indeterminate = value === null;
  return h("label", { class: "ed-check" }, input, h("span", {}, label));
}

export function button(words: string, pressed: () => void, css = "btn btn-sm", props: Props = {}): HTMLButtonElement {
  return h("button", { type: "button", class: css, onclick: pressed, ...props }, words);
}

export function group(heading: string, ...children: Child[]): HTMLElement {
  return h("section", { class: "ed-group" }, h("h2", {}, heading), ...children);
}

export function buttons(...children: Child[]): HTMLElement {
  return h("div", { class: "ed-buttons" }, ...children);
}

/** Two fields beside each other. */
export function pair(...children: Child[]): HTMLElement {
  return h("div", { class: "ed-pair" }, ...children);
}

/** A dialog of the page's own kind; it is gone once it is closed. */
export function dialog(heading: string, css: string, ...children: Child[]): HTMLDialogElement {
  const title = h("h2", { id: freshId() }, heading);
  const close = h("button", { type: "button", class: "btn btn-sm btn-ghost", "aria-label": document.body.dataset["close"] ?? "Close", onclick: () => box.close() }, "✕");
  const box = h("dialog", { class: `ed-dialog ${css}`, "aria-labelledby": title.id }, h("header", {}, title, close), ...children);
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  return box;
}

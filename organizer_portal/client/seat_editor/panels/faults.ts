/** What the server found wrong with the map after the last save; a click shows where. */
import { h } from "../dom";
import type { Editor } from "../editor";
import { t, tn } from "../words";

export interface Fault {
  code: string;
  words: string;
  element: string;
  severity: "error" | "warning";
}

export function drawFaults(editor: Editor, host: HTMLElement, faults: readonly Fault[]): void {
  const errors = faults.filter((fault) => fault.severity === "error");
  const warnings = faults.filter((fault) => fault.severity !== "error");
  const list = (some: readonly Fault[], css: string): HTMLElement =>
    h("ul", { class: `ed-faults ${css}` }, ...some.map((fault) => h("li", {}, h("button", { type: "button", disabled: !fault.element, onclick: () => show(editor, fault) }, fault.words))));
  host.replaceChildren(
    h("h2", {}, errors.length ? tn("{n} error: publish after mending it", "{n} errors: publish after mending them", errors.length) : t("No errors: this map can be published")),
    list(errors, "ed-errors"),
    ...(warnings.length ? [h("h2", {}, tn("{n} thing to look at", "{n} things to look at", warnings.length)), list(warnings, "ed-warnings")] : []),
  );
}

function show(editor: Editor, fault: Fault): void {
  const { model } = editor;
  if (!model.isSeat(fault.element) && !model.has(fault.element)) return;
  editor.reveal([fault.element]);
  const element = model.get(fault.element);
  if (model.isSeat(fault.element)) editor.selection.set([fault.element]);
  else if (element?.type === "row" || element?.type === "table") editor.selection.set(element.seats.map((seat) => seat.id));
  else if (element?.type === "section") editor.selection.set(model.lines(element).flatMap((line) => line.seats.map((seat) => seat.id)));
  else editor.selection.set([], [fault.element]);
}

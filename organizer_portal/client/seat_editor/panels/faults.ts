/** What the server found wrong with the map after the last save; a click shows where. */
import { checkField, group, h } from "../dom";
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
    ...livePart(editor),
    ...(warnings.length ? [h("h2", {}, tn("{n} thing to look at", "{n} things to look at", warnings.length)), list(warnings, "ed-warnings")] : []),
  );
}

/** The dates on sale: safe mode, and the seats that somebody has there and that the map has no more. */
function livePart(editor: Editor): HTMLElement[] {
  const { live } = editor;
  if (!live?.dates.length) return [];
  const { gone, goneCount } = live;
  const look = (seat: (typeof gone)[number]): void => {
    if (editor.model.has(seat.floor) && seat.floor !== editor.floorId) editor.showFloor(seat.floor);
    editor.map.zoomToBox({ left: seat.x - 300, top: seat.y - 300, right: seat.x + 300, bottom: seat.y + 300 });
  };
  return [
    group(
      tn("{n} date on sale uses this map", "{n} dates on sale use this map", live.dates.length),
      checkField(t("Safe mode: seats that somebody has stay on the map"), live.isSafe, (isSafe) => {
        live.isSafe = isSafe;
        editor.changed();
      }),
      ...(goneCount
        ? [
            h("h3", {}, tn("{n} removed seat is somebody’s: the event cannot move to this map", "{n} removed seats are somebody’s: their events cannot move to this map", goneCount)),
            h("ul", { class: "ed-faults ed-errors" }, ...gone.map((seat) => h("li", {}, h("button", { type: "button", onclick: () => look(seat) }, seat.words)))),
          ]
        : []),
    ),
  ];
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

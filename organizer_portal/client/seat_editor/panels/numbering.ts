/** The numbering wizard: rules on the left, what they make on the right, and nothing changes before "Number". */
import { button, buttons, checkField, dialog, field, h, numberField, pair, selectField } from "../dom";
import type { Editor } from "../editor";
import * as commands from "../model/commands";
import type { LineElement } from "../model/document";
import { ROWS_A_TO_Z, type RowNumbering, type RowScheme, SEATS_FROM_1, type SeatNumbering, type SeatScheme } from "../model/numbering";
import { t, tn } from "../words";

const SHOWN = 60; // rows in the preview

let byRow: RowNumbering & { isOn: boolean } = { ...ROWS_A_TO_Z, isOn: true };
let bySeat: SeatNumbering & { isOn: boolean } = { ...SEATS_FROM_1, isOn: true };
let perSection = true;

export function openNumbering(editor: Editor): void {
  const { model, selection } = editor;
  const chosen = selection.wholeLines();
  const lines: readonly LineElement[] = chosen.length ? chosen : model.linesOn(model.floor(editor.floorId));
  if (!lines.length) return;
  const rules = h("div", { class: "ed-rules" });
  const preview = h("div", { class: "ed-preview", tabindex: "0", role: "region", "aria-label": t("Preview") });

  const result = (): commands.Renumbered =>
    commands.numbered(model, lines, byRow.isOn ? byRow : null, bySeat.isOn ? bySeat : null, perSection);
  const show = (): void => {
    const { rows } = result();
    const body = h("tbody");
    for (const row of rows.slice(0, SHOWN)) {
      const line = model.get(row.id) as LineElement;
      const cells = row.seats.length > 16 ? [...row.seats.slice(0, 8), "…", ...row.seats.slice(-7)] : row.seats;
      body.append(h("tr", {}, h("th", { scope: "row" }, row.label), h("td", {}, line.label === row.label ? "" : line.label), h("td", {}, cells.join(" "))));
    }
    const head = h("tr", {}, h("th", { scope: "col" }, t("Row")), h("th", { scope: "col" }, t("Was")), h("th", { scope: "col" }, t("Seats, from the left as the audience sees it")));
    const more = rows.length > SHOWN ? h("p", { class: "ed-hint" }, tn("and {n} more row", "and {n} more rows", rows.length - SHOWN)) : null;
    preview.replaceChildren(h("table", {}, h("thead", {}, head), body), ...(more ? [more] : []));
  };
  const changed = (): void => {
    drawRules();
    show();
  };
  const list = (value: readonly string[], set: (list: string[]) => void): HTMLElement => {
    const area = h("textarea", { class: "textarea", rows: 3, oninput: () => { set(area.value.split(/[\s,;]+/).filter(Boolean)); show(); } }, value.join(" "));
    return field(t("Paste the labels, in their order"), area);
  };
  const drawRules = (): void => {
    const rowSchemes: [RowScheme, string][] = [
      ["letters", t("A, B, C …")],
      ["numbers", t("1, 2, 3 …")],
      ["roman", t("I, II, III …")],
      ["list", t("Own list")],
    ];
    const seatSchemes: [SeatScheme, string][] = [
      ["left", t("Left to right")],
      ["right", t("Right to left")],
      ["odd", t("Odd numbers")],
      ["even", t("Even numbers")],
      ["centre", t("From the centre outward")],
      ["list", t("Own list")],
    ];
    const skip = h("input", { class: "input", type: "text", maxlength: 24, autocomplete: "off", value: byRow.skip, oninput: () => { byRow.skip = skip.value.toUpperCase(); show(); } });
    rules.replaceChildren(
      checkField(t("Number the rows"), byRow.isOn, (isOn) => { byRow.isOn = isOn; changed(); }),
      ...(byRow.isOn
        ? [
            selectField(t("Rows, from the front"), byRow.scheme, rowSchemes, (scheme) => { byRow.scheme = scheme as RowScheme; changed(); }),
            ...(byRow.scheme === "letters" ? [pair(field(t("Without the letters"), skip), selectField(t("After Z"), byRow.doubled ? "AA" : "AB", [["AB", "AA, AB …"], ["AA", "AA, BB …"]], (value) => { byRow.doubled = value === "AA"; show(); }))] : []),
            ...(byRow.scheme === "list" ? [list(byRow.list, (labels) => (byRow.list = labels))] : [numberField(t("Begins with number"), byRow.start, (start) => { byRow.start = start; show(); }, { least: 1, most: 999, step: 1 })]),
            checkField(t("From the back"), byRow.reversed, (reversed) => { byRow.reversed = reversed; show(); }),
            checkField(t("Anew in each section"), perSection, (value) => { perSection = value; show(); }),
          ]
        : []),
      checkField(t("Number the seats"), bySeat.isOn, (isOn) => { bySeat.isOn = isOn; changed(); }),
      ...(bySeat.isOn
        ? [
            selectField(t("Seats, along the row"), bySeat.scheme, seatSchemes, (scheme) => { bySeat.scheme = scheme as SeatScheme; changed(); }),
            ...(bySeat.scheme === "list"
              ? [list(bySeat.list, (labels) => (bySeat.list = labels))]
              : [numberField(t("First number"), bySeat.start, (start) => { bySeat.start = start; show(); }, { least: 0, most: 99999, step: 1 })]),
            checkField(t("On through aisles"), bySeat.throughAisles, (value) => { bySeat.throughAisles = value; show(); }),
            checkField(t("Missing seats keep their number"), bySeat.keepHoles, (value) => { bySeat.keepHoles = value; show(); }),
          ]
        : []),
    );
  };
  changed();
  const apply = button(tn("Number {n} row", "Number {n} rows", lines.length), () => {
    commands.applyNumbers(model, result());
    box.close();
  }, "btn btn-primary");
  const box = dialog(
    t("Number rows and seats"),
    "ed-wide",
    h("div", { class: "ed-wizard" }, rules, preview),
    h("p", { class: "ed-hint" }, t("Only what people read changes: each seat stays the same seat, with its tickets.")),
    buttons(apply, button(t("Cancel"), () => box.close(), "btn")),
  );
}

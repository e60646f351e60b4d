/** The seat map editor's page: brings model, map, tools, panels and saving together. */
import "./seat_editor/seat_editor.css";
import { whisper } from "@ui/lib/say";
import { button, buttons, dialog, h, textField } from "./seat_editor/dom";
import { Editor, type Pointer, type Tool } from "./seat_editor/editor";
import { Shortcuts } from "./seat_editor/keys";
import * as commands from "./seat_editor/model/commands";
import { type Element, type Point, flatten, isLine } from "./seat_editor/model/document";
import * as geo from "./seat_editor/model/geometry";
import { MapModel } from "./seat_editor/model/model";
import { type Query, column, query } from "./seat_editor/model/selection";
import { FLAGS } from "./seat_editor/model/scene";
import { countsOf, drawCategories, Prices } from "./seat_editor/panels/categories";
import { drawFaults, type Fault } from "./seat_editor/panels/faults";
import { drawInspector } from "./seat_editor/panels/inspector";
import { openNumbering } from "./seat_editor/panels/numbering";
import { Tree } from "./seat_editor/panels/tree";
import { type Address, Saver, type State } from "./seat_editor/save";
import * as draw from "./seat_editor/tools/draw";
import { SelectTool } from "./seat_editor/tools/select";
import { LiveDates } from "./seat_editor/live";
import { drawAllocations } from "./seat_editor/panels/allocations";
import { flagWords, n, t, tn } from "./seat_editor/words";

interface Draft {
  revision: number;
  document: Record<string, unknown>;
  faults: Fault[];
  plan: { x: number; y: number; scale: number; opacity: number } | null;
}

const desk = document.querySelector<HTMLElement>("[data-seat-editor]")!;
const { draftUrl, leaseUrl, planUrl, pasteUrl, datesUrl, mapId } = desk.dataset as Record<string, string>;
const token = document.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ?? "";
const part = <T extends HTMLElement>(name: string): T => desk.querySelector<T>(`[data-part="${name}"]`)!;

/** This tab's word for itself: the same when it is loaded again, so that nobody waits for their own lease. */
function tabSession(): string {
  const fresh = desk.dataset["session"]!;
  try {
    const name = `seat-map-session-${mapId}`;
    sessionStorage.setItem(name, sessionStorage.getItem(name) ?? fresh);
    return sessionStorage.getItem(name)!;
  } catch {
    return fresh;
  }
}

function linesSeats(element: Element | undefined): string[] {
  return isLine(element) ? element.seats.map((seat) => seat.id) : [];
}

async function readDraft(): Promise<Draft> {
  const answer = await fetch(draftUrl!, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`draft ${answer.status}`);
  return (await answer.json()) as Draft;
}

async function start(): Promise<void> {
  const first = await readDraft();
  const model = new MapModel(flatten(first.document));
  const host = part("map");
  const none: Tool = { name: "none", hint: () => "" };
  let isSpaceDown = false;
  // Fingers and the middle button look around; a tool works with the mouse's first button and with a pen.
  const isTools = (event: PointerEvent): boolean =>
    event.button === 0 && event.pointerType !== "touch" && !isSpaceDown && editor.tool.name !== "hand" && !isPreview;
  const editor: Editor = new Editor(model, host, none, (event) => {
    if (!isTools(event)) return false;
    host.setPointerCapture(event.pointerId);
    host.focus({ preventScroll: true });
    editor.cursor = null;
    pressed = true;
    editor.tool.down?.(pointerOf(event));
    return true;
  });
  let pressed = false;
  let isPreview = false;

  // --- Pointers ---------------------------------------------------------------------------------------------------------------

  let last = { at: 0, px: 0, py: 0, clicks: 0 };
  const pointerOf = (event: PointerEvent): Pointer => {
    const frame = host.getBoundingClientRect();
    const [px, py] = [event.clientX - frame.left, event.clientY - frame.top];
    if (event.type === "pointerdown") {
      const isAgain = event.timeStamp - last.at < 350 && Math.hypot(px - last.px, py - last.py) < 5;
      last = { at: event.timeStamp, px, py, clicks: isAgain ? last.clicks + 1 : 1 };
    }
    return pointerAt(px, py, event.shiftKey, event.altKey, last.clicks);
  };
  const pointerAt = (px: number, py: number, isShift = false, isAlt = false, clicks = 1): Pointer => {
    const at = editor.map.camera.toMap(px, py) as Point;
    return { at, snapped: editor.tool.name === "select" ? editor.snap(at, true) : editor.snap(at, isAlt), px, py, isShift, isAlt, clicks };
  };
  host.addEventListener("pointermove", (event) => {
    const pointer = pointerOf(event);
    if (isPreview) return showSeat(pointer);
    if (event.pointerType === "touch") return;
    editor.tool.move?.(pointer);
    part("where").textContent = `${n(Math.round(pointer.at[0]))} · ${n(Math.round(pointer.at[1]))} cm`;
  });
  const released = (event: PointerEvent): void => {
    if (!pressed) return;
    pressed = false;
    editor.tool.up?.(pointerOf(event));
    editor.changed();
  };
  host.addEventListener("pointerup", released);
  host.addEventListener("pointercancel", () => {
    pressed = false;
    editor.tool.cancel?.();
  });

  // --- Tools ------------------------------------------------------------------------------------------------------------------

  const select = new SelectTool(editor);
  const file = part<HTMLInputElement>("plan-file");
  const calibrate = new draw.CalibrateTool(editor, () => void savePlan(), () => file.click());
  const tools: Tool[] = [
    select,
    new draw.HandTool(),
    new draw.RowTool(editor, "row"),
    new draw.RowTool(editor, "arc"),
    new draw.RowTool(editor, "path"),
    new draw.BlockTool(editor),
    new draw.TableTool(editor),
    new draw.AreaTool(editor),
    new draw.SectionTool(editor),
    new draw.CutTool(editor),
    new draw.DecorationTool(editor, "stage"),
    new draw.DecorationTool(editor, "text"),
    new draw.DecorationTool(editor, "icon"),
    new draw.FocalTool(editor),
    new draw.BrushTool(editor),
    calibrate,
  ];
  tools.forEach((tool) => editor.tools.set(tool.name, tool));
  const shortcuts = new Shortcuts();
  const toolButtons = [...desk.querySelectorAll<HTMLButtonElement>("[data-tool]")];
  for (const one of toolButtons) {
    const name = one.dataset["tool"]!;
    one.addEventListener("click", () => editor.use(name));
    shortcuts.add({ id: `tool-${name}`, words: one.dataset["words"] ?? name, key: one.dataset["key"] ?? "", run: () => editor.use(name) });
  }
  // One tab stop for the rail; arrows walk through it.
  part("rail").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const at = toolButtons.indexOf(document.activeElement as HTMLButtonElement);
    if (!step || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    toolButtons[(at + step + toolButtons.length) % toolButtons.length]!.focus();
  });
  editor.use("select");

  // --- Dates on sale -----------------------------------------------------------------------------------------------------------

  const live = new LiveDates(editor, datesUrl!, token);
  editor.live = live;
  const refused = part("refused");
  let hiding: ReturnType<typeof setTimeout>;
  model.refuses = (changes) => {
    const lost = live.lostBy(changes);
    if (!lost) return false;
    refused.textContent = tn(
      "Safe mode: {n} place of this is sold, held or set aside for a date on sale, so nothing was removed. The Check panel switches it off.",
      "Safe mode: {n} places of this are sold, held or set aside for dates on sale, so nothing was removed. The Check panel switches it off.",
      lost,
    );
    refused.hidden = false;
    whisper(refused.textContent);
    clearTimeout(hiding);
    hiding = setTimeout(() => (refused.hidden = true), 8_000);
    return true;
  };

  // --- Saving -----------------------------------------------------------------------------------------------------------------

  let faults = first.faults;
  let otherEditor = "";
  const stateWords: Record<State, string> = {
    saved: t("Saved"),
    unsaved: t("Not saved yet"),
    saving: t("Saving…"),
    offline: t("No connection: kept in this browser"),
    moved: t("Somebody saved another change. Reload to go on."),
    "signed-out": t("You are signed out. Sign in again in another tab."),
    refused: t("Not saved"),
  };
  const address: Address = { draft: draftUrl!, lease: leaseUrl!, session: tabSession(), token };
  const saver = new Saver(
    model,
    address,
    {
      state: (state, words) => {
        const line = part("state");
        line.textContent = words ? `${stateWords[state]}: ${words}` : stateWords[state];
        line.dataset["state"] = state;
        if (state === "moved" || state === "signed-out") setReadOnly();
      },
      editor: (name) => {
        otherEditor = name;
        if (!name && !part("state").textContent) part("state").textContent = t("Saved");
        setReadOnly();
      },
      faults: (found) => {
        if (live.isOutdated) void live.load();
        if (JSON.stringify(found) === JSON.stringify(faults)) return;
        faults = found;
        editor.changed();
      },
      stale: reload,
    },
    mapId!,
  );
  saver.revision = first.revision;

  async function reload(): Promise<void> {
    const draft = await readDraft();
    saver.revision = draft.revision;
    faults = draft.faults;
    model.replace(flatten(draft.document));
    await readPlan(draft);
  }

  function setReadOnly(): void {
    const isNarrow = matchMedia("(width < 64rem)").matches;
    editor.isReadOnly = isNarrow || isPreview || !saver.isMine;
    const banner = part("banner");
    banner.hidden = !otherEditor && !isNarrow;
    part("banner-words").textContent = isNarrow
      ? t("Here you can look at the map. Edit it on a larger screen.")
      : t("{name} edits this map now. You can look at it.", { name: otherEditor });
    part("take-over").hidden = isNarrow || !otherEditor;
    toolButtons.forEach((one) => (one.disabled = editor.isReadOnly && !["select", "hand"].includes(one.dataset["tool"]!)));
    if (editor.isReadOnly) editor.use(isPreview ? "hand" : "select");
    editor.changed();
  }
  part("take-over").addEventListener("click", () => void saver.lease(true));
  matchMedia("(width < 64rem)").addEventListener("change", setReadOnly);

  // --- The plan under the map -------------------------------------------------------------------------------------------------------

  async function readPlan(draft: Draft): Promise<void> {
    editor.plan = null;
    if (!draft.plan) return;
    const { x, y, scale, opacity } = draft.plan;
    const image = new Image();
    image.src = `${planUrl}?r=${Date.now()}`;
    await image.decode().catch(() => undefined);
    editor.plan = { image, x, y, scale, opacity };
    editor.refresh();
  }
  async function savePlan(): Promise<void> {
    if (!editor.plan) return;
    const { x, y, scale, opacity } = editor.plan;
    const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
    await fetch(planUrl!, { method: "PUT", headers, body: JSON.stringify({ x, y, scale, opacity }) });
  }
  file.addEventListener("change", () => {
    const [chosen] = file.files ?? [];
    if (!chosen) return;
    const body = new FormData();
    body.append("plan", chosen);
    file.value = "";
    void fetch(planUrl!, { method: "POST", headers: { "X-CSRFToken": token }, body }).then(async (answer) => {
      if (answer.ok) return readPlan(await readDraft()).then(() => editor.use("calibrate"));
      const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
      dialog(t("Not uploaded"), "", h("p", {}, problem.detail ?? t("That did not work. Try again, or reload the page.")));
    });
  });

  // --- Panels ------------------------------------------------------------------------------------------------------------------------

  const prices = new Prices(mapId!);
  const tree = new Tree(editor, part("tree"));
  const tabs = [...desk.querySelectorAll<HTMLButtonElement>("[role=tab][data-panel]")];
  let panel = "properties";
  const showPanel = (name: string): void => {
    panel = name;
    editor.showsBlocks = name === "allocations";
    if (name === "allocations" && !live.current && live.dates[0]) void live.open(live.dates[0].id);
    for (const tab of tabs) {
      const isShown = tab.dataset["panel"] === name;
      tab.setAttribute("aria-selected", String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
      part(tab.dataset["panel"]!).hidden = !isShown;
    }
    editor.changed();
  };
  tabs.forEach((tab, index) => {
    tab.addEventListener("click", () => showPanel(tab.dataset["panel"]!));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      const next = tabs[(index + step + tabs.length) % tabs.length]!;
      showPanel(next.dataset["panel"]!);
      next.focus();
    });
  });

  const floorTabs = part("floors");
  const drawFloors = (): void => {
    const hadFocus = floorTabs.contains(document.activeElement);
    const choose = (id: string): void => editor.showFloor(id);
    floorTabs.replaceChildren(
      ...model.floors().map((floor) =>
        h("button", { type: "button", class: "ed-floor", "aria-pressed": String(floor.id === editor.floorId), onclick: () => choose(floor.id), ondblclick: () => openFloor() }, floor.name || "–"),
      ),
    );
    if (!editor.isReadOnly) {
      floorTabs.append(
        h("button", { type: "button", class: "ed-floor", "aria-label": t("Add a floor"), onclick: () => editor.showFloor(commands.addFloor(model, t("Floor {n}", { n: model.floors().length + 1 })).id) }, "+"),
        h("button", { type: "button", class: "ed-floor", "aria-label": t("Change this floor"), onclick: () => openFloor() }, "…"),
      );
    }
    if (hadFocus) floorTabs.querySelector<HTMLElement>('[aria-pressed="true"]')?.focus();
  };
  function openFloor(): void {
    if (editor.isReadOnly) return;
    const floor = model.floor(editor.floorId);
    const box = dialog(
      t("Floor"),
      "",
      textField(t("Name of the floor"), floor.name, (name) => name && commands.change(model, model.floor(floor.id), { name })),
      buttons(
        button(t("Duplicate with all that is on it"), () => {
          editor.showFloor(commands.addFloor(model, t("{name} (copy)", { name: floor.name }), model.floor(floor.id)).id);
          box.close();
        }),
        model.floors().length > 1
          ? button(
              t("Remove with all that is on it"),
              () => {
                model.transact(t("Remove a floor"), () => model.remove(floor.id));
                box.close();
              },
              "btn btn-sm ed-danger",
            )
          : null,
      ),
    );
  }

  const undo = part<HTMLButtonElement>("undo");
  const redo = part<HTMLButtonElement>("redo");
  const back = (ids: Set<string> | null): void => {
    if (!ids) return;
    // Where something came back or went, there one looks, and it is selected.
    const [some] = [...ids].filter((id) => model.has(id) && id);
    const floor = some ? model.floorOf(some) : "";
    if (floor && floor !== editor.floorId && model.has(floor)) editor.showFloor(floor);
    const seats = [...ids].flatMap((id) => linesSeats(model.get(id)));
    const things = [...ids].filter((id) => ["area", "decoration"].includes(model.get(id)?.type ?? ""));
    if (seats.length || things.length) editor.selection.set(seats, things);
  };
  undo.addEventListener("click", () => back(model.undo()));
  redo.addEventListener("click", () => back(model.redo()));

  editor.watch(() => {
    const counts = countsOf(editor);
    part("counts").textContent = counts.places ? t("{n} seats, {places} places", { n: n(counts.seats), places: n(counts.places) }) : tn("{n} seat", "{n} seats", counts.seats);
    part("hint").textContent = editor.tool.hint();
    part("grain").querySelectorAll<HTMLButtonElement>("button").forEach((one) => one.setAttribute("aria-pressed", String(one.dataset["grain"] === editor.grain)));
    toolButtons.forEach((one) => {
      const isIn = one.dataset["tool"] === editor.tool.name;
      one.setAttribute("aria-pressed", String(isIn));
      one.tabIndex = isIn ? 0 : -1;
    });
    const [undoable, redoable] = [model.canUndo, model.canRedo];
    undo.disabled = editor.isReadOnly || !undoable;
    redo.disabled = editor.isReadOnly || !redoable;
    undo.title = undoable ? t("Undo: {step}", { step: undoable }) : t("Undo");
    redo.title = redoable ? t("Redo: {step}", { step: redoable }) : t("Redo");
    const errors = faults.filter((fault) => fault.severity === "error").length + live.goneCount;
    part("fault-count").textContent = errors ? tn("{n} error", "{n} errors", errors) : faults.length ? tn("{n} note", "{n} notes", faults.length) : t("No faults");
    part("fault-count").dataset["kind"] = errors ? "err" : faults.length ? "warn" : "ok";
    desk.dataset["seats"] = String(counts.seats);
    drawFloors();
    tree.draw();
    part("shown-again").hidden = !editor.hidden.size && !editor.locked.size;
    if (panel === "properties") drawInspector(editor, part("properties"));
    part("live").hidden = !live.dates.length;
    part("live").textContent = live.isSafe ? t("On sale: safe mode") : t("On sale: not safe");
    if (panel === "allocations") drawAllocations(editor, part("allocations"));
    if (panel === "categories") drawCategories(editor, part("categories"), prices);
    if (panel === "faults") drawFaults(editor, part("faults"), faults);
  });
  part("live").addEventListener("click", () => showPanel("faults"));
  part("fault-count").addEventListener("click", () => showPanel("faults"));
  part("grain").addEventListener("click", (event) => {
    const grain = (event.target as HTMLElement).closest<HTMLElement>("[data-grain]")?.dataset["grain"];
    if (grain === "seat" || grain === "row" || grain === "section") editor.grain = grain;
    editor.changed();
  });
  part("show-all").addEventListener("click", () => {
    editor.hidden.clear();
    editor.refresh();
  });
  part("unlock-all").addEventListener("click", () => {
    editor.locked.clear();
    editor.changed();
  });

  // --- Selecting by what seats are ---------------------------------------------------------------------------------------------------

  const by = part<HTMLSelectElement>("query-by");
  const value = part<HTMLInputElement>("query-value");
  const choices = part<HTMLDataListElement>("query-choices");
  by.addEventListener("change", () => offerChoices());
  /** What can be looked for by its words, with the key that it has in the map. */
  const offered = (): [string, string][] => {
    if (by.value === "category") return model.map.categories.map((category) => [category.key, category.name]);
    if (by.value === "flag") return FLAGS.map((flag) => [flag, flagWords(flag)]);
    if (by.value === "section") return model.sections(model.floor(editor.floorId)).map((section) => [section.name, section.name]);
    return [];
  };
  const offerChoices = (): void => choices.replaceChildren(...offered().map(([, words]) => h("option", { value: words })));
  value.addEventListener("focus", offerChoices);
  part<HTMLFormElement>("query").addEventListener("submit", (event) => {
    event.preventDefault();
    const [first] = editor.selection.seats;
    const typed = value.value.trim().toLocaleLowerCase();
    const wanted = offered().find(([, words]) => words.toLocaleLowerCase() === typed)?.[0] ?? value.value;
    const seats =
      by.value === "column" && !typed && first ? column(model, first) : query(model, editor.floorId, { by: by.value as Query["by"], value: wanted });
    editor.selection.set(seats);
    whisper(tn("{n} seat selected", "{n} seats selected", seats.length));
  });

  // --- Preview as a buyer ---------------------------------------------------------------------------------------------------------------

  const card = part("seat-card");
  const preview = part<HTMLButtonElement>("preview");
  preview.addEventListener("click", () => {
    isPreview = !isPreview;
    editor.showsBlocks = !isPreview && panel === "allocations";
    preview.setAttribute("aria-pressed", String(isPreview));
    desk.classList.toggle("ed-is-preview", isPreview);
    editor.selection.clear();
    card.hidden = true;
    setReadOnly();
    if (isPreview) editor.map.fit();
  });
  function showSeat({ px, py }: Pointer): void {
    const index = editor.map.seatAt(px, py, 6);
    const found = index >= 0 ? model.find(editor.scene.ids[index]!) : undefined;
    card.hidden = !found;
    if (!found) return;
    const { seat, line, section } = found;
    const words = { section: section.name, line: line.label, seat: seat.label };
    const category = model.map.categories.find((one) => one.key === model.categoryOf(found))?.name ?? t("no category");
    card.replaceChildren(
      h("strong", {}, line.type === "row" ? t("{section}, row {line}, seat {seat}", words) : t("{section}, table {line}, seat {seat}", words)),
      h("span", {}, [category, ...seat.flags.map(flagWords)].join(" · ")),
    );
    card.style.left = `${Math.min(px + 16, host.clientWidth - 240)}px`;
    card.style.top = `${py + 16}px`;
  }

  // --- Keys -------------------------------------------------------------------------------------------------------------------------------

  const { selection } = editor;
  const edit = (run: () => void) => (): void => {
    if (!editor.isReadOnly) run();
  };
  const nudge = (dx: number, dy: number): void => commands.transform(model, selection, geo.shift(dx, dy), t("Move"));
  const turn = (degrees: number): void => {
    const frame = selection.frame();
    if (frame) commands.transform(model, selection, geo.turn((degrees * Math.PI) / 180, geo.centre(frame)), t("Rotate"));
  };
  const duplicate = (): void => {
    const frame = selection.frame();
    if (frame) editor.made(commands.copies(model, selection, [geo.shift(0, frame.bottom - frame.top + editor.settings.rowPitch)]));
  };
  const more: [string, string, string, () => void][] = [
    ["undo", t("Undo"), "ctrl+z", edit(() => back(model.undo()))],
    ["redo", t("Redo"), "ctrl+shift+z", edit(() => back(model.redo()))],
    ["redo-2", t("Redo"), "ctrl+y", edit(() => back(model.redo()))],
    ["all", t("Select everything on the floor"), "ctrl+a", () => editor.made(editor.all())],
    ["duplicate", t("Duplicate"), "ctrl+d", edit(duplicate)],
    ["save", t("Save now"), "ctrl+s", () => void saver.save()],
    ["remove", t("Remove"), "Delete", edit(() => commands.remove(model, selection))],
    ["remove-2", t("Remove"), "Backspace", edit(() => commands.remove(model, selection))],
    ["number", t("Number…"), "n", edit(() => openNumbering(editor))],
    ["left", t("Turn left"), "[", edit(() => turn(-5))],
    ["right", t("Turn right"), "]", edit(() => turn(5))],
    ["grain", t("Select seats, rows or sections"), "q", () => {
      editor.grain = ({ seat: "row", row: "section", section: "seat" } as const)[editor.grain];
      editor.changed();
    }],
    ["in", t("Zoom in"), "+", () => editor.map.zoom(1.4)],
    ["out", t("Zoom out"), "-", () => editor.map.zoom(1 / 1.4)],
    ["fit", t("Show all"), "0", () => editor.map.fit()],
    ["keys", t("Shortcuts"), "?", () => shortcuts.show()],
  ];
  more.forEach(([id, words, key, run]) => shortcuts.add({ id, words, key, run }));
  // Through the clipboard, and so from one map to another; the server reads what comes in as strictly as any map.
  shortcuts.add({ id: "copy", words: t("Copy"), key: "ctrl+c", run: () => {}, isNative: true });
  shortcuts.add({ id: "paste", words: t("Paste on this floor"), key: "ctrl+v", run: () => {}, isNative: true });
  const isOfMap = (event: ClipboardEvent): boolean => !isTyping(event.target) && !document.querySelector("dialog[open]");
  document.addEventListener("copy", (event) => {
    if (!isOfMap(event) || selection.isEmpty) return;
    event.preventDefault();
    event.clipboardData?.setData("text/plain", JSON.stringify(commands.clipOf(model, selection)));
  });
  document.addEventListener("paste", (event) => {
    if (!isOfMap(event) || editor.isReadOnly) return;
    event.preventDefault();
    void paste(event.clipboardData?.getData("text/plain") ?? "");
  });
  async function paste(body: string): Promise<void> {
    const answer = await fetch(pasteUrl!, { method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": token }, body }).catch(() => null);
    if (!answer?.ok || answer.redirected) {
      part("hint").textContent = t("The clipboard holds no part of a seat map.");
      return whisper(part("hint").textContent ?? "");
    }
    const clip = new MapModel(flatten((await answer.json()) as Record<string, unknown>));
    editor.made(commands.paste(model, clip, editor.floorId));
  }
  for (let number = 1; number <= 9; number++) {
    const paint = edit(() => {
      const category = model.map.categories[number - 1];
      if (category && !selection.isEmpty) commands.paint(model, selection.seats, selection.things, category.key);
    });
    shortcuts.add({ id: `category-${number}`, words: t("Paint with category {n}", { n: number }), key: String(number), run: paint });
  }

  const isTyping = (target: EventTarget | null): boolean => target instanceof HTMLElement && target.matches("input:not([type=checkbox], [type=range], [type=color]), textarea, select");
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    if (isTyping(event.target)) {
      if (event.key === "Escape") (event.target as HTMLElement).blur();
      return;
    }
    if (event.key === " " && !(event.target as HTMLElement).matches("button, input, summary, a, [role=treeitem]")) {
      event.preventDefault();
      isSpaceDown = true;
      host.style.cursor = "grab";
      return;
    }
    if (event.key === "Escape") {
      editor.tool.cancel?.();
      if (isPreview) preview.click();
      else if (editor.tool.name === "select") selection.clear();
      else editor.use("select");
      editor.cursor = null;
      return;
    }
    if (editor.tool.key?.(event)) return event.preventDefault();
    if (event.key.startsWith("Arrow") && arrow(event)) return event.preventDefault();
    if (event.key === "Enter" && event.target === host && editor.cursor) {
      event.preventDefault();
      return clickCursor(event.shiftKey);
    }
    if (shortcuts.handle(event)) return;
  });
  document.addEventListener("keyup", (event) => {
    if (event.key !== " " || !isSpaceDown) return;
    isSpaceDown = false;
    host.style.cursor = editor.tool.cursor ?? "crosshair";
  });

  /** Arrows move what is selected; with a drawing tool, or nothing selected, the keyboard's cross. */
  function arrow(event: KeyboardEvent): boolean {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] as [number, number];
    const step = event.altKey ? 1 : event.shiftKey ? 50 : 10;
    const isOnMap = event.target === host;
    if (!isOnMap && event.target !== document.body) return false;
    if (editor.tool.name === "select" && !selection.isEmpty && !editor.isReadOnly) {
      nudge(way[0] * step, way[1] * step);
      return true;
    }
    if (!isOnMap) return false;
    const [x, y] = editor.cursor ?? editor.middleOfView();
    editor.cursor = [x + way[0] * step, y + way[1] * step];
    const [px, py] = editor.map.camera.toView(...(editor.cursor as [number, number]));
    const { width, height } = editor.map.camera;
    if (px < 20 || py < 20 || px > width - 20 || py > height - 20) editor.map.camera.go({ ...editor.map.camera.view, x: editor.cursor[0], y: editor.cursor[1] }, false);
    editor.tool.move?.(pointerAt(px, py, false, true));
    editor.map.topChanged();
    part("where").textContent = `${n(editor.cursor[0])} · ${n(editor.cursor[1])} cm`;
    whisper(part("where").textContent ?? "");
    return true;
  }
  /** The first Enter presses, the second lets go: so a drag is two of them. */
  let isHeld = false;
  function clickCursor(isShift: boolean): void {
    const [px, py] = editor.map.camera.toView(...(editor.cursor as [number, number]));
    const pointer = { ...pointerAt(px, py, isShift, true), snapped: editor.cursor! };
    const isDrag = ["block", "table", "stage", "brush"].includes(editor.tool.name);
    if (isHeld || !isDrag) {
      if (!isHeld) editor.tool.down?.(pointer);
      editor.tool.move?.(pointer);
      editor.tool.up?.(pointer);
      isHeld = false;
    } else {
      editor.tool.down?.(pointer);
      isHeld = true;
    }
    editor.changed();
  }
  host.addEventListener("blur", () => {
    editor.cursor = null;
    isHeld = false;
    editor.map.topChanged();
  });
  part("help").addEventListener("click", () => shortcuts.show());
  part("zoom-in").addEventListener("click", () => editor.map.zoom(1.4));
  part("zoom-out").addEventListener("click", () => editor.map.zoom(1 / 1.4));
  part("zoom-fit").addEventListener("click", () => (editor.isReadOnly ? editor.fitContent() : editor.map.fit()));

  // --- Off we go -----------------------------------------------------------------------------------------------------------------------------

  offerChoices();
  showPanel("properties");
  // The map is read and shown; who edits, and the plan beneath, may come later.
  part("state").textContent = "";
  await Promise.all([readPlan(first), saver.lease(), live.load()]);
  setReadOnly();
  if (editor.isReadOnly) editor.fitContent();
  // For whoever drives the page: where on the screen a point of the map is.
  Object.assign(desk, {
    toScreen: (x: number, y: number): [number, number] => {
      const frame = host.getBoundingClientRect();
      const [px, py] = editor.map.camera.toView(x, y);
      return [px + frame.left, py + frame.top];
    },
  });
  desk.dataset["ready"] = "";
}

start().catch((error: unknown) => {
  part("state").textContent = t("The map could not be read. Reload the page.");
  throw error;
});

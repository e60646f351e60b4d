/**
 * Buttons over a text box that write Markdown: what is chosen is put between signs, lines get a sign in front. The text stays
 * what it is without them; the server turns it into HTML, also for the picture beneath.
 */

type Mark = { around: string } | { before: string } | { link: true };

const MARKS: Record<string, Mark> = {
  bold: { around: "**" },
  italic: { around: "*" },
  heading: { before: "## " },
  list: { before: "- " },
  numbers: { before: "1. " },
  link: { link: true },
};
const KEYS: Record<string, string> = { b: "bold", i: "italic", k: "link" };

/** Puts `text` in place of what is chosen, so that the browser's own undo takes it back. */
function put(box: HTMLTextAreaElement, text: string, from: number, to: number): void {
  box.focus();
  box.setSelectionRange(from, to);
  if (!document.execCommand("insertText", false, text)) box.setRangeText(text, from, to, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

function write(box: HTMLTextAreaElement, name: string, words: string): void {
  const mark = MARKS[name];
  if (!mark) return;
  const { selectionStart: from, selectionEnd: to, value } = box;
  const chosen = value.slice(from, to);
  if ("around" in mark) {
    const inner = chosen || words;
    put(box, `${mark.around}${inner}${mark.around}`, from, to);
    box.setSelectionRange(from + mark.around.length, from + mark.around.length + inner.length);
  } else if ("before" in mark) {
    const start = value.lastIndexOf("\n", from - 1) + 1;
    const lines = value.slice(start, to).split("\n");
    put(box, lines.map((line) => (line.startsWith(mark.before) ? line.slice(mark.before.length) : mark.before + line)).join("\n"), start, to);
  } else {
    const isAddress = /^https?:\/\/\S+$/.test(chosen);
    const text = isAddress ? words : chosen || words;
    const address = isAddress ? chosen : "https://";
    put(box, `[${text}](${address})`, from, to);
    const at = isAddress ? from + 1 : from + text.length + 3;
    box.setSelectionRange(at, at + (isAddress ? text.length : address.length));
  }
}

for (const bar of document.querySelectorAll<HTMLElement>("[data-rich-for]")) {
  const box = document.querySelector<HTMLTextAreaElement>(`#${bar.dataset["richFor"]}`);
  if (!box) continue;
  for (const button of bar.querySelectorAll<HTMLElement>("[data-mark]")) {
    button.addEventListener("click", () => write(box, button.dataset["mark"] ?? "", button.dataset["words"] ?? ""));
  }
  box.addEventListener("keydown", (event) => {
    const name = KEYS[event.key.toLowerCase()];
    if (!name || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    write(box, name, bar.querySelector<HTMLElement>(`[data-mark="${name}"]`)?.dataset["words"] ?? "");
  });
}

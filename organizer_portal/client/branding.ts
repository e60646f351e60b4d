/** A colour picker beside the box for the colour's digits: each follows the other, and the verdict follows the box. */

const box = document.querySelector<HTMLInputElement>("#id_brand_color");
const picker = document.querySelector<HTMLInputElement>("[data-color-for='id_brand_color']");

/** "#abc" and "AABBCC" as pickers want it, or nothing while it is no colour. */
function digits(typed: string): string | undefined {
  const found = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(typed.trim())?.[1]?.toLowerCase();
  if (found === undefined) return undefined;
  return `#${found.length === 3 ? found.replace(/./g, "$&$&") : found}`;
}

if (box && picker) {
  const follow = () => {
    const color = digits(box.value);
    if (color) picker.value = color;
  };
  follow();
  box.addEventListener("input", follow);
  picker.addEventListener("input", () => {
    box.value = picker.value;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

/** The colours of the page that a map stands in, and category colours made readable on it. */

export interface Theme {
  ground: string;
  panel: string;
  line: string;
  strong: string;
  ink: string;
  muted: string;
  focus: string;
  isDark: boolean;
  isForced: boolean;
}

/** What the style rules in force say now: light or dark, or a person's own few colours. */
export function themeOf(element: Element): Theme {
  const style = getComputedStyle(element);
  const token = (name: string, otherwise: string): string => style.getPropertyValue(name).trim() || otherwise;
  if (matchMedia("(forced-colors: active)").matches) {
    const [ground, ink, muted] = ["Canvas", "CanvasText", "GrayText"];
    return { ground, panel: ground, line: ink, strong: ink, ink, muted, focus: "Highlight", isDark: false, isForced: true };
  }
  const ground = token("--color-base-100", "#fff");
  return {
    ground,
    panel: token("--color-base-200", "#f4f5f7"),
    line: token("--color-base-300", "#e6e8eb"),
    strong: token("--line-strong", "#7f8791"),
    ink: token("--color-base-content", "#1a1d21"),
    muted: token("--ink-muted", "#57606a"),
    focus: token("--color-base-content", "#1a1d21"),
    isDark: luminance(rgb(ground)) < 0.2,
    isForced: false,
  };
}

/** Calls when light turns dark, or colours are forced. Returns how to stop. */
export function watchTheme(changed: () => void): () => void {
  const queries = ["(prefers-color-scheme: dark)", "(forced-colors: active)"].map((query) => matchMedia(query));
  queries.forEach((query) => query.addEventListener("change", changed));
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "class"] });
  return () => {
    queries.forEach((query) => query.removeEventListener("change", changed));
    observer.disconnect();
  };
}

/** The colour, moved towards the text's until it stands out 3:1 from the ground (WCAG 1.4.11). */
export function readable(color: string, theme: Theme): string {
  if (theme.isForced) return theme.ink;
  const ground = rgb(theme.ground);
  const toward: Rgb = theme.isDark ? [255, 255, 255] : [0, 0, 0];
  let mixed = rgb(color);
  for (let step = 0; step < 20 && contrast(mixed, ground) < 3; step++) mixed = blend(mixed, toward, 0.08);
  return hex(mixed);
}

/** `part` of `color` on the page's ground, as one solid colour. */
export function tinted(color: string, theme: Theme, part: number): string {
  return theme.isForced ? theme.ground : hex(blend(rgb(theme.ground), rgb(color), part));
}

/** Black or white, whichever can be read on the colour. */
export function inkOn(color: string): string {
  const value = rgb(color);
  return contrast(value, [255, 255, 255]) >= 4.5 ? "#fff" : "#000";
}

type Rgb = [number, number, number];

function rgb(color: string): Rgb {
  const digits = color.replace("#", "");
  const full = digits.length === 3 ? [...digits].map((digit) => digit + digit).join("") : digits;
  const value = Number.parseInt(full.slice(0, 6), 16);
  return Number.isNaN(value) ? [128, 128, 128] : [value >> 16, (value >> 8) & 255, value & 255];
}
function hex(color: Rgb): string {
  return `#${color.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
}
function blend(from: Rgb, to: Rgb, part: number): Rgb {
  return from.map((value, at) => value + (to[at]! - value) * part) as Rgb;
}
function luminance(color: Rgb): number {
  const [r, g, b] = color.map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: Rgb, b: Rgb): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/**
 * The editor's words. They are written here in English; the page brings their translations (organizer_portal/editor_words.py,
 * which a test keeps complete).
 */
const node = document.getElementById("editor-words");
const translated = JSON.parse(node?.textContent ?? "{}") as Record<string, string>;

/** `t("{n} seats", { n: 12 })` */
export function t(words: string, values: Record<string, string | number> = {}): string {
  return (translated[words] ?? words).replace(/\{(\w+)\}/g, (_all, name: string) => String(values[name] ?? ""));
}

/** One or many: `tn("{n} seat", "{n} seats", 12)`; the number is written as the page's language does. */
export function tn(one: string, many: string, number: number): string {
  return t(number === 1 ? one : many, { n: n(number) });
}

const language = document.documentElement.lang || "en";
const numbers = new Intl.NumberFormat(language);

export function n(value: number, digits = 0): string {
  return digits ? value.toLocaleString(language, { maximumFractionDigits: digits }) : numbers.format(value);
}

export function flagWords(flag: string): string {
  const words: Record<string, string> = {
    wheelchair: t("Wheelchair space"),
    companion: t("Companion seat"),
    restricted_view: t("Restricted view"),
    aisle: t("At an aisle"),
    step_free: t("Step-free"),
    near_exit: t("Near an exit"),
    semi_ambulatory: t("Few steps to walk"),
    hearing: t("Hearing loop"),
    sign_language: t("Sign language"),
    captioning: t("Captions in view"),
    plus_size: t("Wide seat"),
    armrest: t("Lift-up armrest"),
  };
  return words[flag] ?? flag;
}

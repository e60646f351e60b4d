/** Labels for rows and for the seats along them, as venues give them. Pure; ids are never touched. */

export type RowScheme = "letters" | "numbers" | "roman" | "list";
export type SeatScheme = "left" | "right" | "odd" | "even" | "centre" | "list";

export interface RowNumbering {
  scheme: RowScheme;
  /** Letters that are left out: a venue without a row I. */
  skip: string;
  /** After Z: AA, BB … instead of AA, AB … */
  doubled: boolean;
  start: number;
  reversed: boolean;
  /** Own labels, front to back; after its end it goes on with numbers. */
  list: readonly string[];
}

export interface SeatNumbering {
  scheme: SeatScheme;
  start: number;
  step: number;
  /** An aisle begins anew with `start` where false. */
  throughAisles: boolean;
  /** A hole in the row keeps its number, so that the seats after it are numbered as if somebody sat there. */
  keepHoles: boolean;
  list: readonly string[];
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ROMAN: readonly [number, string][] = [
  [1000, "M"], [900, "CM"], [500, "D"], [400, "CD"], [100, "C"], [90, "XC"], [50, "L"], [40, "XL"], [10, "X"], [9, "IX"], [5, "V"], [4, "IV"], [1, "I"],
];

export const ROWS_A_TO_Z: RowNumbering = { scheme: "letters", skip: "", doubled: false, start: 1, reversed: false, list: [] };
export const SEATS_FROM_1: SeatNumbering = { scheme: "left", start: 1, step: 1, throughAisles: true, keepHoles: false, list: [] };

/** The label of row `number`, from 1. */
export function rowLabel(number: number, rule: RowNumbering): string {
  if (rule.scheme === "list") return rule.list[number - 1] ?? String(number);
  if (rule.scheme === "numbers") return String(number);
  if (rule.scheme === "roman") return roman(number);
  const skipped = rule.skip.toUpperCase();
  const letters = [...ALPHABET].filter((letter) => !skipped.includes(letter));
  if (letters.length < 2) return String(number);
  if (rule.doubled) return letters[(number - 1) % letters.length]!.repeat(Math.floor((number - 1) / letters.length) + 1);
  let label = "";
  for (let rest = number; rest > 0; rest = Math.floor((rest - 1) / letters.length)) {
    label = letters[(rest - 1) % letters.length]! + label;
  }
  return label;
}

function roman(number: number): string {
  let [label, rest] = ["", number];
  for (const [value, letters] of ROMAN) {
    while (rest >= value) [label, rest] = [label + letters, rest - value];
  }
  return label;
}

/** The labels of `count` rows, front to back. */
export function rowLabels(count: number, rule: RowNumbering): string[] {
  const start = rule.scheme === "list" ? 1 : rule.start; // a list begins with its first word
  const labels = Array.from({ length: count }, (_none, index) => rowLabel(start + index, rule));
  return rule.reversed ? labels.reverse() : labels;
}

/**
 * The labels of a row's seats, from its left end as the audience sees it. `gaps` are places after which an aisle comes, `holes`
 * how many seats are missing before each place.
 */
export function seatLabels(count: number, rule: SeatNumbering, gaps: readonly number[] = [], holes: readonly number[] = []): string[] {
  if (rule.scheme === "list") return Array.from({ length: count }, (_none, index) => rule.list[index] ?? String(index + 1));
  if (!rule.throughAisles && gaps.length) {
    const starts = [0, ...gaps.map((gap) => gap + 1)];
    return starts.flatMap((start, part) => {
      const end = starts[part + 1] ?? count;
      return seatLabels(end - start, { ...rule, throughAisles: true }, [], holes.slice(start, end).map((hole) => hole - (holes[start] ?? 0)));
    });
  }
  const missing = rule.keepHoles ? holes : [];
  const slots = count + (missing[count - 1] ?? 0);
  const places = Array.from({ length: count }, (_none, index) => index + (missing[index] ?? 0));
  const number = (place: number): number => {
    switch (rule.scheme) {
      case "right":
        return rule.start + rule.step * (slots - 1 - place);
      case "odd":
        return oddFrom(rule.start) + 2 * place;
      case "even":
        return oddFrom(rule.start) + 1 + 2 * place;
      case "centre": {
        // The left half takes every second number from the middle outward, the right half those between.
        const half = Math.ceil(slots / 2);
        return place < half ? rule.start + 2 * (half - 1 - place) : rule.start + 1 + 2 * (place - half);
      }
      default:
        return rule.start + rule.step * place;
    }
  };
  return places.map((place) => String(number(place)));
}

function oddFrom(start: number): number {
  return start % 2 ? start : start + 1;
}

/** The geometry that `/seats/<hash>.json` sends (platform/seating/compiled.py) and what the renderer makes of it. */

export interface GeometryJson {
  format: "marquee-geometry";
  version: 1;
  hash: string;
  name: string;
  /** Centimetres per unit; every length below is in units. */
  quantum: number;
  width: number;
  height: number;
  focal: [number, number];
  flag_names: string[];
  categories: { key: string; name: string; color: string }[];
  floors: { id: string; name: string; decorations: DecorationJson[] }[];
  sections: { id: string; name: string; floor: number; zone: string; entrance: string; outline: number[] }[];
  /** [section, label, kind (0 row, 1 table by seat, 2 whole table), seats, gaps] */
  lines: [number, string, 0 | 1 | 2, number, number[]][];
  tables: { line: number; shape: "round" | "rectangle"; x: number; y: number; width: number; height: number; rotation: number }[];
  x: number[];
  y: number[];
  labels: ([number, number] | string[])[];
  categories_of: [number, number][];
  flags: [number, number][];
  companions: [number, number[]][];
  areas: { id: string; name: string; floor: number; category: number; capacity: number; entrance: string; outline: number[] }[];
}

export interface DecorationJson {
  kind: "stage" | "text" | "shape" | "icon";
  x: number;
  y: number;
  width: number;
  height: number;
  rotation: number;
  text: string;
  outline: number[];
}

/** What a seat is to whoever looks: drawn by shape as well as by colour. */
export const enum SeatState {
  Free = 0,
  Held = 1,
  Gone = 2,
  Reserved = 3,
  /** Mine, or selected in an editor. */
  Mine = 4,
}

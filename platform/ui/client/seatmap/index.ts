export type { View } from "./camera";
export { LEVEL, RADIUS } from "./draw";
export { pitchOf, sceneOf, unrolled } from "./geometry";
export { Grid } from "./grid";
export * from "./scene";
export { SeatMap, type SeatMapEvents, type SeatMapOptions } from "./seatmap";
export { inkOn, readable, type Theme, themeOf, tinted } from "./theme";
export * from "./types";

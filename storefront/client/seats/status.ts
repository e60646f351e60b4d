/** The status of every seat: a small binary answer, then runs over the stock's socket (docs/seat-maps.md, docs/live.md). */
import { ANSWER_MS } from "../lib/stock";

const HEAD = 36; // magic 4, hash 16, seq 8, n 4, crc 4

export interface SeatStatus {
  map: string;
  seq: number;
  states: Uint8Array;
}

export class BadStatus extends Error {}

/** Reads `MQS1`. Raises BadStatus for anything else, and for a vector that is not what its checksum says. */
export function readStatus(buffer: ArrayBuffer): SeatStatus {
  const view = new DataView(buffer);
  if (buffer.byteLength < HEAD || view.getUint32(0, false) !== 0x4d515331) throw new BadStatus("not a seat status");
  const hash = [...new Uint8Array(buffer, 4, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const count = view.getUint32(28, true);
  const packed = new Uint8Array(buffer, HEAD);
  if (packed.length < Math.ceil(count / 4)) throw new BadStatus("too short");
  if (crc32(packed) !== view.getUint32(32, true)) throw new BadStatus("wrong checksum");
  const states = new Uint8Array(count);
  for (let seat = 0; seat < count; seat++) states[seat] = (packed[seat >> 2]! >> ((seat & 3) * 2)) & 3;
  return { map: hash, seq: Number(view.getBigUint64(20, true)), states };
}

export async function askStatus(path: string, seq = 0): Promise<SeatStatus> {
  const answer = await fetch(seq ? `${path}?seq=${seq}` : path, { signal: AbortSignal.timeout(ANSWER_MS) });
  if (!answer.ok) throw new BadStatus(String(answer.status));
  return readStatus(await answer.arrayBuffer());
}

let table: Uint32Array | undefined;

export function crc32(bytes: Uint8Array): number {
  table ??= Uint32Array.from({ length: 256 }, (_none, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
    return value >>> 0;
  });
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 255]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

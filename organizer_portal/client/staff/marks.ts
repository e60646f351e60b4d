/** What staff see above the shared map: sold seats solid, whoever is inside ticked, blocked seats boxes in their colour. */
import { RADIUS, type SeatMap, SeatState } from "@ui/seatmap";
import { Code, type House } from "./data";

/** The states that the shared renderer draws beneath; sold and blocked are drawn over it. */
export function statesOf(house: House): Uint8Array {
  return house.codes.map((code) => (code === Code.Free ? SeatState.Free : code === Code.Held ? SeatState.Held : SeatState.Gone));
}

export interface Frame {
  from: [number, number];
  to: [number, number];
}

export function drawMarks(context: CanvasRenderingContext2D, map: SeatMap, house: House, ink: string, ground: string, frame?: Frame): void {
  const pitch = map.pitchOnScreen;
  if (pitch >= 3) {
    const radius = pitch * RADIUS;
    const isDot = pitch < 9;
    for (const seat of map.seatsIn(map.camera.box)) {
      const code = house.codes[seat];
      if (code !== Code.Sold && code !== Code.Blocked) continue;
      const [x, y] = map.camera.toView(map.scene.x[seat]!, map.scene.y[seat]!);
      if (code === Code.Sold) {
        context.fillStyle = ink;
        if (isDot) {
          context.fillRect(x - radius, y - radius, radius * 2, radius * 2);
          continue;
        }
        context.beginPath();
        context.arc(x, y, radius, 0, Math.PI * 2);
        context.fill();
        if (house.guests.get(seat)?.isEntered) tick(context, x, y, radius, ground);
      } else {
        boxed(context, x, y, radius, house.blockOf.get(seat)?.color ?? ink, ground);
      }
    }
  }
  if (frame) drawFrame(context, frame, ink);
}

function tick(context: CanvasRenderingContext2D, x: number, y: number, radius: number, color: string): void {
  context.strokeStyle = color;
  context.lineWidth = Math.max(1.5, radius / 4);
  context.beginPath();
  context.moveTo(x - radius * 0.45, y);
  context.lineTo(x - radius * 0.1, y + radius * 0.35);
  context.lineTo(x + radius * 0.5, y - radius * 0.4);
  context.stroke();
}

/** A hollow box with a stroke through it: no free seat of any category's colour looks like that. */
function boxed(context: CanvasRenderingContext2D, x: number, y: number, radius: number, color: string, ground: string): void {
  context.lineWidth = Math.max(1.2, radius / 4);
  const inner = radius - context.lineWidth / 2;
  context.fillStyle = ground;
  context.strokeStyle = color;
  context.fillRect(x - radius, y - radius, radius * 2, radius * 2);
  context.strokeRect(x - inner, y - inner, inner * 2, inner * 2);
  context.beginPath();
  context.moveTo(x - inner, y + inner);
  context.lineTo(x + inner, y - inner);
  context.stroke();
}

function drawFrame(context: CanvasRenderingContext2D, { from, to }: Frame, ink: string): void {
  context.save();
  context.strokeStyle = ink;
  context.lineWidth = 1.5;
  context.setLineDash([5, 4]);
  context.strokeRect(Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.abs(from[0] - to[0]), Math.abs(from[1] - to[1]));
  context.globalAlpha = 0.08;
  context.fillStyle = ink;
  context.fillRect(Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.abs(from[0] - to[0]), Math.abs(from[1] - to[1]));
  context.restore();
}

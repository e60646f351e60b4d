/**
 * Many points seen from far, as specks: drawn once for each scale into a picture of their own, so that twenty thousand that are
 * dragged or panned over cost one image a frame.
 */
import type { Point } from "./model/document";
import { type Frame, frameOf } from "./model/geometry";

/** Fewer are drawn one by one, and so are those that lie too far apart for a picture. */
const FEW = 500;
const MOST_PIXELS = 8_000_000;

interface Look {
  /** Pixels to a centimetre, and of a speck's side. */
  readonly scale: number;
  readonly size: number;
  readonly color: string;
}
interface Stamp {
  readonly canvas: HTMLCanvasElement;
  /** What it was drawn for. */
  readonly key: string;
  readonly frame: Frame;
}

const stamps = new WeakMap<readonly Point[], Stamp>();
/** A list that is drawn a second time is worth a picture; one that a tool makes in each frame is not. */
const seen = new WeakSet<readonly Point[]>();

/** `toView` says where in the view a point lies. The picture is kept for as long as the list of points. */
export function drawSpecks(context: CanvasRenderingContext2D, points: readonly Point[], look: Look, toView: (point: Point) => readonly [number, number]): void {
  if (points.length < FEW || !seen.has(points)) {
    seen.add(points);
    return fill(context, points, look, toView);
  }
  const ratio = context.getTransform().a;
  const key = [look.scale, look.size, look.color, ratio].join();
  const known = stamps.get(points);
  const frame = known?.frame ?? frameOf(points);
  if (!frame) return;
  const width = Math.ceil(((frame.right - frame.left) * look.scale + 2 * look.size) * ratio);
  const height = Math.ceil(((frame.bottom - frame.top) * look.scale + 2 * look.size) * ratio);
  if (width * height > MOST_PIXELS) return fill(context, points, look, toView);
  const stamp = known?.key === key ? known : { canvas: known?.canvas ?? document.createElement("canvas"), key, frame };
  if (stamp !== known) {
    Object.assign(stamp.canvas, { width, height });
    const inside = stamp.canvas.getContext("2d")!;
    inside.scale(ratio, ratio);
    fill(inside, points, look, ([x, y]) => [(x - frame.left) * look.scale + look.size, (y - frame.top) * look.scale + look.size]);
    stamps.set(points, stamp);
  }
  const [x, y] = toView([frame.left, frame.top]);
  context.drawImage(stamp.canvas, x - look.size, y - look.size, width / ratio, height / ratio);
}

function fill(context: CanvasRenderingContext2D, points: readonly Point[], { size, color }: Look, toView: (point: Point) => readonly [number, number]): void {
  context.fillStyle = color;
  for (const point of points) {
    const [x, y] = toView(point);
    context.fillRect(x - size / 2, y - size / 2, size, size);
  }
}

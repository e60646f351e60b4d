/** Where one looks: a point of the map in the middle of the view, and how many pixels a unit is wide. */
import type { Box } from "./scene";

const GLIDE_MS = 260;

export interface View {
  x: number;
  y: number;
  scale: number;
}

export class Camera {
  x = 0;
  y = 0;
  scale = 1;
  /** Of the view, in CSS pixels. */
  width = 1;
  height = 1;
  least = 0.01;
  most = 10;
  private bounds: Box = { left: 0, top: 0, right: 1, bottom: 1 };
  private gliding = 0;

  /** `moved` is called after every change, also in the middle of a glide. */
  constructor(private readonly moved: () => void) {}

  get view(): View {
    return { x: this.x, y: this.y, scale: this.scale };
  }
  /** Whether the whole map is in the view. */
  get isFitted(): boolean {
    return this.scale <= this.fitting(this.bounds).scale * 1.02;
  }
  get isGliding(): boolean {
    return this.gliding !== 0;
  }
  /** The part of the map in the view. */
  get box(): Box {
    const [across, down] = [this.width / 2 / this.scale, this.height / 2 / this.scale];
    return { left: this.x - across, top: this.y - down, right: this.x + across, bottom: this.y + down };
  }

  toMap(px: number, py: number): [number, number] {
    return [this.x + (px - this.width / 2) / this.scale, this.y + (py - this.height / 2) / this.scale];
  }
  toView(x: number, y: number): [number, number] {
    return [(x - this.x) * this.scale + this.width / 2, (y - this.y) * this.scale + this.height / 2];
  }

  /** What there is to see, and how big a seat may get; keeps the view inside. */
  limit(bounds: Box, pitch: number, mostPitch = 56): void {
    this.bounds = bounds;
    const fitted = this.fitting(bounds).scale;
    this.least = fitted * 0.8;
    this.most = Math.max(mostPitch / pitch, fitted);
  }

  resize(width: number, height: number): void {
    const wasFitted = this.isFitted;
    [this.width, this.height] = [Math.max(1, width), Math.max(1, height)];
    if (wasFitted) this.set(this.fitting(this.bounds));
    else this.set(this.view);
  }

  /** The view that shows all of the box. */
  fitting(box: Box, margin = 12): View {
    const across = Math.max(box.right - box.left, 1e-6);
    const down = Math.max(box.bottom - box.top, 1e-6);
    const scale = Math.min((this.width - margin * 2) / across, (this.height - margin * 2) / down);
    return { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2, scale: Math.max(scale, 1e-6) };
  }

  fit(box: Box = this.bounds, isSmooth = true): void {
    this.go(this.fitting(box), isSmooth);
  }

  set(view: View): void {
    this.stop();
    this.place(view);
  }

  panBy(dx: number, dy: number): void {
    this.set({ x: this.x - dx / this.scale, y: this.y - dy / this.scale, scale: this.scale });
  }

  /** Zooms so that the point of the map under (px, py) stays there. */
  zoomAt(px: number, py: number, factor: number, isSmooth = false): void {
    const scale = Math.max(this.least, Math.min(this.most, this.scale * factor));
    const [x, y] = this.toMap(px, py);
    const view = { x: x - (px - this.width / 2) / scale, y: y - (py - this.height / 2) / scale, scale };
    this.go(view, isSmooth);
  }

  /** Glides there; at once where motion is not wanted. */
  go(view: View, isSmooth = true): void {
    this.stop();
    if (!isSmooth || matchMedia("(prefers-reduced-motion: reduce)").matches) return this.place(view);
    const from = this.view;
    const to = this.held(view);
    const start = performance.now();
    const step = (now: number): void => {
      const part = Math.max(0, Math.min(1, (now - start) / GLIDE_MS));
      const eased = 1 - (1 - part) ** 3;
      this.gliding = part < 1 ? requestAnimationFrame(step) : 0;
      const scale = from.scale * (to.scale / from.scale) ** eased;
      // The middle travels with the zoom, so that the path on the screen is straight.
      const across = to.scale === from.scale ? eased : (1 / from.scale - 1 / scale) / (1 / from.scale - 1 / to.scale);
      this.place({ x: from.x + (to.x - from.x) * across, y: from.y + (to.y - from.y) * across, scale });
    };
    this.gliding = requestAnimationFrame(step);
  }

  stop(): void {
    cancelAnimationFrame(this.gliding);
    this.gliding = 0;
  }

  private place(view: View): void {
    Object.assign(this, this.held(view));
    this.moved();
  }

  /** The map cannot be lost out of the view. */
  private held({ x, y, scale: wanted }: View): View {
    const scale = Math.max(this.least, Math.min(this.most, wanted));
    return {
      x: within(x, this.bounds.left, this.bounds.right, this.width / scale),
      y: within(y, this.bounds.top, this.bounds.bottom, this.height / scale),
      scale,
    };
  }
}

/** `middle` held so that a view of `size` has no more emptiness on a side than a third of itself. */
function within(middle: number, from: number, to: number, size: number): number {
  const centre = (from + to) / 2;
  const room = Math.max(0, (to - from) / 2 - size / 6);
  return Math.max(centre - room, Math.min(centre + room, middle));
}

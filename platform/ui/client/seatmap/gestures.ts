/**
 * Fingers, mouse and wheel on a map, told to a camera. A page is never trapped: one finger scrolls the page while the whole
 * map is in view, and the wheel zooms only with Ctrl (as a pinch on a trackpad does), unless the map is the page.
 */
import type { Camera } from "./camera";

const TAP_MS = 600;
const TAP_PIXELS = { mouse: 5, pen: 8, touch: 12 };
const DOUBLE_MS = 320;

export interface GestureOptions {
  /** "ctrl" (default) or, where the map fills the screen, "always". */
  wheel?: "ctrl" | "always";
  /** True takes a pointer that went down away from the camera: an editor's tool works with it. The middle button always pans. */
  claim?: ((event: PointerEvent) => boolean) | undefined;
}

export interface GestureTarget {
  tapped(px: number, py: number, event: PointerEvent): void;
  doubleTapped(px: number, py: number, event: PointerEvent): void;
  hovered(px: number, py: number, event: PointerEvent | null): void;
  /** While something moves, a picture may be moved in place of a drawing. */
  moving(isMoving: boolean): void;
}

interface Finger {
  x: number;
  y: number;
  startX: number;
  startY: number;
  startedAt: number;
  hasMoved: boolean;
}

export class Gestures {
  private readonly fingers = new Map<number, Finger>();
  private readonly abort = new AbortController();
  private lastTap = { at: 0, x: 0, y: 0 };
  private wheelRest: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly host: HTMLElement,
    private readonly camera: Camera,
    private readonly target: GestureTarget,
    private readonly options: GestureOptions,
  ) {
    const { signal } = this.abort;
    host.addEventListener("pointerdown", (event) => this.down(event), { signal });
    host.addEventListener("pointermove", (event) => this.move(event), { signal });
    host.addEventListener("pointerup", (event) => this.up(event), { signal });
    host.addEventListener("pointercancel", (event) => this.cancel(event), { signal });
    host.addEventListener("pointerleave", (event) => this.target.hovered(0, 0, event.buttons ? event : null), { signal });
    host.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
    this.cameraMoved();
  }

  destroy(): void {
    this.abort.abort();
  }

  /** While all is in view a finger that moves up or down scrolls the page. */
  cameraMoved(): void {
    const wanted = this.options.wheel !== "always" && this.camera.isFitted ? "pan-y" : "none";
    if (this.host.style.touchAction !== wanted) this.host.style.touchAction = wanted;
  }

  private at(event: MouseEvent): [number, number] {
    const frame = this.host.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  }

  private down(event: PointerEvent): void {
    if (event.target instanceof Element && event.target.closest("button, a, input, select, [role=toolbar]")) return;
    if (event.button === 2) return;
    if (event.button !== 1 && this.options.claim?.(event)) return;
    if (event.button === 1) event.preventDefault();
    const [x, y] = this.at(event);
    this.camera.stop();
    this.fingers.set(event.pointerId, { x, y, startX: x, startY: y, startedAt: event.timeStamp, hasMoved: false });
    this.host.setPointerCapture(event.pointerId);
    if (this.fingers.size === 2) {
      for (const finger of this.fingers.values()) finger.hasMoved = true; // a pinch is no tap
    }
  }

  private move(event: PointerEvent): void {
    const [x, y] = this.at(event);
    const finger = this.fingers.get(event.pointerId);
    if (!finger) {
      if (event.pointerType !== "touch") this.target.hovered(x, y, event);
      return;
    }
    const slack = TAP_PIXELS[event.pointerType as "mouse"] ?? TAP_PIXELS.touch;
    if (!finger.hasMoved && Math.hypot(x - finger.startX, y - finger.startY) > slack) {
      finger.hasMoved = true;
      this.target.hovered(0, 0, null);
      this.target.moving(true);
    }
    const other = this.fingers.size === 2 ? [...this.fingers].find(([id]) => id !== event.pointerId)?.[1] : undefined;
    if (other) {
      const before = Math.hypot(finger.x - other.x, finger.y - other.y) || 1;
      const now = Math.hypot(x - other.x, y - other.y) || 1;
      this.target.moving(true);
      this.camera.panBy((x - finger.x) / 2, (y - finger.y) / 2);
      this.camera.zoomAt((x + other.x) / 2, (y + other.y) / 2, now / before);
    } else if (finger.hasMoved) {
      this.camera.panBy(x - finger.x, y - finger.y);
    }
    [finger.x, finger.y] = [x, y];
  }

  private up(event: PointerEvent): void {
    const finger = this.fingers.get(event.pointerId);
    if (!finger) return;
    this.cancel(event);
    if (finger.hasMoved || event.button === 1 || event.timeStamp - finger.startedAt > TAP_MS) return;
    const [x, y] = this.at(event);
    const isDouble =
      event.timeStamp - this.lastTap.at < DOUBLE_MS && Math.hypot(x - this.lastTap.x, y - this.lastTap.y) < 24;
    this.lastTap = isDouble ? { at: 0, x: 0, y: 0 } : { at: event.timeStamp, x, y };
    if (isDouble) this.target.doubleTapped(x, y, event);
    else this.target.tapped(x, y, event);
  }

  private cancel(event: PointerEvent): void {
    if (this.fingers.delete(event.pointerId) && this.fingers.size === 0) this.target.moving(false);
  }

  private wheel(event: WheelEvent): void {
    const isZoom = event.ctrlKey || event.metaKey || this.options.wheel === "always";
    if (!isZoom) return;
    event.preventDefault();
    const [x, y] = this.at(event);
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    // A trackpad's pinch comes as many small steps, a mouse wheel as few big ones.
    const step = Math.max(-0.6, Math.min(0.6, -event.deltaY * unit * (event.ctrlKey && Math.abs(event.deltaY) < 40 ? 0.01 : 0.0022)));
    this.target.moving(true);
    clearTimeout(this.wheelRest);
    this.wheelRest = setTimeout(() => this.fingers.size === 0 && this.target.moving(false), 120);
    this.camera.zoomAt(x, y, Math.exp(step));
  }
}

/** What `seatmap_picker` measures: our renderer, and as its baseline one SVG circle for each of the same seats. */
import { type GeometryJson, type Scene, SeatMap, sceneOf } from "@ui/seatmap";

const frames: number[] = [];
let last = 0;

/** From here on the time between frames is kept. */
function watchFrames(): void {
  const tick = (now: number): void => {
    if (last) frames.push(now - last);
    last = now;
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}

/** The same states for both: about 45 in 100 are free. */
function statesOf(scene: Scene): Uint8Array {
  let seed = 1;
  return Uint8Array.from({ length: scene.count }, () => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return seed / 0x7fffffff < 0.45 ? 0 : seed & 1 ? 1 : 2;
  });
}

const afterFrame = (): Promise<void> => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

async function load(name: string): Promise<Scene> {
  return sceneOf((await (await fetch(`/${name}.json`)).json()) as GeometryJson);
}

async function ours(name: string): Promise<number> {
  const start = performance.now();
  const scene = await load(name);
  const map = new SeatMap(document.querySelector<HTMLElement>("#map")!, scene);
  map.setStates(statesOf(scene));
  map.draw();
  map.seatAt(10, 10);
  await afterFrame();
  const took = performance.now() - start;
  watchFrames();
  return took;
}

async function plain(name: string): Promise<number> {
  const start = performance.now();
  const scene = await load(name);
  const states = statesOf(scene);
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const group = document.createElementNS(space, "g");
  for (let seat = 0; seat < scene.count; seat++) {
    const circle = document.createElementNS(space, "circle");
    circle.setAttribute("cx", String(scene.x[seat]));
    circle.setAttribute("cy", String(scene.y[seat]));
    circle.setAttribute("r", String(scene.pitch * 0.41));
    circle.setAttribute("fill", states[seat] ? "#ccc" : scene.categories[scene.category[seat]!]!.color);
    group.append(circle);
  }
  svg.setAttribute("width", "100%");
  svg.setAttribute("height", "100%");
  svg.append(group);
  const host = document.querySelector<HTMLElement>("#map")!;
  host.append(svg);
  let [scale, x, y] = [Math.min(host.clientWidth / scene.width, host.clientHeight / scene.height), 0, 0];
  const place = (): void => group.setAttribute("transform", `translate(${x} ${y}) scale(${scale})`);
  place();
  host.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const next = scale * Math.exp(-event.deltaY * 0.0022);
      x = event.offsetX - ((event.offsetX - x) * next) / scale;
      y = event.offsetY - ((event.offsetY - y) * next) / scale;
      scale = next;
      place();
    },
    { passive: false },
  );
  host.addEventListener("pointermove", (event) => {
    if (!event.buttons) return;
    x += event.movementX;
    y += event.movementY;
    place();
  });
  await afterFrame();
  const took = performance.now() - start;
  watchFrames();
  return took;
}

Object.assign(window, { ours, plain, frames });

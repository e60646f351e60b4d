import { whisper } from "@ui/lib/say";

const SPOKEN_MINUTES = [5, 2, 1];
const MORE_TIME_FROM = 180;
const URGENT_FROM = 120;

/**
 * Counts a hold down by the seconds the server said were left, so that a wrong clock on the device changes nothing.
 * At zero the page is asked for again: the server says what became of the hold. Returns how to give it another end.
 */
export function runClock(clock: HTMLElement): (held: string, seconds: number) => void {
  let endsAt = performance.now() + Number(clock.dataset.seconds) * 1000;
  const left = clock.querySelector<HTMLElement>("[data-clock-left]");
  const extend = clock.querySelector<HTMLElement>("[data-extend]");
  let before = Infinity;

  const tick = (): void => {
    const seconds = Math.max(0, Math.ceil((endsAt - performance.now()) / 1000));
    if (left) left.textContent = `(${shown(seconds)})`;
    if (extend) extend.hidden = seconds > MORE_TIME_FROM;
    clock.toggleAttribute("data-urgent", seconds <= URGENT_FROM);
    for (const minutes of SPOKEN_MINUTES) {
      if (seconds <= minutes * 60 && before > minutes * 60 && before !== Infinity) whisper(words(clock, minutes));
    }
    before = seconds;
    if (seconds === 0) {
      clearInterval(timer);
      clock.dispatchEvent(new Event("ended", { bubbles: true }));
    }
  };
  const timer = setInterval(tick, 1000);
  tick();
  return (held, seconds) => {
    const until = clock.querySelector<HTMLElement>("[data-clock-until]");
    if (until) until.textContent = held;
    extend?.remove(); // an order's time is not the buyer's to extend
    endsAt = performance.now() + seconds * 1000;
    before = Infinity;
    tick();
  };
}

/** 8:32, or 23:08:32 for what is held for hours, as offers of a waiting list are. */
function shown(seconds: number): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return hours ? `${hours}:${two(minutes % 60)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function words(clock: HTMLElement, minutes: number): string {
  return clock.getAttribute(`data-text-left-${minutes}`) ?? "";
}

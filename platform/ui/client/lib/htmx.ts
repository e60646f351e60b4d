import type htmx from "htmx.org";
import { say } from "./say";
import { text } from "./text";

/** htmx under our policy: nothing evaluated, no style injected, refused forms shown, no page kept in storage. */
export function configureHtmx(library: typeof htmx): void {
  Object.assign(library.config, {
    allowEval: false,
    allowScriptTags: false,
    includeIndicatorStyles: false,
    selfRequestsOnly: true,
    historyCacheSize: 0,
    refreshOnHistoryMiss: true,
    timeout: 10_000,
    responseHandling: [
      { code: "204", swap: false },
      { code: "[23]..", swap: true },
      { code: "422", swap: true },
      { code: "[45]..", swap: false, error: true },
    ],
  });
  for (const trouble of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(trouble, (event) => {
      // A page that polls asks again by itself; only what a person did needs a word.
      const source = (event as CustomEvent<{ elt: Element }>).detail.elt;
      if (!source.hasAttribute("data-quiet")) say(text("connectionLost", "Connection lost. Try again in a moment."));
    });
  }
  document.addEventListener("htmx:responseError", () => {
    say(text("requestFailed", "That did not work. Try again, or reload the page."));
  });
}

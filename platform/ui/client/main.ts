/** Loaded by every page. Each behaviour is found by an attribute in the HTML; a page without it works too. */
import htmx from "htmx.org";
import { announceChanges } from "./behaviours/announce";
import { busyButtons } from "./behaviours/busy";
import { copyButtons } from "./behaviours/copy";
import { dialogs } from "./behaviours/dialogs";
import { fieldErrors, focusProblems } from "./behaviours/problems";
import { reloadWhenReady } from "./behaviours/ready";
import { steppers } from "./behaviours/stepper";
import { configureHtmx } from "./lib/htmx";

configureHtmx(htmx);
announceChanges();
busyButtons();
copyButtons();
dialogs();
fieldErrors();
focusProblems();
reloadWhenReady();
steppers();

import { join } from "node:path";
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  resolve: { alias: { "@ui": join(import.meta.dirname, "../../../platform/ui/client") } },
  build: { lib: { entry: "page.ts", formats: ["iife"], name: "bench", fileName: () => "page.js" } },
});

import { existsSync, globSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig, type Plugin } from "vite";

const OUT = "var/static-build";

/** Every first-level script of a client folder is a screen's entry; shared parts live in folders beneath. */
const entries = [
  "platform/ui/client/app.css",
  "platform/ui/client/staff.css",
  ...globSync(["platform/*/client/*.ts", "*/client/*.ts"], {
    exclude: ["node_modules/**", ".venv/**", "var/**", "**/*.d.ts", "**/*.test.ts"],
  }).sort(),
];

/** Writes .br and .gz beside each text file: WhiteNoise sends them as they are, so no request compresses anything. */
function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    writeBundle(_options, bundle) {
      for (const name of Object.keys(bundle)) {
        if (!/\.(js|css|svg|json|wasm)$/.test(name)) continue;
        const file = join(OUT, name);
        const body = readFileSync(file);
        if (body.length < 512) continue;
        writeFileSync(`${file}.gz`, gzipSync(body, { level: 9 }));
        writeFileSync(`${file}.br`, brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
      }
    },
  };
}

/** Files of earlier builds stay for a day: a server that started before this build still names them. */
function dropOldBuilds(): Plugin {
  const DAY = 24 * 3600 * 1000;
  return {
    name: "drop-old-builds",
    apply: "build",
    closeBundle() {
      const folder = join(OUT, "assets");
      for (const name of existsSync(folder) ? readdirSync(folder) : []) {
        const file = join(folder, name);
        if (Date.now() - statSync(file).mtimeMs > DAY) rmSync(file);
      }
    },
  };
}

/** htmx may evaluate strings; our policy forbids it, so what we ship has no `eval` at all (and minifies better for it). */
function withoutEval(): Plugin {
  const call = "return eval(str)";
  return {
    name: "without-eval",
    transform(code, id) {
      if (!id.includes("htmx.org/dist/htmx.esm.js")) return null;
      if (!code.includes(call)) throw new Error("htmx no longer evaluates where it did: look again at withoutEval()");
      return { code: code.replace(call, 'throw new Error("eval is off")'), map: null };
    },
  };
}

export default defineConfig(({ mode }) => {
  // While developing, names stay the same so that a rebuild needs no restart of the server.
  const hash = mode === "development" ? "" : "-[hash:10]";
  return {
    base: "/static/",
    publicDir: false,
    plugins: [tailwindcss(), withoutEval(), precompress(), dropOldBuilds()],
    resolve: { alias: { "@ui": join(import.meta.dirname, "platform/ui/client") } },
    build: {
      outDir: OUT,
      emptyOutDir: false,
      manifest: "manifest.json",
      target: ["es2022", "chrome111", "safari16.4", "firefox128"],
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0, // the content security policy allows no data: address
      reportCompressedSize: false,
      rolldownOptions: {
        input: Object.fromEntries(
          entries.map((path) => [relative(".", path).replace(/^platform\//, "").replace(/\/client\//, "-").replace(/\.(ts|css)$/, ""), path]),
        ),
        output: {
          entryFileNames: `assets/[name]${hash}.js`,
          chunkFileNames: `assets/[name]${hash}.js`,
          assetFileNames: `assets/[name]${hash}[extname]`,
        },
      },
    },
  };
});

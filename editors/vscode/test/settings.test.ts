import assert from "node:assert/strict";
import { test } from "node:test";
import manifest from "../package.json";
import { OWN, explicit, keysOf } from "../src/settings";
import type { Inspected } from "../src/settings";

const from = (values: Record<string, Inspected>) => ({ inspect: (key: string) => values[key] });

test("only what the user has set is sent, in the form of the configuration", () => {
  const values = {
    "complete.n": { defaultValue: 3, globalValue: 5, workspaceValue: 4 },
    "complete.show_warnings": { defaultValue: true, globalValue: false },
    "model.engine": { defaultValue: "embedded" },
    "model.path": { globalValue: "" },
    "project.exclude": { workspaceFolderValue: ["sim/**"] },
    "enable": { globalValue: false },
    "trace.server": { globalValue: "verbose" },
  };
  assert.deepEqual(explicit(Object.keys(values), from(values)), {
    complete: { n: 4, show_warnings: false },
    project: { exclude: ["sim/**"] },
  });
});

test("every setting is either the extension's own or a key of the server's configuration", () => {
  const keys = keysOf(manifest);
  for (const own of OWN) assert.ok(keys.includes(own), own);
  for (const key of keys) assert.ok(OWN.has(key) || /^[a-z]+\.[a-z_]+$/.test(key), key);
  assert.ok(keys.includes("complete.n"));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { find } from "../src/find";

const places = { setting: "", folders: ["/projects/a", "/projects/b"], searchPath: "/usr/bin:relative:/opt/bin", home: "/home/u" };
const only = (...files: string[]) => (file: string) => files.includes(file);

test("a folder's environment comes before PATH, PATH before the user's own programs", () => {
  const everywhere = ["/projects/b/.venv/bin/rtlwright", "/opt/bin/rtlwright", "/home/u/.local/bin/rtlwright"];
  for (const how of ["workspace", "PATH", "home"]) {
    assert.deepEqual(find(places, only(...everywhere)), { command: everywhere[0], how });
    everywhere.shift();
  }
  assert.equal(find(places, only()), undefined);
});

test("directories of PATH that are relative are not looked into", () => {
  assert.equal(find(places, (file) => file.includes("relative")), undefined);
});

test("the setting wins, and one that names nothing is not replaced by another program", () => {
  const set = (setting: string) => ({ ...places, setting });
  assert.deepEqual(find(set("~/rt"), only("/home/u/rt", "/opt/bin/rtlwright")), { command: "/home/u/rt", how: "setting" });
  assert.deepEqual(find(set("${workspaceFolder}/x/rt"), only("/projects/b/x/rt")), { command: "/projects/b/x/rt", how: "setting" });
  assert.deepEqual(find(set("my-rt"), only("/opt/bin/my-rt")), { command: "/opt/bin/my-rt", how: "setting" });
  assert.deepEqual(find(set("tools/rt"), only("/projects/a/tools/rt")), { command: "/projects/a/tools/rt", how: "setting" });
  assert.deepEqual(find(set("/no/such"), only("/opt/bin/rtlwright")), { missing: "/no/such" });
});

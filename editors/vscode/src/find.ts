/** Where the server's executable is: the setting, the folders' environments, PATH, the user's own programs. */

import * as path from "node:path";

export interface Places {
  setting: string;
  folders: readonly string[];
  /** The value of PATH. */
  searchPath: string;
  home: string;
}

export interface Found {
  command: string;
  how: "setting" | "workspace" | "PATH" | "home";
}

export const NAME = "rtlwright";

/**
 * The executable to start. A setting that names no program is an error that the user has to see:
 * another one is not taken in its place.
 */
export function find(places: Places, runs: (file: string) => boolean): Found | { missing: string } | undefined {
  if (places.setting.trim() !== "") {
    const named = expanded(places.setting.trim(), places);
    const command = named.find(runs);
    return command === undefined ? { missing: named.join(" or ") } : { command, how: "setting" };
  }
  return candidates(places).find((found) => runs(found.command));
}

function candidates(places: Places): Found[] {
  return [
    ...places.folders.map((folder): Found => ({ command: path.join(folder, ".venv", "bin", NAME), how: "workspace" })),
    ...inPath(places).map((directory): Found => ({ command: path.join(directory, NAME), how: "PATH" })),
    // An editor that was started from the desktop often lacks this directory in PATH; uv and pipx install there.
    { command: path.join(places.home, ".local", "bin", NAME), how: "home" },
  ];
}

function inPath(places: Places): string[] {
  return places.searchPath.split(path.delimiter).filter((directory) => path.isAbsolute(directory));
}

/** Absolute paths that a setting can mean; a bare name is looked for in PATH. */
function expanded(setting: string, places: Places): string[] {
  const atHome = setting.replace(/^~(?=\/|$)/, places.home);
  if (!atHome.includes("/")) {
    return inPath(places).map((directory) => path.join(directory, atHome));
  }
  if (atHome.includes("${workspaceFolder}")) {
    return places.folders.map((folder) => path.normalize(atHome.replaceAll("${workspaceFolder}", folder)));
  }
  return path.isAbsolute(atHome) ? [atHome] : places.folders.map((folder) => path.join(folder, atHome));
}

/**
 * The settings that the user has set, in the form of the server's configuration.
 *
 * Defaults are not sent: `rtlwright.toml` would never have a say if they were.
 */

export const SECTION = "rtlwright";

/** What is the extension's own; everything else goes to the server, one key for one key. */
export const OWN: ReadonlySet<string> = new Set(["enable", "executable", "arguments", "package", "logLevel", "trace.server"]);

/** As `WorkspaceConfiguration.inspect` gives it. */
export interface Inspected {
  defaultValue?: unknown;
  globalValue?: unknown;
  workspaceValue?: unknown;
  workspaceFolderValue?: unknown;
}

export interface Inspectable {
  inspect(key: string): Inspected | undefined;
}

/** `{complete: {n: 5}}` for a user who has set `rtlwright.complete.n` and nothing else. */
export function explicit(keys: readonly string[], configuration: Inspectable): Record<string, Record<string, unknown>> {
  const found: Record<string, Record<string, unknown>> = {};
  for (const key of keys) {
    const [section, field] = key.split(".");
    if (OWN.has(key) || section === undefined || field === undefined) continue;
    const value = nearest(configuration.inspect(key));
    // The settings editor leaves an empty string where a text was cleared.
    if (value === undefined || value === null || value === "") continue;
    (found[section] ??= {})[field] = value;
  }
  return found;
}

/** Keys without the section's name, from the extension's own manifest. */
export function keysOf(manifest: unknown): string[] {
  const { contributes } = manifest as { contributes: { configuration: { properties: object }[] } };
  return contributes.configuration
    .flatMap((part) => Object.keys(part.properties))
    .map((key) => key.slice(SECTION.length + 1));
}

function nearest(inspected: Inspected | undefined): unknown {
  return inspected?.workspaceFolderValue ?? inspected?.workspaceValue ?? inspected?.globalValue;
}
